//! In irssi.

use super::{Club, GROUP, until_said};
use crate::support::clients::Device;
use crate::support::clients::irssi::Irssi;

#[test]
fn gateway_groups_with_irssi() {
    let club = Club::new();
    let irssi = Irssi::start(&club.alice, &Device::add(&club.alice, "phone"));
    let names = irssi.until_got("the names of the group", 30, |line| {
        line.contains(" 353 ") && line.contains(GROUP)
    });
    assert!(names.ends_with(":@alice bob"), "{names}");
    talk(&club, &irssi);
    rule(&club, &irssi);
    two_of_one_name(&club, &irssi);
    put_out_and_part(&club, &irssi);
}

fn talk(club: &Club, irssi: &Irssi) {
    club.bob.ok(&["say", GROUP, "who comes on Sunday?"]);
    irssi.until_shown(GROUP, "< bob> who comes on Sunday?");
    irssi.type_in("/msg #climbing I do, grüß dich");
    irssi.until_shown(GROUP, "<@alice> I do, grüß dich");
    club.bob.until_text(GROUP, "I do, grüß dich", 30, |_| true);
}

fn rule(club: &Club, irssi: &Irssi) {
    irssi.type_in("/topic #climbing Sundays at nine");
    until_said(&club.bob, &["group", "topic", GROUP], "Sundays at nine");
    irssi.type_in("/invite carol #climbing");
    club.come_in(&club.carol);
    irssi.until_got("carol to come", 30, |line| {
        line.contains(":carol!carol@example.net JOIN")
    });
    irssi.type_in("/mode #climbing +o bob");
    until_said(&club.bob, &["group", "show", GROUP], "you are an admin");
    club.bob.ok(&["group", "topic", GROUP, "Sundays at ten"]);
    irssi.until_got("bob's topic", 30, |line| {
        line.ends_with(":bob!bob@example.net TOPIC #climbing :Sundays at ten")
    });
}

/// Bob takes in the climber, who is a stranger to alice.
fn two_of_one_name(club: &Club, irssi: &Irssi) {
    club.bob.ok(&["group", "add", GROUP, "climber@example.com"]);
    club.come_in(&club.climber);
    club.carol.ok(&["say", GROUP, "I am the first"]);
    irssi.until_shown(GROUP, "< carol> I am the first");
    club.climber.ok(&["say", GROUP, "and I the second"]);
    irssi.until_shown(GROUP, "< carol_2> and I the second");
    irssi.type_in("/whois carol_2");
    irssi.until_screen("who carol_2 is", |screen| {
        screen.contains("climber@example.com") && screen.contains("vouched for by bob")
    });
}

fn put_out_and_part(club: &Club, irssi: &Irssi) {
    irssi.type_in("/kick #climbing carol_2");
    until_said(&club.climber, &["group", "list"], "#climbing  out");
    irssi.until_got("the kick", 30, |line| {
        line.contains(" KICK #climbing carol_2 ")
    });
    irssi.type_in("/part #climbing");
    irssi.until_got("the part", 30, |line| line.contains(" PART #climbing"));
    club.bob.ok(&["say", GROUP, "hidden"]);
    club.alice.until_text(GROUP, "hidden", 30, |_| true);
    irssi.type_in("/join #climbing");
    // It keeps its own pace: the text must not be there before the channel is.
    let nicks = "Total of 3 nicks [2 ops, 0 halfops, 0 voices, 1 normal]";
    irssi.until_shown(GROUP, &format!("-!- Irssi: #climbing: {nicks}"));
    club.bob.ok(&["say", GROUP, "shown"]);
    irssi.until_shown(GROUP, "<@bob> shown");
    let shown = irssi.shown(GROUP);
    assert!(!shown.contains(&"<@bob> hidden".to_owned()), "{shown:#?}");
}
