//! Who did something in a group, whoever passed it on.

use iim::protocol::group::Title;
use iim::rules::conversation::ContactId;
use iim::rules::effect::{GroupNews, Notice};
use iim::rules::event::GroupAct;

use super::group_of;
use crate::world::{MINUTE, World, address};

impl World {
    /// What somebody was told of the group, and of each who did it.
    fn news(&mut self, name: &str) -> Vec<(Option<ContactId>, GroupNews)> {
        let told = std::mem::take(&mut self.some(name).told);
        let news = |notice| match notice {
            Notice::Group { by, what, .. } => Some((by, what)),
            _ => None,
        };
        told.into_iter().filter_map(news).collect()
    }

    /// Delivers of what leaves from somebody what is for this one.
    fn only_to(&mut self, name: &str, other: &str) {
        for mail in self.outgoing(name) {
            if mail.to == address(other) {
                self.deliver(&mail);
            }
        }
    }
}

#[test]
fn it_is_told_who_did_it_and_not_who_passed_it_on() {
    let mut world = group_of(&["alice", "bob", "carol", "dave", "eve"]);
    let member = world.member("alice", "bob");
    world.group_act("alice", |group| GroupAct::Admin(group, member, true));
    world.exchange();
    let who = |world: &World, name| world.contact("alice", name);
    let [bob, carol, dave, eve] = ["bob", "carol", "dave", "eve"].map(|name| who(&world, name));
    // What bob does, and that eve goes, comes to carol alone.
    let title = Title {
        name: "Sundays".to_owned(),
        topic: "ropes".to_owned(),
    };
    let out = world.member("bob", "dave");
    world.group_act("bob", |group| GroupAct::Title(group, title.clone()));
    world.only_to("bob", "carol");
    world.group_act("bob", |group| GroupAct::Remove(group, out));
    world.only_to("bob", "carol");
    world.group_act("eve", GroupAct::Leave);
    world.only_to("eve", "carol");
    // Carol hears that alice does not know it, and tells them.
    world.news("alice");
    world.say_in("alice", "hello");
    world.only_to("alice", "carol");
    world.clock.advance(MINUTE);
    world.tick_all();
    world.only_to("carol", "alice");
    let mut news = world.news("alice");
    news.sort_by_key(|(by, _)| *by);
    let expected = [
        (Some(bob), GroupNews::Titled(title)),
        (Some(bob), GroupNews::Removed(dave)),
        (Some(eve), GroupNews::Left(eve)),
    ];
    assert_eq!(news, expected, "and none by carol, {carol:?}");
}
