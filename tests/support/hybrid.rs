//! ircd-hybrid, as the tests want it. Debian does not install it beside the others: `tests/install` unpacks it into
//! `target/ircd-hybrid`, and it runs over the system's /usr, which it alone sees so.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::port::free_port;
use super::{Ircd, folder, shown};

/// What can be chosen for an ircd-hybrid.
#[derive(Clone, Debug)]
pub struct Hybrid {
    /// `max_nick_length`; 9 is the default of the server.
    pub nicklen: u8,
    /// No limits on lines.
    pub unlimited: bool,
    /// Limits on how often LIST and the like are asked for, and on what is said in one channel: what comes beyond ten lines in
    /// one second is dropped with a notice, so that a room where time is turned fast loses lines.
    pub paced: bool,
    /// Connections of one host.
    pub connections: u16,
    /// The name in ISUPPORT NETWORK.
    pub network: String,
}

impl Default for Hybrid {
    fn default() -> Self {
        Self {
            nicklen: 9,
            unlimited: false,
            paced: true,
            connections: 100,
            network: "HybridNet".into(),
        }
    }
}

impl Hybrid {
    /// Long nicks, no limits.
    pub fn relaxed() -> Self {
        Self {
            nicklen: 30,
            unlimited: true,
            paced: false,
            ..Self::default()
        }
    }

    /// True if it can be started. Where it is not there: fails the test with a hint, or returns false under
    /// `IIM_SKIP_REAL=1`; where we are not root: notes for the summary of `tests/run` that this test did not run.
    #[track_caller]
    pub fn available(test: &str) -> bool {
        if !usr().exists() {
            assert!(
                std::env::var("IIM_SKIP_REAL").is_ok_and(|v| v == "1"),
                "ircd-hybrid is not there (tests/install); IIM_SKIP_REAL=1 skips this test"
            );
            return false;
        }
        let root = rustix::process::geteuid().is_root();
        if !root && let Some(path) = std::env::var_os("IIM_TESTS_SKIPPED") {
            let mut file = fs::File::options().append(true).open(path).unwrap();
            writeln!(file, "{test}: needs root").unwrap();
        }
        root
    }

    /// Starts the server and waits until it answers.
    #[track_caller]
    pub fn start(self) -> Ircd {
        let dir = folder();
        let port = free_port();
        fs::write(dir.path().join("ircd.conf"), self.config(port)).unwrap();
        fs::write(dir.path().join("start"), start(dir.path())).unwrap();
        // It does not run as root.
        let mut chown = Command::new("chown");
        let owned = chown.args(["-R", "irc"]).arg(dir.path()).status();
        assert!(owned.unwrap().success(), "no user irc");
        let start = shown(&dir.path().join("start"));
        let command = ["unshare", "--mount", "sh", &start].map(String::from);
        Ircd::launch(dir, port, None, self.network, command.to_vec())
    }

    fn config(&self, port: u16) -> String {
        let Self {
            nicklen,
            unlimited,
            paced,
            connections,
            network,
        } = self;
        let mut text = format!(
            "serverinfo {{ name = \"hybrid.test.invalid\"; sid = \"0HY\"; description = \"test\"; \
             network_name = \"{network}\"; network_description = \"test\"; hub = no; \
             default_max_clients = 500; max_nick_length = {nicklen}; max_topic_length = 160; }};\n\
             admin {{ name = \"t\"; description = \"t\"; email = \"t@test.invalid\"; }};\n\
             listen {{ host = \"127.0.0.1\"; port = {port}; }};\n\
             class {{ name = \"users\"; ping_time = 90 seconds; number_per_ip_local = {connections}; \
             number_per_ip_global = {connections}; max_number = 100; sendq = 1 megabyte; recvq = 2560 bytes; }};\n"
        );
        let flags = match unlimited {
            true => "flags = can_flood; ",
            false => "",
        };
        let more = match paced {
            true => "",
            false => "pace_wait = 0 seconds; pace_wait_simple = 0 seconds; default_floodcount = 0;",
        };
        writeln!(
            text,
            "auth {{ user = \"*@*\"; class = \"users\"; {flags}}};\n\
             general {{ disable_auth = yes; throttle_count = 1000; {more} }};"
        )
        .unwrap();
        text
    }
}

/// A script that puts the package over /usr, unseen by all but the server, which takes its place.
fn start(dir: &Path) -> String {
    let files = ["klinefile", "dlinefile", "xlinefile", "resvfile"];
    let files = files.map(|name| format!("-{name} {}/{name}", dir.display()));
    format!(
        "mount -t overlay overlay -o lowerdir={usr}:/usr /usr || exit 1\n\
         exec setpriv --reuid=irc --regid=irc --clear-groups ircd-hybrid -foreground \
         -configfile {at}/ircd.conf -logfile {at}/log -pidfile {at}/pid {files}\n",
        usr = usr().display(),
        at = dir.display(),
        files = files.join(" ")
    )
}

fn usr() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ircd-hybrid/usr")
}
