//! Groups: people who talk together, some of them strangers to one another.

mod asking;
mod authors;
mod changing;
mod clients;
mod doors;
mod failing;
mod hall;
mod kept;
mod keys;
mod links;
mod lost;
mod questions;
mod quiet;
mod recovered;
mod refusals;
mod rooms;

use iim::protocol::group::{MemberId, Title};
use iim::protocol::letter::LetterId;
use iim::rules::conversation::{Author, ConversationId};
use iim::rules::event::{Act, GroupAct};
use iim::rules::group::copy::Copy;
use iim::rules::group::state::{Group, Standing};
use iim::rules::message::Delivery;
use iim::rules::view::View;

use crate::world::{DAY, MINUTE, World};

/// Alice has founded a group with these friends of theirs, who are strangers to one another.
fn group_of(names: &[&str]) -> World {
    let mut world = group_among(names, names);
    world.pass(MINUTE);
    world
}

/// The same with some of their friends, a moment ago.
fn group_among(friends: &[&str], names: &[&str]) -> World {
    let mut world = World::of_friends(friends);
    world.found("alice", "climbing", &names[1..]);
    world.exchange();
    for name in &names[1..] {
        world.group_act(name, GroupAct::Accept);
        world.exchange();
    }
    world
}

/// Alice has heard bob's yes, and what tells him of it has not left.
fn group_that_bob_has_not_heard_of() -> World {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.found("alice", "climbing", &["bob"]);
    world.exchange();
    world.group_act("bob", GroupAct::Accept);
    for mail in world.outgoing("bob") {
        world.deliver(&mail);
    }
    world
}

impl World {
    fn found(&mut self, name: &str, group: &str, who: &[&str]) {
        let who = who.iter().map(|other| self.contact(name, other)).collect();
        let name_of_it = group.to_owned();
        self.act(
            name,
            Act::Group(GroupAct::New {
                name: name_of_it,
                who,
            }),
        );
    }

    fn group_act(&mut self, name: &str, act: impl FnOnce(ConversationId) -> GroupAct) {
        let group = self.group(name).conversation;
        self.act(name, Act::Group(act(group)));
    }

    /// The one group of somebody.
    fn group(&mut self, name: &str) -> Group {
        let groups = self.at(name).look(|tx| Ok(View::groups(tx)?)).unwrap();
        assert_eq!(groups.len(), 1, "groups of {name}");
        groups.into_iter().next().unwrap()
    }

    fn member(&mut self, name: &str, other: &str) -> MemberId {
        let keys = self.keys(other);
        assert!(
            self.group(name)
                .members
                .iter()
                .any(|it| it.entry.value.keys == keys)
        );
        MemberId::of(keys.ed25519)
    }

    /// Who is in, as somebody sees it, by their addresses.
    fn who_is_in(&mut self, name: &str) -> Vec<String> {
        let group = self.group(name);
        let mut who: Vec<String> = group
            .others()
            .map(|member| member.entry.value.address.local().to_owned())
            .collect();
        who.extend(group.is_in().then(|| name.to_owned()));
        who.sort();
        who
    }

    fn say_in(&mut self, name: &str, text: &str) -> LetterId {
        let to = self.group(name).conversation;
        let text = text.to_owned();
        let reply_to = None;
        let say = GroupAct::Say { to, text, reply_to };
        self.act(name, Act::Group(say)).id.unwrap()
    }

    /// What somebody reads in the group, with who said it.
    fn reads(&mut self, name: &str) -> Vec<(String, String)> {
        let group = self.group(name);
        let all = self
            .at(name)
            .history(Some(group.conversation), false)
            .unwrap();
        let who = |author: Author| match author {
            Author::Us => name.to_owned(),
            Author::Contact(contact) => {
                let member = group.members.iter().find(|it| it.contact == contact);
                member.unwrap().entry.value.address.local().to_owned()
            }
        };
        let texts = all.into_iter().filter(|row| row.change.is_none());
        texts.map(|row| (who(row.author), row.text)).collect()
    }

    fn copies(&mut self, name: &str, of: LetterId) -> Vec<Copy> {
        let group = self.group(name).conversation;
        let look = |tx: &iim::edge::store::Transaction<'_>| Ok(tx.copies_of(group, of)?);
        self.at(name).look(look).unwrap()
    }

    fn said(&mut self, name: &str, id: LetterId) -> Delivery {
        let group = self.group(name).conversation;
        self.at(name).text(group, id).unwrap().unwrap().state
    }

    /// All who are in hold the same book, and see the same people.
    fn agree(&mut self, names: &[&str]) {
        let mut expected: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        expected.sort();
        let heads = self.group(names[0]).heads;
        for name in names {
            assert_eq!(self.who_is_in(name), expected, "as {name} sees it");
            assert_eq!(self.group(name).heads, heads, "the book of {name}");
        }
    }
}

fn read(all: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(who, text): &(&str, &str)| ((*who).to_owned(), (*text).to_owned());
    all.iter().map(own).collect()
}

