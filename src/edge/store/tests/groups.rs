//! Groups: who is in them, and their books.

use super::*;
use crate::protocol::codec::group::{encode_deed, encode_person};
use crate::protocol::group::letters::{GotOf, SaidHash};
use crate::protocol::group::{Act, ActId, Deed, Entry, GroupId, MemberId, Person, Title, What};
use crate::protocol::letter::Signature;
use crate::protocol::time::{DAY, days};
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::group::state::{Group, Member, Standing as GroupStanding};
use crate::rules::group::waiting::WaitingAct;
use crate::rules::message::InGroup;

pub(super) fn gid(n: u8) -> GroupId {
    GroupId([n; 16])
}

pub(super) fn mid(n: u8) -> MemberId {
    MemberId([n; 8])
}

fn entry(n: u8) -> Entry {
    let value = Person {
        address: address("carol"),
        name: "Carol".into(),
        keys: keys(n),
        prekey: key(n),
        counter: 3,
        group: Some(gid(1)),
        ended: Some(ActId([5; 32])),
    };
    Entry {
        bytes: encode_person(&value),
        value,
        signature: Signature([n; 64]),
    }
}

pub(super) fn act(n: u8) -> Act {
    let value = Deed {
        group: Some(gid(1)),
        author: mid(1),
        parents: vec![ActId([n; 32])],
        depth: u64::from(n),
        time: NOW,
        what: What::Remove(mid(n)),
        before: None,
        number: 1,
    };
    Act {
        bytes: encode_deed(&value),
        value,
        signature: Signature([n; 64]),
    }
}

/// Somebody at an address, by the key of a number.
pub(super) fn member(n: u8, name: &str) -> Member {
    Member {
        id: mid(n),
        contact: contact(name),
        name: "carol".into(),
        entry: entry(n),
        first: (3, ActId([6; 32])),
        is_in: true,
        rank: serde_json::from_value(json!([7, ActId([1; 32])])).unwrap(),
        heads: vec![ActId([2; 32]).head()],
        told: vec![ActId([3; 32])],
        acts_due: true,
        repairs: true,
        heads_due: true,
        key_due: false,
        room: None,
        repaired_at: NOW,
        showed_nothing: true,
        again: Some((NOW + 500, 2)),
        got: Some(GotOf {
            author: mid(2),
            up_to: 4,
            hash: SaidHash([6; 16]),
            beyond: vec![1, 2],
        }),
        got_due: true,
        differs_at: NOW,
        fresh: true,
        entry_due: true,
        within: Some(LetterId([8; 16])),
        due: Some(NOW + 300),
        since_told: 4,
        new_sessions: (20_000, 3),
    }
}

/// A group of which every field says something.
pub(super) fn group(conversation: ConversationId, n: u8, members: Vec<Member>) -> Group {
    Group {
        conversation,
        id: gid(n),
        name: format!("Climbing-{n}"),
        title: Title {
            name: "Climbing".into(),
            topic: "on Sunday".into(),
        },
        standing: GroupStanding::Asked {
            by: contact("bob"),
            ended: Some(ActId([5; 32])),
        },
        since: NOW,
        us: mid(100),
        heads: vec![ActId([4; 32])],
        members,
        asked: vec![(contact("dave"), NOW)],
        unsure: vec![],
        question: Some(LetterId([8; 16])),
        told_members: vec![mid(7)],
        links: vec![[9; 8]],
        admin: true,
        entry: Some(entry(1)),
        number: 12,
        hash: SaidHash([8; 16]),
        last_sent: Millis(77),
        latest: Millis(78),
        muted: true,
        rooms: Default::default(),
        recovers: None,
    }
}

/// Keeps a group of these members, and gives it back.
pub(super) fn kept(store: &Store, n: u8, members: Vec<Member>) -> Group {
    transact(store, |tx| {
        let conversation = tx.group_conversation(gid(n)).map_err(other)?;
        let group = group(conversation, n, members);
        tx.apply(&Effect::Group(Box::new(group.clone())), NOW)?;
        Ok(group)
    })
}

/// Something said in a group.
pub(super) fn said(group: ConversationId, author: Author, n: u8, number: u64) -> Message {
    Message {
        conversation: group,
        author,
        in_group: Some(InGroup {
            number,
            hash: SaidHash([n; 16]),
            before: SaidHash([n + 1; 16]),
            whose: Some(Author::Us),
            named: Some(mid(7)),
        }),
        ..text("bob", Direction::In, n, u64::from(n))
    }
}

pub(super) fn put(store: &Store, message: Message) {
    transact(store, |tx| {
        tx.apply(&Effect::Message(Box::new(message)), NOW)
    });
}

