//! Each row of what can fail, and what then follows.

use std::time::Duration;

use super::super::fetcher::Fetcher;
use super::super::mailbox::{Answer, Answered, Command, Discard, Fault, Features};
use super::super::plan::{Became, Event, Next};
use super::server::{Dice, INBOX, begun, features, letter, plan, uid, until_idle, waited};
use crate::protocol::time::{HOUR, MINUTE, Seconds};

fn lost(fault: Fault) -> Event {
    Event::Answered(Answered {
        answer: Answer::Closed(Some(fault)),
        news: false,
    })
}

#[test]
fn a_connection_is_tried_again_later_and_later_a_login_much_later() {
    let network = || Fault::Network("nobody answers".to_owned());
    let login = || Fault::Login("wrong password".to_owned());
    for (case, fault, token, spans, told) in [
        (
            "network",
            network(),
            false,
            vec![(1, 3), (2, 6), (4, 12), (8, 24)],
            None,
        ),
        (
            "login",
            login(),
            false,
            vec![(300, 300), (600, 600), (1200, 1200)],
            Some(1),
        ),
        ("token", login(), true, vec![(2, 2), (600, 600)], Some(1)),
        (
            "no password",
            Fault::NoPassword("the program fails".to_owned()),
            false,
            vec![(1, 3), (2, 6), (4, 12)],
            Some(1),
        ),
    ] {
        let is_login = matches!(fault, Fault::Login(_));
        let mut plan = plan();
        plan.token = token;
        let mut fetcher = Fetcher::new(plan, Vec::new());
        let mut now = Seconds(1_800_000_000);
        for (n, (least, most)) in spans.into_iter().enumerate() {
            let asked = fetcher.step(Event::Woken, now, &mut Dice(3));
            assert_eq!(asked, Next::Ask(Command::Open), "{case} {n}");
            let rests = fetcher.step(lost(fault.clone()), now, &mut Dice(3));
            let Next::Rest(span) = rests else {
                panic!("{case} {n}: {rests:?}");
            };
            let fits = Duration::from_secs(least)..=Duration::from_secs(most);
            assert!(fits.contains(&span), "{case} {n}: {span:?}");
            assert!(fetcher.trouble().is_some(), "{case} {n}");
            let notices = fetcher.take_notices().len();
            assert_eq!(notices, usize::from(told == Some(n)), "{case} {n}");
            now = now.after(span).after(MINUTE);
        }
        assert_eq!(fetcher.refused().is_some(), is_login, "{case}");
    }
}

#[test]
fn a_refused_login_waits_an_hour_at_most() {
    let mut fetcher = Fetcher::new(plan(), Vec::new());
    let mut now = Seconds(1_800_000_000);
    for _ in 0..10 {
        fetcher.step(Event::Woken, now, &mut Dice(3));
        let refused = lost(Fault::Login("no".to_owned()));
        let Next::Rest(span) = fetcher.step(refused, now, &mut Dice(3)) else {
            panic!("it rests");
        };
        assert!(span <= HOUR);
        // Whoever pokes before is not let in: servers lock accounts.
        let poked = now.after(span.saturating_sub(Duration::from_secs(1)));
        let next = fetcher.step(Event::Woken, poked, &mut Dice(3));
        assert_eq!(next, Next::Rest(Duration::from_secs(1)));
        now = now.after(span);
    }
}

#[test]
fn there_are_two_logins_in_two_minutes_however_it_is_woken() {
    let (mut fetcher, mut server, mut account) = begun(features());
    let mut logins = 1;
    for _ in 0..20 {
        let mut event = lost(Fault::Bye("later".to_owned()));
        for _ in 0..2 {
            let idle = until_idle(&mut fetcher, &mut server, &mut account, event);
            event = match idle {
                Next::Rest(_) => Event::Woken,
                _ => break,
            };
        }
        logins += server
            .asked
            .iter()
            .filter(|asked| **asked == Command::Open)
            .count();
        server.asked.clear();
    }
    assert_eq!(logins, 2);
}

#[test]
fn handled_mails_leave_by_the_way_that_the_server_has() {
    let to = || Some("IIM".to_owned());
    let trash = || "Trash".to_owned();
    for (moves, uidplus, gmail, move_to, expected) in [
        (true, true, false, None, Discard::Expunge(None)),
        (false, true, false, None, Discard::Expunge(None)),
        (true, false, false, None, Discard::Mark(None)),
        (true, true, true, None, Discard::Move(trash())),
        (true, true, false, to(), Discard::Move("IIM".to_owned())),
        (true, true, true, to(), Discard::Move("IIM".to_owned())),
        (false, true, false, to(), Discard::Expunge(to())),
        (false, false, false, to(), Discard::Mark(to())),
    ] {
        let features = Features {
            moves,
            uidplus,
            gmail,
            trash: Some(trash()),
            ..Features::default()
        };
        let command = super::super::step::discard(&features, move_to.as_ref(), vec![uid(1)]);
        let case = format!("{moves} {uidplus} {gmail} {move_to:?}");
        assert_eq!(command, Command::Discard(vec![uid(1)], expected), "{case}");
    }
}

