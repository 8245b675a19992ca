//! In WeeChat.

use super::{Club, GROUP, until_said};
use crate::support::clients::Device;
use crate::support::clients::weechat::Weechat;

const BUFFER: &str = "iim.#climbing";

#[test]
fn gateway_groups_with_weechat() {
    let club = Club::new();
    let weechat = Weechat::start(&club.alice, &Device::add(&club.alice, "laptop"));
    weechat.until_nicks(BUFFER, &["@alice", "bob"]);
    talk(&club, &weechat);
    rule(&club, &weechat);
    two_of_one_name(&club, &weechat);
    put_out(&club, &weechat);
    hide_the_channel(&club, &weechat);
}

fn talk(club: &Club, weechat: &Weechat) {
    club.bob.ok(&["say", GROUP, "who comes on Sunday?"]);
    weechat.until_said(BUFFER, "bob", "who comes on Sunday?");
    weechat.type_in(BUFFER, "I do, grüß dich");
    let text = club.bob.until_text(GROUP, "I do, grüß dich", 30, |_| true);
    assert_eq!(text["from"]["name"], "alice");
}

fn rule(club: &Club, weechat: &Weechat) {
    weechat.type_in(BUFFER, "/topic Sundays at nine");
    until_said(&club.bob, &["group", "topic", GROUP], "Sundays at nine");
    weechat.type_in(BUFFER, "/invite carol");
    club.come_in(&club.carol);
    weechat.until_nicks(BUFFER, &["@alice", "bob", "carol"]);
    weechat.until_line(BUFFER, 10, |line| {
        line.text.contains("carol") && line.text.contains("has joined")
    });
    weechat.type_in(BUFFER, "/mode +o bob");
    weechat.until_nicks(BUFFER, &["@alice", "@bob", "carol"]);
    until_said(&club.bob, &["group", "show", GROUP], "you are an admin");
    // From the other side.
    club.bob.ok(&["group", "topic", GROUP, "Sundays at ten"]);
    weechat.until_line(BUFFER, 30, |line| line.text.contains("Sundays at ten"));
}

/// Bob takes in the climber, who is a stranger to alice.
fn two_of_one_name(club: &Club, weechat: &Weechat) {
    club.bob.ok(&["group", "add", GROUP, "climber@example.com"]);
    club.come_in(&club.climber);
    weechat.until_nicks(BUFFER, &["@alice", "@bob", "carol", "carol_2"]);
    club.carol.ok(&["say", GROUP, "I am the first"]);
    weechat.until_said(BUFFER, "carol", "I am the first");
    club.climber.ok(&["say", GROUP, "and I the second"]);
    weechat.until_said(BUFFER, "carol_2", "and I the second");
    weechat.type_in(BUFFER, "welcome");
    for person in [&club.bob, &club.carol, &club.climber] {
        person.until_text(GROUP, "welcome", 30, |_| true);
    }
}

fn put_out(club: &Club, weechat: &Weechat) {
    weechat.type_in(BUFFER, "/kick carol_2");
    weechat.until_nicks(BUFFER, &["@alice", "@bob", "carol"]);
    until_said(&club.climber, &["group", "list"], "#climbing  out");
    let shown = club.carol.ok(&["group", "show", GROUP]);
    assert!(shown.contains("3 members with you"), "{shown}");
}

/// On this device only: alice is in all the same.
fn hide_the_channel(club: &Club, weechat: &Weechat) {
    weechat.type_in(BUFFER, "/part");
    weechat.until_nicks(BUFFER, &[]);
    club.bob.ok(&["say", GROUP, "hidden"]);
    club.alice.until_text(GROUP, "hidden", 30, |_| true);
    weechat.type_in(BUFFER, "/join #climbing");
    weechat.until_nicks(BUFFER, &["@alice", "@bob", "carol"]);
    club.bob.ok(&["say", GROUP, "shown"]);
    weechat.until_said(BUFFER, "bob", "shown");
    let lines = weechat.lines(BUFFER);
    let hidden = lines.iter().filter(|line| line.text == "hidden").count();
    assert_eq!(hidden, 0, "{lines:#?}");
}
