//! Links into a group: whoever follows one comes in, once.

use iim::protocol::link::{IntoGroup, Invite};
use iim::protocol::time::Seconds;
use iim::rules::effect::{GroupNews, Notice};
use iim::rules::event::{Act, GroupAct};
use iim::rules::group::state::Standing;

use crate::invites::{follow, following};
use crate::world::{DAY, HOUR, MINUTE, START, World, address};

impl World {
    /// A link of somebody's into their one group.
    fn link(&mut self, name: &str, uses: u32, expires_at: u64) -> Invite {
        let group = self.group(name);
        let act = GroupAct::Link {
            group: group.conversation,
            uses,
            expires_at: Seconds(expires_at),
        };
        let made = self.act(name, Act::Group(act)).invite.unwrap();
        let link = Invite {
            address: address(name),
            keys: self.keys(name),
            token: made.token,
            expires: Some(made.expires_at),
            group: Some(Box::new(IntoGroup {
                id: group.id,
                name: group.title.name,
            })),
        };
        Invite::parse(&link.to_link()).unwrap()
    }

    fn follows(&mut self, name: &str, link: &Invite) {
        follow(self, name, link, false);
    }

    /// Whether somebody was shown a question.
    fn was_asked(&mut self, name: &str) -> bool {
        let asked = |notice: &Notice| {
            let asked = GroupNews::Asked;
            matches!(notice, Notice::Group { what, .. } if *what == asked)
        };
        self.some(name).told.iter().any(asked)
    }
}

/// Alice has founded a group in which nobody else is, and all know nobody.
fn founded(names: &[&str]) -> World {
    let mut world = World::of(names);
    world.found("alice", "climbing", &[]);
    world
}

#[test]
fn a_stranger_comes_in_by_a_link() {
    let mut world = founded(&["alice", "bob"]);
    let link = world.link("alice", 1, START + DAY);
    world.follows("bob", &link);
    let mails = world.exchange();
    assert!(
        (6..=8).contains(&mails),
        "request, accept, confirm, question, answer, act: {mails}"
    );
    world.pass(MINUTE);
    world.are_friends("alice", "bob");
    world.agree(&["alice", "bob"]);
    assert!(!world.was_asked("bob"), "they have said yes");
    world.say_in("bob", "hello");
    world.pass(20 * MINUTE);
    assert_eq!(world.reads("alice"), super::read(&[("bob", "hello")]));
}

#[test]
fn a_friend_comes_in_by_a_link() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.found("alice", "climbing", &[]);
    let link = world.link("alice", 1, START + DAY);
    world.follows("bob", &link);
    world.exchange();
    world.agree(&["alice", "bob"]);
    assert!(!world.was_asked("bob"));
    world.are_friends("alice", "bob");
    let no = world.try_act("bob", following(&link)).unwrap_err();
    assert!(no.to_string().contains("already"), "{no}");
    // What is said between the two goes on.
    world.say("alice", "bob", "and we two");
    world.exchange();
    assert_eq!(world.heard("bob", "alice"), ["and we two"]);
}

#[test]
fn a_link_counts_where_a_request_heals_nothing() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.found("alice", "climbing", &[]);
    world.act("bob", Act::Restored);
    world.exchange();
    world.clock.advance(MINUTE);
    // Within the hour no other request of theirs is answered.
    let link = world.link("alice", 1, START + DAY);
    world.follows("bob", &link);
    let request = world.outgoing("bob");
    let arrived = world.deliver(&request[0]).unwrap();
    assert!(arrived.status.contains("hour"), "{}", arrived.status);
    world.exchange();
    world.agree(&["alice", "bob"]);
}

#[test]
fn who_was_asked_before_comes_in_by_the_link_as_well() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.found("alice", "climbing", &["bob"]);
    let link = world.link("alice", 1, START + DAY);
    world.exchange();
    assert!(world.was_asked("bob"));
    world.follows("bob", &link);
    assert!(matches!(
        world.group("bob").standing,
        Standing::Agreed { .. }
    ));
    world.exchange();
    world.agree(&["alice", "bob"]);
    assert_eq!(world.at("alice").invites().unwrap()[0].used_by, []);
}

#[test]
fn requests_may_cross_a_link() {
    let mut world = founded(&["alice", "bob"]);
    let link = world.link("alice", 1, START + DAY);
    world.add("alice", "bob");
    world.exchange();
    assert_eq!(world.standing("bob", "alice"), "asking");
    world.follows("bob", &link);
    world.exchange();
    world.pass(MINUTE);
    world.are_friends("alice", "bob");
    world.agree(&["alice", "bob"]);
    // Both at the same time.
    let mut world = founded(&["alice", "bob"]);
    let link = world.link("alice", 1, START + DAY);
    world.add("alice", "bob");
    world.follows("bob", &link);
    world.exchange();
    world.pass(MINUTE);
    world.agree(&["alice", "bob"]);
}