#[test]
fn a_group_is_kept_whole() {
    let store = store();
    let mut group = kept(&store, 1, vec![member(3, "carol"), member(2, "bob")]);
    assert_eq!(group.next_at(), Some(NOW + 300));
    let is_found = |group: &Group| {
        let (conversation, expected) = (group.conversation, Some(group.clone()));
        assert_eq!(view(&store, |v| v.group(conversation)), expected);
        assert_eq!(view(&store, |v| v.group_of(group.id)), expected);
        assert_eq!(
            view(&store, |v| v.groups()),
            expected.into_iter().collect::<Vec<_>>()
        );
    };
    is_found(&group);
    assert_eq!(view(&store, |v| v.group_of(gid(2))), None);
    group.name = "Bouldering".into();
    group.standing = GroupStanding::In;
    group.members.pop();
    group.members[0].is_in = false;
    group.members[0].rank = None;
    apply(&store, &[Effect::Group(Box::new(group.clone()))]);
    is_found(&group);
}

#[test]
fn groups_are_found_by_who_is_in_them_and_by_their_timers() {
    let store = store();
    let mut out = member(3, "carol");
    out.is_in = false;
    let mut quiet = member(5, "dave");
    (quiet.due, quiet.again) = (None, None);
    let two = kept(&store, 2, vec![member(2, "bob"), out]);
    let one = kept(&store, 1, vec![member(4, "bob")]);
    let three = kept(&store, 3, vec![quiet]);
    for (name, expected) in [
        ("bob", vec![one.clone(), two.clone()]),
        ("carol", vec![two.clone()]),
        ("dave", vec![three.clone()]),
        ("eve", vec![]),
    ] {
        assert_eq!(
            view(&store, |v| v.groups_with(contact(name))),
            expected,
            "{name}"
        );
    }
    assert_eq!(view(&store, |v| v.groups_due(NOW + 299)), []);
    assert_eq!(view(&store, |v| v.groups_due(NOW + 300)).len(), 2);
    assert_eq!(transact(&store, |tx| tx.next_timers(NOW)), Some(NOW + 300));
    assert_eq!(transact(&store, |tx| tx.next_timers(NOW + 301)), None);
    // Whoever is a member no more is found no more.
    let gone = Group {
        members: vec![],
        ..one
    };
    apply(&store, &[Effect::Group(Box::new(gone))]);
    assert_eq!(view(&store, |v| v.groups_with(contact("bob"))), [two]);
    assert_eq!(view(&store, |v| v.groups_due(NOW + 300)).len(), 1);
}

#[test]
fn keys_of_members_are_found_those_who_are_in_first() {
    let store = store();
    let mut out = member(3, "carol");
    out.is_in = false;
    let two = kept(&store, 2, vec![out, member(2, "bob")]).conversation;
    let one = kept(&store, 1, vec![member(3, "carol"), member(4, "carol")]).conversation;
    let found = |n: u8| transact(&store, |tx| tx.groups().members_of_key(&key(n)));
    let carol = |group: ConversationId| (group, mid(3), contact("carol"));
    assert_eq!(found(3), [carol(one), carol(two)]);
    assert_eq!(found(2), [(two, mid(2), contact("bob"))]);
    assert_eq!(found(9), []);
    let keys_of = |name: &str| transact(&store, |tx| tx.groups().keys_of(contact(name)));
    assert_eq!(keys_of("carol"), [key(3), key(4)]);
    assert_eq!(keys_of("bob"), [key(2)]);
    assert_eq!(keys_of("eve"), []);
}

#[test]
fn a_conversation_in_a_group_is_made_once_and_swept_with_nothing_in_it() {
    let store = store();
    let made = |n: u8| transact(&store, |tx| tx.group_conversation(gid(n)).map_err(other));
    let (one, two, three) = (made(1), made(2), made(3));
    assert_eq!((made(1), made(2)), (one, two));
    assert_ne!(one, two);
    assert_eq!(view(&store, |v| v.contact_in(one)), ContactId::default());
    kept(&store, 1, vec![]);
    put(&store, said(two, Author::Us, 1, 1));
    transact(&store, |tx| tx.sweep(NOW));
    assert_eq!((made(1), made(2)), (one, two));
    assert!(made(3) > three, "no number is given twice");
}

