//! How clients come in: accepted, looked at, given a slot and a task of their own.

use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::net::sockopt;
use tokio::time::sleep;

use super::bind::Arrival;
use super::server::Server;
use super::throttle::Source;
use super::{connection, plain};
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
    if !is_fit(&arrival) {
        return;
    }
    match server.enter(arrival.source, arrival.peer.clone()) {
        Some(queue) => server.spawn(connection::serve(arrival, queue, Arc::clone(server))),
        None => tracing::info!(peer = arrival.peer.name, "too many connections"),
    }
}

/// Whether this connection is served at all; sets what its kind needs.
fn is_fit(Arrival { handle, source, .. }: &Arrival) -> bool {
    plain::bound(handle);
    match source {
        Source::Unix => {
            let ours = is_ours(handle);
            if !ours {
                tracing::warn!("a program of another user came to the gateway's socket");
            }
            ours
        }
        Source::Address(_) => prepare(handle).is_ok(),
    }
}

/// Nothing waits to be sent together with more, and a client that vanished is noticed.
fn prepare(socket: &OwnedFd) -> rustix::io::Result<()> {
    sockopt::set_tcp_nodelay(socket, true)?;
    sockopt::set_socket_keepalive(socket, true)?;
    sockopt::set_tcp_keepidle(socket, Duration::from_secs(120))?;
    sockopt::set_tcp_keepintvl(socket, Duration::from_secs(30))?;
    sockopt::set_tcp_keepcnt(socket, 4)
}

/// The pause after nobody could be let in.
const PAUSE: Duration = Duration::from_millis(100);