#[test]
fn strangers_talk_in_a_group() {
    let mut world = group_of(&["alice", "bob", "carol", "dave"]);
    world.agree(&["alice", "bob", "carol", "dave"]);
    assert!(world.find("bob", "carol").is_none(), "they are strangers");
    let from_alice = world.say_in("alice", "at nine?");
    world.exchange();
    world.clock.advance(5);
    let from_carol = world.say_in("carol", "at ten");
    world.exchange();
    world.pass(20 * MINUTE);
    for name in ["alice", "bob", "carol", "dave"] {
        let said = read(&[("alice", "at nine?"), ("carol", "at ten")]);
        assert_eq!(world.reads(name), said, "{name}");
    }
    assert_eq!(world.said("alice", from_alice), Delivery::Delivered);
    assert_eq!(world.said("carol", from_carol), Delivery::Delivered);
    let copies = world.copies("carol", from_carol);
    assert_eq!(copies.len(), 3);
    assert!(copies.iter().all(|copy| copy.state == Delivery::Delivered));
    assert_eq!(world.pass(2 * DAY), 0, "nothing more is to be told");
}

#[test]
fn who_is_put_out_hears_no_more() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let carol = world.member("alice", "carol");
    world.group_act("alice", |group| GroupAct::Remove(group, carol));
    world.exchange();
    world.agree(&["alice", "bob"]);
    assert_eq!(world.group("carol").standing, Standing::Out);
    let id = world.say_in("bob", "without carol");
    world.pass(20 * MINUTE);
    assert_eq!(world.said("bob", id), Delivery::Delivered);
    assert_eq!(world.reads("alice"), read(&[("bob", "without carol")]));
    assert_eq!(world.reads("carol"), []);
    let act = Act::Group(GroupAct::Say {
        to: world.group("carol").conversation,
        text: "and I?".to_owned(),
        reply_to: None,
    });
    assert!(world.try_act("carol", act).is_err());
}

/// The mail that says so leaves late.
#[test]
fn who_is_put_out_is_not_told_what_is_done_since() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let carol = world.member("alice", "carol");
    world.group_act("alice", |group| GroupAct::Remove(group, carol));
    let title = Title {
        name: "without carol".to_owned(),
        topic: String::new(),
    };
    world.group_act("alice", |group| GroupAct::Title(group, title));
    world.exchange();
    world.agree(&["alice", "bob"]);
    assert_eq!(world.group("bob").title.name, "without carol");
    let out = world.group("carol");
    assert_eq!(out.standing, Standing::Out);
    assert_eq!(out.title.name, "climbing");
    let acts = |world: &mut World, name: &str| {
        let group = world.group(name).conversation;
        let look = |tx: &iim::edge::store::Transaction<'_>| Ok(tx.acts(group)?);
        world.at(name).look(look).unwrap().0.len()
    };
    assert_eq!(acts(&mut world, "carol") + 1, acts(&mut world, "bob"));
}

#[test]
fn who_goes_is_gone() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.group_act("bob", GroupAct::Leave);
    world.exchange();
    world.agree(&["alice", "carol"]);
    assert_eq!(world.group("bob").standing, Standing::Out);
    let last = Act::Group(GroupAct::Leave(world.group("alice").conversation));
    let no = world.try_act("alice", last).unwrap_err();
    assert!(no.to_string().contains("only admin"), "{no}");
}

#[test]
fn who_was_put_out_comes_back_when_they_are_asked_anew() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.say_in("alice", "before");
    world.pass(20 * MINUTE);
    let carol = world.member("alice", "carol");
    world.group_act("alice", |group| GroupAct::Remove(group, carol));
    world.exchange();
    world.say_in("alice", "without carol");
    world.pass(20 * MINUTE);
    let contact = world.contact("alice", "carol");
    world.group_act("alice", |group| GroupAct::Add(group, vec![contact]));
    world.exchange();
    world.group_act("carol", GroupAct::Accept);
    world.exchange();
    world.agree(&["alice", "bob", "carol"]);
    for name in ["alice", "bob", "carol"] {
        world.say_in(name, &format!("again, says {name}"));
        world.pass(20 * MINUTE);
    }
    let expected = [
        ("alice", "before"),
        ("alice", "again, says alice"),
        ("bob", "again, says bob"),
        ("carol", "again, says carol"),
    ];
    assert_eq!(world.reads("carol"), read(&expected));
}

#[test]
fn admins_do_what_they_may() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let (bob, carol) = (world.member("alice", "bob"), world.member("alice", "carol"));
    let alice = world.member("bob", "alice");
    let by_bob = |world: &mut World, act: fn(ConversationId, MemberId) -> GroupAct, who| {
        let group = world.group("bob").conversation;
        world.try_act("bob", Act::Group(act(group, who)))
    };
    assert!(by_bob(&mut world, GroupAct::Remove, carol).is_err());
    world.group_act("alice", |group| GroupAct::Admin(group, bob, true));
    world.exchange();
    assert!(world.group("bob").admin);
    assert!(by_bob(&mut world, GroupAct::Remove, alice).is_err());
    by_bob(&mut world, GroupAct::Remove, carol).unwrap();
    world.exchange();
    world.agree(&["alice", "bob"]);
}
