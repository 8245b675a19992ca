//! An IMAP server that lies.

use std::num::NonZeroU32;
use std::time::Duration;

use iim::edge::config::Security;
use iim::edge::mail::fetch::Imap;
use iim::protocol::time::Seconds;
use iim::rules::fetch::mailbox::{Answer, Answered, Command, Discard, Fault, Uid};

use crate::liar::{Liar, Lie};
use crate::mailbox::{Folder, imap};

pub fn uid(n: u32) -> Uid {
    Uid(NonZeroU32::new(n).unwrap())
}

/// A small mailbox: mails 11, 12 and 13, of which 12 is ours.
pub fn honest(line: &str, tag: &str) -> String {
    let mut folder = Folder {
        last: 10,
        ..Folder::default()
    };
    for mail in ["\n\nhello", "IIM: 1\n\nx", "\n\nhello"] {
        folder.comes(mail.as_bytes());
    }
    imap(&mut folder, line, tag)
}

pub fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// What each command is answered by honestly, and the line at which it is lied; the nth.
pub fn commands() -> Vec<(Command, &'static str, usize)> {
    let ours = || vec![uid(12)];
    let select = Command::Select("INBOX".to_owned());
    vec![
        (Command::Open, "", 0),
        (Command::Open, "CAPABILITY", 0),
        (Command::Open, "AUTHENTICATE", 0),
        (Command::Open, "CAPABILITY", 1),
        (Command::Open, "ID", 0),
        (Command::Open, "LIST", 0),
        (select, "SELECT", 0),
        (Command::Next, "STATUS", 0),
        (Command::Status("Spam".to_owned()), "STATUS", 0),
        (Command::Since(Seconds(1_000_000_000)), "UID SEARCH", 0),
        (
            Command::Headers(uid(11), Some(uid(13))),
            "UID FETCH 11:13",
            0,
        ),
        (Command::Mail(uid(12)), "UID FETCH 12", 0),
        (
            Command::Discard(ours(), Discard::Move("IIM".to_owned())),
            "UID MOVE",
            0,
        ),
        (
            Command::Discard(ours(), Discard::Expunge(Some("Trash".to_owned()))),
            "UID COPY",
            0,
        ),
        (
            Command::Discard(ours(), Discard::Expunge(None)),
            "UID STORE",
            0,
        ),
        (
            Command::Discard(ours(), Discard::Expunge(None)),
            "UID EXPUNGE",
            0,
        ),
        (
            Command::Discard(ours(), Discard::Mark(None)),
            "UID STORE",
            0,
        ),
        (Command::Create("IIM".to_owned()), "CREATE", 0),
        (Command::Wait(Duration::from_millis(200)), "IDLE", 0),
        (Command::Wait(Duration::from_millis(200)), "DONE", 0),
    ]
}

/// Opens, selects, and gives what the command is answered by, which may be one of the first two.
async fn answered(liar: &Liar, command: &Command) -> Answered {
    let mut imap = Imap::new(liar.settings(Security::Plain));
    let open = imap.carry_out(Command::Open).await;
    if *command == Command::Open || !matches!(open.answer, Answer::Opened(_)) {
        return open;
    }
    let selected = imap.carry_out(Command::Select("INBOX".to_owned())).await;
    if matches!(command, Command::Select(_)) || !matches!(selected.answer, Answer::Selected(_)) {
        return selected;
    }
    let answered = imap.carry_out(command.clone()).await;
    // A connection that is closed stays so; one that stands can be used.
    let next = imap.carry_out(Command::Create("x".to_owned())).await.answer;
    match (&answered.answer, &next) {
        (Answer::Closed(_), Answer::Closed(Some(Fault::Network(_)))) => {}
        (Answer::Closed(_), _) => panic!("{command:?}: {next:?} after {answered:?}"),
        (_, Answer::Done) => {}
        (_, other) => panic!("{command:?}: {other:?} after {answered:?}"),
    }
    answered
}

