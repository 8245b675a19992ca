//! Copies that leave by themselves: who has been hidden is hidden in one within the hour, and one that has not come goes again.

use iim::account::Account;
use iim::account::kept::{Standing, is_waiting, send_waiting, standing};
use iim::edge::mail::OutMail;
use iim::edge::seal::stream::CodeKey;
use iim::protocol::kept::{BLOCKED, Kept, VISIBLE};
use iim::protocol::time::Seconds;
use iim::rules::event::{Act, NewStatus};
use iim::rules::kept::due::Fate;
use iim::rules::queue::route::Handed;

use super::{code, copy_of, found};
use crate::reports::{message_id, report};
use crate::world::{DAY, HOUR, MINUTE, Mailbag, World, address};

/// What the agent, or a flush, would mail now.
pub(super) fn leaves(world: &mut World, name: &str) -> Option<OutMail> {
    let key = is_waiting(world.at(name)).unwrap()?;
    let mut bag = Mailbag::default();
    let trouble = send_waiting(world.at(name), &key, &mut bag).unwrap();
    assert_eq!(trouble, None);
    bag.mails.pop()
}

/// The copies of so many minutes, with the minute of each.
pub(crate) fn within(world: &mut World, name: &str, minutes: u64) -> Vec<(u64, OutMail)> {
    let mut all = Vec::new();
    for minute in 1..=minutes {
        world.wait(MINUTE);
        all.extend(leaves(world, name).map(|mail| (minute, mail)));
    }
    all
}

/// Alice with a friend, a code, and a copy two hours ago that came in.
pub(super) fn with_copy() -> (World, CodeKey, OutMail) {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    let mail = copy_of(&mut world, "alice", &key);
    world.hear("alice", &mail.mail);
    world.wait(2 * HOUR);
    assert!(leaves(&mut world, "alice").is_none());
    (world, key, mail)
}

/// Whether what somebody did is in a copy.
type IsSo<'a> = &'a dyn Fn(&Kept) -> bool;

pub(super) fn fate(world: &mut World) -> Fate {
    standing(world.at("alice")).unwrap().last.unwrap().1
}

fn status(status: NewStatus) -> Act {
    Act::Status {
        status: Some(status),
        text: None,
        friends: Vec::new(),
        ways: None,
    }
}

