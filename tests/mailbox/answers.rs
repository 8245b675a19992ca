//! What is taken of an IMAP server's answers, and how long they are waited for.

use std::time::Duration;

use iim::edge::config::Security;
use iim::edge::mail::fetch::Imap;
use iim::rules::fetch::mailbox::{Answer, Command, Fault};

use crate::imap::{commands, honest, runtime, uid, with};
use crate::liar::{Liar, Lie};

#[test]
fn a_mail_is_the_one_that_was_asked_for_or_none() {
    let gone: Option<Vec<u8>> = None;
    for (said, mail) in [
        (
            "* 2 FETCH (UID 12 BODY[] {0}\r\n)\r\n{tag} OK\r\n",
            Some(gone.clone()),
        ),
        (
            "* 2 FETCH (UID 12 BODY[] NIL)\r\n{tag} OK\r\n",
            Some(gone.clone()),
        ),
        (
            "* 2 FETCH (UID 12 BODY[] \"\")\r\n{tag} OK\r\n",
            Some(gone.clone()),
        ),
        ("* 2 FETCH (UID 12 FLAGS ())\r\n{tag} OK\r\n", Some(gone)),
        (
            "* 2 FETCH (UID 12 BODY[] \"a\\\"b\")\r\n{tag} OK\r\n",
            Some(Some(b"a\"b".to_vec())),
        ),
        ("* 2 FETCH (UID 13 BODY[] {1}\r\na)\r\n{tag} OK\r\n", None),
        ("* 2 FETCH (BODY[] {1}\r\na)\r\n{tag} OK\r\n", None),
        ("* 2 FETCH (UID 0 BODY[] {1}\r\na)\r\n{tag} OK\r\n", None),
        ("* 2 FETCH (UID 12 BODY[] {1}\r\na\r\n{tag} OK\r\n", None),
        ("* 2 FETCH (UID 12 BODY[] abc)\r\n{tag} OK\r\n", None),
    ] {
        let answer = with(
            Some(Lie::Say(said)),
            &(Command::Mail(uid(12)), "UID FETCH 12", 0),
        )
        .answer;
        match mail {
            Some(mail) => assert_eq!(answer, Answer::Mail(mail), "{said:?}"),
            None => assert!(
                matches!(answer, Answer::Closed(Some(Fault::Malformed(_)))),
                "{said:?}: {answer:?}"
            ),
        }
    }
}

#[test]
fn headers_are_within_what_was_asked_in_order_and_none_twice() {
    let one = "* 9 FETCH (UID 10 RFC822.SIZE 1 BODY[HEADER.FIELDS (IIM)] {2}\r\n\r\n)\r\n* 9 FETCH (UID 13 RFC822.SIZE 1 \
               BODY[HEADER.FIELDS (IIM)] {2}\r\n\r\n)\r\n* 9 FETCH (UID 14 RFC822.SIZE 1 BODY[HEADER.FIELDS (IIM)] \
               {2}\r\n\r\n)\r\n* 9 FETCH (UID 13 RFC822.SIZE 2 BODY[HEADER.FIELDS (IIM)] {2}\r\n\r\n)\r\n* 9 FETCH (UID 12 \
               RFC822.SIZE 2 BODY[HEADER.FIELDS (IIM)] NIL)\r\n* 9 FETCH (RFC822.SIZE 5000000000 UID 11 \
               BODY[HEADER.FIELDS (IIM)] {2}\r\n\r\n)\r\n{tag} OK\r\n";
    let command = (
        Command::Headers(uid(11), Some(uid(13))),
        "UID FETCH 11:13",
        0,
    );
    let Answer::Headers(headers) = with(Some(Lie::Say(one)), &command).answer else {
        panic!("no headers");
    };
    let told: Vec<_> = headers.iter().map(|it| (it.uid, it.size)).collect();
    assert_eq!(told, [(uid(11), u32::MAX), (uid(13), 1)]);
    for broken in [
        "* 9 FETCH (UID 12 RFC822.SIZE x BODY[HEADER.FIELDS (IIM)] {2}\r\n\r\n)\r\n{tag} OK\r\n",
        "* 9 FETCH (RFC822.SIZE 1 BODY[HEADER.FIELDS (IIM)] {2}\r\n\r\n)\r\n{tag} OK\r\n",
    ] {
        let answer = with(Some(Lie::Say(broken)), &command).answer;
        assert!(
            matches!(answer, Answer::Closed(Some(Fault::Malformed(_)))),
            "{answer:?}"
        );
    }
}

#[test]
fn a_server_that_says_nothing_any_more_is_left() {
    for command in &commands() {
        // Before it is connected there is no time to turn; the greeting and the log-in are waited for like all else.
        if command.0 == Command::Open {
            continue;
        }
        let liar = Liar::start(honest, command.1, command.2, Some(Lie::Silence));
        let answer = runtime().block_on(async {
            let mut imap = Imap::new(liar.settings(Security::Plain));
            imap.carry_out(Command::Open).await;
            if !matches!(command.0, Command::Select(_)) {
                imap.carry_out(Command::Select("INBOX".to_owned())).await;
            }
            tokio::time::pause();
            imap.carry_out(command.0.clone()).await.answer
        });
        match answer {
            Answer::Closed(Some(Fault::Network(words))) => {
                assert_eq!(words, "the server does not answer in time")
            }
            other => panic!("{command:?}: {other:?}"),
        }
    }
}

#[test]
fn a_command_that_is_not_waited_for_closes_the_connection() {
    let liar = Liar::start(honest, "UID FETCH 12", 0, Some(Lie::Silence));
    runtime().block_on(async {
        let mut imap = Imap::new(liar.settings(Security::Plain));
        imap.carry_out(Command::Open).await;
        let mail = imap.carry_out(Command::Mail(uid(12)));
        assert!(
            tokio::time::timeout(Duration::from_millis(50), mail)
                .await
                .is_err()
        );
        let next = imap.carry_out(Command::Mail(uid(13))).await.answer;
        assert!(
            matches!(next, Answer::Closed(Some(Fault::Network(_)))),
            "{next:?}"
        );
    });
    let heard = liar.heard();
    assert!(heard.last().unwrap().contains("UID FETCH 12"), "{heard:?}");
}

#[test]
fn whoever_waits_may_be_called_away_and_the_connection_stands() {
    let liar = Liar::start(honest, "-", 0, None);
    runtime().block_on(async {
        let mut imap = Imap::new(liar.settings(Security::Plain));
        imap.carry_out(Command::Open).await;
        let call = tokio::time::sleep(Duration::from_millis(50));
        let waited = imap.wait(Duration::from_secs(600), call).await;
        assert_eq!(waited.answer, Answer::Done);
        assert_eq!(
            imap.carry_out(Command::Close).await.answer,
            Answer::Closed(None)
        );
    });
    let heard = liar.heard();
    let last: Vec<&str> = heard
        .iter()
        .rev()
        .take(3)
        .map(|it| it.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(last, ["LOGOUT", "DONE", "IDLE"]);
}
