//! WeeChat 3.8: it takes times with texts, and knows nothing of histories and echoes.

use super::{House, as_shown, by, said, said_by, until_detached};
use crate::support::clients::Device;
use crate::support::clients::weechat::Weechat;
use crate::support::process::try_until;

#[test]
fn gateway_with_weechat() {
    let house = House::new();
    let device = Device::add(&house.alice, "laptop");
    let weechat = Weechat::start(&house.alice, &device);
    weechat.until_nick("alice", Some("+"), 30);
    weechat.until_nick("iim", Some("@"), 10);
    weechat.until_nick("bob", Some("+"), 10);
    weechat.until_nick("carol", None, 10);

    talk_over_irc(&house, &weechat);
    talk_by_mail(&house, &weechat);
    away_both_ways(&house, &weechat);
    miss_a_hundred(&house, &weechat);
    miss_what_is_done(&house, &weechat);
}

fn talk_over_irc(house: &House, weechat: &Weechat) {
    weechat.command("/query bob");
    weechat.type_in("iim.bob", "hello bob, grüß dich");
    let said = house
        .bob
        .until_text("alice", "hello bob, grüß dich", 20, |_| true);
    assert_eq!(said["via"], "irc");
    house.bob.ok(&["say", "alice", "hello alice"]);
    weechat.until_said("iim.bob", "bob", "hello alice");
    house.alice.until_text("bob", "hello alice", 20, by("irc"));
    weechat.type_in("iim.bob", "/me waves");
    house.bob.until_text("alice", "/me waves", 20, |_| true);
    assert_eq!(said_by(weechat, "bob", "alice"), ["hello bob, grüß dich"]);
}

fn talk_by_mail(house: &House, weechat: &Weechat) {
    let before = house.postman.carried_to("carol@example.net");
    weechat.command("/query carol");
    weechat.type_in("iim.carol", "this goes by mail");
    weechat.until_line("iim.carol", 10, |line| {
        line.text.contains("goes by mail") && line.prefix != "alice"
    });
    house
        .carol
        .until_text("alice", "this goes by mail", 30, by("mail"));
    // The postman counts a mail when the hook has ended.
    try_until("one mail to be carried", 10, || {
        match house.postman.carried_to("carol@example.net") - before {
            1 => Ok(()),
            mails => Err(format!("{mails} mails")),
        }
    });
    house.carol.ok(&["say", "alice", "and this came by mail"]);
    weechat.until_said("iim.carol", "carol", "and this came by mail");
}

fn away_both_ways(house: &House, weechat: &Weechat) {
    weechat.command("/away at lunch");
    house.bob.until_friend("alice", "presence", "away", 20);
    assert_eq!(house.bob.of_friend("alice", "status"), "at lunch");
    weechat.until_nick("alice", Some(""), 10);
    weechat.command("/away");
    house.bob.until_friend("alice", "presence", "online", 20);
    weechat.until_nick("alice", Some("+"), 10);

    house.bob.ok(&["status", "away", "in a meeting"]);
    weechat.until_nick("bob", Some(""), 20);
    weechat.type_in("iim.bob", "are you there?");
    weechat.until_line("iim.bob", 10, |line| line.text.contains("in a meeting"));
    house.bob.ok(&["status", "online"]);
    weechat.until_nick("bob", Some("+"), 20);
}

/// What was missed comes at once, under its own times, and never again.
fn miss_a_hundred(house: &House, weechat: &Weechat) {
    weechat.command("/disconnect iim");
    let missed = house.hundred_texts("missed", "laptop");
    for _ in 0..2 {
        weechat.command("/connect iim");
        weechat.until_nick("bob", Some("+"), 30);
        weechat.until_said("iim.bob", "alice", "missed alice");
        for friend in ["bob", "carol"] {
            let mut seen = said(weechat, friend);
            seen.retain(|line| line.text.starts_with("missed"));
            let pairs: Vec<(&str, &str)> = seen
                .iter()
                .map(|line| (line.prefix.as_str(), line.text.as_str()))
                .collect();
            assert_eq!(pairs, as_shown(&missed.all, friend, "alice"));
            missed.assert_times(friend, seen.iter().map(|line| line.time));
        }
        weechat.command("/disconnect iim");
        until_detached(&house.alice, "laptop");
        weechat.until_nick("bob", None, 10);
    }
    weechat.command("/connect iim");
    weechat.until_nick("bob", Some("+"), 30);
    house.bob.ok(&["say", "alice", "missed nothing more"]);
    weechat.until_said("iim.bob", "bob", "missed nothing more");
    let mut said = said_by(weechat, "bob", "bob");
    said.retain(|text| text.starts_with("missed"));
    assert_eq!(said.len(), 90, "{said:?}");
}

/// It knows no edits and no reactions: it is told in words, also of those that it has missed.
fn miss_what_is_done(house: &House, weechat: &Weechat) {
    let id = house.bob.ok(&["say", "alice", "at nine"]).trim().to_owned();
    weechat.until_said("iim.bob", "bob", "at nine");
    weechat.command("/disconnect iim");
    until_detached(&house.alice, "laptop");
    house.bob.ok(&["edit", &id, "at ten"]);
    house.bob.ok(&["react", &id, "👍"]);
    house.alice.until_text("bob", "at ten", 30, |text| {
        text["reactions"]
            .as_array()
            .is_some_and(|all| all.len() == 1)
    });
    for times in [1, 1] {
        weechat.command("/connect iim");
        weechat.until_said("iim.bob", "bob", "[edited] at ten");
        weechat.until_line("iim.bob", 10, |line| {
            line.text.contains("bob reacted 👍 to \"at ten\"")
        });
        let told = said_by(weechat, "bob", "bob");
        let edits = told.iter().filter(|text| text.starts_with("[edited]"));
        assert_eq!(edits.count(), times, "{told:?}");
        weechat.command("/disconnect iim");
        until_detached(&house.alice, "laptop");
    }
}
