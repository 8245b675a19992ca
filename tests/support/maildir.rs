//! A person's Maildir: mails are put into it as a mail system does.

use std::fs;

use super::account::Account;

impl Account {
    /// Puts a mail into the mailbox, whole at once.
    pub fn deliver(&self, name: &str, mail: &[u8]) {
        let written = self.write(&format!("Maildir/tmp/{name}"), mail);
        fs::rename(written, self.home.join(format!("Maildir/new/{name}"))).unwrap();
    }

    /// How many mails are in the mailbox.
    pub fn inbox_count(&self) -> usize {
        let parts = ["Maildir/new", "Maildir/cur"].map(|part| self.home.join(part));
        let counts = parts.map(|part| fs::read_dir(part).unwrap().count());
        counts.iter().sum()
    }
}
