//! What stays as it was said, and how many groups are kept.

use super::*;
use crate::rules::conversation::Author;
use crate::rules::effect::Notice;
use crate::rules::fake_state::said as text;
use crate::rules::group::letter;
use crate::rules::group::state::Standing;
use crate::rules::message::{Delivery, Message};

fn named(group: &Group, answer: &Message) -> Option<MemberId> {
    match letter::said(group, answer, 1).unwrap().body {
        Body::Said(said) => said.whose,
        _ => None,
    }
}

#[test]
fn each_copy_of_an_answer_names_the_same_person() {
    let mut group = with_bob().groups[0].clone();
    let bob = group.members[0].id;
    let whose = Some(Author::Contact(contact("bob")));
    let mut answer = text("bob", 1, Delivery::Queued);
    letter::number(&mut group, &mut answer, whose);
    assert_eq!(named(&group, &answer), Some(bob));
    // They came back under another address, and somebody else came in under theirs.
    let mut other = group.members[0].clone();
    other.id = MemberId([77; 8]);
    group.members[0].contact = contact("bob-at-home");
    group.members.insert(0, other);
    assert_eq!(named(&group, &answer), Some(bob));
    letter::number(&mut group, &mut answer, whose);
    assert_eq!(named(&group, &answer), Some(bob), "under another number");
    // Of what was said before that was kept it is looked up.
    answer.in_group.as_mut().unwrap().named = None;
    assert_eq!(named(&group, &answer), Some(MemberId([77; 8])));
}

#[test]
fn who_keeps_as_many_groups_as_they_may_is_told_so() {
    let mut fake = with_bob();
    let mut old = fake.groups[0].clone();
    old.standing = Standing::Out;
    fake.groups = (0..200_u8)
        .map(|n| Group {
            id: GroupId([n; 16]),
            name: format!("group {n}"),
            ..old.clone()
        })
        .collect();
    let mut rng = Counting(0);
    let mut decision = fake.decision(&mut rng);
    let new = GroupAct::New {
        name: "one more".to_owned(),
        who: Vec::new(),
    };
    let no = act(&mut decision, new).unwrap_err();
    assert!(no.to_string().starts_with("200 groups are kept"), "{no}");
    let ask = Bid::Ask {
        group: GroupId([222; 16]),
        name: "swimming".to_owned(),
        members: Vec::new(),
        ended: None,
    };
    let effects = fake.effects(|decision| hear_bid(decision, by_bob(), LetterId([9; 16]), &ask));
    let told: Vec<_> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Tell(Notice::Word { text, .. }) => text.as_str(),
            _ => "something else",
        })
        .collect();
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("asks you into swimming: 200 groups are kept"),
        "{told:?}"
    );
}
