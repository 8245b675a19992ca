//! Making friends, for tests that are about something else.

use super::account::Account;
use super::mails::Way;
use super::post::{Mail, Post};

/// `asker` asks, `asked` accepts, their programs do the rest; the mails go through the accounts' hooks.
#[track_caller]
pub fn befriend(post: &Post, way: Way, asker: &Account, asked: &Account) {
    asker.ok(&["add", &asked.address, "--name", &asked.name]);
    carry(post, way, &[asker, asked]);
    asked.ok(&["accept", &asker.address, "--name", &asker.name]);
    carry(post, way, &[asker, asked]);
    for (one, other) in [(asker, asked), (asked, asker)] {
        let standing = one.of_friend(&other.address, "standing");
        assert_eq!(standing, "friend", "{} sees {}", one.name, other.name);
    }
}

/// Carries mails through the hooks until none is left; each must be taken.
#[track_caller]
pub fn carry(post: &Post, way: Way, accounts: &[&Account]) {
    for _ in 0..20 {
        let mails = post.take();
        if mails.is_empty() {
            return;
        }
        for mail in &mails {
            hand_over(way, accounts, mail);
        }
    }
    panic!("the mails never end");
}

/// Hands one mail to its recipient's hook, which must take it.
#[track_caller]
pub fn hand_over(way: Way, accounts: &[&Account], mail: &Mail) {
    let account = accounts.iter().find(|a| a.address == mail.to);
    let account = account.unwrap_or_else(|| panic!("a mail to nobody: {}", mail.text()));
    let before = account.inbox().len();
    way.deliver(account, &mail.from, &mail.bytes)
        .expect_code(0, &format!("{} takes {}", account.name, mail.text()));
    let after = account.inbox().len();
    assert_eq!(
        after,
        before,
        "{}: not taken: {}",
        account.name,
        mail.text()
    );
}
