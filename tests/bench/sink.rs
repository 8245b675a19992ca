//! A mail server on loopback that takes every mail and counts.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Listens until the program ends.
pub struct Sink {
    pub port: u16,
    taken: Arc<AtomicUsize>,
}

impl Sink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counter = Arc::clone(&counter);
                std::thread::spawn(move || drop(serve(stream, &counter)));
            }
        });
        Self { port, taken }
    }

    /// How many mails have been taken.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream, taken: &AtomicUsize) -> std::io::Result<()> {
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
        } else if word.starts_with("QUIT") {
            return answer.write_all(b"221 bye\r\n");
        } else {
            answer.write_all(b"250 ok\r\n")?;
        }
    }
}
