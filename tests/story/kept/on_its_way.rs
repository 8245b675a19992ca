//! A copy is on its way: whatever the mail system says of it, or does not, one is there in the end, and no flood.

use std::time::Duration;

use iim::account::kept::{When, back_up, is_due, is_waiting, send_waiting, standing, stays};
use iim::account::{Account, AccountError};
use iim::edge::mail::{MailSender, OutMail, Slow};
use iim::edge::seal::stream::CodeKey;
use iim::protocol::kept::VISIBLE;
use iim::protocol::mail_form::By;
use iim::rules::event::Act;
use iim::rules::kept::due::Fate;
use iim::rules::queue::route::Handed;

use super::leaving::{Meanwhile, fate, leaves, with_copy, within};
use super::{code, copy_of, found};
use crate::reports::{message_id, report};
use crate::world::{DAY, HOUR, MINUTE, Mailbag, World, address};

/// Does something with a mail before the answer to it, which is this.
struct Before<F>(F, Handed);

impl<F: FnMut(&OutMail)> MailSender for Before<F> {
    fn send_all(&mut self, mails: Vec<OutMail>, _: Option<Duration>) -> Vec<Result<Handed, Slow>> {
        mails.iter().for_each(&mut self.0);
        mails.iter().map(|_| Ok(self.1.clone())).collect()
    }
}

/// Another program of the same account.
fn other(world: &mut World) -> Account {
    Account::open(world.some("alice").home.clone(), world.clock()).unwrap()
}

fn unseen() -> Handed {
    Handed::Unseen("it was cut".to_owned())
}

/// A copy that nobody takes, or of which nobody knows.
fn fails(world: &mut World, key: &CodeKey, when: When, answer: Handed) -> OutMail {
    let mut mail = None;
    let mut sender = Before(|it: &OutMail| mail = Some(it.clone()), answer);
    let done = back_up(world.at("alice"), key, when, &mut sender);
    assert!(matches!(done, Err(AccountError::Mail(_))));
    mail.unwrap()
}

#[test]
fn one_that_comes_in_before_the_answer_to_it_is_seen() {
    for answer in [Handed::Taken, unseen()] {
        let (mut world, key, _) = with_copy();
        world.act("alice", Act::Hide(vec![address("bob")]));
        let mut hook = other(&mut world);
        let hear = move |mail: &OutMail| {
            hook.hear_mail_by(&mail.mail, By::Marker).unwrap().unwrap();
        };
        let mut sender = Before(hear, answer);
        back_up(world.at("alice"), &key, When::Due, &mut sender).unwrap();
        assert_eq!(fate(&mut world), Fate::Seen);
        assert!(within(&mut world, "alice", 120).is_empty());
    }
}

#[test]
fn one_of_which_nobody_knows_is_taken_once_it_comes_in() {
    let (mut world, key, _) = with_copy();
    world.act("alice", Act::Hide(vec![address("bob")]));
    let first = fails(&mut world, &key, When::Due, unseen());
    assert!(standing(world.at("alice")).unwrap().why.is_some());
    let second = fails(&mut world, &key, When::Due, unseen());
    world.hear("alice", &first.mail);
    let known = standing(world.at("alice")).unwrap();
    assert_eq!((known.why, known.next), (None, None));
    assert_eq!(fate(&mut world), Fate::Seen);
    // The other one is the newer.
    let made = |mail: &OutMail| found([mail.mail.as_slice()], &key).unwrap().made;
    world.hear("alice", &second.mail);
    let last = standing(world.at("alice")).unwrap().last;
    assert_eq!(last, Some((made(&second), Fate::Seen)));
    world.hear("alice", &first.mail);
    assert_eq!(standing(world.at("alice")).unwrap().last, last);
    assert!(within(&mut world, "alice", 180).is_empty());
}

#[test]
fn where_no_answer_is_ever_seen_few_leave() {
    let (mut world, key, _) = with_copy();
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.wait(HOUR);
    let mut left = Vec::new();
    for minute in 0..2 * 24 * 6 {
        if is_waiting(world.at("alice")).unwrap().is_some() {
            let mut sender = Before(|_: &OutMail| left.push(minute / 6), unseen());
            send_waiting(world.at("alice"), &key, &mut sender).unwrap();
        }
        world.wait(10 * MINUTE);
    }
    assert_eq!(left, [0, 1, 3, 7, 15, 31], "after 1, 2, 4, 8, 16 hours");
}

#[test]
fn a_report_counts_that_is_faster_than_the_answer() {
    let (mut world, key, _) = with_copy();
    world.act("alice", Act::Hide(vec![address("bob")]));
    let mut hook = other(&mut world);
    let hear = move |mail: &OutMail| {
        let report = report("alice@example.org", &[&message_id(mail)], 1);
        assert!(hook.hear_report(&report).unwrap().done);
    };
    let mut sender = Before(hear, Handed::Taken);
    back_up(world.at("alice"), &key, When::Due, &mut sender).unwrap();
    assert_eq!(fate(&mut world), Fate::Lost);
}

