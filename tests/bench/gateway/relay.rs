//! The bare relay that the gateway is compared with: `tests/bench/relay`, built as the program is.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::reading::Reading;

/// The relay, and both ends of it.
pub(super) struct Relay {
    child: Child,
    network: TcpStream,
    client: Reading,
    /// What it prints.
    said: BufReader<ChildStdout>,
    keeps: bool,
}

impl Relay {
    /// It passes lines on, and if there is a file keeps them there first.
    pub(super) fn start(file: Option<&Path>) -> Self {
        let program = std::env::var_os("IIM_BENCH_RELAY").expect("start me by tests/bench/run");
        let mut child = Command::new(program)
            .args(file)
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
            client: Reading::new(&client),
            said,
            keeps: file.is_some(),
        }
    }

    /// How long a text takes through it, beyond the time for keeping it.
    pub(super) fn pass(&mut self, text: &str) -> Duration {
        let line = format!(":bob!bob@iim.local PRIVMSG alice :{text}\r\n");
        let begun = SystemTime::now();
        self.network.write_all(line.as_bytes()).unwrap();
        assert_eq!(self.client.line(), line.trim_end());
        let whole = self.client.came.duration_since(begun).unwrap();
        if !self.keeps {
            return whole;
        }
        let mut kept = String::new();
        self.said.read_line(&mut kept).unwrap();
        whole - Duration::from_micros(kept.trim().parse().unwrap())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
