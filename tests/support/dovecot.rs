//! A Dovecot of our own on loopback: LMTP with Sieve, IMAP and POP3 for accounts that are each a user of its own.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::account::{Account, Place};
use super::process::{Running, daemon, free_port, until_listening};
use super::recipes::{install_sieve, shipped};

/// A running Dovecot; everybody's password is "secret".
pub struct Dovecot {
    pub lmtp: u16,
    pub imap: u16,
    pub pop3: u16,
    log: PathBuf,
    running: Running,
}

impl Dovecot {
    /// Starts Dovecot; each account delivers through the shipped Sieve script of this name.
    pub fn start(place: &Place, accounts: &[&Account], script: &str) -> Self {
        let dir = place.join("dovecot");
        fs::create_dir_all(&dir).unwrap();
        let (lmtp, imap, pop3) = (free_port(), free_port(), free_port());
        let mut users = String::new();
        for account in accounts {
            install_sieve(account, script, "");
            let (name, home, id) = (&account.name, account.home.display(), account.ids.unwrap());
            writeln!(users, "{name}:{{PLAIN}}secret:{id}:{id}::{home}::").unwrap();
        }
        fs::write(dir.join("users"), users).unwrap();
        let home = dir.display().to_string();
        let ours = shipped("sieve/dovecot-iim.conf", &[("@BIN@", "%h/sieve-bin")]);
        let config = dir.join("dovecot.conf");
        fs::write(&config, format!("{}{ours}", conf(&home, lmtp, imap, pop3))).unwrap();
        let mut command = daemon("dovecot");
        command.arg("-F").arg("-c").arg(&config);
        let running = Running::start("dovecot", &mut command, &dir.join("output"));
        for port in [lmtp, imap, pop3] {
            until_listening("dovecot", port);
        }
        let log = dir.join("log");
        Self {
            lmtp,
            imap,
            pop3,
            log,
            running,
        }
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

fn conf(dir: &str, lmtp: u16, imap: u16, pop3: u16) -> String {
    format!(
        "base_dir = {dir}/run\n\
         state_dir = {dir}/state\n\
         log_path = {dir}/log\n\
         protocols = lmtp imap pop3\n\
         listen = 127.0.0.1\n\
         ssl = no\n\
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
         \x20 inet_listener imaps {{\n    port = 0\n  }}\n}}\n\
         service pop3-login {{\n  inet_listener pop3 {{\n    port = {pop3}\n  }}\n\
         \x20 inet_listener pop3s {{\n    port = 0\n  }}\n}}\n"
    )
}
