//! The Lounge 4.5, a web client, as its page shows it; it gives the device's password by PASS.

use super::{House, as_shown, by};
use crate::support::clients::Device;
use crate::support::clients::lounge::{Lounge, Said};

#[test]
fn gateway_with_the_lounge() {
    let house = House::new();
    let device = Device::add(&house.alice, "web");
    let page = Lounge::start(&house.alice, &device, house.gateway);
    page.open("&friends");
    page.until_user("alice", Some("voice"));
    page.until_user("bob", Some("voice"));
    page.until_user("carol", None);

    talk(&house, &page);
    away_both_ways(&house, &page);
    page.picture("gateway-friends");
    miss_a_hundred(&house, &page);
    page.picture("gateway-query");
}

fn talk(house: &House, page: &Lounge) {
    page.type_in("/query bob");
    page.open("bob");
    page.type_in("hello bob, grüß dich");
    let said = house
        .bob
        .until_text("alice", "hello bob, grüß dich", 20, |_| true);
    assert_eq!(said["via"], "irc");
    house.bob.ok(&["say", "alice", "hello alice"]);
    page.until_said("bob", "hello alice");
    let texts: Vec<String> = page.said().into_iter().map(|said| said.text).collect();
    assert_eq!(texts, ["hello bob, grüß dich", "hello alice"]);

    page.type_in("/query carol");
    page.open("carol");
    page.type_in("this goes by mail");
    page.until_words("offline, goes by mail");
    house
        .carol
        .until_text("alice", "this goes by mail", 30, by("mail"));
    house.carol.ok(&["say", "alice", "and this came by mail"]);
    page.until_said("carol", "and this came by mail");
}

fn away_both_ways(house: &House, page: &Lounge) {
    page.open("&friends");
    page.type_in("/away at lunch");
    house.bob.until_friend("alice", "presence", "away", 20);
    page.until_user("alice", Some("normal"));
    page.type_in("/back");
    house.bob.until_friend("alice", "presence", "online", 20);
    page.until_user("alice", Some("voice"));

    house.bob.ok(&["status", "away", "in a meeting"]);
    page.until_user("bob", Some("normal"));
    page.open("bob");
    page.type_in("are you there?");
    page.until_words("in a meeting");
    house.bob.ok(&["status", "online"]);
    page.open("&friends");
    page.until_user("bob", Some("voice"));
}

fn miss_a_hundred(house: &House, page: &Lounge) {
    page.type_in("/disconnect");
    let missed = house.hundred_texts("missed", "web");
    page.type_in("/connect");
    page.open("&friends");
    page.until_user("bob", Some("voice"));
    for friend in ["carol", "bob"] {
        page.open(friend);
        let expected = as_shown(&missed.all, friend, "alice");
        let (from, last) = expected.last().unwrap();
        page.until_said(from, last);
        let mut shown: Vec<Said> = page.said();
        shown.retain(|said| said.text.starts_with("missed"));
        let pairs: Vec<(&str, &str)> = shown
            .iter()
            .map(|said| (said.from.as_str(), said.text.as_str()))
            .collect();
        assert_eq!(pairs, expected);
        missed.assert_times(friend, shown.iter().map(|said| said.time));
    }
}
