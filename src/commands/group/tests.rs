//! Groups as they are shown.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

mod rooms;

use serde_json::json;

use super::anew::Anew;
use super::book::{self, Came};
use super::cost::Cost;
use super::member;
use super::question::Inside;
use super::room::Room;
use super::undelivered::Undelivered;
use crate::account::Members;
use crate::account::scene::{climbing, copy, entry, friend, inside, keys};
use crate::commands::explain::in_words;
use crate::commands::output::Output;
use crate::edge::control::status;
use crate::protocol::group::{Act, Deed, Founding, MemberId, Signed, Title, What};
use crate::protocol::letter::{Presence, PublicKey, Signature};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::contact::{Contact, Standing};
use crate::rules::conversation::ContactId;
use crate::rules::fake_state::said;
use crate::rules::friend::Held;
use crate::rules::group::room::closed::Closed;
use crate::rules::group::state::Member;
use crate::rules::message::Delivery;

#[test]
fn a_member_is_named_by_name_address_or_id() {
    let stranger = inside("Carol", 3);
    let other = inside("carol", 4);
    let gone = Member {
        is_in: false,
        ..inside("dave", 5)
    };
    let members = vec![inside("bob", 2), stranger.clone(), other, gone];
    let members = Members::with(climbing(members), [friend("bobby", 2)]);
    let found = |who: &str| member::find(&members, who).map(|one| one.contact.number());
    let id = stranger.id.to_string();
    for (who, contact) in [
        ("bobby", 2),
        ("BOBBY", 2),
        ("bob@example.net", 2),
        (id.as_str(), 3),
        (&id[..6], 3),
    ] {
        assert_eq!(found(who).unwrap(), contact, "{who}");
    }
    for (who, why, hint) in [
        // By the user's own name alone.
        ("bob", "bob is not in climbing", None),
        ("dave", "dave is not in climbing", None),
        ("carol", "2 are called carol: ", Some("give the id of")),
    ] {
        let (said, hinted) = in_words(&found(who).unwrap_err());
        assert!(said.starts_with(why), "{said}");
        assert_eq!(hinted.is_some(), hint.is_some(), "{hinted:?}");
    }
}

#[test]
fn strangers_are_called_as_they_call_themselves_and_cleaned() {
    let hostile = Member {
        name: "mal\u{1b}[2Jlory\n".to_owned(),
        ..inside("mallory", 6)
    };
    let nameless = Member {
        name: "\u{200b}".to_owned(),
        ..inside("nobody", 7)
    };
    let members = Members::with(climbing(vec![hostile.clone(), nameless.clone()]), []);
    assert_eq!(members.named(&hostile).name, "mallory");
    assert_eq!(members.named(&nameless).name, "nobody@example.net");
    assert_eq!(members.who(ContactId::new(6)).name, "mallory");
}

#[test]
fn a_friend_with_other_keys_is_marked() {
    let members = vec![inside("Bobby", 2), inside("Caro", 3)];
    let mut bob = friend("bob", 2);
    bob.standing = Standing::friend(keys(8));
    let members = Members::with(climbing(members), [bob, friend("carol", 3)]);
    let marked = members.group.members.iter();
    let marked: Vec<bool> = marked.map(|one| members.has_other_keys(one)).collect();
    assert_eq!(marked, [true, false]);
    let names = members.group.members.iter();
    let names: Vec<String> = names.map(|one| members.named(one).name).collect();
    assert_eq!(names, ["Bobby", "carol"], "nobody goes by another's name");
}

#[test]
fn whoever_is_a_friend_under_the_same_keys_is_asked_anew() {
    let knows = |mut person: Contact| {
        let presence = Presence {
            capabilities: Some(vec![18]),
            ..Presence::default()
        };
        let sent = Millis(1);
        person.friend_mut().unwrap().presence = Some(Held { presence, sent });
        person
    };
    let old = friend("bob", 2);
    let mut blocked = knows(friend("carol", 3));
    blocked.blocked = true;
    let mut other_keys = knows(friend("dave", 4));
    other_keys.friend_mut().unwrap().keys = keys(8);
    let all = [
        ("bob", 2),
        ("carol", 3),
        ("dave", 4),
        ("erin", 5),
        ("eve", 6),
    ];
    let mut all: Vec<Member> = all.map(|(name, byte)| inside(name, byte)).into();
    all.push(Member {
        is_in: false,
        ..inside("frank", 7)
    });
    let people = [
        old,
        blocked,
        other_keys,
        knows(friend("erin", 5)),
        knows(friend("frank", 7)),
    ];
    let anew = Anew::of(&Members::with(climbing(all), people));
    let names = |names: Vec<&str>| names.join(" ");
    assert_eq!(
        names(anew.friends.iter().map(|one| one.name.as_str()).collect()),
        "erin"
    );
    let others = anew.others.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names(others), "bob carol dave eve");
}

