//! NOTICE between two friends, each with a client at a gateway of their own (RFC 2812, section 3.3.2).

use std::fs;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::meeting::{bobs_client, meeting, until_there};
use crate::network::Network;
use crate::scene::Scene;
use crate::support::process::{Running, until};

const ALL: &str = "message-tags batch echo-message server-time standard-replies draft/chathistory";

/// Alice and bob see each other online; a client of each.
#[track_caller]
fn both_online(network: &Network) -> (Scene, Running, [Client; 2]) {
    let scene = meeting(network);
    let agent = scene.bob.agent();
    let mut alice = scene.client_with("alices", ALL);
    let mut bob = bobs_client(&scene, ALL);
    until_there(&mut bob, "alice");
    until_there(&mut alice, "bob");
    (scene, agent, [alice, bob])
}

#[test]
fn a_notice_to_a_friend_arrives_as_a_notice() {
    let network = Network::start();
    let (scene, _agent, [mut alice, mut bob]) = both_online(&network);
    let mut plain = scene.client("plain");
    let echo = alice.ask("NOTICE bob :beep");
    let echo = echo.iter().find(|line| line.last() == "beep").unwrap();
    assert_eq!((echo.command.as_str(), echo.nick()), ("NOTICE", "alices"));
    let came = bob.until(|line| line.last() == "beep");
    assert_eq!(came.command, "NOTICE");
    assert_eq!((came.nick(), came.param(0)), ("alice", "bobs"));
    assert_eq!(came.tag("msgid"), echo.tag("msgid"), "a text in all else");
    assert_eq!(plain.until(|line| line.last() == "beep").command, "NOTICE");
    // It has its receipt, went over IRC, and stands in the history of both as what it was.
    scene.bob.until_text("alice", "beep", 10, |text| {
        text["via"] == "irc" && text["notice"] == true
    });
    scene
        .alice
        .until_text("bob", "beep", 10, |text| text["state"] == "delivered");
    for (client, friend) in [(&mut alice, "bob"), (&mut bob, "alice")] {
        let history = client.ask(&format!("CHATHISTORY LATEST {friend} * 10"));
        let line = history.iter().find(|line| line.last() == "beep").unwrap();
        assert_eq!(line.command, "NOTICE", "{friend}");
    }
    assert!(spool_is_empty(&scene), "no copy by mail");
}

#[test]
fn a_notice_to_a_friend_who_is_not_online_fails_and_goes_by_no_mail() {
    let scene = Scene::of_friends();
    let mut alice = scene.client_with("alices", ALL);
    let answer = alice.ask("NOTICE bob :beep");
    let echo = answer.iter().find(|line| line.command == "NOTICE").unwrap();
    let id = echo.tag("msgid").unwrap().to_owned();
    let failed = match answer.iter().find(|line| line.command == "FAIL") {
        Some(line) => line.clone(),
        None => alice.until(|line| line.command == "FAIL"),
    };
    assert_eq!(failed.params[..4], ["NOTICE", "NOT_DELIVERED", "bob", &id]);
    assert_eq!(
        failed.last(),
        "bob is not online: a notice goes over IRC only"
    );
    scene.alice.ok(&["flush"]);
    assert!(spool_is_empty(&scene), "no mail");
    let texts = scene.alice.texts("bob");
    assert_eq!(
        (&texts[0]["state"], &texts[0]["notice"]),
        (&"failed".into(), &true.into())
    );
}

/// "automatic replies MUST NEVER be sent in response to a NOTICE message": each side answers every PRIVMSG at once, by a
/// NOTICE, and nothing else; with PRIVMSG in place of NOTICE they would never end.
#[test]
fn two_auto_answerers_do_not_loop() {
    let network = Network::start();
    let (scene, _agent, [mut alice, mut bob]) = both_online(&network);
    alice.send("PRIVMSG bob :hello");
    let begun = bob.until_said("hello");
    bob.send(&format!("NOTICE {} :away from keyboard", begun.nick()));
    let answer = alice.until(|line| line.last() == "away from keyboard");
    assert_eq!(answer.command, "NOTICE");
    // Nothing that asks for an answer comes any more, to either side, until a text sent after it has come.
    scene.alice.ok(&["say", "bob", "done?"]);
    let last = bob.until(|line| line.command == "PRIVMSG");
    assert_eq!(last.last(), "done?");
    bob.send("PRIVMSG alice :done");
    let until_done = Instant::now() + Duration::from_secs(10);
    let answers = std::iter::from_fn(|| {
        assert!(Instant::now() < until_done);
        let line = alice.until(|line| line.command == "PRIVMSG" && line.nick() == "bob");
        (line.last() != "done").then_some(line)
    });
    assert_eq!(answers.count(), 0);
}

/// A word of CTCP goes nowhere, as an answer to CTCP would not have been asked for.
#[test]
fn answers_to_ctcp_go_to_no_friend() {
    let network = Network::start();
    let (scene, _agent, [mut alice, mut bob]) = both_online(&network);
    alice.send("NOTICE bob :\u{1}VERSION mine\u{1}");
    alice.send("NOTICE bob :after it");
    let first = bob.until(|line| line.command == "NOTICE" && line.nick() == "alice");
    assert_eq!(first.last(), "after it");
    until("the receipt", 60, || {
        let texts = scene.alice.texts("bob");
        (texts.len() == 1 && texts[0]["state"] == "delivered").then_some(())
    });
}

fn spool_is_empty(scene: &Scene) -> bool {
    fs::read_dir(scene.path("spool")).unwrap().next().is_none()
}
