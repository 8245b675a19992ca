//! What is kept of mailboxes, each for itself.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::edge::clock::SystemClock;
use crate::edge::config::Config;
use crate::edge::home::{Home, replace_file};
use crate::protocol::time::days;
use crate::rules::fetch::mailbox::Uid;

const CONFIG: &[u8] = b"address = 'bob@example.org'\n[mail.fetch]\nserver = 'imap://127.0.0.1'\npassword_command = 'true'\n";

fn account(folder: &std::path::Path) -> Account {
    let home = Home::at(&folder.join("home"), &folder.join("state"));
    home.create().unwrap();
    replace_file(&home.config(), CONFIG).unwrap();
    Account::create(&home, Arc::new(SystemClock)).unwrap();
    Account::open(home, Arc::new(SystemClock)).unwrap()
}

/// The mailbox, of this user at this host.
fn of(user: &str, host: &str) -> Fetch {
    let text = String::from_utf8(CONFIG.to_vec()).unwrap();
    let config = Config::parse(&text, std::path::Path::new("/x")).unwrap();
    let mut fetch = config.mail.fetch.into_iter().next().unwrap();
    (fetch.user, fetch.server.host) = (user.to_owned(), host.to_owned());
    fetch
}

fn read_up_to(name: &str, next: u32, looked: Seconds) -> Kept {
    let mut kept = kept(name, looked, 0);
    kept.cursor.uidvalidity = 1;
    kept.cursor.next = Uid(next.try_into().unwrap());
    kept
}

#[test]
fn what_is_known_of_a_mailbox_is_known_of_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut account = account(folder.path());
    let here = of("bob", "mail.example");
    account.config.mail.fetch = vec![here.clone()];
    assert_eq!(begun(&account, &here).unwrap(), []);
    let looked = Seconds(1_800_000_000);
    let inbox = read_up_to("INBOX", 2, looked);
    keep(&account, &here, &inbox).unwrap();
    let pop3 = Pop3Kept {
        added: BTreeSet::from([[7; 8]]),
        gone: BTreeSet::new(),
        retries: Vec::new(),
        looked: Some(looked),
        letters: 0,
    };
    keep_pop3(&account, &here, &pop3).unwrap();
    let is_known = |account: &Account, of| begun(account, of).unwrap().contains(&inbox);
    assert!(is_known(&account, &here));
    assert!(pop3_known(&account, &here).unwrap().seen.is_some());
    // At another server, and in another folder: what came since the last look.
    let there = of("bob", "imap.example");
    account.config.mail.fetch = vec![there.clone()];
    let since = kept("INBOX", looked, 0);
    assert_eq!(begun(&account, &there).unwrap(), [since]);
    assert_eq!(pop3_known(&account, &there).unwrap(), Pop3Known::default());
    assert_eq!(mailboxes(&account, &there).unwrap(), []);
    assert!(is_known(&account, &here));
    let mut other = here;
    other.folder = "IIM".to_owned();
    account.config.mail.fetch = vec![other.clone()];
    let all = begun(&account, &other).unwrap();
    assert!(all.contains(&kept("IIM", looked, 0)), "{all:?}");
}

/// A second one beside it, before it, under another name, and without it again.
#[test]
fn a_mailbox_goes_on_where_it_was_whatever_stands_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut account = account(folder.path());
    let (old, new) = (of("bob", "old.example"), of("bob", "new.example"));
    let looked = Seconds(1_800_000_000);
    let (of_old, of_new) = (
        read_up_to("INBOX", 41, looked),
        read_up_to("INBOX", 7, looked),
    );
    account.config.mail.fetch = vec![old.clone()];
    keep(&account, &old, &of_old).unwrap();
    account.config.mail.fetch = vec![new.clone(), old.clone()];
    let since = kept("INBOX", looked, 0);
    assert_eq!(begun(&account, &new).unwrap(), [since]);
    assert_eq!(
        begun(&account, &old).unwrap(),
        std::slice::from_ref(&of_old)
    );
    keep(&account, &new, &of_new).unwrap();
    let mut renamed = old.clone();
    renamed.name = "former".to_owned();
    for all in [
        vec![renamed, new.clone()],
        vec![old.clone()],
        vec![new.clone()],
    ] {
        account.config.mail.fetch = all;
        for fetch in &account.config.mail.fetch {
            let expected = match fetch.server.host.as_str() {
                "old.example" => &of_old,
                _ => &of_new,
            };
            let expected = std::slice::from_ref(expected);
            assert_eq!(begun(&account, fetch).unwrap(), expected);
            let kept = mailboxes(&account, fetch).unwrap();
            assert_eq!(kept, expected);
        }
    }
}

