//! WeeChat and irssi at once: the two are one person.

use super::{House, as_shown, said_by, until_detached};
use crate::support::clients::Device;
use crate::support::clients::irssi::Irssi;
use crate::support::clients::weechat::Weechat;
use crate::support::process::try_until;

#[test]
fn gateway_with_weechat_and_irssi() {
    let house = House::new();
    let weechat = Weechat::start(&house.alice, &Device::add(&house.alice, "laptop"));
    weechat.until_nick("bob", Some("+"), 30);
    let irssi = Irssi::start(&house.alice, &Device::add(&house.alice, "phone"));
    let names = irssi.until_got("the names of &friends", 30, |line| line.contains(" 353 "));
    assert!(names.contains("+bob"), "{names}");
    assert!(!names.contains("carol"), "{names}");

    see_each_others_lines(&house, &weechat, &irssi);
    irssi_misses_a_hundred(&house, &weechat, &irssi);
    rename_a_friend(&house, &weechat, &irssi);
    accept_a_request(&house, &weechat, &irssi);
    hide_from_a_friend(&house, &weechat);
}

fn see_each_others_lines(house: &House, weechat: &Weechat, irssi: &Irssi) {
    weechat.command("/query bob");
    weechat.type_in("iim.bob", "from the laptop");
    irssi.until_shown("bob", "<alice> from the laptop");
    irssi.type_in("/msg bob from the phone");
    weechat.until_said("iim.bob", "alice", "from the phone");
    for text in ["from the laptop", "from the phone"] {
        house.bob.until_text("alice", text, 20, |_| true);
    }
    house.bob.ok(&["say", "alice", "to both"]);
    weechat.until_said("iim.bob", "bob", "to both");
    irssi.until_shown("bob", "<bob> to both");
    assert_eq!(
        said_by(weechat, "bob", "alice"),
        ["from the laptop", "from the phone"]
    );
}

/// irssi gets its hundred while WeeChat is there and has them at once.
fn irssi_misses_a_hundred(house: &House, weechat: &Weechat, irssi: &Irssi) {
    irssi.type_in("/disconnect iim");
    let missed = house.hundred_texts("gone", "phone");
    for _ in 0..2 {
        irssi.reconnect();
        irssi.until_shown("bob", "<alice> gone alice");
        for friend in ["bob", "carol"] {
            let expected = as_shown(&missed.all, friend, "alice").into_iter();
            let expected: Vec<String> = expected
                .map(|(who, text)| format!("<{who}> {text}"))
                .collect();
            // It may still be writing down what it got.
            try_until(&format!("irssi to show all of {friend}'s"), 30, || {
                let mut shown = irssi.shown(friend);
                shown.retain(|line| line.contains("> gone "));
                match shown == expected {
                    true => Ok(()),
                    false => Err(format!("{shown:#?}")),
                }
            });
            let times = irssi
                .times(|line| line.starts_with(&format!(":{friend}!")) && line.contains(" :gone "));
            assert_eq!(
                times.len(),
                expected
                    .iter()
                    .filter(|line| !line.starts_with("<alice>"))
                    .count()
            );
            missed.assert_times(friend, times);
        }
        irssi.type_in("/disconnect iim");
        until_detached(&house.alice, "phone");
    }
    irssi.reconnect();
    let mut said = said_by(weechat, "bob", "bob");
    said.retain(|text| text.starts_with("gone"));
    assert_eq!(said.len(), 89, "WeeChat has them once");
}

fn rename_a_friend(house: &House, weechat: &Weechat, irssi: &Irssi) {
    irssi.type_in("/msg iim rename bob robert");
    weechat.until_nick("robert", Some("+"), 20);
    weechat.until_nick("bob", None, 10);
    house.bob.ok(&["say", "alice", "I still call myself bob"]);
    weechat.until_said("iim.robert", "robert", "I still call myself bob");
    irssi.until_shown("robert", "<robert> I still call myself bob");
}

fn accept_a_request(house: &House, weechat: &Weechat, irssi: &Irssi) {
    house
        .dave
        .ok(&["add", "alice@example.org", "--name", "alice"]);
    weechat.until_line("iim.&friends", 30, |line| {
        line.text.contains("dave@example.net") && line.text.contains("asks to be your friend")
    });
    irssi.until_got("the request", 30, |line| {
        line.contains("dave <dave@example.net> asks")
    });
    weechat.type_in("iim.&friends", "yes");
    house.dave.until_friend("alice", "standing", "friend", 30);
    house.alice.until_friend("dave", "standing", "friend", 30);
    irssi.until_got("that they are a friend", 20, |line| {
        line.contains("dave is your friend now")
    });
}

fn hide_from_a_friend(house: &House, weechat: &Weechat) {
    weechat.type_in("iim.&friends", "hide robert");
    house.bob.until_friend("alice", "presence", "offline", 120);
    assert_eq!(house.alice.of_friend("robert", "visible"), "false");
}
