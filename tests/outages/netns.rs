//! A small Internet: a host of its own for everybody (a network namespace), joined by one router.
//!
//! ```text
//!   alice ── 10.77.1.0/24 ──┐            ┌── 10.77.3.0/24 ── server
//!                           ├── router ──┤
//!     bob ── 10.77.2.0/24 ──┘            └── …
//! ```
//!
//! The router can cut a host off in silence: what comes from it or goes to it vanishes, and nobody is told.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::process::{need, run, until};

/// The router and the names that all its hosts begin with.
pub struct Land {
    name: String,
    hosts: Cell<u8>,
}

/// A host: programs started in it reach the others, and nothing else.
pub struct Host {
    router: String,
    name: String,
    address: String,
}

impl Land {
    pub fn new() -> Self {
        static SWEPT: Once = Once::new();
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        need(&["ip", "setpriv", "bash"]);
        SWEPT.call_once(sweep);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let land = Self {
            name: format!("{PREFIX}{}-{number}", std::process::id()),
            hosts: Cell::new(0),
        };
        add(&land.router());
        let forward = "echo 1 >/proc/sys/net/ipv4/ip_forward";
        ip(&["netns", "exec", &land.router(), "sh", "-c", forward]);
        land
    }

    fn router(&self) -> String {
        format!("{}-router", self.name)
    }

    /// A new host with a cable to the router.
    pub fn host(&self, name: &str) -> Host {
        let number = self.hosts.get() + 1;
        self.hosts.set(number);
        let router = self.router();
        let host = Host {
            name: format!("{}-{name}", self.name),
            address: format!("10.77.{number}.2"),
            router,
        };
        add(&host.name);
        let (ours, theirs) = (format!("h{number}"), "eth0");
        let gateway = format!("10.77.{number}.1");
        let on = |netns: &str, words: &str| {
            let words: Vec<&str> = words.split(' ').collect();
            ip(&[&["-n", netns], words.as_slice()].concat());
        };
        on(
            &host.router,
            &format!(
                "link add {ours} type veth peer name {theirs} netns {}",
                host.name
            ),
        );
        on(&host.router, &format!("addr add {gateway}/24 dev {ours}"));
        on(&host.router, &format!("link set {ours} up"));
        on(
            &host.name,
            &format!("addr add {}/24 dev {theirs}", host.address),
        );
        on(&host.name, &format!("link set {theirs} up"));
        on(&host.name, &format!("route add default via {gateway}"));
        host
    }
}

impl Drop for Land {
    fn drop(&mut self) {
        remove(&self.router());
    }
}

impl Host {
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The words that stand before a command to run it on this host.
    pub fn words(&self) -> String {
        format!("ip netns exec {}", self.name)
    }

    /// A program of this host, ended if the test itself is killed.
    pub fn daemon(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.name])
            .args(["setpriv", "--pdeathsig", "KILL", "--"])
            .arg(program.as_ref());
        command
    }

    /// From now on the router drops what comes from this host and what goes to it, and tells nobody.
    pub fn cut(&self) {
        self.rule("add");
    }

    /// Ends [`Self::cut`].
    pub fn mend(&self) {
        self.rule("del");
    }

    fn rule(&self, verb: &str) {
        for side in ["from", "to"] {
            ip(&[
                "-n",
                &self.router,
                "rule",
                verb,
                side,
                &self.address,
                "blackhole",
            ]);
        }
    }

    /// Waits until somebody listens on a port of this host.
    #[track_caller]
    pub fn until_listening(&self, what: &str, port: u16) {
        let (at, router) = (format!("/dev/tcp/{}/{port}", self.address), &self.router);
        until(what, 30, || {
            let mut command = Command::new("ip");
            command.args([
                "netns",
                "exec",
                router,
                "bash",
                "-c",
                &format!("exec 3<>{at}"),
            ]);
            (run(&mut command, b"").code == Some(0)).then_some(())
        });
    }

    /// How many TCP connections programs of this host have begun.
    pub fn connections(&self) -> u64 {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, "cat", "/proc/net/snmp"]);
        let text = run(&mut command, b"").expect_code(0, "counting connections");
        let mut rows = text.lines().filter(|line| line.starts_with("Tcp:"));
        let (names, values) = (rows.next().unwrap(), rows.next().unwrap());
        let column = names
            .split(' ')
            .position(|name| name == "ActiveOpens")
            .unwrap();
        values.split(' ').nth(column).unwrap().parse().unwrap()
    }

    /// The folder of files that programs of this host see in /etc; for those started after this.
    pub fn etc(&self) -> PathBuf {
        let folder = etc(&self.name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

fn etc(name: &str) -> PathBuf {
    Path::new("/etc/netns").join(name)
}

fn add(name: &str) {
    ip(&["netns", "add", name]);
    ip(&["-n", name, "link", "set", "lo", "up"]);
}

/// Says nothing about what cannot be removed: the test may be failing already.
fn remove(name: &str) {
    let _ = run(Command::new("ip").args(["netns", "del", name]), b"");
    if etc(name).exists() {
        let _ = fs::remove_dir_all(etc(name));
    }
}

/// Removes what tests that were killed have left.
fn sweep() {
    let left = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    for name in left.filter_map(|entry| entry.file_name().into_string().ok()) {
        let pid = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            remove(&name);
        }
    }
}

#[track_caller]
fn ip(args: &[&str]) {
    let what = format!("ip {}", args.join(" "));
    run(Command::new("ip").args(args), b"").expect_code(0, &what);
}

const PREFIX: &str = "iim-outage-";