/// Its former server was down for a week, while another mailbox was read all the time.
#[test]
fn the_successor_of_one_mailbox_goes_on_from_that_ones_last_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut account = account(folder.path());
    let (watched, down) = (of("bob", "up.example"), of("bob", "down.example"));
    let (moved, added) = (of("bob", "moved.example"), of("bob", "added.example"));
    let now = account.now();
    for (fetch, ago) in [(&watched, 0), (&down, 7)] {
        let looked = now.before(days(ago));
        keep(&account, fetch, &kept("INBOX", looked, 0)).unwrap();
    }
    let begins = |account: &Account, fetch| {
        let all = begun(account, fetch).unwrap();
        all.first().unwrap().cursor.looked
    };
    account.config.mail.fetch = vec![watched.clone(), moved.clone()];
    assert_eq!(begins(&account, &moved), now.before(days(7)));
    account.config.mail.fetch = vec![watched, down, added.clone()];
    assert_eq!(begins(&account, &added), now);
}

/// Another folder, the inbox written otherwise, another protocol: each beside a mailbox that is read all the time.
#[test]
fn the_successor_at_the_same_account_goes_on_from_its_own_last_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut account = account(folder.path());
    let (watched, mut moved) = (of("bob", "up.example"), of("bob", "down.example"));
    let now = account.now();
    let week = now.before(days(7));
    keep(&account, &watched, &kept("INBOX", now, 0)).unwrap();
    keep(&account, &moved, &kept("inbox", week, 0)).unwrap();
    account.config.mail.fetch = vec![watched.clone(), moved.clone()];
    let all = begun(&account, &moved).unwrap();
    assert_eq!(all, [kept("INBOX", week, 0)]);
    moved.folder = "IIM".to_owned();
    account.config.mail.fetch = vec![watched.clone(), moved.clone()];
    let begins = |account: &Account, fetch: &Fetch| {
        let all = begun(account, fetch).unwrap();
        let own = all.iter().find(|it| it.cursor.name == fetch.folder);
        own.unwrap().cursor.looked
    };
    assert_eq!(begins(&account, &moved), week);
    let by_pop3 = of("carl", "pop.example");
    keep(&account, &by_pop3, &kept(POP3, week, 0)).unwrap();
    account.config.mail.fetch = vec![watched, by_pop3.clone()];
    assert_eq!(begins(&account, &by_pop3), week);
}

/// One was down for ten days, and quiet for a month before; the other was read until today.
#[test]
fn where_two_are_replaced_none_skips_what_came_to_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut account = account(folder.path());
    let now = account.now();
    let long_ago = now.before(days(40));
    for (host, at) in [
        ("a.example", long_ago),
        ("b.example", now),
        ("c.example", now),
    ] {
        keep(&account, &of("bob", host), &kept("INBOX", at, 0)).unwrap();
    }
    let after = ["a2.example", "b2.example", "c.example"].map(|host| of("bob", host));
    account.config.mail.fetch = after.to_vec();
    for fetch in &after[..2] {
        let all = begun(&account, fetch).unwrap();
        assert_eq!(all, [kept("INBOX", long_ago, 0)]);
    }
}