#[test]
fn who_sees_us_otherwise_does_so_in_a_copy_within_the_hour() {
    let bob = || vec![address("bob")];
    let flags = |kept: &Kept| kept.people.first().map(|one| one.flags);
    let has = |kept: &Kept, flag: u64| flags(kept).is_some_and(|flags| flags & flag != 0);
    let (mut world, key, _) = with_copy();
    let acts: [(Act, IsSo<'_>); 8] = [
        (Act::Hide(bob()), &|kept| !has(kept, VISIBLE)),
        (Act::Show(bob()), &|kept| has(kept, VISIBLE)),
        (Act::Block(bob()), &|kept| has(kept, BLOCKED)),
        (Act::Unblock(bob()), &|kept| !has(kept, BLOCKED)),
        (Act::Block(vec![address("mallory")]), &|kept| {
            kept.people.len() == 2
        }),
        (status(NewStatus::Invisible), &|kept| kept.flags == Some(1)),
        (
            status(NewStatus::Shown(iim::protocol::letter::Status::Away)),
            &|kept| kept.flags.is_none(),
        ),
        (Act::Remove(bob()), &|kept| kept.people.len() == 1),
    ];
    let mut minutes = Vec::new();
    let mut sizes = Vec::new();
    for (act, is_so) in acts {
        world.act("alice", act.clone());
        let mut all = within(&mut world, "alice", 60);
        assert_eq!(all.len(), 1, "{act:?}");
        let (minute, mail) = all.remove(0);
        assert!(minute >= 5, "{act:?}: {minute}");
        let kept = found([mail.mail.as_slice()], &key).unwrap();
        assert!(is_so(&kept), "{act:?}: {kept:?}");
        minutes.push(minute);
        sizes.push((kept.people.len(), mail.mail.len()));
        world.hear("alice", &mail.mail);
        world.wait(HOUR);
    }
    minutes.dedup();
    assert!(minutes.len() > 1, "it tells not when that was");
    sizes.sort_unstable();
    sizes.dedup();
    assert_eq!(sizes.len(), 2, "nor what: {sizes:?}");
}

#[test]
fn other_things_that_the_user_or_others_do_cause_none() {
    let (mut world, _, _) = with_copy();
    world.settle_in("carol", "carol", "");
    world.act("alice", Act::Note(address("bob"), "sings".to_owned()));
    world.act("alice", Act::Rename(address("bob"), "Robert".to_owned()));
    world.act("alice", Act::Rotate { if_older: None });
    world.say("bob", "alice", "words");
    for (n, name) in ["carol", "dave", "erin"].into_iter().enumerate() {
        if n > 0 {
            world.settle_in(name, name, "");
        }
        world.add(name, "alice");
    }
    world.act("bob", Act::Restored);
    world.exchange();
    assert_eq!(world.standing("alice", "carol"), "asking");
    assert!(within(&mut world, "alice", 120).is_empty());
    // Nor does it show who was accepted hidden: what is said of whoever asks.
    let accept = |name, hidden| Act::Accept {
        address: address(name),
        name: None,
        hidden,
    };
    world.act("alice", accept("carol", true));
    world.act("alice", accept("dave", false));
    world.act("alice", Act::Refuse(address("erin")));
    assert!(within(&mut world, "alice", 120).is_empty());
}

#[test]
fn where_no_copy_ever_left_none_leaves() {
    let mut world = World::of_friends(&["alice", "bob"]);
    for with_code in [false, true] {
        if with_code {
            code(&mut world, "alice");
        }
        world.act("alice", Act::Hide(vec![address("bob")]));
        assert!(within(&mut world, "alice", 120).is_empty());
        world.act("alice", Act::Show(vec![address("bob")]));
        world.wait(40 * DAY);
        assert!(leaves(&mut world, "alice").is_none());
    }
}

#[test]
fn whoever_hides_and_shows_all_day_causes_no_flood() {
    let (mut world, key, _) = with_copy();
    let strangers: Vec<_> = (0..100).map(|n| address(&format!("x{n}"))).collect();
    world.act("alice", Act::Block(strangers));
    let mut left = Vec::new();
    for minute in 0..12 * 60 {
        world.wait(MINUTE);
        let bob = vec![address("bob")];
        world.act(
            "alice",
            match minute % 2 {
                0 => Act::Hide(bob),
                _ => Act::Show(bob),
            },
        );
        left.extend(leaves(&mut world, "alice"));
    }
    assert!((4..=12).contains(&left.len()), "{}", left.len());
    // What came last is in one, too.
    world.act("alice", Act::Hide(vec![address("bob")]));
    left.extend(within(&mut world, "alice", 65).into_iter().map(|it| it.1));
    let last = left.pop().unwrap();
    let kept = found([last.mail.as_slice()], &key).unwrap();
    assert_eq!(kept.people.len(), 101);
    let bob = kept.people.iter().find(|one| one.address == address("bob"));
    assert_eq!(bob.unwrap().flags & VISIBLE, 0);
}

#[test]
fn what_was_undone_meanwhile_is_worth_no_mail() {
    let (mut world, _, _) = with_copy();
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.act("alice", Act::Show(vec![address("bob")]));
    assert!(within(&mut world, "alice", 120).is_empty());
    assert_eq!(standing(world.at("alice")).unwrap().next, None);
}

#[test]
fn one_that_is_not_taken_is_tried_again_in_an_hour_and_says_why() {
    let (mut world, _, _) = with_copy();
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.wait(50 * MINUTE);
    let key = is_waiting(world.at("alice")).unwrap().unwrap();
    let mut bag = Mailbag {
        answer: Some(Handed::Later("the disk is full".to_owned())),
        ..Mailbag::default()
    };
    let said = send_waiting(world.at("alice"), &key, &mut bag).unwrap();
    assert!(said.unwrap().contains("the disk is full"));
    let known = standing(world.at("alice")).unwrap();
    assert!(known.why.unwrap().contains("the disk is full"));
    assert!(within(&mut world, "alice", 59).is_empty());
    assert_eq!(within(&mut world, "alice", 2).len(), 1);
    assert_eq!(standing(world.at("alice")).unwrap().why, None);
}

#[test]
fn it_waits_for_a_mail_of_the_day() {
    let mut world = World::of(&["alice"]);
    world.settle_in("bob", "bob", "[mail]\nper_day = 2\n");
    let key = code(&mut world, "bob");
    copy_of(&mut world, "bob", &key);
    world.act("bob", Act::Block(vec![address("mallory")]));
    assert!(within(&mut world, "bob", 23 * 60).is_empty());
    assert_eq!(standing(world.at("bob")).unwrap().why, None);
    assert_eq!(within(&mut world, "bob", 61).len(), 1);
}

#[test]
fn what_changes_while_one_leaves_is_in_the_next() {
    let (mut world, key, _) = with_copy();
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.wait(50 * MINUTE);
    let home = world.some("alice").home.clone();
    let clock = world.clock();
    let act = move || {
        let mut other = Account::open(home.clone(), clock.clone()).unwrap();
        other.act(Act::Block(vec![address("mallory")])).unwrap();
    };
    let mut sender = Meanwhile(act, Mailbag::default());
    send_waiting(world.at("alice"), &key, &mut sender).unwrap();
    let first = sender.1.mails.pop().unwrap();
    assert_eq!(
        found([first.mail.as_slice()], &key).unwrap().people.len(),
        1
    );
    let all = within(&mut world, "alice", 61);
    assert_eq!(all.len(), 1);
    let kept = found([all[0].1.mail.as_slice()], &key).unwrap();
    assert_eq!(kept.people.len(), 2);
}

/// Somebody does something while a mail is handed over.
pub(super) struct Meanwhile<F>(pub(super) F, pub(super) Mailbag);

impl<F: Fn()> iim::edge::mail::MailSender for Meanwhile<F> {
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<std::time::Duration>,
    ) -> Vec<Result<Handed, iim::edge::mail::Slow>> {
        self.0();
        self.1.send_all(mails, within)
    }
}

