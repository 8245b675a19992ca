//! Looks of their own: a single one, one at older mails, and those into the junk folder.

use std::time::Duration;

use super::super::mailbox::{Answer, Command, Fault, Features};
use super::super::plan::{Event, Next, Until};
use super::server::{
    Account, Dice, INBOX, Server, begun, features, letter, plan, uid, until_idle, waited,
};
use crate::protocol::time::MINUTE;

#[test]
fn one_look_ends_and_says_why_not() {
    for (case, instead, expected) in [
        ("well", None, Ok(())),
        ("refused", Some(Fault::Login("no".to_owned())), Err(())),
    ] {
        let (_, mut server, mut account) = begun(features());
        server.comes(INBOX, &letter(0));
        if let Some(fault) = instead {
            let open = |command: &Command| *command == Command::Open;
            server.instead.push((open, Answer::Closed(Some(fault))));
        }
        let mut plan = plan();
        plan.until = Until::Looked(None);
        let mut fetcher = account.fetcher(plan);
        let next = until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        let Next::Over(end) = next else {
            panic!("{case}: {next:?}");
        };
        assert_eq!(end.map_err(drop), expected, "{case}");
        assert_eq!(account.heard.len(), usize::from(expected.is_ok()), "{case}");
    }
}

#[test]
fn older_mails_are_looked_at_again_if_asked_for() {
    let (mut server, mut account) = (Server::new(features()), Account::default());
    let days = |n: u64| Duration::from_secs(86_400) * u32::try_from(n).unwrap();
    for n in 0..10 {
        server.comes(INBOX, &letter(n));
        server.now = server.now.after(days(1));
    }
    let mut plan = plan();
    plan.until = Until::Looked(Some(server.now.before(days(3))));
    let mut fetcher = account.fetcher(plan);
    let next = until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert_eq!(next, Next::Over(Ok(())));
    assert_eq!((account.heard.len(), server.inbox().mails.len()), (3, 7));
    assert_eq!(account.kept[INBOX].cursor.next, uid(11));
}

#[test]
fn of_the_junk_folder_only_what_comes_anew_is_looked_at() {
    let mut with_junk = features();
    with_junk.junk = Some("Junk".to_owned());
    let mut server = Server::new(with_junk);
    let like = server.inbox().clone();
    server.boxes.insert("Junk".to_owned(), like);
    server.comes("Junk", &letter(0));
    let mut account = Account::default();
    let mut fetcher = account.fetcher(plan());
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert!(account.heard.is_empty());
    let status = Command::Status("Junk".to_owned());
    for (minutes, heard, looks) in [(5, 0, 0), (5, 1, 1), (5, 1, 0), (5, 1, 1)] {
        server.asked.clear();
        server.now = server.now.after(MINUTE * minutes);
        if minutes == 5 && account.heard.is_empty() && heard == 0 {
            server.comes("Junk", &letter(1));
            server.comes("Junk", "Subject: won (iim)\r\n\r\nno\r\n");
        }
        let event = waited(&mut server);
        until_idle(&mut fetcher, &mut server, &mut account, event);
        assert_eq!(account.heard.len(), heard);
        let asked = server.asked.iter().filter(|asked| **asked == status);
        assert_eq!(asked.count(), looks);
    }
    assert_eq!(server.boxes["Junk"].mails.len(), 2);
    assert_eq!(server.selected.as_deref(), Some(INBOX));
}

#[test]
fn a_mail_that_breaks_the_connection_ends_only_one_look_of_those_that_look_once() {
    for fault in [
        Fault::TooLarge(uid(2)),
        Fault::Network("cut".to_owned()),
        Fault::Malformed("what?".to_owned()),
    ] {
        let (_, mut server, mut account) = begun(features());
        for n in 1..5 {
            server.comes(INBOX, &letter(n));
        }
        for _ in 0..100 {
            let breaks = |command: &Command| *command == Command::Mail(uid(2));
            let broken = Answer::Closed(Some(fault.clone()));
            server.instead.push((breaks, broken));
        }
        for _ in 0..5 {
            let mut plan = plan();
            plan.until = Until::Looked(None);
            let mut fetcher = account.fetcher(plan);
            until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
            server.now = server.now.after(Duration::from_secs(40));
        }
        assert_eq!(account.heard.len(), 3, "{fault:?}");
        assert_eq!(server.inbox().mails.len(), 1, "{fault:?}");
    }
}

#[test]
fn a_junk_folder_that_cannot_be_kept_is_not_taken_for_the_watched_one() {
    let junk = "Spam";
    let mut server = Server::new(Features {
        junk: Some(junk.to_owned()),
        ..features()
    });
    let empty = server.inbox().clone();
    server.boxes.insert(junk.to_owned(), empty);
    server.comes(INBOX, &letter(0));
    let mut account = Account::default();
    let mut fetcher = account.fetcher(plan());
    let mut event = Event::Woken;
    loop {
        event = match fetcher.step(event, server.now, &mut Dice(1)) {
            Next::Ask(command) => Event::Answered(server.answer(&command)),
            Next::Keep(kept) if kept.cursor.name == junk => Event::Kept(false),
            Next::Keep(kept) => {
                account.keep(kept);
                Event::Kept(true)
            }
            Next::Rest(_) => break,
            other => panic!("{other:?}"),
        };
    }
    server.now = server.now.after(MINUTE);
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    // It was there before the first look.
    assert!(account.heard.is_empty());
}
