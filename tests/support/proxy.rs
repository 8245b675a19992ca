//! A server of loopback behind a link that breaks: cut at any byte, dead in silence, or leading somewhere else.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Instant;

/// Passes everything on, unless told otherwise.
pub struct Proxy {
    pub port: u16,
    link: Arc<Link>,
}

#[derive(Default)]
struct Link {
    to: AtomicU16,
    /// The next connection ends after so many bytes, of both sides together.
    cut: Mutex<Option<usize>>,
    /// Nothing passes, and nobody is told.
    dead: AtomicBool,
    connections: AtomicUsize,
    open: Mutex<Vec<Weak<Connection>>>,
    /// What passed on the last connection that was to be cut.
    passed: Mutex<Vec<Vec<u8>>>,
    /// Whoever is told what passes.
    listener: Mutex<Option<Sender<Part>>>,
}

/// What one side said at once.
pub struct Part {
    /// Before it was passed on.
    pub at: Instant,
    pub from_client: bool,
    pub bytes: Vec<u8>,
}

/// One connection.
struct Connection {
    link: Arc<Link>,
    /// How many bytes may still pass.
    left: Mutex<Option<usize>>,
    ends: [TcpStream; 2],
}

impl Proxy {
    /// Leads to the server at this port.
    pub fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let link = Arc::new(Link::default());
        link.to.store(to, Ordering::SeqCst);
        let serving = Arc::clone(&link);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                Connection::begin(&serving, client);
            }
        });
        Self { port, link }
    }

    /// The next connection ends after so many bytes, of both sides together.
    pub fn cut_next_after(&self, bytes: usize) {
        *self.link.cut.lock().unwrap() = Some(bytes);
    }

    /// From now on connections lead to another server.
    pub fn lead_to(&self, port: u16) {
        self.link.to.store(port, Ordering::SeqCst);
    }

    /// From now on nothing passes (`true`), and neither side is told; or what is said from now on passes again, but on no
    /// connection on which something was lost.
    pub fn dies(&self, dead: bool) {
        self.link.dead.store(dead, Ordering::SeqCst);
    }

    /// What passes from now on, in the order in which it does.
    pub fn listen(&self) -> Receiver<Part> {
        let (sender, parts) = channel();
        *self.link.listener.lock().unwrap() = Some(sender);
        parts
    }

    /// All connections end.
    pub fn breaks(&self) {
        let mut open = self.link.open.lock().unwrap();
        for connection in open.drain(..).filter_map(|open| open.upgrade()) {
            connection.end();
        }
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.link.connections.load(Ordering::SeqCst)
    }

    /// What passed on the last connection that was to be cut, part by part, of both sides.
    pub fn passed(&self) -> Vec<Vec<u8>> {
        self.link.passed.lock().unwrap().clone()
    }
}

impl Connection {
    fn begin(link: &Arc<Link>, client: TcpStream) {
        link.connections.fetch_add(1, Ordering::SeqCst);
        let left = link.cut.lock().unwrap().take();
        if left.is_some() {
            link.passed.lock().unwrap().clear();
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", link.to.load(Ordering::SeqCst))) else {
            return;
        };
        for end in [&client, &server] {
            let _ = end.set_nodelay(true);
        }
        let connection = Arc::new(Self {
            link: Arc::clone(link),
            left: Mutex::new(left),
            ends: [client, server],
        });
        if left == Some(0) {
            return connection.end();
        }
        link.open.lock().unwrap().push(Arc::downgrade(&connection));
        for from_client in [true, false] {
            let connection = Arc::clone(&connection);
            thread::spawn(move || connection.carry(from_client));
        }
    }

    /// Carries what one side says to the other, until either ends.
    fn carry(&self, from_client: bool) {
        let [client, server] = &self.ends;
        let (mut from, mut to) = match from_client {
            true => (client, server),
            false => (server, client),
        };
        let mut part = [0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut part) {
            if self.link.dead.load(Ordering::SeqCst) {
                // Held open, so that nobody hears of it, also when others pass again.
                loop {
                    thread::park();
                }
            }
            // Held while it is written: bytes of both sides are counted in the order in which they pass.
            let mut left = self.left.lock().unwrap();
            let passes = left.map_or(length, |left| left.min(length));
            self.tell(from_client, &part[..passes]);
            if to.write_all(&part[..passes]).is_err() {
                break;
            }
            if let Some(left) = left.as_mut() {
                let mut passed = self.link.passed.lock().unwrap();
                passed.push(part[..passes].to_vec());
                *left -= passes;
                if *left == 0 {
                    break;
                }
            }
        }
        self.end();
    }

    fn tell(&self, from_client: bool, bytes: &[u8]) {
        let at = Instant::now();
        if let Some(listener) = self.link.listener.lock().unwrap().as_ref() {
            let bytes = bytes.to_vec();
            // Nobody may listen any more.
            let _ = listener.send(Part {
                at,
                from_client,
                bytes,
            });
        }
    }

    fn end(&self) {
        for end in &self.ends {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}
