//! Other addresses of ours: whoever asks one knows us by it.

use iim::edge::home::replace_file;
use iim::edge::mail::OutMail;
use iim::protocol::address::Address;
use iim::protocol::mail_form;
use iim::protocol::safety::safety_number;
use iim::rules::event::{Act, GroupAct};
use iim::rules::message::Delivery;
use iim::rules::view::View;

use crate::world::{DAY, HOUR, World, address};

/// Bob, who is robert too.
fn world() -> World {
    let mut world = World::of(&["alice", "bob", "carol"]);
    also(&mut world, &["robert"]);
    world
}

/// From now on these are bob's other addresses.
fn also(world: &mut World, names: &[&str]) {
    let config = world.some("bob").home.config();
    let text = std::fs::read_to_string(&config).unwrap();
    let rest: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("also"))
        .collect();
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("{:?}", address(name).as_str()))
        .collect();
    let text = format!("also = [{}]\n{}\n", quoted.join(", "), rest.join("\n"));
    replace_file(&config, text.as_bytes()).unwrap();
    world.at("bob").reload().unwrap();
}

/// Mails go to and fro, and what goes to robert reaches bob. Gives all that left.
fn exchange(world: &mut World) -> Vec<OutMail> {
    let mut all = Vec::new();
    loop {
        let mails = world.all_outgoing();
        if mails.is_empty() {
            return all;
        }
        for mail in mails {
            if mail.to == address("robert") {
                world.hear("bob", &mail.mail);
            } else {
                world.deliver(&mail);
            }
            all.push(mail);
        }
    }
}

fn befriend(world: &mut World) -> Vec<OutMail> {
    world.add("alice", "robert");
    let mut all = exchange(world);
    assert_eq!(world.standing("bob", "alice"), "asking");
    world.accept("bob", "alice");
    all.extend(exchange(world));
    all
}

fn from(mail: &OutMail) -> Address {
    mail_form::read(&mail.mail).unwrap().from
}

/// The number that somebody sees for another.
fn number(world: &mut World, name: &str, other: &str) -> String {
    let person = world.person(name, other);
    let ours = world.at(name).state().unwrap().keys;
    let own = person.our_address(world.at(name).settings()).clone();
    safety_number((&own, &ours), (&person.address, person.keys().unwrap()))
}

#[track_caller]
fn talk(world: &mut World) {
    for (one, other) in [("alice", "robert"), ("bob", "alice")] {
        let id = world.say(one, other, "on we go");
        exchange(world);
        assert_eq!(
            world.text(one, other, id).state,
            Delivery::Delivered,
            "{one}"
        );
    }
}

#[test]
fn a_request_to_an_alias_ends_in_friendship() {
    let mut world = world();
    let mails = befriend(&mut world);
    assert_eq!(world.standing("alice", "robert"), "friend");
    assert_eq!(world.standing("bob", "alice"), "friend");
    let of_bob: Vec<_> = mails
        .iter()
        .filter(|mail| mail.to == address("alice"))
        .collect();
    assert!(!of_bob.is_empty());
    for mail in of_bob {
        assert_eq!(
            (&mail.from, &from(mail)),
            (&address("robert"), &address("robert"))
        );
    }
    talk(&mut world);
}

#[test]
fn both_see_one_safety_number_at_an_alias() {
    let mut world = world();
    befriend(&mut world);
    let of_alice = number(&mut world, "alice", "robert");
    assert_eq!(of_alice, number(&mut world, "bob", "alice"));
}

#[test]
fn who_knows_the_main_address_is_not_told_the_other() {
    let mut world = world();
    befriend(&mut world);
    world.add("carol", "bob");
    exchange(&mut world);
    world.accept("bob", "carol");
    exchange(&mut world);
    world.say("bob", "carol", "from bob");
    world.say("bob", "alice", "from robert");
    for mail in exchange(&mut world) {
        let ours = if mail.to == address("carol") {
            "bob"
        } else {
            "robert"
        };
        if [address("carol"), address("alice")].contains(&mail.to) {
            assert_eq!(from(&mail), address(ours));
            let text = String::from_utf8_lossy(&mail.mail).into_owned();
            let other = if ours == "bob" { "robert" } else { "bob@" };
            assert!(!text.contains(other), "{text}");
        }
    }
    let of_carol = number(&mut world, "carol", "bob");
    assert_eq!(of_carol, number(&mut world, "bob", "carol"));
}

#[test]
fn an_alias_that_is_taken_out_stays_ours_for_who_knows_us_by_it() {
    let mut world = world();
    befriend(&mut world);
    also(&mut world, &[]);
    talk(&mut world);
    let of_alice = number(&mut world, "alice", "robert");
    assert_eq!(of_alice, number(&mut world, "bob", "alice"));
    // They heal, from either side.
    for name in ["alice", "bob"] {
        world.wait(HOUR);
        world.act(name, Act::Restored);
        exchange(&mut world);
        talk(&mut world);
    }
    // A stranger's request to it is none to us.
    world.add("carol", "robert");
    let request = world.outgoing("carol").remove(0);
    let arrived = world.hear("bob", &request.mail);
    assert!(!arrived.done);
    assert_eq!(arrived.status, "it asks somebody else");
}

