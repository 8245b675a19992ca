//! The bare relay that the gateway is compared with: `tests/bench/relay`, built as the program is.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The relay, and both ends of it.
pub(super) struct Relay {
    child: Child,
    network: TcpStream,
    client: BufReader<TcpStream>,
}

impl Relay {
    pub(super) fn start() -> Self {
        let program = std::env::var_os("IIM_BENCH_RELAY").expect("start me by tests/bench/run");
        let mut child = Command::new(program)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut port).unwrap();
        let port: u16 = port.trim().parse().unwrap();
        let [network, client] = [(), ()].map(|()| TcpStream::connect(("127.0.0.1", port)).unwrap());
        network.set_nodelay(true).unwrap();
        Self {
            child,
            network,
            client: BufReader::new(client),
        }
    }

    /// How long a text takes through it.
    pub(super) fn pass(&mut self, text: &str) -> Duration {
        let line = format!(":bob!bob@iim.local PRIVMSG alice :{text}\r\n");
        let mut come = String::new();
        let begun = Instant::now();
        self.network.write_all(line.as_bytes()).unwrap();
        self.client.read_line(&mut come).unwrap();
        let took = begun.elapsed();
        assert_eq!(come, line);
        took
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
