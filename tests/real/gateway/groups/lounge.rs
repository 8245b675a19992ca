//! In The Lounge, as its page shows it.

use super::{Club, GROUP, until_said};
use crate::support::clients::Device;
use crate::support::clients::lounge::Lounge;

#[test]
fn gateway_groups_with_the_lounge() {
    let club = Club::new();
    let device = Device::add(&club.alice, "web");
    let page = Lounge::start(&club.alice, &device, club.gateway);
    page.open(GROUP);
    page.until_user("alice", Some("op"));
    page.until_user("bob", Some("normal"));
    talk(&club, &page);
    rule(&club, &page);
    two_of_one_name(&club, &page);
    page.picture("gateway-group");
    put_out_and_part(&club, &page);
}

fn talk(club: &Club, page: &Lounge) {
    club.bob.ok(&["say", GROUP, "who comes on Sunday?"]);
    page.until_said("bob", "who comes on Sunday?");
    page.type_in("I do, grüß dich");
    page.until_said("@alice", "I do, grüß dich");
    club.bob.until_text(GROUP, "I do, grüß dich", 30, |_| true);
}

fn rule(club: &Club, page: &Lounge) {
    page.type_in("/topic Sundays at nine");
    until_said(&club.bob, &["group", "topic", GROUP], "Sundays at nine");
    page.type_in("/invite carol");
    club.come_in(&club.carol);
    page.until_user("carol", Some("normal"));
    page.type_in("/op bob");
    page.until_user("bob", Some("op"));
    until_said(&club.bob, &["group", "show", GROUP], "you are an admin");
    club.bob.ok(&["group", "topic", GROUP, "Sundays at ten"]);
    page.until_words("Sundays at ten");
}

/// Bob takes in the climber, who is a stranger to alice.
fn two_of_one_name(club: &Club, page: &Lounge) {
    club.bob.ok(&["group", "add", GROUP, "climber@example.com"]);
    club.come_in(&club.climber);
    page.until_user("carol_2", Some("normal"));
    club.carol.ok(&["say", GROUP, "I am the first"]);
    page.until_said("carol", "I am the first");
    club.climber.ok(&["say", GROUP, "and I the second"]);
    page.until_said("carol_2", "and I the second");
}

fn put_out_and_part(club: &Club, page: &Lounge) {
    page.type_in("/kick carol_2");
    page.until_user("carol_2", None);
    until_said(&club.climber, &["group", "list"], "#climbing  out");
    page.type_in("/part");
    page.open("&friends");
    page.type_in("/join #climbing");
    page.open(GROUP);
    page.until_user("carol", Some("normal"));
    page.until_user("carol_2", None);
    club.bob.ok(&["say", GROUP, "still in?"]);
    page.until_said("@bob", "still in?");
}