#[test]
fn one_that_failed_is_tried_again_whatever_made_it_due() {
    let later = || Handed::Later("the disk is full".to_owned());
    // Somebody was added, the user has said so, or the mail system could not be reached: nothing else makes one due.
    for again in [false, true] {
        let (mut world, key, _) = with_copy();
        world.wait(DAY);
        let when = match again {
            true => When::Always,
            false => {
                world.add("alice", "carol");
                When::Due
            }
        };
        fails(&mut world, &key, when, later());
        assert!(within(&mut world, "alice", 59).is_empty());
        assert!(is_due(world.at("alice"), &key).unwrap());
        assert!(standing(world.at("alice")).unwrap().why.is_some());
        assert_eq!(within(&mut world, "alice", 2).len(), 1);
        let known = standing(world.at("alice")).unwrap();
        assert_eq!((known.why, known.next), (None, None));
        assert!(!is_due(world.at("alice"), &key).unwrap());
    }
    let mut world = World::of_friends(&["alice", "bob"]);
    let key = code(&mut world, "alice");
    fails(&mut world, &key, When::Due, later());
    assert!(standing(world.at("alice")).unwrap().why.is_some());
    assert_eq!(within(&mut world, "alice", 60).len(), 1, "the first");
    world.add("alice", "carol");
    world.wait(2 * HOUR);
    let fault = AccountError::Mail("there is no network".to_owned());
    stays(world.at("alice"), &fault).unwrap();
    assert_eq!(within(&mut world, "alice", 60).len(), 1);
}

#[test]
fn under_another_code_one_leaves_at_once() {
    let (mut world, old, mail) = with_copy();
    assert!(!standing(world.at("alice")).unwrap().older_code);
    let key = code(&mut world, "alice");
    assert!(standing(world.at("alice")).unwrap().older_code);
    let next = leaves(&mut world, "alice").unwrap();
    assert!(found([next.mail.as_slice()], &key).is_some());
    assert!(found([next.mail.as_slice()], &old).is_none());
    assert!(!standing(world.at("alice")).unwrap().older_code);
    // One that was not shown, and is taken back, is worth no mail.
    world.hear("alice", &next.mail);
    world.hear("alice", &mail.mail);
    world.wait(2 * HOUR);
    code(&mut world, "alice");
    let (known, before) = (
        iim::account::code_key(world.at("alice")).unwrap(),
        Some(&key),
    );
    assert!(iim::account::change_code(world.at("alice"), known.as_ref(), before).unwrap());
    assert!(within(&mut world, "alice", 120).is_empty());
}

#[test]
fn of_two_at_once_the_newer_is_the_last_and_who_is_hidden_meanwhile_is_in_the_next() {
    let (mut world, key, _) = with_copy();
    world.act("alice", Act::Block(vec![address("mallory")]));
    let (home, clock) = (world.some("alice").home.clone(), world.clock());
    let by_hand = key.clone();
    let meanwhile = move || {
        let mut other = Account::open(home.clone(), clock.clone()).unwrap();
        let mut bag = Mailbag::default();
        other
            .act(Act::Note(address("bob"), "sings".to_owned()))
            .unwrap();
        back_up(&mut other, &by_hand, When::Due, &mut bag)
            .unwrap()
            .unwrap();
        other.act(Act::Hide(vec![address("bob")])).unwrap();
    };
    let mut sender = Meanwhile(meanwhile, Mailbag::default());
    back_up(world.at("alice"), &key, When::Due, &mut sender).unwrap();
    let older = sender.1.mails.pop().unwrap();
    let made = found([older.mail.as_slice()], &key).unwrap().made;
    assert!(standing(world.at("alice")).unwrap().last.unwrap().0 > made);
    let all = within(&mut world, "alice", 120);
    assert_eq!(all.len(), 1);
    let kept = found([all[0].1.mail.as_slice()], &key).unwrap();
    let bob = kept.people.iter().find(|one| one.address == address("bob"));
    assert_eq!(bob.unwrap().flags & VISIBLE, 0);
}

#[test]
fn of_two_programs_that_see_one_waiting_one_mails_it() {
    let (mut world, key, _) = with_copy();
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.wait(HOUR);
    let mut second = other(&mut world);
    assert!(is_waiting(&second).unwrap().is_some());
    assert!(leaves(&mut world, "alice").is_some());
    // The other has seen it before, and seals now.
    let mut bag = Mailbag::default();
    world.act("alice", Act::Show(vec![address("bob")]));
    assert_eq!(send_waiting(&mut second, &key, &mut bag).unwrap(), None);
    assert!(bag.mails.is_empty());
}

#[test]
fn copies_that_leave_by_themselves_take_no_texts_place() {
    let mut world = World::of(&["alice"]);
    world.settle_in("bob", "bob", "[mail]\nper_day = 16\n");
    let key = code(&mut world, "bob");
    copy_of(&mut world, "bob", &key);
    let mut left = 0;
    for hour in 0..20 {
        let mallory = vec![address("mallory")];
        world.act(
            "bob",
            match hour % 2 {
                0 => Act::Block(mallory),
                _ => Act::Unblock(mallory),
            },
        );
        left += within(&mut world, "bob", 65).len();
    }
    assert_eq!(left, 2, "an eighth of the day's");
    assert_eq!(standing(world.at("bob")).unwrap().why, None);
    // By hand it is another matter.
    world.act("bob", Act::Block(vec![address("trudy")]));
    copy_of(&mut world, "bob", &key);
}
