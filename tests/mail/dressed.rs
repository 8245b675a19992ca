//! RFC 3834, sentence by sentence: a genuine text of a friend, and a genuine request that a rule of the user would
//! have accepted at once, each dressed as that sentence says. The letter is taken; what leaves is told here.
//!
//! The sentences are of "Recommendations for Automatic Responses to Electronic Mail" (K. Moore, August 2004).

use crate::dresses::{crlf, dresses};
use crate::people::{People, deliver};
use crate::support::account::Account;
use crate::support::post::Mail;

#[test]
fn a_text_of_a_friend_is_acknowledged_whatever_a_relay_wrote_on_it() {
    let people = People::friends();
    for (i, dress) in dresses().iter().enumerate() {
        let said = format!("text {i}");
        let mail = dress.on(&people.text_of_bob(&said));
        let out = deliver(&people.alice, &mail);
        assert_eq!(out.code, Some(0), "{}\n{}", dress.name(), out.errors());
        let texts = people.alice.texts("bob@example.net");
        assert!(
            texts.iter().any(|text| text["text"] == said),
            "{}: the text is lost",
            dress.name()
        );
        let wanted: &[&str] = if dress.answers_a_friend() {
            &["bob@example.net"]
        } else {
            &[]
        };
        assert_eq!(people.left(), wanted, "{}", dress.name());
        // The same mail once more, with nothing on it that forbids an answer: a double is a double.
        assert_eq!(
            deliver(&people.alice, &mail).code,
            Some(0),
            "{}",
            dress.name()
        );
        assert_eq!(
            people.left(),
            [""; 0],
            "a double was answered: {}",
            dress.name()
        );
    }
}

/// An accept, its confirm and the request that heals, each through a relay that marks what it passes on.
#[test]
fn accept_confirm_and_healing_pass_a_relay_that_marks_them() {
    for dress in dresses().iter().filter(|dress| dress.answers_a_friend()) {
        let people = People::strangers();
        people.bob.ok(&["add", "alice@example.org"]);
        people.carry();
        people.alice.ok(&["accept", "bob@example.net"]);
        for to in [&people.bob, &people.alice] {
            let mail = dress.on(&people.post.take_one());
            deliver(to, &mail).expect_code(0, &dress.name());
        }
        people.carry();
        for (one, other) in [(&people.alice, &people.bob), (&people.bob, &people.alice)] {
            let standing = one.of_friend(&other.address, "standing");
            assert_eq!(standing, "friend", "{}", dress.name());
        }
        people.bob.iim_with(&["doctor", "--restored"], b"");
        let healing = people.post.take_one();
        deliver(&people.alice, &dress.on(&healing)).expect_code(0, &dress.name());
        assert_eq!(people.left(), ["bob@example.net"], "{}", dress.name());
    }
}

#[test]
fn a_request_that_a_rule_accepts_is_accepted_only_if_it_may_be_answered() {
    let people = People::strangers();
    people
        .alice
        .configure(&[("#auto = [\"*@example.org\"]", "auto = [\"*@example.net\"]")]);
    // One of each sentence: the text above wears them all.
    let mut dresses = dresses();
    dresses.dedup_by_key(|dress| (dress.rfc, dress.answered));
    for (i, dress) in dresses.iter().enumerate() {
        let asker = Account::new(&people.place, &format!("asker{i}@example.net"));
        people.set_up(&asker);
        asker.ok(&["add", "alice@example.org"]);
        let mail = dress.on(&people.post.take_one());
        let out = deliver(&people.alice, &mail);
        assert_eq!(out.code, Some(0), "{}\n{}", dress.name(), out.errors());
        let (standing, wanted) = match dress.answered {
            true => ("confirming", vec![asker.address.clone()]),
            false => ("asking", Vec::new()),
        };
        let answers = people.post.take();
        let whom: Vec<&str> = answers.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(whom, wanted, "{}", dress.name());
        assert!(
            answers.iter().all(|mail| mail.bytes.len() < FEW_KILOBYTES),
            "{answers:?}"
        );
        assert_eq!(
            people.alice.of_friend(&asker.address, "standing"),
            standing,
            "{}",
            dress.name()
        );
    }
}

/// Section 2: "Service Responders SHOULD NOT return large responses (say, more than a few kilobytes)" while nothing
/// proves that the one at the address asked.
const FEW_KILOBYTES: usize = 4 * 1024;

/// The same request again and again, as somebody may replay it in the name of another, is answered once. Section 2:
/// "In general, care should be taken to avoid sending useless or redundant responses".
#[test]
fn a_replayed_request_is_not_answered_again() {
    let people = People::strangers();
    people
        .alice
        .configure(&[("#auto = [\"*@example.org\"]", "auto = [\"*@example.net\"]")]);
    people.bob.ok(&["add", "alice@example.org"]);
    let request = people.post.take_one();
    deliver(&people.alice, &request.bytes).expect_code(0, "the request");
    assert_eq!(people.left(), ["bob@example.net"]);
    // Once more within the hour, for an accept can be lost; then no more.
    let mut answers = 0;
    for _ in 0..5 {
        deliver(&people.alice, &request.bytes).expect_code(0, "the request again");
        answers += people.left().len();
    }
    assert!(answers <= 1, "{answers} answers to replays");
}

