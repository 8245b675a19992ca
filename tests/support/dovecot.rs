//! A Dovecot of our own on loopback: LMTP with Sieve, IMAP and POP3, with and without TLS, for accounts that are each a
//! user of its own.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::account::{Account, Place};
use super::ircd::Authority;
use super::process::{Running, daemon, free_port, until, until_listening};
use super::recipes::{install_sieve, shipped};

/// A running Dovecot; everybody's password is "secret".
pub struct Dovecot {
    pub lmtp: u16,
    /// Without TLS, or with STARTTLS.
    pub imap: u16,
    /// With TLS from the first byte.
    pub imaps: u16,
    /// Without TLS, or with STLS.
    pub pop3: u16,
    /// With TLS from the first byte.
    pub pop3s: u16,
    /// The authority that signed its certificate, which is for 127.0.0.1 and localhost.
    pub ca: PathBuf,
    authority: Authority,
    users: PathBuf,
    log: PathBuf,
    running: Running,
}

/// Folders with a use of their own (RFC 6154), made at once.
pub const SPECIAL: &str = "namespace inbox {\n  inbox = yes\n  separator = /\n\
    \x20 mailbox Junk {\n    special_use = \\Junk\n    auto = create\n  }\n\
    \x20 mailbox Trash {\n    special_use = \\Trash\n    auto = create\n  }\n}\n";

/// What Dovecot 2.3 can.
const CAPABILITIES: &str = "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ NAMESPACE UIDPLUS LIST-EXTENDED \
    CONDSTORE ESEARCH LIST-STATUS MOVE SPECIAL-USE";

/// The setting with which Dovecot does not say that it can do these.
pub fn without(words: &[&str]) -> String {
    let kept: Vec<&str> = CAPABILITIES
        .split(' ')
        .filter(|word| !words.contains(word))
        .collect();
    format!("imap_capability = {}\n", kept.join(" "))
}

impl Dovecot {
    /// Starts Dovecot; each account delivers through the shipped Sieve script of this name.
    pub fn start(place: &Place, accounts: &[&Account], script: &str) -> Self {
        Self::start_with(place, accounts, script, "")
    }

    /// As [`Dovecot::start`], with more settings: [`without`], [`SPECIAL`], `imap_idle_notify_interval = 1s`.
    pub fn start_with(place: &Place, accounts: &[&Account], script: &str, more: &str) -> Self {
        let dir = place.join("dovecot");
        fs::create_dir_all(&dir).unwrap();
        let [lmtp, imap, imaps, pop3, pop3s] = std::array::from_fn(|_| free_port());
        for account in accounts {
            install_sieve(account, script, "");
        }
        let (authority, ca) = Authority::make();
        fs::write(dir.join("ca.pem"), ca).unwrap();
        write_certificate(&dir, &authority);
        let home = dir.display().to_string();
        let ours = shipped("sieve/dovecot-iim.conf", &[("@BIN@", "%h/sieve-bin")]);
        let config = dir.join("dovecot.conf");
        let ports = [lmtp, imap, imaps, pop3, pop3s];
        fs::write(&config, format!("{}{ours}{more}", conf(&home, ports))).unwrap();
        let log = dir.join("log");
        let mut command = daemon("dovecot");
        command.arg("-F").arg("-c").arg(&config);
        let dovecot = Self {
            lmtp,
            imap,
            imaps,
            pop3,
            pop3s,
            ca: dir.join("ca.pem"),
            authority,
            users: dir.join("users"),
            log,
            running: {
                let users = dir.join("users");
                write_users(&users, accounts, "secret");
                Running::start("dovecot", &mut command, &dir.join("output"))
            },
        };
        for port in ports {
            until_listening("dovecot", port);
        }
        dovecot
    }

    /// Gives these accounts, and no others, another password from now on.
    pub fn change_password(&self, accounts: &[&Account], password: &str) {
        write_users(&self.users, accounts, password);
        // Within the second of the last change it would not be read again.
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        let file = fs::File::options().write(true).open(&self.users).unwrap();
        file.set_modified(later).unwrap();
    }

    /// Takes a new certificate, with another key, of the same authority, as is done every few months.
    pub fn renew_certificate(&self) {
        write_certificate(self.ca.parent().unwrap(), &self.authority);
        self.running.signal(rustix::process::Signal::HUP);
        let is_read = || self.log().contains("SIGHUP received");
        until("dovecot to read it", 20, || is_read().then_some(()));
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.running.stop();
        if std::thread::panicking() {
            eprintln!("-- dovecot\n{}", self.log());
        }
    }
}

fn write_certificate(dir: &Path, authority: &Authority) {
    let (cert, key) = authority.sign(&["127.0.0.1", "localhost"]);
    for (name, text) in [("cert.pem", cert), ("key.pem", key)] {
        fs::write(dir.join(name), text).unwrap();
    }
}

fn write_users(path: &Path, accounts: &[&Account], password: &str) {
    let mut users = String::new();
    for account in accounts {
        let (name, home, id) = (&account.name, account.home.display(), account.ids.unwrap());
        writeln!(users, "{name}:{{PLAIN}}{password}:{id}:{id}::{home}::").unwrap();
    }
    fs::write(path, users).unwrap();
}

fn conf(dir: &str, [lmtp, imap, imaps, pop3, pop3s]: [u16; 5]) -> String {
    format!(
        "base_dir = {dir}/run\n\
         state_dir = {dir}/state\n\
         log_path = {dir}/log\n\
         protocols = lmtp imap pop3\n\
         listen = 127.0.0.1\n\
         ssl = yes\n\
         ssl_cert = <{dir}/cert.pem\n\
         ssl_key = <{dir}/key.pem\n\
         disable_plaintext_auth = no\n\
         first_valid_uid = 1000\n\
         auth_username_format = %Ln\n\
         postmaster_address = postmaster@example.org\n\
         mail_location = maildir:~/Maildir\n\
         passdb {{\n  driver = passwd-file\n  args = {dir}/users\n}}\n\
         userdb {{\n  driver = passwd-file\n  args = {dir}/users\n}}\n\
         plugin {{\n  sieve = file:~/active.sieve\n}}\n\
         service lmtp {{\n  inet_listener lmtp {{\n    address = 127.0.0.1\n    port = {lmtp}\n  }}\n}}\n\
         service imap-login {{\n  inet_listener imap {{\n    port = {imap}\n  }}\n\
         \x20 inet_listener imaps {{\n    port = {imaps}\n    ssl = yes\n  }}\n}}\n\
         service pop3-login {{\n  inet_listener pop3 {{\n    port = {pop3}\n  }}\n\
         \x20 inet_listener pop3s {{\n    port = {pop3s}\n    ssl = yes\n  }}\n}}\n"
    )
}
