//! Refusals as servers and programs write them, and what each is about.
#![allow(clippy::unwrap_used, reason = "tests")]
use super::*;

fn to(text: &str) -> Address {
    Address::parse(text).unwrap()
}

#[test]
fn a_refusal_is_of_us_or_of_the_receiver() {
    use Stage::{Mail, Receiver, Sender};
    use Verdict::{Later, Perhaps, Route};
    let of_receiver = Verdict::Receiver;
    for (stage, code, said, expected) in [
        (Mail, 550, "5.4.5 Daily user sending limit exceeded", Route),
        (Sender, 550, "5.4.5 daily limit", Route),
        (
            Sender,
            530,
            "5.7.0 Must issue a STARTTLS command first",
            Route,
        ),
        (Sender, 530, "who are you", Route),
        (Sender, 550, "who are you", Later),
        (Sender, 550, "5.1.8 relay: sender domain not found", Later),
        (Sender, 421, "rate limit", Later),
        (Mail, 452, "quota", Later),
        (
            Mail,
            550,
            "5.7.1 our system has detected an unusual rate of mail",
            Perhaps,
        ),
        (Mail, 550, "5.7.1 Message refused by policy", Perhaps),
        (Mail, 550, "5.7.0 no", Perhaps),
        (Mail, 550, "refused by our policy", Perhaps),
        (Mail, 550, "Message rejected by server", Perhaps),
        (Mail, 550, "sending limit exceeded", Route),
        (Mail, 550, "daily quota of messages is used up", Route),
        (Mail, 550, "quota exceeded", Perhaps),
        (Mail, 550, "no limit, no sending", Perhaps),
        (Mail, 550, "rejected by relay", Route),
        (Mail, 550, "says the relay", Perhaps),
        (
            Mail,
            550,
            "message rejected: a blocked IP in a link",
            Perhaps,
        ),
        (Mail, 550, "body blocked: client", Perhaps),
        (
            Mail,
            550,
            "5.7.26 Unauthenticated mail from example.org is not accepted",
            Perhaps,
        ),
        (
            Mail,
            550,
            "5.7.515 Access denied, example.org does not meet the required authentication level",
            Perhaps,
        ),
        (Mail, 550, "5.7.1 Authentication required", Route),
        (Mail, 530, "5.7.0 Authentication required", Route),
        (Mail, 550, "you must authenticate", Route),
        (Mail, 554, "5.7.1 relaying denied", Route),
        (Mail, 550, "your IP is blocked", Route),
        (Sender, 550, "refused by our policy", Route),
        (
            Receiver,
            550,
            "5.7.1 not allowed to write to this list",
            of_receiver,
        ),
        (
            Mail,
            554,
            "5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example",
            Route,
        ),
        (Mail, 554, "Message rejected", of_receiver),
        (Mail, 554, "5.7.1 spam", of_receiver),
        (
            Mail,
            552,
            "5.3.4 message size exceeds fixed limit",
            of_receiver,
        ),
        (Mail, 552, "message size exceeds the limit", of_receiver),
        (Mail, 552, "mailbox over quota", of_receiver),
        (Mail, 552, "5.2.2 over quota", of_receiver),
        (Mail, 550, "5.1.1 rate limit", of_receiver),
        (Mail, 550, "no moderate separate limitation", of_receiver),
        (Mail, 550, "RATE: 100 a day", Perhaps),
    ] {
        judged(stage, code, said, expected);
    }
}

#[test]
fn what_a_server_says_to_the_receiver_is_theirs_or_perhaps_ours() {
    use Verdict::{Later, Perhaps};
    for (code, said, expected) in [
        (554, "5.7.1 <bob@example.net>: Relay access denied", Perhaps),
        (554, "no", Perhaps),
        (554, "no such user", Verdict::Receiver),
        (554, "5.1.1 relay", Verdict::Receiver),
        (550, "no such", Verdict::Receiver),
        (550, "5.7.1 Unable to relay", Perhaps),
        (
            550,
            "5.7.1 relaying denied: mailbox unknown",
            Verdict::Receiver,
        ),
        (450, "relaying denied", Later),
        (250, "fine", Later),
    ] {
        judged(Stage::Receiver, code, said, expected);
    }
}

#[track_caller]
fn judged(stage: Stage, code: u16, said: &str, expected: Verdict) {
    let found = verdict(stage, code, said, &to("bob@example.net"));
    assert_eq!(found, expected, "{stage:?} {code} {said}");
}

#[test]
fn what_the_receiver_chose_is_cut_out_first() {
    for (receiver, said) in [
        ("x@rate-limit.example", "x@rate-limit.example refused"),
        ("x@rate-limit.example", "<x@rate-limit.example> refused"),
        ("x@rate-limit.example", "<x@rate- limit.example> refused"),
        ("x@rate-limit.example", "host rate-limit.example refused"),
        (
            "x@rate-limit.example",
            "refused: see https://rate.limit/quota",
        ),
        ("x@rate.limit", "refused by rate, says limit"),
        ("rate@example.net", "user \"rate\" refused"),
        ("rate-limit@example.net", "refused rate-limit, or rate"),
        ("rate_limit@example.net", "refused rate_limit"),
    ] {
        let found = verdict(Stage::Mail, 550, said, &to(receiver));
        assert_eq!(found, Verdict::Receiver, "{said}");
    }
}

#[test]
fn a_programs_complaint_repeats_the_answer() {
    let msmtp = |what: &str, said: &str| {
        format!(
            "msmtp: {what}\nmsmtp: server message: {said}\nmsmtp: could not send mail (account default)"
        )
    };
    let bob = to("bob@example.net");
    for (complaint, expected) in [
        (
            msmtp(
                "the server did not accept the mail",
                "550 5.4.5 daily limit",
            ),
            Some(Verdict::Route),
        ),
        (
            msmtp(
                "recipient address bob@example.net not accepted by the server",
                "554 5.7.1 relay access denied",
            ),
            Some(Verdict::Perhaps),
        ),
        (
            msmtp(
                "recipient address bob@example.net not accepted by the server",
                "550 5.1.1 no such user",
            ),
            Some(Verdict::Receiver),
        ),
        (
            msmtp(
                "envelope from address alice@example.org not accepted by the server",
                "530 log in first",
            ),
            Some(Verdict::Route),
        ),
        (
            msmtp("the server did not accept the mail", "451 later"),
            Some(Verdict::Later),
        ),
        ("550 5.1.1 no such user".to_owned(), Some(Verdict::Receiver)),
        ("ssmtp: cannot open mail:25".to_owned(), None),
        ("5501 things went wrong".to_owned(), None),
        (String::new(), None),
    ] {
        assert_eq!(of_complaint(&complaint, &bob), expected, "{complaint}");
    }
}

#[test]
fn a_long_answer_is_judged_by_its_beginning() {
    let long = format!("5.7.1 {} relay", "é".repeat(1_000_000));
    assert_eq!(
        verdict(Stage::Mail, 550, &long, &to("bob@example.net")),
        Verdict::Perhaps,
        "what says relay is cut off"
    );
}
