//! A Postfix of our own on loopback, with users that only it sees: it runs in a mount namespace where
//! `/etc/passwd` is another file, so that `mailbox_command` works for real and nothing is left behind.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::account::{Account, Place};
use super::process::{Running, daemon, free_port, run, try_until, until_listening};

/// What Postfix hands a mail to.
pub enum Delivery {
    /// `mailbox_command`: procmail, run as the recipient.
    Procmail,
    /// `mailbox_transport`: LMTP to this port of loopback.
    Lmtp(u16),
}

/// A running Postfix for `example.org`.
pub struct Postfix {
    pub port: u16,
    dir: PathBuf,
    log: PathBuf,
    running: Running,
}

impl Postfix {
    /// Starts Postfix for these accounts, each of a user of its own.
    pub fn start(place: &Place, accounts: &[&Account], delivery: &Delivery) -> Self {
        let port = free_port();
        let dir = place.join("postfix");
        fs::create_dir_all(dir.join("etc")).unwrap();
        fs::create_dir_all(dir.join("queue")).unwrap();
        fs::create_dir_all(dir.join("data")).unwrap();
        let owner = id_of("postfix");
        chown(dir.join("data"), Some(owner), None).unwrap();
        let log = dir.join("log");
        let home = dir.display();
        fs::write(
            dir.join("etc/main.cf"),
            main_cf(&home.to_string(), delivery),
        )
        .unwrap();
        fs::write(dir.join("etc/master.cf"), master_cf(port)).unwrap();
        fs::write(dir.join("passwd"), passwd(accounts)).unwrap();
        fs::write(dir.join("group"), group(accounts)).unwrap();
        let script = format!(
            "mount --bind {home}/passwd /etc/passwd && mount --bind {home}/group /etc/group && \
             exec postfix -c {home}/etc start-fg"
        );
        let mut command = daemon("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-c", &script]);
        let running = Running::start("postfix", &mut command, &dir.join("output"));
        until_listening("postfix", port);
        Self {
            port,
            dir,
            log,
            running,
        }
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The lines of its log that tell where a mail went.
    pub fn deliveries(&self) -> Vec<String> {
        let log = self.log();
        log.lines()
            .filter(|line| line.contains(" status="))
            .map(str::to_owned)
            .collect()
    }

    /// Waits for something that a mail in the queue must bring, and has the queue tried again until it is there.
    ///
    /// Once is not enough: a mail whose last delivery is just ending is "skipped, still being delivered", and Postfix
    /// lets it lie for a minute, whatever its settings say (`qmgr_active_feed` in its `qmgr_active.c`).
    #[track_caller]
    pub fn until_tried_again(&self, what: &str, mut right: impl FnMut() -> bool) {
        let mut last = Instant::now();
        try_until(what, 120, || {
            if right() {
                return Ok(());
            }
            if last.elapsed() > Duration::from_secs(1) {
                self.try_again();
                last = Instant::now();
            }
            Err(self.deliveries().join("\n"))
        });
    }

    /// `postqueue -f`.
    fn try_again(&self) {
        let mut command = Command::new("postqueue");
        command.arg("-c").arg(self.dir.join("etc")).arg("-f");
        run(&mut command, b"").expect_code(0, "postqueue -f");
    }

    /// From now on this account's user is not known any more.
    pub fn forget(&self, account: &Account) {
        let path = self.dir.join("passwd");
        let text = fs::read_to_string(&path).unwrap();
        let start = format!("{}:", account.name);
        let others: Vec<&str> = text.lines().filter(|l| !l.starts_with(&start)).collect();
        // Written in place: the file is mounted over another.
        fs::write(&path, others.join("\n") + "\n").unwrap();
    }

    pub fn smtp_url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// msmtp as a sendmail command.
    pub fn msmtp(&self) -> String {
        format!("/usr/bin/msmtp --host=127.0.0.1 --port={}", self.port)
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.running.stop();
        if std::thread::panicking() {
            eprintln!("-- postfix\n{}", self.log());
        }
    }
}