#[test]
fn a_mail_that_cannot_be_handled_holds_up_nobody_and_is_never_given_up() {
    let (mut fetcher, mut server, mut account) = begun(features());
    account.fails.insert(letter(0));
    for n in 0..3 {
        server.comes(INBOX, letter(n));
    }
    let event = waited(&mut server);
    until_idle(&mut fetcher, &mut server, &mut account, event);
    assert_eq!(account.heard.len(), 2);
    assert_eq!(account.kept[INBOX].retries.len(), 1);
    // Ten days later, by another process, it can.
    for n in 0..200 {
        server.now = server.now.after(HOUR);
        if n == 150 {
            account.fails.clear();
            fetcher = account.fetcher(plan());
            until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        }
        let event = waited(&mut server);
        until_idle(&mut fetcher, &mut server, &mut account, event);
    }
    assert_eq!(account.heard.len(), 3);
    assert!(account.kept[INBOX].retries.is_empty());
    assert!(server.inbox().mails.is_empty());
}

#[test]
fn no_more_is_read_than_can_be_tried_again() {
    let (mut fetcher, mut server, mut account) = begun(features());
    for n in 0..1003 {
        account.fails.insert(letter(n));
        server.comes(INBOX, letter(n));
    }
    let event = waited(&mut server);
    let next = until_idle(&mut fetcher, &mut server, &mut account, event);
    assert_eq!(next, Next::Rest(MINUTE));
    assert_eq!(account.kept[INBOX].retries.len(), 1000);
    assert_eq!(account.kept[INBOX].cursor.next, uid(1001));
    account.fails.clear();
    for _ in 0..50 {
        server.now = server.now.after(HOUR);
        until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    }
    assert_eq!(account.heard.len(), 1003);
    assert!(server.inbox().mails.is_empty());
}

#[test]
fn a_mail_that_breaks_the_connection_is_passed_over() {
    type Fits = fn(&Command) -> bool;
    let mail: Fits = |command| *command == Command::Mail(uid(2));
    let headers: Fits = |command| {
        matches!(command, Command::Headers(first, last)
            if *first <= uid(2) && last.is_none_or(|last| last >= uid(2)))
    };
    let ends = |fault| Answer::Closed(Some(fault));
    let malformed = || ends(Fault::Malformed("what?".to_owned()));
    for (case, fits, answer) in [
        ("too large", mail, ends(Fault::TooLarge(uid(2)))),
        ("malformed", mail, malformed()),
        (
            "endless",
            mail,
            ends(Fault::Network("a step took too long".to_owned())),
        ),
        ("header", headers, malformed()),
        ("refused", mail, Answer::Refused("broken".to_owned())),
        (
            "refused header",
            headers,
            Answer::Refused("broken".to_owned()),
        ),
    ] {
        let (mut fetcher, mut server, mut account) = begun(features());
        for n in 1..=900 {
            let text = if n < 5 {
                letter(n)
            } else {
                format!("Subject: {n}\r\n\r\n")
            };
            server.comes(INBOX, &text);
        }
        for _ in 0..1000 {
            server.instead.push((fits, answer.clone()));
        }
        let mut event = lost(Fault::Bye("begin".to_owned()));
        for _ in 0..40 {
            server.now = server.now.after(MINUTE);
            until_idle(&mut fetcher, &mut server, &mut account, event);
            event = Event::Woken;
            if account.heard.len() >= 3 {
                break;
            }
        }
        assert!(account.heard.len() >= 3, "{case}");
        server.instead.clear();
        for _ in 0..30 {
            server.now = server.now.after(HOUR);
            until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        }
        assert_eq!(account.heard.len(), 4, "{case}");
    }
}

#[test]
fn a_folder_that_is_missing_is_told_once_and_looked_for() {
    let (mut fetcher, mut server, mut account) = begun(features());
    let inbox = server.boxes.remove(INBOX).unwrap();
    let mut event = lost(Fault::Bye("moved".to_owned()));
    let mut told = 0;
    for _ in 0..6 {
        let next = until_idle(&mut fetcher, &mut server, &mut account, event);
        assert!(matches!(next, Next::Rest(_)), "{next:?}");
        server.now = server.now.after(MINUTE * 5);
        event = Event::Woken;
        told += fetcher.take_notices().len();
    }
    assert_eq!(told, 1);
    assert!(
        !server
            .asked
            .iter()
            .any(|asked| matches!(asked, Command::Create(_)))
    );
    server.boxes.insert(INBOX.to_owned(), inbox);
    server.comes(INBOX, letter(0));
    until_idle(&mut fetcher, &mut server, &mut account, event);
    assert_eq!((account.heard.len(), fetcher.trouble()), (1, None));
}

