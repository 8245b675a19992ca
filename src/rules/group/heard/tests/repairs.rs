//! Who shows that they lack acts is sent them, and how often; whose share of the day's mails that is.

use super::*;
use crate::protocol::time::{DAY, HOUR, MINUTE, Seconds};
use crate::rules::fake_state::said as text_of_ours;
use crate::rules::group::copy::Copy;
use crate::rules::group::due;
use crate::rules::group::state::Member;
use crate::rules::message::Delivery;
use crate::rules::queue::budget::Class;

/// Bob shows these heads at a time: what is posted for them, by the shares that it takes.
fn shows(fake: &mut FakeState, heads: &[Head], at: Seconds) -> Vec<Class> {
    let mut of_bob = fake.groups[0].clone();
    let bob = of_bob.members[0].id;
    let effects = fake.effects_at(at, |decision| {
        heads::shown(decision, &mut of_bob, bob, heads)?;
        decision.put_group(of_bob);
        Ok(())
    });
    fake.groups = vec![group(&effects)];
    // It has left.
    let member = &mut fake.groups[0].members[0];
    (member.acts_due, member.repairs) = (false, false);
    posted(&effects)
}

fn posted(effects: &[Effect]) -> Vec<Class> {
    let class = |effect: &Effect| match effect {
        Effect::Post(outgoing) => Some(Class::of(&outgoing.letter.body, false)),
        _ => None,
    };
    effects.iter().filter_map(class).collect()
}

#[test]
fn who_lacks_acts_is_sent_them_once_an_hour_and_who_shows_none_once_a_day() {
    let mut fake = with_bob();
    let whole = fake.groups[0].shown_heads();
    let founded = [fake.acts[0].id().head()];
    let nothing = [Head([9; 16])];
    let sent = [Class::Answer];
    for (case, heads, after, expected) in [
        ("they have all", &whole[..], MINUTE, &[][..]),
        ("they lack an act", &founded, MINUTE, &sent),
        ("again", &founded, HOUR, &[]),
        ("an hour later", &founded, HOUR + MINUTE, &sent),
        ("they have nothing", &nothing, HOUR * 3, &sent),
        ("or say nothing", &[], HOUR * 5, &[]),
        ("almost a day", &nothing, HOUR * 27 - MINUTE, &[]),
        ("a day later", &[], HOUR * 27, &sent),
        ("then something", &founded, HOUR * 28, &sent),
        ("and nothing again", &[], HOUR * 29, &sent),
        ("in vain", &[], DAY * 2, &[]),
    ] {
        assert_eq!(shows(&mut fake, heads, NOW + after), expected, "{case}");
    }
}

#[test]
fn only_what_answers_alone_is_in_a_members_share() {
    let fake = with_bob();
    let leaves = |change: fn(&mut Member), copy: Option<Delivery>| {
        let mut fake = FakeState {
            groups: fake.groups.clone(),
            acts: fake.acts.clone(),
            ..asked()
        };
        let mut group = fake.groups[0].clone();
        let bob = group.members[0].id;
        group.members[0].again = None;
        (group.members[0].acts_due, group.members[0].got_due) = (false, true);
        change(&mut group.members[0]);
        fake.copies.extend(copy.map(|state| Copy {
            conversation: group.conversation,
            of: text_of_ours("bob", 1, state).id,
            to: bob,
            contact: contact("bob"),
            number: 1,
            state,
            via: None,
            within: None,
            attempts: 0,
            mailed_at: Seconds(0),
            due: None,
            reason: None,
        }));
        let effects = fake.effects(|decision| due::by(decision, &mut group, bob, NOW));
        posted(&effects)
    };
    assert_eq!(leaves(|_| {}, None), [Class::Answer], "that it came");
    let (sent, queued) = (Some(Delivery::Sent), Some(Delivery::Queued));
    assert_eq!(leaves(|_| {}, sent), [Class::Answer], "theirs has left");
    assert_eq!(leaves(|_| {}, queued), [Class::Group], "beside a text");
    let repairs = |bob: &mut Member| {
        (bob.acts_due, bob.repairs) = (true, true);
    };
    assert_eq!(leaves(repairs, None), [Class::Answer], "what they lack");
    assert_eq!(leaves(repairs, queued), [Class::Group], "beside a text");
    assert_eq!(leaves(|bob| bob.owe_acts(), queued), [Class::Act], "news");
    assert_eq!(leaves(|bob| bob.entry_due = true, None), [Class::Group]);
}
