//! A POP3 server that lies.

use std::num::NonZeroU32;

use iim::edge::config::Security;
use iim::edge::mail::fetch::Pop3;
use iim::rules::fetch::mailbox::{Fault, Uid};
use iim::rules::fetch::pop3_box::{Answer, Command, Entry, Number};

use crate::liar::{Liar, Lie};

fn number(n: u32) -> Number {
    Number(NonZeroU32::new(n).unwrap())
}

/// A mailbox of two mails.
pub fn honest(line: &str, _: &str) -> String {
    match line {
        "" => "+OK hello\r\n",
        "CAPA" => "+OK\r\nTOP\r\nUIDL\r\nSASL PLAIN\r\n.\r\n",
        "AUTH PLAIN" => "+ \r\n",
        "UIDL" => "+OK\r\n1 aaa\r\n2 bbb\r\n.\r\n",
        "LIST 2" => "+OK 2 120\r\n",
        "TOP 2 0" => "+OK\r\nIIM: 1\r\n\r\n.\r\n",
        "TOP 2 1048576" | "RETR 2" => "+OK\r\nIIM: 1\r\n\r\n..a\r\n.\r\n",
        _ => "+OK\r\n",
    }
    .to_owned()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(future)
}

fn entry(n: u32, id: &str) -> Entry {
    Entry {
        number: number(n),
        unique_id: id.to_owned(),
    }
}

/// Each command, the line at which it is lied (the nth), and what is answered honestly.
fn commands() -> Vec<(Command, &'static str, usize, Answer)> {
    vec![
        (Command::Open, "", 0, Answer::Opened),
        (Command::Open, "CAPA", 0, Answer::Opened),
        (Command::Open, "AUTH", 0, Answer::Opened),
        (Command::Open, "CAPA", 1, Answer::Opened),
        (
            Command::List,
            "UIDL",
            0,
            Answer::Listed(vec![entry(1, "aaa"), entry(2, "bbb")], 0),
        ),
        (Command::Size(number(2)), "LIST", 0, Answer::Size(120)),
        (
            Command::Header(number(2)),
            "TOP",
            0,
            Answer::Header(b"IIM: 1\r\n".to_vec()),
        ),
        (
            Command::Mail(number(2), 13),
            "TOP",
            0,
            Answer::Mail(b"IIM: 1\r\n\r\n.a\r\n".to_vec()),
        ),
        (Command::Delete(number(2)), "DELE", 0, Answer::Done),
        (Command::Quit, "QUIT", 0, Answer::Quit),
    ]
}

