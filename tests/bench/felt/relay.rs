//! A wire between agents and an IRC server that notes when lines with a letter pass.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::SystemTime;

/// Which way a line went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// An agent has written it: noted as soon as it was read.
    FromAgent,
    /// The server has written it: noted before it is passed on.
    ToAgent,
}

/// Serves until the program ends.
pub(super) struct Relay {
    pub(super) port: u16,
    lines: Arc<Mutex<Vec<(SystemTime, Side)>>>,
}

impl Relay {
    pub(super) fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&lines);
        thread::spawn(move || {
            for agent in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                for wire in [&agent, &server] {
                    wire.set_nodelay(true).unwrap();
                }
                let (one, two) = (agent.try_clone().unwrap(), server.try_clone().unwrap());
                let (here, there) = (Arc::clone(&noted), Arc::clone(&noted));
                thread::spawn(move || pass(one, two, Side::FromAgent, &here));
                thread::spawn(move || pass(server, agent, Side::ToAgent, &there));
            }
        });
        Self { port, lines }
    }

    /// When lines passed, in their order.
    pub(super) fn lines(&self) -> Vec<(SystemTime, Side)> {
        let mut lines = self.lines.lock().unwrap().clone();
        lines.sort_by_key(|(at, _)| *at);
        lines
    }
}

fn pass(
    mut from: TcpStream,
    mut to: TcpStream,
    side: Side,
    noted: &Mutex<Vec<(SystemTime, Side)>>,
) {
    let mut buffer = [0; 1 << 14];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let at = SystemTime::now();
        if buffer[..count].windows(8).any(|word| word == b"PRIVMSG ") {
            noted.lock().unwrap().push((at, side));
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