#[test]
fn where_nothing_can_be_removed_letters_are_heard_and_stay() {
    let (mut fetcher, mut server, mut account) = begun(features());
    server.read_only = true;
    for n in 0..2 {
        server.comes(INBOX, letter(n));
    }
    let event = lost(Fault::Bye("again".to_owned()));
    until_idle(&mut fetcher, &mut server, &mut account, event);
    let next = until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert_eq!(next, Next::Ask(Command::Wait(MINUTE * 5)));
    assert_eq!((account.heard.len(), server.inbox().mails.len()), (2, 2));
    assert_eq!(fetcher.take_notices().len(), 1);
    assert!(
        !server
            .asked
            .iter()
            .any(|asked| matches!(asked, Command::Discard(..)))
    );
}

#[test]
fn a_mail_that_somebody_else_took_is_gone() {
    let (mut fetcher, mut server, mut account) = begun(features());
    server.comes(INBOX, letter(0));
    for nothing in [Answer::Mail(None), Answer::Mail(Some(Vec::new()))] {
        let mail = |command: &Command| matches!(command, Command::Mail(_));
        server.instead.push((mail, nothing));
        let event = waited(&mut server);
        until_idle(&mut fetcher, &mut server, &mut account, event);
        assert!(account.heard.is_empty());
        assert_eq!(account.kept[INBOX].gone, 1);
        server.comes(INBOX, letter(0));
    }
    let event = waited(&mut server);
    until_idle(&mut fetcher, &mut server, &mut account, event);
    assert_eq!((account.heard.len(), account.kept[INBOX].gone), (1, 0));
}

#[test]
fn a_server_that_says_mails_came_and_shows_none_is_rested_from() {
    let (mut fetcher, mut server, mut account) = begun(features());
    let news = || {
        Event::Answered(Answered {
            answer: Answer::Done,
            news: true,
        })
    };
    let (mut rested, mut event) = (0, news());
    for n in 0..60 {
        if n == 50 {
            // A mail that does come is heard all the same.
            assert!(rested > 5, "{rested}");
            server.comes(INBOX, letter(0));
        }
        event = match until_idle(&mut fetcher, &mut server, &mut account, event) {
            Next::Rest(_) => {
                rested += 1;
                Event::Woken
            }
            _ => news(),
        };
    }
    assert_eq!(account.heard.len(), 1);
}

#[test]
fn after_a_flood_of_empty_notices_it_waits_again_as_before() {
    let (mut fetcher, mut server, mut account) = begun(features());
    let mut event = Event::Woken;
    for n in 0..40 {
        let next = until_idle(&mut fetcher, &mut server, &mut account, event);
        event = match next {
            Next::Ask(Command::Wait(_)) if n > 20 => return,
            Next::Ask(Command::Wait(_)) => Event::Answered(Answered {
                answer: Answer::Done,
                news: true,
            }),
            _ => Event::Woken,
        };
    }
    panic!("it never waits again");
}

#[test]
fn what_cannot_be_kept_is_read_again() {
    let (mut fetcher, mut server, mut account) = begun(features());
    server.comes(INBOX, letter(0));
    let mut event = waited(&mut server);
    loop {
        match fetcher.step(event, server.now, &mut Dice(1)) {
            Next::Ask(command) => event = Event::Answered(server.answer(&command)),
            Next::Hear(_) => event = Event::Heard(Became::Trouble),
            Next::Keep(_) => event = Event::Kept(false),
            Next::Rest(_) => break,
            Next::Over(end) => panic!("{end:?}"),
        }
    }
    assert!(fetcher.trouble().is_some());
    server.now = server.now.after(MINUTE);
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert_eq!((account.heard.len(), fetcher.trouble()), (1, None));
}

#[test]
fn numbered_anew_under_a_clock_that_was_set_back_nothing_is_passed_over() {
    let (_, mut server, mut account) = begun(features());
    server.comes(INBOX, letter(0));
    server.is_restored(INBOX);
    let kept = account.kept.get_mut(INBOX).unwrap();
    kept.cursor.looked = server.now.after(HOUR * 24 * 365);
    let mut fetcher = account.fetcher(plan());
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert_eq!(account.heard.len(), 1);
}