/// New keys of a friend, which the user has accepted: the repeated request is answered, but not if it is dressed as
/// what is never answered.
#[test]
fn a_request_with_new_keys_is_answered_only_if_it_may_be() {
    for dress in dresses().iter().filter(|dress| !dress.answered).step_by(3) {
        let people = People::friends();
        for folder in [".local/share/iim", ".local/state/iim", ".config/iim"] {
            drop(std::fs::remove_dir_all(people.bob.home.join(folder)));
        }
        people.set_up(&people.bob);
        people.bob.ok(&["add", "alice@example.org"]);
        let request = people.post.take_one();
        deliver(&people.alice, &request.bytes).expect_code(0, "new keys ask");
        assert_eq!(
            people.left(),
            [""; 0],
            "new keys were answered without a question"
        );
        people.alice.ok(&["accept", "bob@example.net"]);
        assert_eq!(people.left(), ["bob@example.net"]);
        deliver(&people.alice, &dress.on(&request));
        assert_eq!(people.left(), [""; 0], "{}", dress.name());
        deliver(&people.alice, &request.bytes).expect_code(0, "undressed");
        assert_eq!(people.left(), ["bob@example.net"], "the same accept again");
    }
}

/// "Responders MAY refuse to generate responses for addresses commonly used as return addresses by responders - e.g.,
/// those with local-parts matching "owner-*", "*-request", "MAILER-DAEMON", etc." (section 4)
#[test]
fn the_addresses_of_machines_are_not_answered() {
    let people = People::strangers();
    people
        .alice
        .configure(&[("#auto = [\"*@example.org\"]", "auto = [\"*@example.net\"]")]);
    for name in [
        "MAILER-DAEMON",
        "owner-climbers",
        "climbers-request",
        "majordomo",
        "listserv",
    ] {
        let asker = Account::new(&people.place, &format!("{name}@example.net"));
        people.set_up(&asker);
        asker.ok(&["add", "alice@example.org"]);
        let mail = people.post.take_one();
        assert_eq!(deliver(&people.alice, &mail.bytes).code, Some(0), "{name}");
        assert_eq!(people.left(), [""; 0], "{name} was answered");
    }
}

/// Two authors, or none: such a mail is left in the mailbox. Section 2: "An automatic responder MUST NOT blindly send a
/// response for every message received."
#[test]
fn a_mail_with_no_one_author_is_left_alone() {
    let people = People::friends();
    for from in [
        "From: bob@example.net, eve@example.com\r\n",
        "From: bob@example.net\r\nFrom: eve@example.com\r\n",
        "From: \r\n",
        "X-From: bob@example.net\r\n",
    ] {
        let text = people.text_of_bob(from);
        let mail = with_from(&text, from);
        assert_eq!(deliver(&people.alice, &mail).code, Some(1), "{from:?}");
        assert_eq!(people.left(), [""; 0], "{from:?} was answered");
        // And as it was sent it is taken.
        deliver(&people.alice, &text.bytes).expect_code(0, from);
        assert_eq!(people.left(), ["bob@example.net"]);
    }
}