type Case = (Command, &'static str, usize, Answer);

fn with(lie: Option<Lie>, (command, at, nth, _): &Case) -> Answer {
    let liar = Liar::start(honest, at, *nth, lie);
    let answer = run(async {
        let mut pop3 = Pop3::new(liar.settings(Security::Plain));
        let opened = pop3.carry_out(Command::Open).await;
        match command {
            Command::Open => opened,
            command => {
                assert_eq!(opened, Answer::Opened);
                let answer = pop3.carry_out(command.clone()).await;
                if matches!(answer, Answer::Closed(_) | Answer::Quit) {
                    let next = pop3.carry_out(Command::Delete(number(1))).await;
                    assert!(matches!(next, Answer::Closed(Some(_))), "{next:?}");
                }
                answer
            }
        }
    });
    liar.heard();
    answer
}

#[test]
fn honest_answers_are_taken_also_byte_by_byte_odd_ones() {
    for case in &commands() {
        assert_eq!(with(None, case), case.3, "{case:?}");
    }
    for (command, at, said, answer) in [
        (
            Command::List,
            "UIDL",
            "+OK\r\n.\r\n",
            Answer::Listed(vec![], 0),
        ),
        // One line that cannot be read is one mail's.
        (
            Command::List,
            "UIDL",
            "+OK\r\n1 aaa\r\n2\r\n3 \r\n0 x\r\nwhat?\r\n4 ddd\r\n.\r\n",
            Answer::Listed(vec![entry(1, "aaa"), entry(4, "ddd")], 4),
        ),
        (
            Command::Size(number(2)),
            "LIST",
            "+OK 2 120 octets\r\n",
            Answer::Size(120),
        ),
        (
            Command::Header(number(2)),
            "TOP",
            "+ok\nIIM: 1\n.\n",
            Answer::Header(b"IIM: 1\n".to_vec()),
        ),
        (
            Command::Header(number(2)),
            "TOP",
            "+OK\r\na: b\r\n\r\nbody\r\n.\r\n",
            Answer::Header(b"a: b\r\n".to_vec()),
        ),
        (
            Command::Mail(number(2), 0),
            "TOP",
            "+OK\r\n.\r\n",
            Answer::Mail(vec![]),
        ),
    ] {
        let case = (command, at, 0, answer);
        assert_eq!(with(Some(Lie::Say(said)), &case), case.3, "{case:?}");
    }
}

#[test]
fn a_no_is_a_no_and_an_end_is_an_end_at_each_command() {
    for case in &commands() {
        for refusal in [Lie::Say("-ERR [X] not now\r\n"), Lie::Say("-ERR\r\n")] {
            match (with(Some(refusal), case), &case.0, case.1) {
                (Answer::Refused(words), ..) => {
                    assert!(words == "[X] not now" || words == "no reason given")
                }
                (Answer::Opened, Command::Open, "CAPA") => {}
                // There is RETR.
                (answer, Command::Mail(..), _) => assert_eq!(answer, case.3),
                (Answer::Closed(Some(Fault::Bye(_))), Command::Open, "") => {}
                (Answer::Closed(Some(Fault::Login(_))), Command::Open, "AUTH") => {}
                // What was to be deleted is not.
                (Answer::Closed(Some(Fault::Bye(_))), Command::Quit, _) => {}
                (other, ..) => panic!("{case:?}: {other:?}"),
            }
        }
        for end in ["", "+O", "+OK half", "+OK\r\n1 aaa\r\n2 bbb\r\nhalf\r\n."] {
            match with(Some(Lie::End(end)), case) {
                Answer::Closed(Some(Fault::Network(_))) => {}
                // One line was the whole of it.
                answer if end.contains("half\r\n") && answer == case.3 => {}
                Answer::Closed(Some(Fault::Malformed(_))) if end.contains("half\r\n") => {}
                other => panic!("{case:?} {end:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn what_is_no_answer_or_has_no_end_ends_the_connection() {
    for case in &commands() {
        for lie in [
            Lie::Say("* OK IMAP4rev1\r\n"),
            Lie::Say("\r\n"),
            Lie::Endless("+OK "),
            Lie::Endless("((((("),
        ] {
            match with(Some(lie), case) {
                Answer::Closed(Some(Fault::Malformed(_))) => {}
                other => panic!("{case:?} {lie:?}: {other:?}"),
            }
        }
    }
    let lines = Lie::Endless("+OK\r\nabc def\r\n");
    for (case, answer) in [(4, "malformed"), (7, "too large")] {
        let answered = with(Some(lines), &commands()[case]);
        match (answer, &answered) {
            ("malformed", Answer::Closed(Some(Fault::Malformed(_)))) => {}
            ("too large", Answer::Closed(Some(Fault::TooLarge(Uid(n))))) => assert_eq!(n.get(), 2),
            _ => panic!("{answer}: {answered:?}"),
        }
    }
    for (case, said) in [
        (4, "+OK\r\n0 aaa\r\n.\r\n"),
        (4, "+OK\r\n1\r\n.\r\n"),
        (4, "+OK\r\nx aaa\r\n.\r\n"),
        (5, "+OK 3 120\r\n"),
        (5, "+OK 2 -1\r\n"),
        (5, "+OK\r\n"),
    ] {
        let case = &commands()[case];
        let answer = with(Some(Lie::Say(said)), case);
        assert!(
            matches!(answer, Answer::Closed(Some(Fault::Malformed(_)))),
            "{said:?}: {answer:?}"
        );
    }
}

#[test]
fn without_top_the_beginning_of_the_mail_is_the_header() {
    fn no_top(line: &str, tag: &str) -> String {
        match line {
            "CAPA" => "+OK\r\nUIDL\r\nUSER\r\n.\r\n".to_owned(),
            "RETR 2" => format!("+OK\r\nIIM: 1\r\n\r\n{}\r\n.\r\n", "x".repeat(200_000)),
            "TOP 2 0" => "-ERR\r\n".to_owned(),
            _ => honest(line, tag),
        }
    }
    let liar = Liar::start(no_top, "-", 0, None);
    run(async {
        let mut pop3 = Pop3::new(liar.settings(Security::Plain));
        assert_eq!(pop3.carry_out(Command::Open).await, Answer::Opened);
        let header = pop3.carry_out(Command::Header(number(2))).await;
        assert_eq!(header, Answer::Header(b"IIM: 1\r\n".to_vec()));
        assert_eq!(pop3.carry_out(Command::Quit).await, Answer::Quit);
    });
    let heard = liar.heard();
    assert_eq!(
        heard,
        [
            "CAPA",
            "USER bob@example.org",
            "PASS hunter22",
            "CAPA",
            "RETR 2",
            "QUIT"
        ]
    );
}

#[test]
fn a_mail_that_is_larger_than_was_said_is_read_over_and_the_session_goes_on() {
    fn large(line: &str, tag: &str) -> String {
        match line {
            "TOP 2 1048576" => {
                format!("+OK\r\nIIM: 1\r\n\r\n{}.\r\n", "x\r\n".repeat(600_000))
            }
            _ => honest(line, tag),
        }
    }
    let liar = Liar::start(large, "-", 0, None);
    run(async {
        let mut pop3 = Pop3::new(liar.settings(Security::Plain));
        assert_eq!(pop3.carry_out(Command::Open).await, Answer::Opened);
        let Answer::Mail(mail) = pop3.carry_out(Command::Mail(number(2), 120)).await else {
            panic!("a mail");
        };
        assert_eq!(mail.len(), (1 << 20) + 1024);
        assert_eq!(pop3.carry_out(Command::Quit).await, Answer::Quit);
    });
    liar.heard();
}

#[test]
fn a_mail_is_not_marked_as_seen_unless_the_server_gives_it_by_nothing_but_retr() {
    fn short(line: &str, tag: &str) -> String {
        let lines = |count| format!("+OK\r\nIIM: 1\r\n\r\n{}.\r\n", "x\r\n".repeat(count));
        match line {
            "TOP 1 1048576" => lines(30_000),
            "TOP 2 1048576" => lines(22_000),
            "RETR 2" => lines(30_000),
            "TOP 3 1048576" => "-ERR so many lines?\r\n".to_owned(),
            "RETR 3" => lines(1),
            // Short ones may be cut, too.
            "TOP 4 1048576" => lines(0),
            "RETR 4" => lines(3),
            "TOP 5 1048576" => lines(3),
            _ => honest(line, tag),
        }
    }
    let liar = Liar::start(short, "-", 0, None);
    run(async {
        let mut pop3 = Pop3::new(liar.settings(Security::Plain));
        assert_eq!(pop3.carry_out(Command::Open).await, Answer::Opened);
        // The last one's size is told with one byte for each line's end.
        for (n, lines, told) in [
            (1, 30_000, 90_010),
            (2, 30_000, 90_010),
            (3, 1, 13),
            (4, 3, 19),
            (5, 3, 14),
        ] {
            let command = Command::Mail(number(n), told);
            let Answer::Mail(mail) = pop3.carry_out(command).await else {
                panic!("a mail");
            };
            assert_eq!(mail.len(), 10 + 3 * lines, "{n}");
        }
        assert_eq!(pop3.carry_out(Command::Quit).await, Answer::Quit);
    });
    let heard = liar.heard();
    let retr: Vec<_> = heard
        .iter()
        .filter(|line| line.starts_with("RETR"))
        .collect();
    assert_eq!(retr, ["RETR 2", "RETR 3", "RETR 4"]);
}
