//! Mails written by hand: ordinary ones, reports, and ones with our marker.

use super::account::{Account, Place};
use super::process::Out;
use super::recipes::{dovecot_lda, install_procmail, install_sieve, procmail};

/// A mail from a stranger with these further header lines.
pub fn mail(headers: &str, body: &str) -> Vec<u8> {
    let mut text =
        String::from("From: Carol <carol@example.com>\nTo: alice@example.org\nSubject: hello\n");
    text.push_str("Message-ID: <1@example.com>\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n");
    text.push_str(headers);
    text.push('\n');
    text.push_str(body);
    text.into_bytes()
}

/// A mail that has nothing to do with us.
pub fn ordinary() -> Vec<u8> {
    mail("", "How are you?\n")
}

/// A mail with the marker but nothing of ours in it, as a stranger may forge it.
pub fn forged() -> Vec<u8> {
    mail("IIM: 1\n", "I only look like one.\n")
}

/// A report on a mail that somebody else sent.
pub fn foreign_report() -> Vec<u8> {
    let headers = "MIME-Version: 1.0\nAuto-Submitted: auto-replied\n\
                   Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"b\"\n";
    let body = "--b\n\nYour mail could not be delivered.\n\n--b\nContent-Type: message/delivery-status\n\n\
                Reporting-MTA: dns; mail.example.com\n\nFinal-Recipient: rfc822; dave@example.com\n\
                Action: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\n\
                From: alice@example.org\nTo: dave@example.com\nMessage-ID: <not-ours@example.org>\n\n--b--\n";
    mail(headers, body)
}

/// An ordinary mail of about ten million bytes with every byte value from 1 to 255 in it but CR and LF, so that
/// any change shows.
pub fn big() -> Vec<u8> {
    let mut mail = mail("Content-Transfer-Encoding: 8bit\n", "");
    let line: Vec<u8> = (1..=255).filter(|b| *b != b'\r' && *b != b'\n').collect();
    while mail.len() < 10_000_000 {
        mail.extend(&line);
        mail.push(b'\n');
    }
    mail
}

/// How a mail reaches an account's hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `procmail -m` with the shipped recipe.
    Procmail,
    /// `procmail -m` with the shipped filter recipe.
    Filter,
    /// Rootless `dovecot-lda` with the shipped script.
    Sieve,
    /// The same with the variant for a user's own rules.
    SieveExecute,
}

impl Way {
    /// An account with this way installed.
    pub fn account(self, place: &Place, address: &str) -> Account {
        let account = match self {
            Self::Sieve | Self::SieveExecute => user(place, address),
            Self::Procmail | Self::Filter => Account::new(place, address),
        };
        self.install(&account);
        account
    }

    pub fn install(self, account: &Account) {
        match self {
            Self::Procmail => install_procmail(account, "iim.rc", ""),
            Self::Filter => install_procmail(account, "iim-filter.rc", ""),
            Self::Sieve => drop(install_sieve(account, "iim.sieve", "")),
            Self::SieveExecute => drop(install_sieve(account, "iim-execute.sieve", "")),
        }
    }

    /// Hands a mail over as the mail system would.
    pub fn deliver(self, account: &Account, from: &str, mail: &[u8]) -> Out {
        match self {
            Self::Procmail | Self::Filter => procmail(account, mail),
            Self::Sieve | Self::SieveExecute => {
                dovecot_lda(account, &account.home.join("dovecot.conf"), from, mail)
            }
        }
    }
}

/// An account that `dovecot-lda` takes: our own if we are a user, one made up if we are root.
pub fn user(place: &Place, address: &str) -> Account {
    if rustix::process::geteuid().is_root() {
        Account::of_user(place, address, 61_000)
    } else {
        Account::new(place, address)
    }
}
