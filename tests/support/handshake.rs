//! Making friends, for tests that are about something else.

use super::account::Account;
use super::mails::Way;
use super::post::{Mail, Post};
use super::process::try_until;

/// `asker` asks, `asked` accepts, their programs do the rest; the mails go through the accounts' hooks.
#[track_caller]
pub fn befriend(post: &Post, way: Way, asker: &Account, asked: &Account) {
    asker.ok(&["add", &asked.address, "--name", &asked.name]);
    carry_until(post, way, asked, asker, "asking");
    asked.ok(&["accept", &asker.address, "--name", &asker.name]);
    carry_until(post, way, asker, asked, "friend");
    carry_until(post, way, asked, asker, "friend");
}

/// Carries mails between the two until one of them has the other in this standing.
///
/// Commands and hooks wait three seconds for a mail to be gone. On a busy machine that may be too short; the letter is
/// theirs for a minute then, and leaves with the next flush.
#[track_caller]
fn carry_until(post: &Post, way: Way, one: &Account, other: &Account, standing: &str) {
    try_until(&format!("{} to see {}", one.name, other.name), 120, || {
        carry(post, way, &[one, other]);
        let now = one.of_friend(&other.address, "standing");
        if now == standing {
            return Ok(());
        }
        for person in [one, other] {
            person.iim(&["flush"]);
        }
        Err(now)
    });
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