/// Mail systems put other addresses into From. The session in which a letter is opened says whose it is, and the answer
/// goes to the address that is kept of them; none goes out on a mail that says it is our own.
#[test]
fn a_text_under_another_from_is_its_senders_whose_session_opens_it() {
    let people = People::friends();
    let nowhere = "Return-Path: <relay@example.com>\r\n";
    for (i, (from, answers)) in [
        ("From: MAILER-DAEMON@example.net\r\n", 1),
        ("From: Bob via list <list@lists.example.com>\r\n", 1),
        (
            "From: b.smith@gmail.example\r\nX-Google-Original-From: Bob <bob@example.net>\r\n",
            1,
        ),
        (
            "From: list@lists.example.com\r\nReply-To: Bob <Bob@example.net>\r\n",
            1,
        ),
        (
            "From: list@lists.example.com\r\nSender: bob@example.net\r\n",
            1,
        ),
        (
            "From: alice@example.org\r\nReply-To: bob@example.net\r\n",
            0,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mail = with_from(&people.text_of_bob(&format!("text {i}")), from);
        let mail = match from.lines().count() {
            1 => mail,
            _ => without_return_path(&mail, nowhere),
        };
        deliver(&people.alice, &mail).expect_code(0, from);
        assert_eq!(people.left().len(), answers, "{from:?}");
        let texts = people.alice.texts("bob@example.net");
        assert!(
            texts.iter().any(|text| text["text"] == format!("text {i}")),
            "{from:?}"
        );
    }
    // Nobody whom these headers name is known: it is left, and can be taken later.
    let text = people.text_of_bob("hidden well");
    let from = "From: list@lists.example.com\r\nReply-To: eve@example.com\r\n";
    let mail = without_return_path(&with_from(&text, from), nowhere);
    assert_eq!(deliver(&people.alice, &mail).code, Some(1));
    // And what a stranger sealed is nobody's, whomever its header names.
    let forged = crate::people::mail("forged-sealed-by-a-stranger");
    let forged = [b"Reply-To: bob@example.net\n", forged.as_slice()].concat();
    assert_eq!(deliver(&people.alice, &forged).code, Some(1));
    assert_eq!(people.left(), [""; 0]);
}

/// An accept is that of whom we asked by the request's own one-time key, whatever address stands outside; the request
/// itself, which anybody could have made, counts only under its own address.
#[test]
fn an_accept_is_taken_under_any_from_and_a_request_under_its_own() {
    let people = People::strangers();
    people.bob.ok(&["add", "alice@example.org"]);
    let request = people.post.take_one();
    let from = "From: Bob via list <list@lists.example.com>\r\n";
    let nowhere = "Return-Path: <relay@example.com>\r\n";
    let rewritten = |mail: &Mail| without_return_path(&with_from(mail, from), nowhere);
    assert_eq!(deliver(&people.alice, &rewritten(&request)).code, Some(1));
    let said = people.alice.iim_with(&["status"], b"").text();
    assert!(
        said.contains("the From of the mail is not who asks"),
        "{said}"
    );
    deliver(&people.alice, &request.bytes).expect_code(0, "the request");
    people.alice.ok(&["accept", "bob@example.net"]);
    let accept = people.post.take_one();
    deliver(&people.bob, &rewritten(&accept)).expect_code(0, "the accept");
    assert_eq!(
        people.bob.of_friend("alice@example.org", "standing"),
        "friend"
    );
    people.carry();
    assert_eq!(
        people.alice.of_friend("bob@example.net", "standing"),
        "friend"
    );
}

/// The mail with these lines in place of its From.
fn with_from(mail: &Mail, from: &str) -> Vec<u8> {
    let text = crlf(&mail.text());
    let (start, rest) = text.split_at(text.find("From: ").unwrap());
    let (_, rest) = rest.split_once("\r\n").unwrap();
    format!("{start}{from}{rest}").into_bytes()
}

fn without_return_path(mail: &[u8], other: &str) -> Vec<u8> {
    let text = String::from_utf8(mail.to_vec()).unwrap();
    let (path, rest) = text.split_once("\r\n").unwrap();
    assert!(path.starts_with("Return-Path: <"));
    format!("{other}{rest}").into_bytes()
}

/// A status line of others on a genuine mail is no status: the filter's own takes its place, and the letter is taken
/// as it is.
#[test]
fn a_forged_status_on_a_genuine_mail_is_replaced() {
    let people = People::friends();
    let text = people.text_of_bob("hello").text();
    for forged in ["IIM-Status: blocked\n", "iim-status:\n a request\n"] {
        let mail = format!("{forged}{text}");
        let out = people.alice.iim_with(&["filter"], mail.as_bytes());
        assert_eq!(out.code, Some(0));
        let status = out.text().lines().next().unwrap().to_owned();
        assert!(
            ["IIM-Status: a sealed letter", "IIM-Status: a double"].contains(&status.as_str()),
            "{status}"
        );
        assert!(
            out.text() == format!("{status}\n{text}"),
            "{forged:?}: {}",
            out.text()
        );
    }
    assert_eq!(people.alice.texts("bob@example.net").len(), 1);
    assert_eq!(people.left(), ["bob@example.net"]);
}

/// Section 3.1.7: "The Auto-Submitted field, with a value of "auto-replied", SHOULD be included in the message header
/// of any automatic response." iim's say auto-generated instead, for all its mails must look alike; what the sentence
/// is for holds: no responder that keeps to section 2 answers it. Section 4: "In general, automatic responses SHOULD be
/// sent to the Return-Path field if generated after delivery."
#[test]
fn what_leaves_is_marked_and_goes_to_the_return_path() {
    let people = People::friends();
    let mail = people.text_of_bob("hello");
    assert!(mail.text().starts_with("Return-Path: <bob@example.net>\n"));
    deliver(&people.alice, &mail.bytes).expect_code(0, "the text");
    let answer = people.post.take_one();
    assert_eq!(
        (answer.from.as_str(), answer.to.as_str()),
        ("alice@example.org", "bob@example.net")
    );
    let (mine, theirs) = (fields(&answer), fields(&mail));
    assert_eq!(mine, theirs, "an answer is told from other sealed mails");
    for line in [
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "IIM: 1",
    ] {
        assert!(
            crlf(&answer.text()).contains(&format!("\r\n{line}\r\n")),
            "{line}: {}",
            answer.text()
        );
    }
    // And the answer to the answer is none.
    deliver(&people.bob, &answer.bytes).expect_code(0, "the receipt");
    assert_eq!(people.left(), [""; 0]);
}

/// The names of the header fields, in their order.
fn fields(mail: &Mail) -> Vec<String> {
    let text = crlf(&mail.text());
    let (header, _) = text.split_once("\r\n\r\n").unwrap();
    let names = header.lines().filter(|line| !line.starts_with([' ', '\t']));
    names
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect()
}
