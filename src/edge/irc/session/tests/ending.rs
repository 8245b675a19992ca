//! How a session ends, and when a server counts as lost.

use super::*;

#[test]
fn a_forced_nick_is_told() {
    let mut play = Play::settled("");
    play.hear(":eve!e@h NICK :Guest2");
    play.hear(":me!abcde@h NICK :ME");
    assert_eq!(play.session.ended(), None, "another's, and ours as it is");
    play.hear(":ME!abcde@h NICK :Guest1");
    let end = play.session.ended().cloned();
    assert_eq!(end, Some(End::new(Ended::Renamed, "Guest1")));
    assert_eq!(play.out(), [""; 0], "no NICK answers it");
}

#[test]
fn another_nick_in_the_greeting_is_not_kept() {
    for (nick, end) in [
        ("me", None),
        ("ME", None),
        ("m", Some(End::new(Ended::Renamed, "m"))),
        ("Guest1", Some(End::new(Ended::Renamed, "Guest1"))),
        ("*", Some(End::new(Ended::Renamed, "*"))),
    ] {
        let mut play = Play::begun(settings());
        play.hear(&format!(":s 001 {nick} :Welcome"));
        assert_eq!(play.session.ended().cloned(), end, "{nick}");
    }
}

#[test]
fn a_kill_is_no_loss() {
    for (line, end) in [
        (
            ":oper!o@h KILL me :h!oper (spam)",
            End::new(Ended::ThrownOut, "h!oper (spam)"),
        ),
        (
            ":s KILL me :s (Nick collision)",
            End::new(Ended::NickInUse, "s (Nick collision)"),
        ),
        (
            "ERROR :Closing Link: me (G-Lined)",
            End::new(Ended::ThrownOut, "Closing Link: me (G-Lined)"),
        ),
    ] {
        let mut play = Play::settled("");
        play.at(1);
        play.hear(":oper!o@h KILL eve :spam");
        assert_eq!(play.session.ended(), None);
        play.hear(line);
        assert_eq!(play.session.ended(), Some(&end), "{line}");
    }
}

#[test]
fn a_silent_server_is_pinged_then_lost() {
    let mut play = Play::settled("");
    play.at(59);
    assert_eq!(play.out(), [""; 0]);
    play.at(60);
    assert_eq!(play.out(), ["PING :token"]);
    play.at(119);
    play.hear(":s PONG s :token");
    play.at(178);
    assert_eq!(play.out(), [""; 0]);
    play.at(179);
    assert_eq!(play.out(), ["PING :token"]);
    play.at(238);
    assert_eq!(play.session.ended(), None);
    play.at(239);
    let lost = End::new(Ended::Lost, "the server fell silent");
    assert_eq!(play.session.ended(), Some(&lost));
}

#[test]
fn a_server_silent_from_the_beginning_is_lost() {
    let mut play = Play::begun(settings());
    play.at(119);
    assert_eq!(play.session.ended(), None);
    play.at(120);
    assert!(play.session.ended().is_some());
}

#[test]
fn after_a_sleep_of_the_machine_the_server_is_pinged_at_once() {
    let mut play = Play::settled("");
    play.ahead += 3600;
    play.at(1);
    assert_eq!(play.out(), ["PING :token"]);
    play.at(60);
    assert_eq!(play.session.ended(), None);
    play.at(61);
    assert!(play.session.ended().is_some());
    let mut play = Play::settled("");
    play.ahead += 119;
    play.at(1);
    assert_eq!(play.out(), [""; 0]);
}

#[test]
fn refusals_end_it() {
    let cases = [
        (":s 433 * me :taken", End::new(Ended::NickInUse, "taken")),
        (":s 432 * me :bad", End::new(Ended::NickRejected, "bad")),
        ("ERROR :K-Lined\u{7}", End::new(Ended::ThrownOut, "K-Lined")),
        (
            ":s 465 * :You are banned",
            End::new(Ended::ThrownOut, "You are banned"),
        ),
        (
            ":s 464 * :no",
            End::new(Ended::Refused, "wrong server password: no"),
        ),
        ("ERROR :Too fast", End::new(Ended::Refused, "Too fast")),
    ];
    for (line, end) in cases {
        let mut play = Play::begun(settings());
        play.hear(line);
        assert_eq!(play.session.ended(), Some(&end), "{line}");
    }
    let mut play = Play::settled("");
    play.at(119);
    play.hear("ERROR :Closing link");
    let thrown_out = End::new(Ended::ThrownOut, "Closing link");
    assert_eq!(
        play.session.ended(),
        Some(&thrown_out),
        "soon after joining"
    );
    let mut play = Play::settled("");
    play.at(120);
    play.hear("ERROR :Closing link");
    let lost = End::new(Ended::Lost, "Closing link");
    assert_eq!(play.session.ended(), Some(&lost));
}