#[test]
fn who_would_be_kept_away_is_known() {
    let (mut bob, mut carol, dave) = (friend("bob", 2), friend("carol", 3), friend("dave", 4));
    bob.visible = false;
    carol.blocked = true;
    let all = vec![
        inside("bob", 2),
        inside("carol", 3),
        inside("dave", 4),
        inside("erin", 5),
        inside("eve", 6),
    ];
    let people = [bob, carol, dave];
    let members = Members::with(climbing(all), people.clone());
    let unwanted = members.unwanted();
    let names: Vec<&str> = unwanted.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["bob", "carol"]);
    let question = Inside::of(&asking(members), &people);
    let line = "in: dave, bob (hidden), carol (blocked), 2 people not on your roster";
    assert_eq!(question.line(), line);
}

/// The same people, named by a question whether the user comes in.
fn asking(mut members: Members) -> Members {
    let ids = members.group.members.iter().map(|member| member.id);
    members.group.told_members = ids.collect();
    members
}

#[test]
fn whoever_has_a_friends_keys_is_that_friend() {
    // Under an address that is not on the roster.
    let elsewhere = Member {
        contact: ContactId::new(77),
        ..inside("bob", 2)
    };
    let members = Members::with(climbing(vec![elsewhere]), []);
    let question = Inside::of(&asking(members), &[friend("bob", 2)]);
    assert_eq!(question.line(), "in: bob");
    assert_eq!(Inside::default().line(), "who is in is not known");
}

#[test]
fn a_gathering_takes_a_mail_to_each_other_member() {
    for (members, per_day, gatherings) in [
        (3, 200, Some(50)),
        (10, 200, Some(11)),
        (30, 200, Some(3)),
        (50, 200, Some(2)),
        (50, 20, Some(0)),
        (10, 0, None),
        (1, 200, None),
    ] {
        let cost = Cost::of(members - 1, per_day);
        assert_eq!(cost.gatherings, gatherings, "{members} at {per_day}");
    }
    assert_eq!(Cost::of(0, 200).line(false), None);
    let line = Cost::of(1, 0).line(true).unwrap();
    let expected = "by mail, to who is not there: what is said leaves at once, in 1 mail";
    assert_eq!(line, expected);
    let line = Cost::of(9, 200).line(false).unwrap();
    assert!(
        line.ends_with("up to 9 mails: 11 times a day, of the 100 mails that all groups may have"),
        "{line}"
    );
}

fn act(author: u8, what: What) -> Act {
    Signed {
        value: Deed {
            group: None,
            author: MemberId::of(PublicKey([author; 32])),
            parents: Vec::new(),
            depth: 0,
            time: Seconds(0),
            what,
            before: None,
            number: 1,
        },
        bytes: Vec::new(),
        signature: Signature([0; 64]),
    }
}

#[test]
fn whoever_took_a_member_in_last_vouches_for_them() {
    let title = Title {
        name: "Climbing".to_owned(),
        topic: String::new(),
    };
    let founding = Founding {
        entry: entry("bob", 2),
        title,
        salt: [0; 16],
    };
    let carol = inside("carol", 3);
    let acts = [
        act(2, What::Found(founding)),
        act(2, What::Add(entry("carol", 3))),
        act(2, What::Remove(carol.id)),
        act(99, What::Add(entry("carol", 3))),
    ];
    let members = Members::with(climbing(vec![inside("bob", 2), carol.clone()]), []);
    let bob = MemberId::of(PublicKey([2; 32]));
    assert_eq!(book::came(&acts, &inside("bob", 2)), Some(Came::Founded));
    assert_eq!(book::came(&acts[..2], &carol), Some(Came::By(bob)));
    assert_eq!(book::came(&acts, &carol), Some(Came::By(members.group.us)));
    assert_eq!(book::came(&acts, &inside("dave", 4)), None);
    assert_eq!(book::called(&members, bob), "bob");
    assert_eq!(book::called(&members, members.group.us), "you");
}

#[test]
fn what_has_not_come_is_shown_with_whom_and_why() {
    let members = vec![inside("bob", 2), inside("carol", 3), inside("dave", 4)];
    let members = Members::with(climbing(members), []);
    let copies = [
        copy(2, Delivery::Sent, None),
        copy(3, Delivery::Failed, Some("no such\nuser")),
        copy(4, Delivery::Delivered, None),
    ];
    let text = said("bob", 1, Delivery::Sent);
    let undelivered = Undelivered::new(&members, &text, &copies);
    let lines = undelivered.lines(&Output::default());
    let ends = [
        "[not delivered yet: bob]",
        "[failed for carol: no such user]",
    ];
    assert_eq!(lines.len(), 2);
    for (line, end) in lines.iter().zip(ends) {
        assert!(line.ends_with(end), "{line}");
    }
    let object = undelivered.as_json();
    let bob = json!([{"friend": "bob", "address": "bob@example.net"}]);
    assert_eq!(object["waiting"], bob);
    let carol = json!([{"friend": "carol", "address": "carol@example.net", "why": "no such user"}]);
    assert_eq!(object["failed"], carol);
}
