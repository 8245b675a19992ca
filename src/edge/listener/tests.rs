//! The listeners with real sockets: every bound that a client can run into.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;

use super::event::{BadLine, Peer};
use super::*;
use crate::edge::config::Certificate;

mod bounds;
mod coming_in;
mod tls;
mod websocket;

const HERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Listens at these addresses.
fn open(at: &[Listen], origins: &[String]) -> Result<Listeners, ListenError> {
    let mut listeners = Listeners::new(origins);
    at.iter()
        .try_for_each(|one| listeners.listen(one).map(drop))?;
    Ok(listeners)
}

/// Listens on loopback.
fn tcp() -> (Listeners, SocketAddr) {
    open_at(&Listen::Tcp(HERE), &[])
}

/// Listens at this address; gives it with its port.
fn open_at(at: &Listen, origins: &[String]) -> (Listeners, SocketAddr) {
    let mut listeners = Listeners::new(origins);
    let at = listeners.listen(at).unwrap();
    (listeners, at.unwrap())
}

/// Listens at a Unix socket in a folder of its own.
fn unix() -> (Listeners, PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("irc");
    let listeners = open(&[Listen::Unix(path.clone())], &[]).unwrap();
    (listeners, path, folder)
}

async fn opened(listeners: &mut Listeners) -> (ConnId, Peer) {
    match listeners.next().await {
        ConnEvent::Opened(conn, peer) => (conn, peer),
        other => panic!("{other:?}"),
    }
}

/// The next line of whoever says one.
async fn line(listeners: &mut Listeners) -> (ConnId, String) {
    loop {
        match listeners.next().await {
            ConnEvent::Line(conn, line) => return (conn, line.unwrap()),
            ConnEvent::Drained(..) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// A client at TCP that has said a line.
async fn come(listeners: &mut Listeners, at: SocketAddr) -> (TcpStream, ConnId) {
    let mut client = TcpStream::connect(at).await.unwrap();
    client.write_all(b"NICK ana\r\n").await.unwrap();
    let (conn, _) = opened(listeners).await;
    assert_eq!(line(listeners).await, (conn, "NICK ana".to_owned()));
    (client, conn)
}

/// All that a client is sent until the end, while they go on; the lines that it told of.
async fn until_closed(
    listeners: &mut Listeners,
    mut client: impl tokio::io::AsyncRead + Unpin,
) -> (String, Vec<ConnEvent>) {
    let mut said = Vec::new();
    let mut events = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        tokio::select! {
            read = client.read(&mut bytes) => match read {
                Ok(0) | Err(_) => break,
                Ok(read) => said.extend_from_slice(&bytes[..read]),
            },
            event = listeners.next() => events.push(event),
        }
    }
    (String::from_utf8(said).unwrap(), events)
}

/// That nothing comes for a while; needs paused time.
async fn quiet(listeners: &mut Listeners, while_: Duration) {
    if let Ok(event) = timeout(while_, listeners.next()).await {
        panic!("{event:?}");
    }
}
