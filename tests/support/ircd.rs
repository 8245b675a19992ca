//! Real IRC servers for the tests, each in a temporary folder on free ports of loopback, ended by its own process id.
//!
//! ```ignore
//! if !ircd::available("ngircd") { return; }          // fails unless IIM_SKIP_REAL=1
//! let mut server = ircd::Ngircd::default().start();  // NICKLEN 9, no MONITOR, default limits
//! let server = ircd::Hybrid::default().start();         // where Hybrid::available()
//! let server = ircd::Inspircd { tls: true, ..ircd::Inspircd::relaxed() }.start();
//! server.address();                                  // "127.0.0.1:PORT"
//! server.kill(); server.start_again();               // same port, same settings
//! ```

#![allow(dead_code, unused_imports, reason = "each program uses its part")]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[path = "bare.rs"]
mod bare;
#[path = "certificates.rs"]
mod certificates;
#[path = "hybrid.rs"]
mod hybrid;
#[path = "ngircd.rs"]
mod ngircd;

use super::port::free_port;

pub use bare::Bare;
use certificates::Tls;
pub use certificates::{Authority, certificates};
pub use hybrid::Hybrid;
pub use ngircd::Ngircd;

/// True if the server program is there. If not: fails the test with a hint, or returns false under `IIM_SKIP_REAL=1`.
#[track_caller]
pub fn available(program: &str) -> bool {
    if find(program).is_some() {
        return true;
    }
    assert!(
        std::env::var("IIM_SKIP_REAL").is_ok_and(|v| v == "1"),
        "{program} is not installed (apt-get install --no-install-recommends {program}); IIM_SKIP_REAL=1 skips this test"
    );
    false
}

/// What can be chosen for an InspIRCd; the default keeps the server's default limits.
#[derive(Clone, Debug)]
pub struct Inspircd {
    /// Entries of MONITOR for each client; `None`: no MONITOR at all.
    pub monitor: Option<u16>,
    /// The `cap` module; without it CAP is never answered.
    pub cap: bool,
    /// No fake lag, no limits on lines or connections.
    pub unlimited: bool,
    /// Also listens with TLS, under a certificate of `127.0.0.1` and `localhost` that `Ircd::ca` trusts.
    pub tls: bool,
    /// `<security maxnick>`-like limit of the server (`<limits maxnick>`).
    pub nicklen: u8,
    /// The name in ISUPPORT NETWORK.
    pub network: String,
    /// The password that clients must give (PASS).
    pub password: Option<String>,
    /// The name of the server, and the id that it has among others.
    pub name: [String; 2],
    /// Connections of one host.
    pub connections: u16,
    /// Lines put at the end of the configuration.
    pub more: String,
}

impl Default for Inspircd {
    fn default() -> Self {
        Self {
            monitor: Some(30),
            cap: true,
            unlimited: false,
            tls: false,
            nicklen: 30,
            network: "InspNet".into(),
            password: None,
            name: ["insp.test.invalid".into(), "1TS".into()],
            connections: 2_000,
            more: String::new(),
        }
    }
}

impl Inspircd {
    /// One that takes another server at the first port, and links to it if it is told at which port that is.
    pub fn linked(name: [&str; 2], other: &str, (port, at): (u16, Option<u16>)) -> Self {
        // It wants some port, also where it never uses it.
        let to = at.unwrap_or(1);
        let mut more = format!(
            "<module name=\"spanningtree\">\n<bind address=\"127.0.0.1\" port=\"{port}\" type=\"servers\">\n\
             <link name=\"{other}\" ipaddr=\"127.0.0.1\" port=\"{to}\" allowmask=\"127.0.0.0/8\" \
             sendpass=\"p\" recvpass=\"p\">\n"
        );
        if at.is_some() {
            writeln!(more, "<autoconnect period=\"2s\" server=\"{other}\">").unwrap();
        }
        Self {
            name: name.map(String::from),
            more,
            ..Self::default()
        }
    }

    /// No limits; MONITOR of 200.
    pub fn relaxed() -> Self {
        Self {
            monitor: Some(200),
            unlimited: true,
            ..Self::default()
        }
    }

    /// Starts the server and waits until it answers.
    #[track_caller]
    pub fn start(self) -> Ircd {
        let dir = folder();
        let port = free_port();
        let tls = self.tls.then(|| Tls::make(dir.path()));
        let conf = dir.path().join("inspircd.conf");
        fs::write(&conf, self.config(dir.path(), port, tls.as_ref())).unwrap();
        let mut command = vec![path("inspircd")];
        command.extend(["--nofork", "--runasroot", "--config"].map(String::from));
        command.push(shown(&conf));
        Ircd::launch(dir, port, tls, self.network, command)
    }

