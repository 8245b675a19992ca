//! What is written while the network holds everything back.

use crate::ircd::{self, Inspircd, Ircd, Ngircd};
use crate::person::Person;
use crate::plain;
use iim::edge::config::{Flood, Network, Server};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// InspIRCd kills for 4,096 bytes that come at once, as all does that was written while the net was silent.
#[tokio::test]
async fn what_is_written_during_a_gap_is_no_flood() {
    if !(ircd::available("ngircd") && ircd::available("inspircd")) {
        return;
    }
    let (ng, insp) = (Ngircd::default().start(), Inspircd::default().start());
    tokio::join!(long_lines_during_a_gap(&ng), long_lines_during_a_gap(&insp));
}

async fn long_lines_during_a_gap(server: &Ircd) {
    let net = Net::before(server).await;
    let flood = Flood {
        burst: 12,
        per_second: 1.0,
    };
    let behind_it = Network {
        flood,
        servers: vec![net.address.clone()],
        ..plain(server)
    };
    let mut alice = Person::on(behind_it, "alice").await;
    let mut bob = Person::on(plain(server), "bob").await;
    // Their tokens are all there again.
    tokio::time::sleep(Duration::from_secs(8)).await;
    net.open.send_replace(false);
    let texts: Vec<String> = (0..12).map(|n| format!("{n:0>400}")).collect();
    let lines: Vec<&str> = texts.iter().map(String::as_str).collect();
    alice.send(1, "bob", &lines);
    tokio::time::sleep(Duration::from_secs(2)).await;
    net.open.send_replace(true);
    for text in &texts {
        tokio::select! {
            (_, heard) = bob.text() => assert_eq!(heard, *text),
            why = alice.lost() => panic!("thrown out: {why}"),
        }
    }
}

/// The net between somebody and a server: while it is not open, what they write waits on their own machine.
struct Net {
    address: Server,
    open: watch::Sender<bool>,
}

impl Net {
    async fn before(server: &Ircd) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Server {
            host: "127.0.0.1".into(),
            port: listener.local_addr().unwrap().port(),
        };
        let (open, mut is_open) = watch::channel(true);
        let server = server.port;
        tokio::spawn(async move {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
            let ((mut heard, mut told), (mut replies, mut lines)) = (near.split(), far.split());
            let there = async {
                let mut waiting = [0; 65_536];
                while is_open.wait_for(|open| *open).await.is_ok() {
                    // Whatever has gathered leaves in one piece.
                    heard.readable().await.unwrap();
                    if !*is_open.borrow() {
                        continue;
                    }
                    match heard.read(&mut waiting).await {
                        Ok(count @ 1..) => lines.write_all(&waiting[..count]).await.unwrap(),
                        _ => break,
                    }
                }
            };
            let back = tokio::io::copy(&mut replies, &mut told);
            tokio::join!(there, back).1.unwrap();
        });
        Self { address, open }
    }
}
