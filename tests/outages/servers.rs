//! IRC servers, each on a host of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::netns::{Host, Land};
use crate::support::account::Place;
use crate::support::process::{Running, find, need};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Friends are asked for in turns (ISON).
    Ngircd,
    /// The server tells who comes and goes (MONITOR).
    Inspircd,
}

/// A network of one server.
pub struct Server {
    running: Option<Running>,
    kind: Kind,
    name: String,
    folder: PathBuf,
    pub host: Host,
}

impl Server {
    /// Starts it. It notices after [`PATIENCE`] seconds at most that a client is gone.
    pub fn start(land: &Land, place: &Place, kind: Kind, name: &str) -> Self {
        let folder = place.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut server = Self {
            running: None,
            kind,
            name: name.to_owned(),
            folder,
            host: land.host(name),
        };
        server.configure();
        server.start_again();
        server
    }

    /// What `iim setup --network` takes.
    pub fn url(&self) -> String {
        self.url_at(self.host.address())
    }

    /// The same with a name for the server.
    pub fn url_at(&self, host: &str) -> String {
        format!("{}=ircs://{host}:{PORT}", self.name)
    }

    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// Kills the server; its host lives, and says so to whoever writes to it.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill();
        }
    }

    pub fn start_again(&mut self) {
        let mut command = self.command();
        let log = self.folder.join("output");
        self.running = Some(Running::start(&self.name, &mut command, &log));
        self.host.until_listening(&self.name, PORT);
    }

    fn command(&self) -> Command {
        let (program, flags): (_, &[&str]) = match self.kind {
            Kind::Ngircd => ("ngircd", &["-n", "-f"]),
            Kind::Inspircd => ("inspircd", &["--nofork", "--runasroot", "--config"]),
        };
        need(&[program]);
        let mut command = self.host.daemon(find(program).unwrap());
        command.args(flags).arg(self.folder.join("conf"));
        command
    }

    fn configure(&self) {
        let text = match self.kind {
            Kind::Ngircd => ngircd(&self.name, self.host.address()),
            Kind::Inspircd => inspircd(&self.name, self.host.address(), &self.folder),
        };
        std::fs::write(self.folder.join("conf"), text).unwrap();
    }
}

fn ngircd(name: &str, address: &str) -> String {
    format!(
        "[Global]\nName = {name}.test.invalid\nInfo = test\nNetwork = {name}\nListen = {address}\nPorts = {PORT}\n\
         MotdPhrase = hello\n[Limits]\nMaxNickLength = 9\nMaxConnectionsIP = 0\nMaxPenaltyTime = 0\n\
         PingTimeout = {half}\nPongTimeout = {half}\n[Options]\nIdent = no\nDNS = no\nPAM = no\nMorePrivacy = no\n",
        half = PATIENCE / 2
    )
}

fn inspircd(name: &str, address: &str, folder: &Path) -> String {
    let at = folder.display();
    let half = PATIENCE / 2;
    format!(
        "<server name=\"{name}.test.invalid\" description=\"test\" network=\"{name}\" id=\"1TS\">\n\
         <admin name=\"t\" nick=\"t\" email=\"t@test.invalid\">\n\
         <path configdir=\"{at}\" datadir=\"{at}\" logdir=\"{at}\" runtimedir=\"{at}\">\n<pid file=\"{at}/pid\">\n\
         <log method=\"file\" type=\"* -USERINPUT -USEROUTPUT\" level=\"default\" target=\"{at}/log\">\n\
         <options prefixquit=\"Quit: \" defaultmodes=\"nt\">\n<limits maxnick=\"30\">\n\
         <performance softlimit=\"12800\" somaxconn=\"128\">\n\
         <bind address=\"{address}\" port=\"{PORT}\" type=\"clients\">\n\
         <connect name=\"main\" allow=\"*\" localmax=\"2000\" globalmax=\"2000\" resolvehostnames=\"no\" \
         useident=\"no\" timeout=\"60\" pingfreq=\"{half}\" useconnflood=\"no\" useconnectban=\"no\" fakelag=\"no\" \
         threshold=\"1000000\" commandrate=\"1000000\" recvq=\"1048576\">\n\
         <module name=\"sha256\">\n<module name=\"cap\">\n<module name=\"ircv3\">\n\
         <module name=\"ircv3_servertime\">\n<module name=\"services_account\">\n\
         <module name=\"monitor\">\n<monitor maxentries=\"200\">\n"
    )
}

/// Where they listen.
const PORT: u16 = 6667;
/// Seconds after which a server at the latest takes a silent client for gone.
pub const PATIENCE: u32 = 40;