#[test]
fn who_changes_the_main_address_stays_known_by_the_one_that_was_asked() {
    let mut world = World::of(&["alice", "carol"]);
    world.add("alice", "carol");
    world.exchange();
    let config = world.some("carol").home.config();
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace(address("carol").as_str(), "carol@new.example");
    replace_file(&config, text.as_bytes()).unwrap();
    world.at("carol").reload().unwrap();
    world.accept("carol", "alice");
    world.exchange();
    world.are_friends("alice", "carol");
    let of_alice = number(&mut world, "alice", "carol");
    assert_eq!(of_alice, number(&mut world, "carol", "alice"));
}

#[test]
fn requests_that_cross_at_an_alias_need_no_question() {
    let mut world = world();
    world.add("alice", "robert");
    let request = world.outgoing("alice").remove(0);
    // Bob's request comes from their main address: to alice that is somebody else.
    world.add("bob", "alice");
    let theirs = world.outgoing("bob").remove(0);
    assert_eq!(from(&theirs), address("bob"));
    world.hear("bob", &request.mail);
    exchange(&mut world);
    assert_eq!(world.standing("alice", "robert"), "friend");
    assert_eq!(world.standing("bob", "alice"), "friend");
    talk(&mut world);
}

#[test]
fn a_friend_who_asks_another_address_of_ours_knows_us_by_that() {
    let mut world = World::of_friends(&["alice", "bob"]);
    also(&mut world, &["robert"]);
    world.wait(DAY);
    world.act("alice", Act::Remove(vec![address("bob")]));
    world.add("alice", "robert");
    exchange(&mut world);
    assert_eq!(world.standing("alice", "robert"), "friend");
    talk(&mut world);
    let of_alice = number(&mut world, "alice", "robert");
    assert_eq!(of_alice, number(&mut world, "bob", "alice"));
}

#[test]
fn forged_requests_to_an_alias_change_nothing_for_a_friend() {
    let mut world = world();
    world.befriend("alice", "bob");
    // Carol's program, with alice's address: other keys.
    let copy = world.copy_home("carol", "carol-as-alice");
    let text = std::fs::read_to_string(copy.config()).unwrap();
    let text = text.replace(address("carol").as_str(), address("alice").as_str());
    replace_file(&copy.config(), text.as_bytes()).unwrap();
    let mut forger = iim::account::Account::open(copy, world.clock()).unwrap();
    forger.act(crate::world::adding("robert")).unwrap();
    let mut bag = crate::world::Mailbag::default();
    crate::world::send(&mut forger, &mut bag);
    let forged = bag.mails.pop().unwrap();
    assert!(world.hear("bob", &forged.mail).done);
    assert!(world.person("bob", "alice").has_new_keys());
    world.say("bob", "alice", "still bob");
    for mail in exchange(&mut world) {
        assert_ne!(from(&mail), address("robert"));
    }
}

#[test]
fn no_address_of_ours_can_be_added_or_blocked() {
    let mut world = world();
    for act in [
        crate::world::adding("robert"),
        Act::Block(vec![address("robert")]),
    ] {
        let refused = world.try_act("bob", act).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("{} is your own address", address("robert"))
        );
    }
}

#[test]
fn whoever_is_known_by_another_address_is_in_groups_under_it() {
    let mut world = world();
    befriend(&mut world);
    world.befriend("alice", "carol");
    let who = ["robert", "carol"].map(|other| world.contact("alice", other));
    let new = GroupAct::New {
        name: "climbing".to_owned(),
        who: who.to_vec(),
    };
    world.act("alice", Act::Group(new));
    exchange(&mut world);
    for name in ["bob", "carol"] {
        let groups = world.at(name).look(|tx| Ok(View::groups(tx)?)).unwrap();
        let accept = GroupAct::Accept(groups[0].conversation);
        world.act(name, Act::Group(accept));
        exchange(&mut world);
    }
    for name in ["bob", "carol", "alice"] {
        let groups = world.at(name).look(|tx| Ok(View::groups(tx)?)).unwrap();
        let (to, reply_to) = (groups[0].conversation, None);
        let text = format!("says {name}");
        let say = GroupAct::Say { to, text, reply_to };
        world.act(name, Act::Group(say));
        let mails = exchange(&mut world);
        let ours = mails.iter().filter(|mail| from(mail) == address("bob"));
        assert_eq!(ours.count(), 0, "nobody knows that address");
    }
    for name in ["bob", "carol", "alice"] {
        let groups = world.at(name).look(|tx| Ok(View::groups(tx)?)).unwrap();
        let with = groups[0].conversation;
        let texts = world.at(name).history(Some(with), false).unwrap();
        assert_eq!(texts.len(), 3, "{name}");
    }
}