fn main_cf(dir: &str, delivery: &Delivery) -> String {
    let delivery = match delivery {
        Delivery::Procmail => "mailbox_command = /usr/bin/procmail".to_owned(),
        Delivery::Lmtp(port) => format!("mailbox_transport = lmtp:inet:127.0.0.1:{port}"),
    };
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {dir}/queue\n\
         data_directory = {dir}/data\n\
         command_directory = /usr/sbin\n\
         daemon_directory = /usr/lib/postfix/sbin\n\
         mail_owner = postfix\n\
         setgid_group = postdrop\n\
         myhostname = mail.example.org\n\
         mydomain = example.org\n\
         myorigin = example.org\n\
         mydestination = example.org\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         mynetworks = 127.0.0.0/8\n\
         disable_dns_lookups = yes\n\
         local_recipient_maps =\n\
         alias_maps =\n\
         alias_database =\n\
         default_transport = error\n\
         relay_transport = error\n\
         biff = no\n\
         minimal_backoff_time = 1s\n\
         maximal_backoff_time = 2s\n\
         queue_run_delay = 1s\n\
         maillog_file = {dir}/log\n\
         maillog_file_prefixes = {dir}\n\
         {delivery}\n"
    )
}

fn master_cf(port: u16) -> String {
    let mut text = format!("127.0.0.1:{port} inet n - n - - smtpd\n");
    for (service, kind, private, wakeup, limit, program) in [
        ("pickup", "unix", "n", "60", "1", "pickup"),
        ("cleanup", "unix", "n", "-", "0", "cleanup"),
        ("qmgr", "unix", "n", "2", "1", "qmgr"),
        ("rewrite", "unix", "-", "-", "-", "trivial-rewrite"),
        ("bounce", "unix", "-", "-", "0", "bounce"),
        ("defer", "unix", "-", "-", "0", "bounce"),
        ("trace", "unix", "-", "-", "0", "bounce"),
        ("verify", "unix", "-", "-", "1", "verify"),
        ("flush", "unix", "n", "1000?", "0", "flush"),
        ("proxymap", "unix", "-", "-", "-", "proxymap"),
        ("error", "unix", "-", "-", "-", "error"),
        ("retry", "unix", "-", "-", "-", "error"),
        ("local", "unix", "-", "-", "-", "local"),
        ("lmtp", "unix", "-", "-", "-", "lmtp"),
        ("anvil", "unix", "-", "-", "1", "anvil"),
        ("postlog", "unix-dgram", "n", "-", "1", "postlogd"),
    ] {
        // Columns: private, unprivileged, chroot, wakeup, process limit; local(8) must be privileged.
        // And it remembers the user whom it looked up last, so one takes one mail: whoever is forgotten is forgotten at once.
        let (user, options) = match program {
            "local" => ("n", " -o max_use=1"),
            _ => ("-", ""),
        };
        writeln!(
            text,
            "{service} {kind} {private} {user} n {wakeup} {limit} {program}{options}"
        )
        .unwrap();
    }
    text
}

fn passwd(accounts: &[&Account]) -> String {
    let mut text = fs::read_to_string("/etc/passwd").unwrap();
    for account in accounts {
        let (name, id) = (&account.name, account.ids.unwrap());
        let home = account.home.display();
        writeln!(text, "{name}:x:{id}:{id}::{home}:/bin/sh").unwrap();
    }
    text
}

fn group(accounts: &[&Account]) -> String {
    let mut text = fs::read_to_string("/etc/group").unwrap();
    for account in accounts {
        writeln!(text, "{}:x:{}:", account.name, account.ids.unwrap()).unwrap();
    }
    text
}

fn id_of(user: &str) -> u32 {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd.lines().find(|l| l.starts_with(&format!("{user}:")));
    let line = line.unwrap_or_else(|| panic!("no user {user}: run tests/install"));
    line.split(':').nth(2).unwrap().parse().unwrap()
}
