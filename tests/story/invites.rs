//! Invites: they spare the question, not the proof.

use iim::protocol::link;
use iim::protocol::link::Token;
use iim::protocol::time::Seconds;
use iim::rules::event::{Act, Adding};

use crate::handshake::as_if_from;
use crate::world::{DAY, HOUR, MINUTE, START, World, address};

/// Makes an invite and gives its link.
pub(crate) fn invite(
    world: &mut World,
    name: &str,
    uses: u32,
    expires_at: Seconds,
) -> link::Invite {
    let made = world.act(name, Act::Invite { uses, expires_at });
    let keys = world.keys(name);
    let link = link::Invite {
        address: address(name),
        keys,
        token: made.invite.unwrap().token,
        expires: Some(expires_at),
        group: None,
    };
    link::Invite::parse(&link.to_link()).unwrap()
}

pub(crate) fn follow(world: &mut World, name: &str, link: &link::Invite, verified: bool) {
    let Act::Add(adding) = following(link) else {
        unreachable!("a link is added");
    };
    world.act(name, Act::Add(Adding { verified, ..adding }));
}

pub(crate) fn following(link: &link::Invite) -> Act {
    Act::Add(Adding {
        address: link.address.clone(),
        invite: Some(link.clone()),
        name: None,
        note: None,
        hidden: false,
        verified: false,
    })
}

#[test]
fn an_invite_is_accepted_by_itself() {
    let mut world = World::of(&["alice", "bob"]);
    let link = invite(&mut world, "bob", 1, Seconds(START + DAY));
    follow(&mut world, "alice", &link, true);
    assert_eq!(world.exchange(), 3, "request, accept, confirm");
    world.are_friends("alice", "bob");
    world.see_each_other("alice", "bob");
    assert!(
        world.person("alice", "bob").verified,
        "scanned face to face"
    );
    assert!(!world.person("bob", "alice").verified);
    let used = &world.at("bob").invites().unwrap()[0].used_by;
    assert_eq!(used, &[address("alice")]);
}

#[test]
fn an_invite_spares_the_question_not_the_proof() {
    let mut world = World::of(&["alice", "bob"]);
    let link = invite(&mut world, "bob", 1, Seconds(START + DAY));
    follow(&mut world, "alice", &link, false);
    let request = world.outgoing("alice");
    world.deliver(&request[0]);
    assert_eq!(world.standing("bob", "alice"), "confirming");
}

#[test]
fn an_expired_invite_is_an_ordinary_request() {
    let mut world = World::of(&["alice", "bob"]);
    let link = invite(&mut world, "bob", 1, Seconds(START + HOUR));
    follow(&mut world, "alice", &link, false);
    let request = world.outgoing("alice");
    world.clock.advance(HOUR);
    world.deliver(&request[0]);
    assert_eq!(world.standing("bob", "alice"), "asking");
    assert!(world.outgoing("bob").is_empty());
}

#[test]
fn an_invite_that_has_expired_here_is_refused_here() {
    let mut world = World::of(&["alice", "bob"]);
    let link = invite(&mut world, "bob", 1, Seconds(START + HOUR));
    world.clock.advance(HOUR);
    let add = Act::Add(Adding {
        address: link.address.clone(),
        invite: Some(link),
        name: None,
        note: None,
        hidden: false,
        verified: false,
    });
    let fault = world.try_act("alice", add).unwrap_err().to_string();
    assert!(fault.starts_with("this invite has expired"), "{fault}");
}

#[test]
fn uses_are_counted_per_address() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let link = invite(&mut world, "bob", 1, Seconds(START + DAY));
    follow(&mut world, "alice", &link, false);
    let request = world.outgoing("alice");
    world.deliver(&request[0]);
    world.deliver(&request[0]);
    follow(&mut world, "carol", &link, false);
    world.exchange();
    world.are_friends("alice", "bob");
    assert_eq!(world.standing("bob", "carol"), "asking", "used up");
}

#[test]
fn a_revoked_invite_and_a_wrong_proof_are_worth_nothing() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let link = invite(&mut world, "bob", 5, Seconds(START + DAY));
    let wrong = link::Invite {
        token: Token([9; 16]),
        ..link.clone()
    };
    follow(&mut world, "carol", &wrong, false);
    world.exchange();
    assert_eq!(world.standing("bob", "carol"), "asking");
    world.act("bob", Act::Revoke(link.token.id()));
    follow(&mut world, "alice", &link, false);
    world.exchange();
    assert_eq!(world.standing("bob", "alice"), "asking");
}

#[test]
fn an_accept_by_other_keys_than_the_links_is_refused() {
    let mut world = World::of(&["alice", "bob", "eve"]);
    let bobs = invite(&mut world, "bob", 1, Seconds(START + DAY));
    let eves = world.keys("eve");
    // Whoever gave alice the link put their own keys into it; the accept comes from bob's.
    let link = link::Invite { keys: eves, ..bobs };
    follow(&mut world, "alice", &link, false);
    let request = world.outgoing("alice");
    world.deliver(&request[0]);
    let accept = world.outgoing("bob");
    let arrived = world.deliver(&accept[0]).unwrap();
    assert!(!arrived.done, "{}", arrived.status);
    assert_eq!(world.standing("alice", "bob"), "asked");
}

