//! When what could not be handled is tried again.

use std::collections::BTreeSet;

use super::super::fetcher::Fetcher;
use super::super::mailbox::Command;
use super::super::plan::{Became, Event, Next, Until};
use super::super::pop3::Pop3Fetcher;
use super::super::pop3_box::{Answer as Pop3Answer, Command as Pop3Command, Entry, Number};
use super::super::pop3_mails::{Pop3Known, Pop3Retry, hash8};
use super::server::{
    Account, Dice, INBOX, NOW, SPAM, Server, begun, features, letter, plan, until_idle, waited,
    with_spam,
};
use crate::protocol::time::{DAY, HOUR, Seconds};

/// A mailbox with a folder for spam, looked at once, with nothing in either.
fn begun_with_spam() -> (Fetcher, Server, Account) {
    let (mut server, mut account) = (with_spam(), Account::default());
    let mut fetcher = account.fetcher(plan());
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    (fetcher, server, account)
}

/// One mail at a POP3 server, which is tried again at this time: whether it is fetched now.
fn is_fetched_by_pop3(due: Seconds, until: Until) -> bool {
    let entry = Entry {
        number: Number(1.try_into().unwrap()),
        unique_id: "one".to_owned(),
    };
    let known = Pop3Known {
        seen: Some(BTreeSet::new()),
        retries: vec![Pop3Retry {
            hash: hash8(&entry),
            tries: 9,
            due,
        }],
    };
    let mut plan = plan();
    plan.until = until;
    let mut fetcher = Pop3Fetcher::new(plan, known);
    let opened = fetcher.step(Event::Woken, NOW, &mut Dice(1));
    assert_eq!(opened, Next::Ask(Pop3Command::Open));
    fetcher.step(Event::Answered(Pop3Answer::Opened), NOW, &mut Dice(1));
    let listed = Event::Answered(Pop3Answer::Listed(vec![entry], 0));
    let next = fetcher.step(listed, NOW, &mut Dice(1));
    matches!(next, Next::Ask(Pop3Command::Header(_)))
}

#[test]
fn a_clock_that_was_set_back_puts_no_mail_off() {
    let (mut fetcher, mut server, mut account) = begun(features());
    let came = server.now;
    account.fails.insert(letter(0));
    server.now = came.after(DAY * 365);
    server.comes(INBOX, letter(0));
    let event = waited(&mut server);
    until_idle(&mut fetcher, &mut server, &mut account, event);
    account.fails.clear();
    server.now = came;
    let event = waited(&mut server);
    until_idle(&mut fetcher, &mut server, &mut account, event);
    assert_eq!(account.heard.len(), 1);
    for (due, fetched) in [
        (NOW, true),
        (NOW.after(HOUR), false),
        (NOW.after(DAY), false),
        (NOW.after(DAY * 365), true),
    ] {
        assert_eq!(is_fetched_by_pop3(due, Until::Ended), fetched, "{due}");
    }
}

#[test]
fn a_clock_that_was_set_back_keeps_nobody_from_the_junk_folder() {
    let (mut fetcher, mut server, mut account) = begun_with_spam();
    server.now = server.now.before(DAY * 365);
    server.comes(SPAM, letter(0));
    let event = waited(&mut server);
    until_idle(&mut fetcher, &mut server, &mut account, event);
    assert_eq!(account.heard.len(), 1);
}

#[test]
fn who_asks_for_older_mails_waits_for_no_pause() {
    let (_, mut server, mut account) = begun(features());
    account.fails.insert(letter(0));
    for _ in 0..3 {
        server.comes(INBOX, letter(0));
    }
    // The last of them is tried again in hours.
    for _ in 0..9 {
        let mut fetcher = account.fetcher(plan());
        until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        server.now = server.now.after(HOUR * 5);
    }
    account.fails.clear();
    let now = server.now;
    for retry in &mut account.kept.get_mut(INBOX).unwrap().retries {
        retry.due = now.after(HOUR * 3);
    }
    for (until, left) in [
        (Until::Looked(None), 3),
        (Until::Looked(Some(NOW.before(HOUR))), 0),
    ] {
        let mut plan = plan();
        plan.until = until;
        let mut fetcher = account.fetcher(plan);
        until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        assert_eq!(server.inbox().mails.len(), left, "{until:?}");
        let by_pop3 = is_fetched_by_pop3(NOW.after(HOUR * 3), until);
        assert_eq!(by_pop3, left == 0, "{until:?}");
    }
}

/// For hours nothing can be heard nor kept, and then it can: gives how often it was rested until the mail was heard, in
/// minutes.
fn minutes_after_a_full_disk(folder: &str) -> u64 {
    let (mut fetcher, mut server, mut account) = begun_with_spam();
    server.comes(folder, letter(0));
    server.now = server.now.after(HOUR);
    let full_until = server.now.after(HOUR * 9);
    let mut event = waited(&mut server);
    loop {
        let is_full = server.now < full_until;
        event = match fetcher.step(event, server.now, &mut Dice(1)) {
            Next::Ask(Command::Wait(span)) => {
                server.now = server.now.after(span);
                waited(&mut server)
            }
            Next::Ask(command) => Event::Answered(server.answer(&command)),
            Next::Hear(_) if is_full => Event::Heard(Became::Trouble),
            Next::Hear(work) => {
                account.hear(&work);
                return server.now.since(full_until).as_secs() / 60;
            }
            Next::Keep(_) if is_full => Event::Kept(false),
            Next::Keep(kept) => {
                account.keep(kept);
                Event::Kept(true)
            }
            Next::Rest(span) => {
                // Nothing is watched in the meantime.
                assert_eq!(fetcher.since(), None);
                server.now = server.now.after(span);
                Event::Woken
            }
            Next::Over(end) => panic!("{end:?}"),
        };
    }
}

#[test]
fn a_full_disk_counts_against_no_mail() {
    for folder in [INBOX, SPAM] {
        let minutes = minutes_after_a_full_disk(folder);
        assert!(minutes <= 16, "{folder}: {minutes}");
    }
}

#[test]
fn where_too_much_cannot_be_handled_nothing_is_watched() {
    let (mut fetcher, mut server, mut account) = begun(features());
    assert!(fetcher.since().is_some());
    for n in 0..1003 {
        account.fails.insert(letter(n));
        server.comes(INBOX, letter(n));
    }
    let event = waited(&mut server);
    until_idle(&mut fetcher, &mut server, &mut account, event);
    assert_eq!(fetcher.since(), None);
}
