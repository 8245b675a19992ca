//! A mail server on loopback that takes every mail and counts.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Listens until the program ends.
pub struct Sink {
    pub port: u16,
    taken: Arc<AtomicUsize>,
    begun: Arc<Mutex<Option<Instant>>>,
}

impl Sink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(AtomicUsize::new(0));
        let begun = Arc::default();
        let (counter, first) = (Arc::clone(&taken), Arc::clone(&begun));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counter, first) = (Arc::clone(&counter), Arc::clone(&first));
                std::thread::spawn(move || drop(serve(stream, &counter, &first)));
            }
        });
        Self { port, taken, begun }
    }

    /// When the first mail since the last call began to come.
    pub fn began(&self) -> Option<Instant> {
        self.begun.lock().unwrap().take()
    }

    /// How many mails have been taken.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }
}

fn serve(
    stream: TcpStream,
    taken: &AtomicUsize,
    begun: &Mutex<Option<Instant>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut answer = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    answer.write_all(b"220 sink\r\n")?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let word = String::from_utf8_lossy(&line).to_ascii_uppercase();
        if word.starts_with("EHLO") {
            answer.write_all(b"250-sink\r\n250-8BITMIME\r\n250 PIPELINING\r\n")?;
        } else if word.starts_with("DATA") {
            answer.write_all(b"354 go on\r\n")?;
            while line != b".\r\n" {
                line.clear();
                if lines.read_until(b'\n', &mut line)? == 0 {
                    return Ok(());
                }
            }
            taken.fetch_add(1, Ordering::SeqCst);
            answer.write_all(b"250 taken\r\n")?;
        } else if word.starts_with("MAIL") {
            begun.lock().unwrap().get_or_insert_with(Instant::now);
            answer.write_all(b"250 ok\r\n")?;
        } else if word.starts_with("QUIT") {
            return answer.write_all(b"221 bye\r\n");
        } else {
            answer.write_all(b"250 ok\r\n")?;
        }
    }
}
