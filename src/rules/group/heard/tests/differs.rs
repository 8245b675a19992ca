//! Words that came differently to others than to the user.

use super::*;
use crate::protocol::group::letters::{Got, GotOf};
use crate::protocol::time::DAY;
use crate::rules::conversation::Author;
use crate::rules::effect::Notice;
use crate::rules::fake_state::said as text;
use crate::rules::group::{got, letter};
use crate::rules::message::Delivery;

/// What the user is told when bob says that this came to him.
fn words(fake: &mut FakeState, of: GotOf) -> Vec<String> {
    let group = fake.groups[0].clone();
    let bob = group.members[0].id;
    let got = Got {
        group: None,
        of: vec![of],
        heads: group.shown_heads(),
        opened: Vec::new(),
    };
    let effects = fake.effects(|decision| got::hear(decision, group, bob, &got));
    if effects.iter().any(|it| matches!(it, Effect::Group(_))) {
        fake.groups = vec![super::group(&effects)];
    }
    let word = |effect: &Effect| match effect {
        Effect::Tell(Notice::Word { text, .. }) => Some(text.clone()),
        _ => None,
    };
    effects.iter().filter_map(word).collect()
}

#[test]
fn words_that_came_differently_to_a_member_are_told_once_a_day() {
    let mut fake = with_bob();
    let carol = MemberId([33; 8]);
    let mut other = fake.groups[0].members[0].clone();
    (other.id, other.contact) = (carol, contact("carol"));
    fake.groups[0].members.push(other);
    let us = fake.groups[0].us;
    for (author, by) in [(us, Author::Us), (carol, Author::Contact(contact("carol")))] {
        let mut said = text("bob", 1, Delivery::Sent);
        letter::number(&mut fake.groups[0], &mut said, None);
        said.conversation = fake.groups[0].conversation;
        said.author = by;
        let place = said.in_group.unwrap();
        fake.messages = vec![said];
        let of = |hash| GotOf {
            author,
            up_to: place.number,
            hash,
            beyond: Vec::new(),
        };
        for same in [place.hash, SaidHash::default()] {
            assert_eq!(words(&mut fake, of(same)).len(), 0, "{by:?}");
        }
        let told = words(&mut fake, of(SaidHash([9; 16])));
        assert_eq!(told.len(), 1, "{by:?}");
        assert!(told[0].contains("came differently to them"), "{told:?}");
        assert_eq!(words(&mut fake, of(SaidHash([9; 16]))).len(), 0, "again");
        fake.groups[0].members[0].differs_at = NOW - DAY;
        let unknown = GotOf {
            up_to: place.number + 1,
            ..of(SaidHash([9; 16]))
        };
        assert_eq!(words(&mut fake, unknown).len(), 0, "what has not come here");
    }
}
