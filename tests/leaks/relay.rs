//! A wire between the agents and an IRC server that keeps every byte, in both directions.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::thread::JoinHandle;

/// What went over one connection in one direction.
#[derive(Clone, Debug)]
pub struct Stream {
    /// `net0 connection 3, agent to server`.
    pub name: String,
    /// Whether the agent wrote it.
    pub from_agent: bool,
    pub bytes: Vec<u8>,
}

type Streams = Arc<Mutex<Vec<Stream>>>;

/// Listens on a port of its own and passes everything on to the server; ended when it goes out of scope.
pub struct Relay {
    name: String,
    pub port: u16,
    streams: Streams,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    pub fn start(name: &str, server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (streams, over): (Streams, Arc<AtomicBool>) = Default::default();
        let (kept, ended, called) = (Arc::clone(&streams), Arc::clone(&over), name.to_owned());
        let thread = thread::spawn(move || {
            for agent in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                join(&called, &kept, agent.unwrap(), server);
            }
        });
        Self {
            name: name.to_owned(),
            port,
            streams,
            over,
            thread: Some(thread),
        }
    }

    /// What `iim setup --network` takes.
    pub fn url(&self) -> String {
        format!("{}=irc://127.0.0.1:{}", self.name, self.port)
    }

    /// All that went over the wire so far.
    pub fn streams(&self) -> Vec<Stream> {
        self.streams.lock().unwrap().clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the one who listens.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn join(name: &str, streams: &Streams, agent: TcpStream, server: u16) {
    // A server that is down: the agent sees its connection closed.
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
        return;
    };
    let number = streams.lock().unwrap().len() / 2;
    for (from_agent, way) in [(true, "agent to server"), (false, "server to agent")] {
        let at = {
            let mut streams = streams.lock().unwrap();
            streams.push(Stream {
                name: format!("{name} connection {number}, {way}"),
                from_agent,
                bytes: Vec::new(),
            });
            streams.len() - 1
        };
        let (mut from, mut to) = match from_agent {
            true => (agent.try_clone().unwrap(), server.try_clone().unwrap()),
            false => (server.try_clone().unwrap(), agent.try_clone().unwrap()),
        };
        let streams = Arc::clone(streams);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                streams.lock().unwrap()[at].bytes.extend(&buffer[..count]);
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}