#[test]
fn one_that_comes_in_is_seen_and_no_other_counts() {
    let (mut world, key, old) = with_copy();
    assert_eq!(fate(&mut world), Fate::Seen);
    world.act("alice", Act::Hide(vec![address("bob")]));
    let newer = copy_of(&mut world, "alice", &key);
    let bobs = code(&mut world, "bob");
    let other = copy_of(&mut world, "bob", &bobs);
    for mail in [&old, &other] {
        world.hear("alice", &mail.mail);
        assert_eq!(fate(&mut world), Fate::Coming);
    }
    world.hear("alice", &newer.mail);
    assert_eq!(fate(&mut world), Fate::Seen);
    let mut other = Account::open(world.some("alice").home.clone(), world.clock()).unwrap();
    let before = other.data_version().unwrap();
    world.hear("alice", &newer.mail);
    other.take_edits().unwrap();
    assert_eq!(other.data_version().unwrap(), before, "it is noted once");
}

#[test]
fn one_that_does_not_come_goes_again_ever_later() {
    let (mut world, key, _) = with_copy();
    world.act("alice", Act::Hide(vec![address("bob")]));
    copy_of(&mut world, "alice", &key);
    let mut days = Vec::new();
    for day in 1..=80 {
        world.wait(DAY);
        days.extend(leaves(&mut world, "alice").map(|_| day));
    }
    assert_eq!(days, [3, 9, 21, 45, 75], "3, 6, 12, 24, 30 days");
}

#[test]
fn where_none_is_ever_seen_one_leaves_once_a_month() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    copy_of(&mut world, "alice", &key);
    assert_eq!(fate(&mut world), Fate::Unknown);
    let mut days = Vec::new();
    for day in 1..=65 {
        world.wait(DAY);
        days.extend(leaves(&mut world, "alice").map(|_| day));
    }
    assert_eq!(days, [30, 60]);
}

#[test]
fn one_that_will_never_arrive_is_told_and_goes_again_a_day_later() {
    let (mut world, key, old) = with_copy();
    world.act("alice", Act::Hide(vec![address("bob")]));
    let mail = copy_of(&mut world, "alice", &key);
    let about = |mail: &OutMail| report("alice@example.org", &[&message_id(mail)], 1);
    // Of another copy it says nothing of this one.
    let arrived = world.at("alice").hear_report(&about(&old)).unwrap();
    assert!(!arrived.done && arrived.notices.is_empty());
    let arrived = world.at("alice").hear_report(&about(&mail)).unwrap();
    assert!(arrived.done);
    assert_eq!(arrived.notices.len(), 1);
    // The hook that hears it tells nobody: it is left for the agent.
    let left = world.at("alice").take_notices().unwrap();
    assert!(left.ends_with(&arrived.notices), "{left:?}");
    let Standing { last, lost, .. } = standing(world.at("alice")).unwrap();
    assert_eq!(last.unwrap().1, Fate::Lost);
    assert!(lost.is_some());
    let arrived = world.at("alice").hear_report(&about(&mail)).unwrap();
    assert!(arrived.done && arrived.notices.is_empty(), "told once");
    assert!(within(&mut world, "alice", 23 * 60).is_empty());
    assert_eq!(within(&mut world, "alice", 61).len(), 1);
}

#[test]
fn of_one_that_came_in_no_report_counts() {
    let (mut world, _, mail) = with_copy();
    let forged = report("alice@example.org", &[&message_id(&mail)], 1);
    let arrived = world.at("alice").hear_report(&forged).unwrap();
    assert!(arrived.done && arrived.notices.is_empty());
    assert_eq!(fate(&mut world), Fate::Seen);
}

#[test]
fn after_all_was_lost_the_next_leaves_once_something_has_changed() {
    let (mut world, key, mail) = with_copy();
    super::lose_all(&mut world, "alice", &key, &mail);
    assert_eq!(standing(world.at("alice")).unwrap().last, None);
    world.act("alice", Act::Restored);
    world.exchange();
    assert!(within(&mut world, "alice", 120).is_empty());
    world.act("alice", Act::Hide(vec![address("bob")]));
    let (_, next) = within(&mut world, "alice", 60).remove(0);
    let made = |mail: &OutMail| found([mail.mail.as_slice()], &key).unwrap().made;
    assert!(made(&next) > made(&mail) && made(&next) > Seconds(0));
}