/// What was kept before it was kept by server, and a new mailbox that was put before the old one.
#[test]
fn what_was_kept_without_its_server_goes_to_no_new_one() {
    let looked = Seconds(1_800_000_000);
    let folder = tempfile::tempdir().unwrap();
    let mut account = account(folder.path());
    let (new, old, at_home) = (
        of("bob@new.example", "new.example"),
        of("bob@old.example", "old.example"),
        of("bob@example.org", "home.example"),
    );
    let before = read_up_to("INBOX", 9, looked);
    (account.store)
        .transact(|tx| tx.mailboxes().keep("", &before))
        .unwrap();
    account.config.mail.fetch = vec![new.clone(), old.clone()];
    for fetch in [&new, &old] {
        // Nobody knows whose it is.
        assert_eq!(begun(&account, fetch).unwrap(), [kept("INBOX", looked, 0)]);
    }
    account.config.mail.fetch = vec![new.clone(), at_home.clone()];
    assert_eq!(begun(&account, &new).unwrap(), [kept("INBOX", looked, 0)]);
    assert_eq!(begun(&account, &at_home).unwrap(), [before]);
}

/// The letters that came by each are its own.
#[test]
fn what_was_read_by_pop3_and_the_folder_for_spam_are_of_one_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut account = account(folder.path());
    let (mut pop3, mut chat) = (of("bob", "mail.example"), of("bob", "mail.example"));
    (pop3.protocol, pop3.junk) = (Protocol::Pop3, false);
    chat.folder = "Chat".to_owned();
    account.config.mail.fetch = vec![pop3.clone(), chat.clone()];
    for name in [POP3, "Chat", "Junk"] {
        keep(&account, &pop3, &kept(name, Seconds(7), 5)).unwrap();
    }
    let names = |account: &Account, fetch| {
        let all = mailboxes(account, fetch).unwrap();
        all.into_iter()
            .map(|kept| kept.cursor.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&account, &pop3), [POP3]);
    assert_eq!(names(&account, &chat), ["Chat", "Junk"]);
}

/// A mailbox that lets nobody in for years is forgotten only once it is configured no more.
#[test]
fn a_mailbox_that_is_configured_is_not_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut account = account(folder.path());
    let (shut, open) = (of("bob", "shut.example"), of("bob", "open.example"));
    let now = account.now();
    let of_shut = read_up_to("INBOX", 9, now.before(days(900)));
    keep(&account, &shut, &of_shut).unwrap();
    keep(&account, &open, &kept("INBOX", now, 0)).unwrap();
    let sweep = |account: &mut Account, all: &[&Fetch]| {
        account.config.mail.fetch = all.iter().map(|it| (*it).clone()).collect();
        account.swept = Seconds(0);
        account.tick().unwrap();
        account
            .look(|tx| Ok(tx.mailboxes().all(&shut.account())?))
            .unwrap()
    };
    assert_eq!(sweep(&mut account, &[&open, &shut]), [of_shut]);
    assert_eq!(sweep(&mut account, &[&open]), []);
}

/// Two folders of one account, each of which knows its own.
#[test]
fn folders_of_one_account_do_not_get_in_each_others_way() {
    let folder = tempfile::tempdir().unwrap();
    let mut account = account(folder.path());
    let (mut inbox, mut chat) = (of("bob", "mail.example"), of("bob", "mail.example"));
    (chat.folder, chat.junk) = ("Chat".to_owned(), false);
    (inbox.others, chat.others) = (vec!["Chat".to_owned()], vec!["INBOX".to_owned()]);
    account.config.mail.fetch = vec![inbox.clone(), chat.clone(), of("bob", "b.example")];
    let looked = Seconds(1_800_000_000);
    for (fetch, kept) in [(&inbox, "INBOX"), (&chat, "Chat")] {
        keep(&account, fetch, &read_up_to(kept, 5, looked)).unwrap();
    }
    for (fetch, name) in [(&inbox, "INBOX"), (&chat, "Chat")] {
        let expected = [read_up_to(name, 5, looked)];
        assert_eq!(begun(&account, fetch).unwrap(), expected);
        assert_eq!(mailboxes(&account, fetch).unwrap(), expected);
        let plan = plan(fetch, Until::Ended);
        assert_eq!((plan.junk, plan.others), (fetch.junk, fetch.others.clone()));
    }
}