pub fn with(lie: Option<Lie>, (command, at, nth): &(Command, &'static str, usize)) -> Answered {
    let liar = Liar::start(honest, at, *nth, lie);
    let answered = runtime().block_on(answered(&liar, command));
    // It has seen the end, too.
    liar.heard();
    answered
}

/// What the honest server is answered by.
fn expected(command: &(Command, &'static str, usize)) -> Answered {
    let honest = with(None, command);
    assert!(
        !matches!(honest.answer, Answer::Closed(_) | Answer::Refused(_)),
        "{command:?}: {honest:?}"
    );
    honest
}

/// Whether the step may be refused without harm.
fn is_optional((command, at, _): &(Command, &'static str, usize)) -> bool {
    matches!(
        (command, *at),
        (Command::Open, "ID" | "LIST") | (Command::Wait(_), "IDLE")
    )
}

#[test]
fn a_no_is_a_no_and_an_end_is_an_end_at_each_command() {
    for command in &commands() {
        let told = |lie| with(Some(lie), command).answer;
        for lie in [
            Lie::Say("{tag} NO [X] not now\r\n"),
            Lie::Say("{tag} BAD what\r\n"),
            Lie::Say("{tag} NO\r\n"),
        ] {
            match (told(lie), &command.0) {
                (Answer::Refused(words), _) => assert!(
                    ["not now", "what", "no reason given"].contains(&&*words),
                    "{words}"
                ),
                // A STATUS that is refused is gone round, to the same end.
                (Answer::Next(next), Command::Next) => assert_eq!(next, uid(14)),
                (Answer::Closed(Some(_)), Command::Open) if !is_optional(command) => {}
                (Answer::Opened(_) | Answer::Done, _) if is_optional(command) => {}
                (other, _) => panic!("{command:?} {lie:?}: {other:?}"),
            }
        }
        for end in [
            "",
            "* 1 FE",
            "* 9 FETCH (UID 12 BODY[] {900}\r\nhalf",
            "{tag} OK",
        ] {
            match told(Lie::End(end)) {
                Answer::Closed(Some(Fault::Network(_))) => {}
                other => panic!("{command:?} {end:?}: {other:?}"),
            }
        }
        match told(Lie::End("* BYE [X] off with you\r\n{tag} OK\r\n")) {
            Answer::Closed(Some(Fault::Bye(words))) => assert_eq!(words, "off with you"),
            other => panic!("{command:?}: {other:?}"),
        }
    }
}

#[test]
fn what_is_no_answer_ends_the_connection_at_each_command() {
    for command in &commands() {
        for lie in [
            Lie::Say("A999 OK done\r\n"),
            Lie::Say("HTTP/1.1 400 Bad Request\r\n"),
            Lie::Say("\r\n"),
            Lie::Say("* 1 FETCH (UID 12 BODY[] {2147483647}\r\nabc"),
            Lie::Say("* LIST () \"/\" {99999999999999999999}\r\n"),
            Lie::Endless("* OK x"),
            Lie::Endless("* 3 FETCH (FLAGS (a b c) \"x\" "),
            Lie::Endless("(((((((("),
        ] {
            match with(Some(lie), command).answer {
                Answer::Closed(Some(Fault::Malformed(words))) => {
                    assert!(!words.contains("  ") && words.len() < 200)
                }
                Answer::Closed(Some(Fault::TooLarge(told)))
                    if command.1.starts_with("UID FETCH 12") =>
                {
                    assert_eq!(told, uid(12))
                }
                other => panic!("{command:?} {lie:?}: {other:?}"),
            }
        }
    }
    // Answers without an end, each of them whole, end where the command's would.
    for command in commands()
        .iter()
        .filter(|it| !matches!(it.0, Command::Open | Command::Wait(_)))
    {
        match with(
            Some(Lie::Endless("* 5 FETCH (FLAGS (\\Seen))\r\n")),
            command,
        )
        .answer
        {
            Answer::Closed(Some(Fault::Malformed(_))) => {}
            other => panic!("{command:?}: {other:?}"),
        }
    }
}

#[test]
fn an_ok_without_words_and_answers_that_nobody_asked_for_change_nothing() {
    for command in &commands() {
        let expected = expected(command);
        let unasked = "* OK\r\n* NO careful\r\n* BAD {9}\r\n* FLAGS (\\Seen)\r\n* XYZ (a {3}\r\nb) )\r\n* 7 RECENT\r\n* 2 FETCH \
                       (FLAGS (\\Seen))\r\n* VANISHED 3\r\n*\r\n* LIST () \"/\" a\r\n* SEARCHING\r\n";
        for lie in [Lie::Wordless, Lie::First(unasked)] {
            // Before its greeting a server says nothing else.
            if command.1.is_empty() {
                continue;
            }
            assert_eq!(with(Some(lie), command), expected, "{command:?} {lie:?}");
        }
    }
}

#[test]
fn mails_that_come_at_any_time_are_news() {
    for command in commands().iter().filter(|it| it.0 != Command::Open) {
        let expected = expected(command);
        let heard = with(Some(Lie::First("* 4 EXISTS\r\n")), command);
        // With SELECT it is how many there are.
        let is_news = !matches!(command.0, Command::Select(_));
        assert_eq!(
            (heard.answer, heard.news),
            (expected.answer, is_news),
            "{command:?}"
        );
        // The number that is known already is none.
        let again = with(
            Some(Lie::First("* 3 EXISTS\r\n* 2 EXPUNGE\r\n* 2 EXISTS\r\n")),
            command,
        );
        assert!(!again.news, "{command:?}");
    }
}

#[test]
fn no_answer_is_not_no_mail() {
    let bare = Lie::Say("{tag} OK done\r\n");
    for command in &commands() {
        let needs_data = matches!(
            (&command.0, command.1),
            (Command::Open, "CAPABILITY")
                | (Command::Select(_) | Command::Next | Command::Status(_), _)
        );
        let answer = with(Some(bare), command).answer;
        match (needs_data, &answer) {
            (true, Answer::Closed(Some(Fault::Malformed(_)))) => {}
            (true, _) => panic!("{command:?}: {answer:?}"),
            // The mails are gone meanwhile.
            (false, Answer::Mail(None) | Answer::Done | Answer::Opened(_) | Answer::Next(_)) => {}
            (false, Answer::Headers(none)) => assert!(none.is_empty()),
            // All mails are read then.
            (false, Answer::Refused(_)) if command.1 == "UID SEARCH" => {}
            // The greeting has no tag.
            (false, Answer::Closed(Some(Fault::Malformed(_)))) if command.1.is_empty() => {}
            (false, _) => panic!("{command:?}: {answer:?}"),
        }
    }
}

/// As the honest one, but of the mail 12 alone it says NO to what would take it away.
fn keeps_one(line: &str, tag: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let (["UID", what, set, ..], false) = (words.get(1..).unwrap_or_default(), line.is_empty())
    else {
        return honest(line, tag);
    };
    let holds = |range: &str| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let number = |text: &str| text.parse::<u32>().unwrap_or(0);
        (number(first)..=number(last)).contains(&12)
    };
    match ["STORE", "MOVE"].contains(what) && set.split(',').any(holds) {
        true => format!("{tag} NO not that one\r\n"),
        false => honest(line, tag),
    }
}

#[test]
fn a_mail_that_the_server_does_not_let_go_keeps_no_other() {
    let all = || (11..=13).map(uid).collect::<Vec<_>>();
    let to = || "IIM".to_owned();
    for (how, expected) in [
        (
            Discard::Expunge(None),
            [
                "UID STORE 11:13",
                "UID STORE 11",
                "UID STORE 12",
                "UID STORE 13",
                "UID EXPUNGE 11,13",
            ]
            .as_slice(),
        ),
        (
            Discard::Mark(Some(to())),
            &[
                "UID COPY 11:13",
                "UID STORE 11:13",
                "UID STORE 11",
                "UID STORE 12",
                "UID STORE 13",
            ],
        ),
        (
            Discard::Move(to()),
            &[
                "UID MOVE 11:13",
                "UID MOVE 11",
                "UID MOVE 12",
                "UID MOVE 13",
            ],
        ),
    ] {
        let command = Command::Discard(all(), how);
        let liar = Liar::start(keeps_one, "?", 0, None);
        let answered = runtime().block_on(answered(&liar, &command));
        let refused = Answer::Refused("not that one".to_owned());
        assert_eq!(answered.answer, refused, "{command:?}");
        let heard = liar.heard();
        let asked = heard.iter().filter_map(|line| line.split_once(' '));
        let asked: Vec<String> = asked
            .filter(|(_, command)| command.starts_with("UID "))
            .map(|(_, command)| command.split(' ').take(3).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(asked, expected, "{command:?}");
    }
}