#[test]
fn groups_into_which_nobody_came_are_swept() {
    use GroupStanding::{Agreed, Asked, In, Out};
    let (by, ended) = (contact("bob"), None);
    let month = days(30).as_secs();
    for (case, standing, has_book, age, is_there) in [
        ("asked", Asked { by, ended }, false, month - 1, true),
        ("asked long ago", Asked { by, ended }, false, month, false),
        ("they said yes", Agreed { by, ended }, false, month, true),
        ("in vain", Agreed { by, ended }, false, 2 * month, false),
        ("refused", Out, false, month - 1, true),
        ("refused long ago", Out, false, month, false),
        ("in", In, true, 9 * month, true),
        ("gone", Out, true, 9 * month, true),
        ("asked anew", Asked { by, ended }, true, 9 * month, true),
    ] {
        let store = store();
        let mut group = kept(&store, 1, vec![member(2, "bob")]);
        (group.standing, group.since) = (standing, NOW - age);
        group.heads.truncate(usize::from(has_book));
        apply(&store, &[Effect::Group(Box::new(group.clone()))]);
        let waits = Effect::Acts(group.conversation, vec![], vec![waits("bob", 1)]);
        apply(&store, &[waits]);
        transact(&store, |tx| tx.sweep(NOW));
        let left = view(&store, |v| v.groups()).len();
        assert_eq!(left == 1, is_there, "{case}");
        let acts = view(&store, |v| v.acts(group.conversation)).1;
        assert_eq!(acts.len(), left, "{case}");
        let members = transact(&store, |tx| tx.groups().members_of_key(&key(2)));
        assert_eq!(members.len(), left, "{case}");
    }
}

#[test]
fn acts_stand_in_the_order_in_which_they_were_taken() {
    let store = store();
    let (of, another) = (kept(&store, 1, vec![]), kept(&store, 2, vec![]));
    let put = |of: &Group, taken: &[u8], waiting: &[u8]| {
        let acts = taken.iter().map(|n| act(*n)).collect();
        let waits = waiting.iter().map(|n| waits("bob", *n)).collect();
        let effect = Effect::Acts(of.conversation, acts, waits);
        apply(&store, &[effect]);
    };
    let found = |of: &Group| {
        let (taken, waiting) = view(&store, |v| v.acts(of.conversation));
        let waiting = waiting.into_iter().map(|one| one.act).collect();
        let numbers = |acts: Vec<Act>| acts.iter().map(|act| act.value.depth).collect::<Vec<_>>();
        (numbers(taken), numbers(waiting))
    };
    put(&of, &[9, 3], &[7, 8]);
    put(&another, &[3, 9], &[]);
    put(&of, &[7, 1], &[8, 2]);
    put(&of, &[3], &[8, 2]);
    assert_eq!(found(&of), (vec![9, 3, 7, 1], vec![8, 2]));
    assert_eq!(found(&another), (vec![3, 9], vec![]));
    let (taken, _) = view(&store, |v| v.acts(of.conversation));
    assert_eq!(taken[0], act(9), "whole");
    put(&of, &[8], &[]);
    assert_eq!(found(&of), (vec![9, 3, 7, 1, 8], vec![]));
    // What waits is kept for each who sent it.
    let of_two = vec![waits("bob", 2), waits("carol", 2), waits("bob", 4)];
    let effect = Effect::Acts(of.conversation, vec![], of_two.clone());
    apply(&store, &[effect]);
    assert_eq!(view(&store, |v| v.acts(of.conversation)).1, of_two);
}

pub(super) fn waits(from: &str, n: u8) -> WaitingAct {
    WaitingAct {
        from: contact(from),
        act: act(n),
    }
}

#[test]
fn what_is_damaged_holds_up_nobody_else() {
    let store = store();
    let bad = kept(&store, 1, vec![member(2, "bob")]);
    let good = kept(&store, 2, vec![member(2, "bob")]);
    apply(
        &store,
        &[Effect::Acts(
            good.conversation,
            vec![act(1), act(2)],
            vec![],
        )],
    );
    transact(&store, |tx| {
        let conversation = bad.conversation;
        tx.execute(
            "UPDATE grp SET state = 'x' WHERE conversation = ?1",
            [conversation],
        )?;
        tx.execute(
            "UPDATE grp_act SET bytes = x'00' WHERE id = ?1",
            [act(1).id().0],
        )
    });
    let good = [good];
    assert_eq!(view(&store, |v| v.groups()), good);
    assert_eq!(view(&store, |v| v.groups_with(contact("bob"))), good);
    assert_eq!(view(&store, |v| v.groups_due(NOW + DAY)), good);
    let failed = store.read(|tx| tx.group(bad.conversation));
    assert!(failed.is_err_and(|fault| !fault.whole));
    let acts = || view(&store, |v| v.acts(good[0].conversation)).0;
    assert_eq!(acts(), [act(2)]);
    assert_eq!(transact(&store, |tx| tx.roster().damaged_rows()), 2);
    transact(&store, |tx| tx.forgive_clock(NOW));
    // Both come again.
    apply(
        &store,
        &[Effect::Acts(good[0].conversation, vec![act(1)], vec![])],
    );
    apply(&store, &[Effect::Group(Box::new(bad))]);
    assert_eq!(acts(), [act(1), act(2)]);
    assert_eq!(transact(&store, |tx| tx.roster().damaged_rows()), 0);
}
