//! The door with real sockets: every bound that a client can run into.
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

use super::*;

mod bounds;
mod coming_in;
mod tls;
mod websocket;

const HERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A door on loopback.
fn tcp() -> (Door, SocketAddr) {
    let door = Door::open(&[Listen::Tcp(HERE)], &[]).unwrap();
    let at = address(&door);
    (door, at)
}

fn address(door: &Door) -> SocketAddr {
    match door.listening() {
        [Listen::Tcp(at) | Listen::Tls { at, .. }] => *at,
        other => panic!("{other:?}"),
    }
}

/// A door with a Unix socket in a folder of its own.
fn unix() -> (Door, PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("irc");
    let door = Door::open(&[Listen::Unix(path.clone())], &[]).unwrap();
    (door, path, folder)
}

async fn opened(door: &mut Door) -> (ConnId, Peer) {
    match door.next().await {
        Knock::Opened { conn, peer } => (conn, peer),
        other => panic!("{other:?}"),
    }
}

/// The next line of whoever says one.
async fn line(door: &mut Door) -> (ConnId, String) {
    loop {
        match door.next().await {
            Knock::Line { conn, line } => return (conn, line.unwrap()),
            Knock::Drained { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

/// A client at TCP that has said a line.
async fn come(door: &mut Door, at: SocketAddr) -> (TcpStream, ConnId) {
    let mut client = TcpStream::connect(at).await.unwrap();
    client.write_all(b"NICK ana\r\n").await.unwrap();
    let (conn, _) = opened(door).await;
    assert_eq!(line(door).await, (conn, "NICK ana".to_owned()));
    (client, conn)
}

/// All that a client is sent until the end, while the door goes on; the lines that it told of.
async fn until_closed(
    door: &mut Door,
    mut client: impl tokio::io::AsyncRead + Unpin,
) -> (String, Vec<Knock>) {
    let mut said = Vec::new();
    let mut knocks = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        tokio::select! {
            read = client.read(&mut bytes) => match read {
                Ok(0) | Err(_) => break,
                Ok(read) => said.extend_from_slice(&bytes[..read]),
            },
            knock = door.next() => knocks.push(knock),
        }
    }
    (String::from_utf8(said).unwrap(), knocks)
}

/// That nothing comes for a while; needs paused time.
async fn quiet(door: &mut Door, while_: Duration) {
    if let Ok(knock) = timeout(while_, door.next()).await {
        panic!("{knock:?}");
    }
}
