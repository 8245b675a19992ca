//! How clients come in: accepted, looked at, given a slot and a task of their own.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;

use super::bind::{Arrival, Stream};
use super::event::Peer;
use super::server::Server;
use super::{connection, writer};
use crate::edge::socket_file::is_ours;

/// Lets clients in for ever.
pub(super) async fn accept(
    mut next: impl FnMut(&mut Context<'_>) -> Poll<io::Result<Arrival>>,
    server: Arc<Server>,
) {
    let mut told = false;
    loop {
        match poll_fn(&mut next).await {
            Ok(arrival) => {
                told = false;
                welcome(arrival, &server);
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(%error, "clients cannot be let in");
                }
                // Out of file descriptors, most likely: some will be given back.
                sleep(PAUSE).await;
            }
        }
    }
}

/// Gives a client a slot and a task.
fn welcome(arrival: Arrival, server: &Arc<Server>) {
    if !is_fit(&arrival.stream) {
        return;
    }
    let peer = peer(&arrival);
    let name = peer.name.clone();
    match server.enter(arrival.source, peer) {
        Some(queue) => server.spawn(connection::serve(arrival, queue, Arc::clone(server))),
        None => tracing::info!(peer = name, "too many connections"),
    }
}

/// Whether this connection is served at all; sets what its kind needs.
fn is_fit(stream: &Stream) -> bool {
    match stream {
        Stream::Unix(stream) => {
            let ours = is_ours(stream);
            if !ours {
                tracing::warn!("a program of another user came to the gateway's socket");
            }
            writer::bound(stream);
            ours
        }
        Stream::Tcp(stream) => prepare(stream).is_ok(),
    }
}

/// Nothing waits to be sent together with more, and a client that vanished is noticed.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    writer::bound(stream);
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_secs(120))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(30))?;
    Ok(sockopt::set_tcp_keepcnt(stream, 4)?)
}

fn peer(arrival: &Arrival) -> Peer {
    let name = match &arrival.stream {
        Stream::Unix(_) => None,
        Stream::Tcp(stream) => stream.peer_addr().ok(),
    };
    let local = arrival.source.is_local();
    Peer {
        tls: arrival.tls.is_some(),
        local,
        name: name.map_or("unix".to_owned(), |at| at.ip().to_canonical().to_string()),
    }
}

/// The pause after nobody could be let in.
const PAUSE: Duration = Duration::from_millis(100);
