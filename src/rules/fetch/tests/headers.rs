//! Headers that the server does not show, or that break the connection.

use super::super::mailbox::{Answer, Command, Fault};
use super::super::plan::{Event, Next, Until};
use super::server::{
    Account, INBOX, SPAM, begun, cut, features, letter, plan, uid, until_idle, with_spam,
};
use crate::protocol::time::MINUTE;

#[test]
fn headers_that_are_not_shown_end_no_look_for_ever() {
    for broken in [
        Answer::Closed(Some(Fault::Network("cut".to_owned()))),
        Answer::Closed(Some(Fault::Malformed("what?".to_owned()))),
        Answer::Refused("broken".to_owned()),
    ] {
        let (_, mut server, mut account) = begun(features());
        for n in 1..=900 {
            match n {
                3 | 5 | 890 => server.comes(INBOX, letter(n)),
                _ => server.comes(INBOX, format!("Subject: {n}\r\n\r\n")),
            };
        }
        for _ in 0..1000 {
            let breaks = |command: &Command| {
                matches!(command, Command::Headers(first, last)
                    if *first <= uid(5) && last.is_none_or(|last| last >= uid(5)))
            };
            server.instead.push((breaks, broken.clone()));
        }
        for _ in 0..5 {
            let mut plan = plan();
            plan.until = Until::Looked(None);
            let mut fetcher = account.fetcher(plan);
            until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
            server.now = server.now.after(MINUTE * 5);
        }
        // The one itself is fetched without its headers.
        assert_eq!(account.heard.len(), 3, "{broken:?}");
    }
}

#[test]
fn a_server_that_refuses_all_headers_is_rested_from_and_keeps_few_mails_waiting() {
    let (_, mut server, mut account) = begun(features());
    for n in 1..=900 {
        match n {
            700 => server.comes(INBOX, letter(n)),
            _ => server.comes(INBOX, format!("Subject: {n}\r\n\r\n")),
        };
    }
    let refused = Answer::Refused("not now".to_owned());
    let headers = |command: &Command| matches!(command, Command::Headers(..));
    server.instead = vec![(headers, refused); 1000];
    let mut fetcher = account.fetcher(plan());
    let next = until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert!(matches!(next, Next::Rest(_)), "{next:?}");
    let waiting = account.kept[INBOX].retries.len();
    assert!((1..20).contains(&waiting), "{waiting}");
    server.instead.clear();
    server.now = server.now.after(MINUTE * 2);
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert_eq!((account.heard.len(), fetcher.trouble()), (1, None));
}

#[test]
fn headers_in_the_junk_folder_that_break_the_connection_end_no_look_for_ever() {
    let mut server = with_spam();
    let mut account = Account::default();
    until_idle(
        &mut account.fetcher(plan()),
        &mut server,
        &mut account,
        Event::Woken,
    );
    for n in 1..=20 {
        server.comes(SPAM, letter(n));
    }
    let breaks = |command: &Command| {
        matches!(command, Command::Headers(first, last)
            if *first <= uid(5) && last.is_some_and(|last| last >= uid(5)))
    };
    server.instead = vec![(breaks, cut()); 1000];
    for _ in 0..3 {
        let mut plan = plan();
        plan.until = Until::Looked(None);
        let mut fetcher = account.fetcher(plan);
        until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
        server.now = server.now.after(MINUTE * 5);
    }
    assert_eq!(account.heard.len(), 20);
}

#[test]
fn headers_that_end_the_connection_without_a_word_hold_up_nobody() {
    let (mut fetcher, mut server, mut account) = begun(features());
    for n in 1..=600 {
        match n {
            5 | 590 => server.comes(INBOX, letter(n)),
            _ => server.comes(INBOX, format!("Subject: {n}\r\n\r\n")),
        };
    }
    for _ in 0..1000 {
        let breaks = |command: &Command| {
            matches!(command, Command::Headers(first, last)
                if *first <= uid(5) && last.is_none_or(|last| last >= uid(5)))
        };
        server.instead.push((breaks, cut()));
    }
    for _ in 0..40 {
        server.now = server.now.after(MINUTE * 5);
        until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    }
    assert_eq!(account.heard.len(), 2);
}
