//! Looks of their own: a single one, one at older mails, and those into the junk folder.

use std::time::Duration;

use super::super::mailbox::{Answer, Command, Fault};
use super::super::plan::{Event, Kept, Next, Refused, Retry, Until};
use super::server::{
    Account, Dice, INBOX, SPAM, Server, begun, features, letter, plan, uid, until_idle, waited,
    with_spam,
};
use crate::protocol::time::{DAY, HOUR, MINUTE, Seconds};

#[test]
fn one_look_ends_and_says_why_not() {
    for (case, instead, expected) in [
        ("well", None, Ok(())),
        ("refused", Some(Fault::Login("no".to_owned())), Err(())),
    ] {
        let (_, mut server, mut account) = begun(features());
        server.comes(INBOX, letter(0));
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
        server.comes(INBOX, letter(n));
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
    server.comes("Junk", letter(0));
    let mut account = Account::default();
    let mut fetcher = account.fetcher(plan());
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert!(account.heard.is_empty());
    let status = Command::Status("Junk".to_owned());
    for (minutes, heard, looks) in [(5, 0, 0), (5, 1, 1), (5, 1, 0), (5, 1, 1)] {
        server.asked.clear();
        server.now = server.now.after(MINUTE * minutes);
        if minutes == 5 && account.heard.is_empty() && heard == 0 {
            server.comes("Junk", letter(1));
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
            server.comes(INBOX, letter(n));
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
    let mut server = with_spam();
    server.comes(INBOX, letter(0));
    let mut account = Account::default();
    let mut fetcher = account.fetcher(plan());
    let mut event = Event::Woken;
    loop {
        event = match fetcher.step(event, server.now, &mut Dice(1)) {
            Next::Ask(command) => Event::Answered(server.answer(&command)),
            Next::Keep(kept) if kept.cursor.name == SPAM => Event::Kept(false),
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

#[test]
fn one_look_lets_the_pause_after_a_refused_login_pass_first() {
    let (_, mut server, mut account) = begun(features());
    let refused = Refused {
        times: 2,
        at: server.now,
        pause: MINUTE * 10,
    };
    for (at_once, minutes, opens) in [(false, 5, 0), (true, 0, 1), (false, 6, 1)] {
        server.asked.clear();
        server.now = server.now.after(MINUTE * minutes);
        let mut plan = plan();
        plan.until = Until::Looked(None);
        let mut fetcher = account.fetcher(plan);
        fetcher.remember_refused(Some(refused), at_once);
        let next = until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        let Next::Over(end) = next else {
            panic!("{at_once} {minutes}: {next:?}");
        };
        assert_eq!(end.is_ok(), opens == 1, "{at_once} {minutes}: {end:?}");
        if let Err(why) = end {
            assert!(why.contains("5 minutes"), "{why}");
        }
        let asked = server.asked.iter();
        let asked = asked.filter(|it| **it == Command::Open).count();
        assert_eq!(asked, opens, "{at_once} {minutes}");
        let expected = (opens == 0).then_some(refused);
        assert_eq!(fetcher.refused(), expected, "{at_once} {minutes}");
    }
}

#[test]
fn a_refused_login_is_remembered_from_look_to_look() {
    let (_, mut server, mut account) = begun(features());
    let (mut refused, mut told, mut opens) = (None, 0, 0);
    for _ in 0..60 {
        let open = |command: &Command| *command == Command::Open;
        let login = Answer::Closed(Some(Fault::Login("no".to_owned())));
        server.instead = vec![(open, login)];
        let mut plan = plan();
        plan.until = Until::Looked(None);
        let mut fetcher = account.fetcher(plan);
        fetcher.remember_refused(refused, false);
        until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        refused = fetcher.refused();
        told += fetcher.take_notices().len();
        opens += usize::from(server.instead.is_empty());
        server.now = server.now.after(MINUTE);
    }
    // At 0, 5, 15 and 35 minutes.
    assert_eq!((opens, told), (4, 1));
    // An agent that is begun then tries at once, and says so.
    let mut fetcher = account.fetcher(plan());
    fetcher.remember_refused(refused, true);
    let open = |command: &Command| *command == Command::Open;
    let login = Answer::Closed(Some(Fault::Login("no".to_owned())));
    server.instead = vec![(open, login)];
    let next = until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert_eq!(next, Next::Rest(MINUTE * 10));
    assert_eq!(fetcher.take_notices().len(), 1);
}

#[test]
fn a_junk_folder_full_of_trouble_does_not_hold_up_the_watched_one() {
    let mut server = with_spam();
    let mut account = Account::default();
    let mut fetcher = account.fetcher(plan());
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    for n in 0..1200 {
        account.fails.insert(letter(n));
        server.comes(SPAM, letter(n));
    }
    server.now = server.now.after(HOUR);
    let event = waited(&mut server);
    let next = until_idle(&mut fetcher, &mut server, &mut account, event);
    assert!(matches!(next, Next::Ask(Command::Wait(_))), "{next:?}");
    assert_eq!(server.selected.as_deref(), Some(INBOX));
    assert_eq!(account.kept[SPAM].retries.len(), 1000);
    server.comes(INBOX, letter(5000));
    let event = waited(&mut server);
    until_idle(&mut fetcher, &mut server, &mut account, event);
    assert_eq!(account.heard.len(), 1);
    // And of the junk folder none is given up.
    account.fails.clear();
    for _ in 0..60 {
        server.now = server.now.after(HOUR);
        let event = waited(&mut server);
        until_idle(&mut fetcher, &mut server, &mut account, event);
    }
    assert_eq!(account.heard.len(), 1201);
}

#[test]
fn what_is_moved_into_the_junk_folder_is_not_looked_for_there() {
    let mut server = with_spam();
    let mut account = Account::default();
    let mut plan = plan();
    plan.move_to = Some(SPAM.to_owned());
    let mut fetcher = account.fetcher(plan);
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    let mut told = fetcher.take_notices().len();
    server.comes(INBOX, letter(1));
    for _ in 0..6 {
        server.now = server.now.after(HOUR);
        let event = Event::Answered(super::super::mailbox::Answered {
            answer: Answer::Closed(None),
            news: false,
        });
        until_idle(&mut fetcher, &mut server, &mut account, event);
        server.now = server.now.after(HOUR);
        until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        told += fetcher.take_notices().len();
    }
    assert_eq!(told, 1);
    // It was moved once, and not again and again.
    assert_eq!(server.boxes[SPAM].next, 2);
}

#[test]
fn what_is_tried_again_is_found_in_a_new_numbering_however_old_it_is() {
    let (_, mut server, mut account) = begun(features());
    let came = server.now;
    let uid_before = server.comes(INBOX, letter(1));
    server.now = server.now.after(DAY * 100);
    let kept: &mut Kept = account.kept.get_mut(INBOX).unwrap();
    kept.cursor.next = uid(uid_before + 1);
    kept.cursor.looked = server.now;
    kept.retries = vec![Retry {
        uid: uid(uid_before),
        tries: 90,
        due: server.now.after(DAY),
        came,
    }];
    server.is_restored(INBOX);
    let mut fetcher = account.fetcher(plan());
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert_eq!(account.heard.len(), 1);
}

#[test]
fn of_what_is_tried_again_it_is_known_when_it_came() {
    let (mut fetcher, mut server, mut account) = begun(features());
    let begun = server.now;
    account.fails.insert(letter(1));
    server.now = server.now.after(HOUR * 40);
    server.comes(INBOX, letter(1));
    server.now = server.now.after(HOUR);
    let event = waited(&mut server);
    until_idle(&mut fetcher, &mut server, &mut account, event);
    let came = |account: &Account| account.kept[INBOX].retries[0].came;
    assert_eq!(came(&account), begun);
    // Numbered anew, it is still known.
    server.is_restored(INBOX);
    let mut fetcher = account.fetcher(plan());
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert!(came(&account) <= begun && came(&account) > Seconds(0));
}

#[test]
fn what_is_moved_into_the_folder_for_spam_is_not_looked_for_there_however_it_is_spelt() {
    for (move_to, told, looks) in [("Spam", 1, 0), ("SPAM", 1, 0), ("Done", 0, 1)] {
        let (mut server, mut account) = (with_spam(), Account::default());
        let mut plan = plan();
        plan.move_to = Some(move_to.to_owned());
        let mut fetcher = account.fetcher(plan);
        until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        let notices = fetcher.take_notices();
        assert_eq!(notices.len(), told, "{notices:?}");
        let status = Command::Status(SPAM.to_owned());
        let asked = server.asked.iter().filter(|asked| **asked == status);
        assert_eq!(asked.count(), looks, "{move_to}");
    }
}

#[test]
fn what_the_server_names_is_not_told() {
    let (mut server, mut account) = (with_spam(), Account::default());
    let mut fetcher = account.fetcher(plan());
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    server.comes(SPAM, letter(0));
    server.read_only = true;
    let mut told = Vec::new();
    let mut moves = plan();
    moves.move_to = Some("spam".to_owned());
    for plan in [plan(), moves] {
        let mut fetcher = account.fetcher(plan);
        until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        told.extend(fetcher.take_notices());
    }
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|text| !text.contains(SPAM)), "{told:?}");
    assert!(
        told.iter().all(|text| text.contains("for spam")),
        "{told:?}"
    );
}
