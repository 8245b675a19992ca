//! What happens between an agent and the mailbox that it watches, and what of it is told: a laptop sleeps for a day, a hotel
//! answers in the server's place, the certificate is renewed, the password is another one.

use serde_json::Value;

use crate::support::account::Account;
use crate::support::account::Place;
use crate::support::dovecot::Dovecot;
use crate::support::hand::Hand;
use crate::support::mailboxes::{Scene, whole};
use crate::support::process::{Running, is_root, need, try_until};
use crate::support::proxy::Proxy;

const DAY: i64 = 86_400;

/// Bob, whose agent watches their mailbox over a link that can break, by a clock that can be turned.
struct Watched {
    hand: Hand,
    proxy: Proxy,
    agent: Running,
    scene: Scene,
}

impl Watched {
    fn new() -> Self {
        let mut scene = Scene::new("imap_idle_notify_interval = 1s\n");
        scene.befriend();
        let hand = Hand::new(&scene.place, "bob");
        let (words, program) = (hand.words(), scene.bob.program.display());
        let script = format!("#!/bin/sh\nexec {words} {program} \"$@\"\n");
        scene.bob.program = scene.place.script("bob-iim", &script);
        let proxy = Proxy::start(scene.dovecot.imaps);
        let ca = format!("ca = \"{}\"\n", scene.dovecot.ca.display());
        let url = format!("imaps://bob@127.0.0.1:{}", proxy.port);
        scene.bob.fetches_from(&url, &ca);
        let agent = scene.bob.agent();
        let watched = Self {
            hand,
            proxy,
            agent,
            scene,
        };
        watched.until("to be watched", |mailbox| mailbox["since"].is_string());
        watched
    }

    fn bob(&self) -> &Account {
        &self.scene.bob
    }

    fn says(&self, text: &str) {
        self.scene.alice.ok(&["say", "bob", text]);
    }

    #[track_caller]
    fn until_heard(&self, text: &str, seconds: u64) {
        self.bob().until_text("alice", text, seconds, |_| true);
    }

    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) {
        try_until(&format!("bob's mailbox {what}"), 60, || {
            let status = self.bob().ok(&["status", "--json"]);
            let status: Value = serde_json::from_str(&status).unwrap();
            let mailbox = &status["mailbox"];
            is_so(mailbox).then_some(()).ok_or(mailbox.to_string())
        });
    }

    #[track_caller]
    fn until_trouble(&self, words: &str) {
        let what = format!("to be in trouble: {words}");
        self.until(&what, |mailbox| {
            let trouble = mailbox["trouble"].as_str();
            trouble.is_some_and(|trouble| trouble.contains(words))
        });
    }

    /// Each text came once, and what is not iim's is as it was.
    #[track_caller]
    fn assert_all(&self, texts: &[&str], own: usize) {
        let heard = self.bob().texts("alice");
        let heard: Vec<_> = heard
            .iter()
            .map(|text| text["text"].as_str().unwrap())
            .collect();
        assert_eq!(heard, texts);
        try_until("nothing of iim's to lie in the mailbox", 20, || {
            let left = whole(self.bob()).len();
            (left == own).then_some(()).ok_or(left.to_string())
        });
    }
}

/// The lid is shut for a day: the connection is dead, and nobody has told either side.
#[test]
fn a_laptop_sleeps_for_a_day() {
    need(&["dovecot"]);
    if !is_root("a_laptop_sleeps_for_a_day") {
        return;
    }
    let watched = Watched::new();
    let own = whole(watched.bob()).len();
    watched.says("before");
    watched.until_heard("before", 20);
    watched.proxy.dies(true);
    watched.agent.signal(rustix::process::Signal::STOP);
    watched.says("while you slept");
    watched.hand.turn(DAY);
    watched.agent.signal(rustix::process::Signal::CONT);
    // Not the agent's word to the server is heard, but a new connection is.
    try_until("the old link to be tried", 60, || {
        let log = watched.agent.log();
        log.contains("no mail is fetched").then_some(()).ok_or(log)
    });
    watched.proxy.dies(false);
    watched.until_heard("while you slept", 30);
    watched.until("to be watched again", |mailbox| {
        mailbox["since"].is_string() && mailbox["trouble"].is_null()
    });
    watched.assert_all(&["before", "while you slept"], own);
}

/// Another network: the link breaks, and who answers in the server's place has another certificate. They are told no password.
#[test]
fn a_hotel_answers_in_the_servers_place() {
    need(&["dovecot"]);
    if !is_root("a_hotel_answers_in_the_servers_place") {
        return;
    }
    let watched = Watched::new();
    let own = whole(watched.bob()).len();
    let place = Place::new();
    let guest = Account::of_user(&place, "bob@example.org", 65_534);
    let hotel = Dovecot::start(&place, &[&guest], "iim.sieve");
    watched.proxy.lead_to(hotel.imaps);
    watched.proxy.breaks();
    watched.until_trouble("the certificate of 127.0.0.1");
    watched.says("are you online?");
    assert!(
        !hotel.log().contains("Login: user=<bob>"),
        "{}",
        hotel.log()
    );
    watched.proxy.lead_to(watched.scene.dovecot.imaps);
    watched.until_heard("are you online?", 60);
    watched.until("to be well", |mailbox| mailbox["trouble"].is_null());
    assert!(!hotel.log().contains("user=<bob>"), "{}", hotel.log());
    watched.assert_all(&["are you online?"], own);
}

/// The provider renews its certificate, as every few months: nobody need do anything.
#[test]
fn the_certificate_is_renewed() {
    need(&["dovecot"]);
    if !is_root("the_certificate_is_renewed") {
        return;
    }
    let watched = Watched::new();
    let own = whole(watched.bob()).len();
    let before = watched.proxy.connections();
    watched.scene.dovecot.renew_certificate();
    watched.says("before the link breaks");
    watched.until_heard("before the link breaks", 30);
    watched.proxy.breaks();
    watched.says("and after");
    watched.until_heard("and after", 60);
    watched.until("to be well", |mailbox| {
        mailbox["since"].is_string() && mailbox["trouble"].is_null()
    });
    assert!(watched.proxy.connections() > before);
    watched.assert_all(&["before the link breaks", "and after"], own);
}

/// The provider's page takes a new password: it is said once, nothing hammers, and the new one in the file is all it needs.
#[test]
fn the_password_is_another_one() {
    need(&["dovecot"]);
    if !is_root("the_password_is_another_one") {
        return;
    }
    let watched = Watched::new();
    let own = whole(watched.bob()).len();
    let Scene {
        alice,
        bob,
        dovecot,
        ..
    } = &watched.scene;
    let before = watched.proxy.connections();
    dovecot.change_password(&[alice, bob], "another");
    watched.proxy.breaks();
    watched.until_trouble("login is refused");
    watched.hand.turn(400);
    try_until("it to be said", 60, || {
        let log = watched.agent.log();
        log.contains("no mail is fetched: the login is refused")
            .then_some(())
            .ok_or(log)
    });
    let tried = watched.proxy.connections() - before;
    assert!((1..=3).contains(&tried), "{tried} logins");
    alice.write("password", "another");
    bob.write("password", "another");
    watched.says("what was it?");
    watched.hand.turn(2 * 3600);
    watched.until_heard("what was it?", 60);
    watched.assert_all(&["what was it?"], own);
}