    fn config(&self, dir: &Path, port: u16, tls: Option<&Tls>) -> String {
        let at = dir.display();
        let network = &self.network;
        let [name, id] = &self.name;
        let mut text = format!(
            "<server name=\"{name}\" description=\"test\" network=\"{network}\" id=\"{id}\">\n\
             <admin name=\"t\" nick=\"t\" email=\"t@test.invalid\">\n\
             <path configdir=\"{at}\" datadir=\"{at}\" logdir=\"{at}\" runtimedir=\"{at}\">\n\
             <pid file=\"{at}/pid\">\n\
             <log method=\"file\" type=\"* -USERINPUT -USEROUTPUT\" level=\"default\" target=\"{at}/log\">\n\
             <options prefixquit=\"Quit: \">\n\
             <limits maxnick=\"{nick}\">\n<performance softlimit=\"12800\" somaxconn=\"128\">\n\
             <bind address=\"127.0.0.1\" port=\"{port}\" type=\"clients\">\n",
            nick = self.nicklen
        );
        if let Some(tls) = tls {
            text.push_str(&tls.config());
        }
        text.push_str(&self.connect_class());
        for module in self.modules() {
            writeln!(text, "<module name=\"{module}\">").unwrap();
        }
        if let Some(entries) = self.monitor {
            writeln!(
                text,
                "<module name=\"monitor\">\n<monitor maxentries=\"{entries}\">"
            )
            .unwrap();
        }
        text.push_str(&self.more);
        text
    }

    fn connect_class(&self) -> String {
        let connections = self.connections;
        let mut text = format!(
            "<connect name=\"main\" allow=\"*\" localmax=\"{connections}\" globalmax=\"{connections}\" \
             resolvehostnames=\"no\" useident=\"no\" timeout=\"60\" pingfreq=\"120\" useconnflood=\"no\" \
             useconnectban=\"no\"",
        );
        if let Some(password) = &self.password {
            write!(text, " password=\"{password}\"").unwrap();
        }
        if self.unlimited {
            text.push_str(
                " fakelag=\"no\" threshold=\"1000000\" commandrate=\"1000000\" recvq=\"1048576\"",
            );
        }
        text.push_str(">\n");
        text
    }

    fn modules(&self) -> Vec<&'static str> {
        let mut modules = vec!["sha256"];
        if self.cap {
            modules.extend(["cap", "ircv3", "ircv3_servertime", "services_account"]);
        }
        modules
    }
}

/// A running server; dropping it kills it and removes its folder.
pub struct Ircd {
    /// The port of loopback without TLS.
    pub port: u16,
    /// The name in ISUPPORT NETWORK.
    pub network: String,
    tls: Option<Tls>,
    command: Vec<String>,
    child: Option<Child>,
    dir: tempfile::TempDir,
}

impl Ircd {
    #[track_caller]
    fn launch(
        dir: tempfile::TempDir,
        port: u16,
        tls: Option<Tls>,
        network: String,
        command: Vec<String>,
    ) -> Self {
        let mut ircd = Self {
            port,
            network,
            tls,
            command,
            child: None,
            dir,
        };
        ircd.start_again();
        ircd
    }

    /// `127.0.0.1:PORT`, without TLS.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The port with TLS, if the server was started with it.
    pub fn tls_port(&self) -> Option<u16> {
        self.tls.as_ref().map(|tls| tls.port)
    }

    /// The file of the authority that signed the server's certificate.
    pub fn ca(&self) -> Option<PathBuf> {
        self.tls.as_ref().map(|tls| tls.ca.clone())
    }

    /// The process id, for SIGSTOP and the like.
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Kills the server at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts a killed server again on the same ports, and waits until it answers.
    #[track_caller]
    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "the server runs");
        let (program, arguments) = self.command.split_first().unwrap();
        let out = fs::File::create(self.dir.path().join("output")).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn();
        self.child = Some(child.unwrap_or_else(|e| panic!("cannot run {program}: {e}")));
        let until = Instant::now() + Duration::from_secs(60);
        while !answers(self.port) {
            let gone = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(
                gone.is_none() && Instant::now() < until,
                "{program} does not answer: {}",
                self.output()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the server printed and logged.
    pub fn output(&self) -> String {
        ["output", "log"]
            .map(|name| fs::read(self.dir.path().join(name)).unwrap_or_default())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat()
    }
}

impl Drop for Ircd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An unregistered client gets some line for a command out of turn.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let wait = Some(Duration::from_secs(3));
    if stream.set_read_timeout(wait).is_err() || stream.write_all(b"QUIT\r\n").is_err() {
        return false;
    }
    let mut line = String::new();
    BufReader::new(stream)
        .read_line(&mut line)
        .is_ok_and(|n| n > 0)
}

fn folder() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("iim-ircd-")
        .tempdir()
        .unwrap()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[track_caller]
fn path(program: &str) -> String {
    let found =
        find(program).unwrap_or_else(|| panic!("{program} is not installed: apt-get install it"));
    shown(&found)
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':')
        .chain(["/usr/sbin", "/sbin"])
        .map(|dir| Path::new(dir).join(program))
        .find(|file| file.is_file())
}