#[test]
fn a_link_has_so_many_uses() {
    let mut world = founded(&["alice", "bob", "carol"]);
    let link = world.link("alice", 1, START + DAY);
    world.follows("bob", &link);
    world.exchange();
    world.follows("carol", &link);
    world.exchange();
    assert_eq!(world.standing("alice", "carol"), "asking", "used up");
    // A friend they may become, a member they do not.
    world.accept("alice", "carol");
    world.exchange();
    world.pass(MINUTE);
    world.are_friends("alice", "carol");
    world.agree(&["alice", "bob"]);
    assert!(!world.was_asked("carol"));
}

#[test]
fn a_link_ends() {
    let mut world = founded(&["alice", "bob", "carol"]);
    let link = world.link("alice", 5, START + HOUR);
    world.follows("bob", &link);
    world.follows("carol", &link);
    let (bobs, carols) = (world.outgoing("bob"), world.outgoing("carol"));
    world.deliver(&bobs[0]);
    world.clock.advance(HOUR);
    // Bob's use was counted in time; the rest may take longer.
    world.deliver(&carols[0]);
    world.exchange();
    world.pass(MINUTE);
    assert_eq!(world.standing("alice", "carol"), "asking");
    world.agree(&["alice", "bob"]);
}

#[test]
fn a_use_is_used_once() {
    let mut world = founded(&["alice", "bob"]);
    let link = world.link("alice", 5, START + 20 * DAY);
    world.follows("bob", &link);
    let request = world.outgoing("bob");
    world.deliver(&request[0]);
    world.exchange();
    let bob = world.member("alice", "bob");
    world.group_act("alice", |group| GroupAct::Remove(group, bob));
    world.exchange();
    // The same link again, and the same mail: neither brings back whom alice has put out.
    world.pass(2 * HOUR);
    world.deliver(&request[0]);
    world.follows("bob", &link);
    world.exchange();
    world.pass(MINUTE);
    assert_eq!(world.who_is_in("alice"), ["alice"]);
    assert_eq!(world.group("bob").standing, Standing::Out);
}

#[test]
fn who_is_asked_without_a_link_is_asked_still() {
    let mut world = founded(&["alice", "bob"]);
    let link = world.link("alice", 1, START + DAY);
    // As a version reads it that knows no links into groups.
    let older = Invite {
        group: None,
        ..link.clone()
    };
    world.follows("bob", &older);
    world.exchange();
    world.pass(MINUTE);
    assert!(world.was_asked("bob"));
    assert!(matches!(
        world.group("bob").standing,
        Standing::Asked { .. }
    ));
    assert_eq!(world.who_is_in("alice"), ["alice"]);
    world.group_act("bob", GroupAct::Accept);
    world.exchange();
    world.agree(&["alice", "bob"]);
    // A yes to a link is no yes for ever.
    let bob = world.member("alice", "bob");
    world.group_act("alice", |group| GroupAct::Remove(group, bob));
    world.exchange();
    let contact = world.contact("alice", "bob");
    world.group_act("alice", |group| GroupAct::Add(group, vec![contact]));
    world.exchange();
    assert!(matches!(
        world.group("bob").standing,
        Standing::Asked { .. }
    ));
}

#[test]
fn a_link_is_for_one_group() {
    let mut world = founded(&["alice", "bob"]);
    let link = world.link("alice", 1, START + DAY);
    let other = Invite {
        group: link.group.clone().map(|group| {
            Box::new(IntoGroup {
                id: iim::protocol::group::GroupId([9; 16]),
                ..*group
            })
        }),
        ..link
    };
    world.follows("bob", &other);
    world.exchange();
    world.pass(MINUTE);
    world.are_friends("alice", "bob");
    assert!(
        world.was_asked("bob"),
        "into a group of which they said nothing"
    );
    assert!(matches!(
        world.group("bob").standing,
        Standing::Asked { .. }
    ));
}

#[test]
fn only_admins_make_links_and_only_theirs_lead_in() {
    let mut world = super::group_of(&["alice", "bob"]);
    let group = world.group("bob").conversation;
    let act = GroupAct::Link {
        group,
        uses: 1,
        expires_at: Seconds(START + DAY),
    };
    let no = world.try_act("bob", Act::Group(act)).unwrap_err();
    assert!(no.to_string().contains("admin"), "{no}");
    // Who is no admin any more brings nobody in.
    let mut world = super::group_of(&["alice", "bob"]);
    world.settle_in("carol", "carol", "");
    let bob = world.member("alice", "bob");
    world.group_act("alice", |group| GroupAct::Admin(group, bob, true));
    world.exchange();
    let link = world.link("bob", 1, START + DAY);
    world.group_act("alice", |group| GroupAct::Admin(group, bob, false));
    world.exchange();
    world.follows("carol", &link);
    world.exchange();
    world.pass(MINUTE);
    world.are_friends("bob", "carol");
    world.agree(&["alice", "bob"]);
}
