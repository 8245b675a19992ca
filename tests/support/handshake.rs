//! Making friends, for tests that are about something else.

use super::account::Account;
use super::mails::Way;
use super::post::Post;

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
        for mail in mails {
            let account = accounts.iter().find(|a| a.address == mail.to);
            let account = account.unwrap_or_else(|| panic!("a mail to nobody: {}", mail.text()));
            let before = account.inbox().len();
            way.deliver(account, &mail.from, &mail.bytes)
                .expect_code(0, &format!("{} takes {}", account.name, mail.text()));
            assert_eq!(
                account.inbox().len(),
                before,
                "{}: not taken: {}",
                account.name,
                mail.text()
            );
        }
    }
    panic!("the mails never end");
}