#[test]
fn a_stolen_proof_does_not_fit_another_request() {
    let mut world = World::of(&["alice", "bob", "eve"]);
    let link = invite(&mut world, "bob", 5, Seconds(START + DAY));
    follow(&mut world, "alice", &link, false);
    let request = world.outgoing("alice").remove(0);
    let arrived = world.hear("bob", &as_if_from(&request.mail, "alice", "eve"));
    assert!(!arrived.done, "{}", arrived.status);
    assert_eq!(world.standing("bob", "eve"), "nobody");
}

#[test]
fn policies_decide_whose_requests_are_shown() {
    for (policy, auto, with_invite, expected) in [
        ("ask", "", false, "asking"),
        ("ask", "*@example.org", false, "confirming"),
        ("ask", "*@example.com", false, "asking"),
        ("known", "", false, "nobody"),
        ("known", "", true, "confirming"),
        ("known", "*@example.org", false, "confirming"),
        ("nobody", "*@example.org", true, "nobody"),
    ] {
        let case = format!("{policy}, auto {auto:?}, invite {with_invite}");
        let mut world = World::of(&["alice"]);
        let more = format!("[accept]\npolicy = \"{policy}\"\nauto = [\"{auto}\"]\n");
        let more = more.replace("[\"\"]", "[]");
        world.settle_in("bob", "bob", &more);
        if with_invite {
            let link = invite(&mut world, "bob", 1, Seconds(START + DAY));
            follow(&mut world, "alice", &link, false);
        } else {
            world.add("alice", "bob");
        }
        let request = world.outgoing("alice");
        let arrived = world.deliver(&request[0]).unwrap();
        assert_eq!(world.standing("bob", "alice"), expected, "{case}");
        assert_eq!(
            arrived.done,
            expected != "nobody",
            "{case}: {}",
            arrived.status
        );
        let answers = usize::from(expected == "confirming");
        assert_eq!(world.outgoing("bob").len(), answers, "{case}");
    }
}

#[test]
fn a_refused_address_is_dropped_unseen_even_with_an_invite() {
    for (refuse, expected) in [("*@example.org", "nobody"), ("*@example.com", "confirming")] {
        let mut world = World::of(&["alice"]);
        let more = format!("[accept]\nauto = [\"*@example.org\"]\nrefuse = [\"{refuse}\"]\n");
        world.settle_in("bob", "bob", &more);
        let link = invite(&mut world, "bob", 1, Seconds(START + DAY));
        follow(&mut world, "alice", &link, false);
        let request = world.outgoing("alice");
        // The mail is taken: it does not lie in the mailbox.
        assert!(world.deliver(&request[0]).unwrap().done, "{refuse}");
        assert_eq!(world.standing("bob", "alice"), expected, "{refuse}");
        let answers = usize::from(expected == "confirming");
        assert_eq!(world.outgoing("bob").len(), answers, "{refuse}");
    }
}

#[test]
fn one_address_gets_one_automatic_accept_a_day() {
    let mut world = World::of(&["alice", "bob"]);
    let link = invite(&mut world, "bob", 5, Seconds(START + 30 * DAY));
    follow(&mut world, "alice", &link, false);
    let request = world.outgoing("alice");
    world.deliver(&request[0]);
    assert_eq!(world.outgoing("bob").len(), 1);
    // Bob takes alice off; asked by alice again, bob is shown a question for the rest of the day.
    world.act("bob", Act::Remove(vec![address("alice")]));
    world.act("alice", Act::Remove(vec![address("bob")]));
    world.wait(MINUTE);
    follow(&mut world, "alice", &link, false);
    world.exchange();
    assert_eq!(world.standing("bob", "alice"), "asking");
}

#[test]
fn a_link_pins_its_keys_though_a_forged_request_waits() {
    for first_accepted in [false, true] {
        let mut world = World::of(&["alice", "bob"]);
        let mut elsewhere = World::of(&["alice", "bob"]);
        // Somebody else asks alice in bob's name; their mails can be read by them for a while.
        elsewhere.add("bob", "alice");
        let forged = elsewhere.outgoing("bob").remove(0);
        assert!(world.hear("alice", &forged.mail).done);
        if first_accepted {
            world.accept("alice", "bob");
            assert_eq!(world.outgoing("alice").len(), 1, "tells them our presence");
        }
        let before = world.secret("alice");
        let link = invite(&mut world, "bob", 1, Seconds(START + DAY));
        follow(&mut world, "alice", &link, true);
        assert_eq!(world.standing("alice", "bob"), "asked");
        assert_ne!(world.secret("alice") == before, first_accepted);
        let told = world.words("alice").join("\n");
        assert!(
            told.contains("other keys than those of the invite link"),
            "{told}"
        );
        // What they repeat stays a mail; bob answers, and is verified.
        assert!(!world.hear("alice", &elsewhere_again(&mut elsewhere)).done);
        world.exchange();
        world.are_friends("alice", "bob");
        world.see_each_other("alice", "bob");
        assert!(world.person("alice", "bob").verified);
        let bobs = world.keys("bob");
        assert_eq!(world.person("alice", "bob").keys(), Some(&bobs));
    }
}

/// The same forger asks once more.
fn elsewhere_again(elsewhere: &mut World) -> Vec<u8> {
    elsewhere.act("bob", Act::Remove(vec![address("alice")]));
    elsewhere.wait(MINUTE);
    elsewhere.add("bob", "alice");
    elsewhere.outgoing("bob").remove(0).mail
}
