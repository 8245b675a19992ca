//! Handing over: what is refused for our sake, what did not reach a mailbox, what nobody saw the end of.

use std::time::Duration;

use iim::account::mail;
use iim::account::mail::SendReport;
use iim::edge::mail::{MailSender, OutMail, Slow};
use iim::protocol::letter::LetterId;
use iim::rules::event::Act;
use iim::rules::message::Delivery;
use iim::rules::queue::choice::{Announcements, Round};
use iim::rules::queue::route::Handed;

use crate::world::{DAY, HOUR, MINUTE, Mailbag, World};

/// A mail system that answers each mail by its receiver.
struct Answering<F>(F);

impl<F: FnMut(&str) -> Handed> MailSender for Answering<F> {
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        _within: Option<Duration>,
    ) -> Vec<Result<Handed, Slow>> {
        let one = |mail: &OutMail| Ok((self.0)(mail.to.local()));
        mails.iter().map(one).collect()
    }
}

fn send(world: &mut World, name: &str, answer: impl FnMut(&str) -> Handed) -> SendReport {
    let round = Round::without_irc(Announcements::Due);
    mail::send(world.at(name), &mut Answering(answer), &round).unwrap()
}

fn limit(_: &str) -> Handed {
    Handed::OfUs("550 5.4.5 daily limit".into())
}

fn relay(_: &str) -> Handed {
    Handed::Perhaps("554 relay access denied".into())
}

fn state(world: &mut World, to: &str, id: LetterId) -> Delivery {
    world.text("alice", to, id).state
}

#[test]
fn what_is_refused_for_our_sake_rests_the_way_out_and_fails_no_text() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let id = world.say("alice", "bob", "patience");
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let settled = send(&mut world, "alice", limit);
        assert_eq!(settled.trouble.as_deref(), Some("550 5.4.5 daily limit"));
        let (until, why) = mail::route::rests(world.at("alice")).unwrap().unwrap();
        assert_eq!(why, "550 5.4.5 daily limit");
        pauses.push(until.0 - world.at("alice").now().0);
        world.say("alice", "carol", "another");
        let tried = send(&mut world, "alice", |_| panic!("it rests"));
        assert_eq!(tried.rests_until, Some(until));
        world.clock.set(until.0);
    }
    assert_eq!(pauses, [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE]);
    assert_eq!(state(&mut world, "bob", id), Delivery::Queued);
    assert_eq!(send(&mut world, "alice", |_| Handed::Taken).sent, 5);
    assert_eq!(mail::route::rests(world.at("alice")).unwrap(), None);
}

#[test]
fn a_rest_is_over_when_the_user_says_so_or_mends_the_way_out() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.say("alice", "bob", "patience");
    send(&mut world, "alice", limit);
    assert!(mail::route::rests(world.at("alice")).unwrap().is_some());
    mail::route::end_rest(world.at("alice")).unwrap();
    assert!(mail::route::rests(world.at("alice")).unwrap().is_none());
}

#[test]
fn one_domain_refuses_for_its_own_sake_two_for_ours() {
    let mut world = World::of_friends(&["alice", "bob", "carol", "dora"]);
    let alone = world.say("alice", "bob", "alone");
    let settled = send(&mut world, "alice", relay);
    assert_eq!(settled.trouble.as_deref(), Some("554 relay access denied"));
    assert!(mail::route::rests(world.at("alice")).unwrap().is_none());
    // One more, but another receiver was taken between.
    world.say("alice", "dora", "fine");
    send(&mut world, "alice", |_| Handed::Taken);
    let second = world.say("alice", "carol", "second");
    send(&mut world, "alice", relay);
    assert!(mail::route::rests(world.at("alice")).unwrap().is_none());
    let third = world.say("alice", "bob", "third");
    send(&mut world, "alice", relay);
    assert!(mail::route::rests(world.at("alice")).unwrap().is_some());
    for (to, id) in [("bob", alone), ("carol", second), ("bob", third)] {
        assert_eq!(state(&mut world, to, id), Delivery::Queued, "{to}");
    }
}

/// A filter of our own mail system dislikes one text, whatever it says of us: the others leave before it, each time.
#[test]
fn a_text_that_is_refused_alone_keeps_no_other_and_fails_after_the_third_time() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let cursed = world.say("alice", "bob", "cursed");
    let mut tried = Vec::new();
    for _ in 0..3 {
        let fine = world.say("alice", "carol", "fine");
        let mut order = Vec::new();
        send(&mut world, "alice", |to| {
            order.push(to.to_owned());
            match to {
                "bob" => Handed::Perhaps("550 5.7.1 policy".into()),
                _ => Handed::Taken,
            }
        });
        tried.push(order.join(" "));
        assert_eq!(state(&mut world, "carol", fine), Delivery::Sent);
        assert!(mail::route::rests(world.at("alice")).unwrap().is_none());
        world.wait(15 * MINUTE);
    }
    assert_eq!(tried, ["bob carol", "carol bob", "carol bob"]);
    let text = world.text("alice", "bob", cursed);
    assert_eq!(text.state, Delivery::Failed);
    let why = "550 5.7.1 policy (refused three times)";
    assert_eq!(text.reason.as_deref(), Some(why));
}

#[test]
fn what_a_refused_letter_announced_stays_untold_and_is_tried_again() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Rotate { if_older: None });
    world.wait(3 * MINUTE);
    let full = |_: &str| Handed::Refused("552 5.2.2 full".into());
    let mut tried = Vec::new();
    let begun = world.at("alice").now().0;
    for _ in 0..(4 * 24) {
        let mut count = 0;
        send(&mut world, "alice", |to| {
            count += 1;
            full(to)
        });
        if count > 0 {
            tried.push((world.at("alice").now().0 - begun) / HOUR);
        }
        world.wait(15 * MINUTE);
    }
    assert_eq!(tried, [0, 1, 3, 7, 15], "with growing pauses");
    let person = world.person("alice", "bob");
    assert!(person.announce.is_some(), "untold");
    world.wait(DAY);
    world.exchange();
    let person = world.person("alice", "bob");
    assert!(person.announce.is_none(), "told");
    let ours = world.at("alice").state().unwrap().epoch;
    let held = world
        .person("bob", "alice")
        .friend()
        .unwrap()
        .presence
        .clone()
        .unwrap();
    assert_eq!(held.presence.epoch, Some(ours));
}

#[test]
fn what_rode_beside_a_refused_text_stays_untold() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.act("alice", Act::Rotate { if_older: None });
    world.say("alice", "bob", "with the news");
    let mut refusing = Mailbag {
        answer: Some(Handed::Refused("552 5.3.4 too large".into())),
        ..Mailbag::default()
    };
    world.send("alice", &mut refusing, Announcements::Due);
    assert!(world.person("alice", "bob").announce.is_some());
    world.wait(5 * MINUTE);
    world.exchange();
    let ours = world.at("alice").state().unwrap().epoch;
    let held = world
        .person("bob", "alice")
        .friend()
        .unwrap()
        .presence
        .clone()
        .unwrap();
    assert_eq!(held.presence.epoch, Some(ours));
}

#[test]
fn of_an_end_that_nobody_saw_no_copy_leaves_for_a_quarter_of_an_hour() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "once");
    let settled = send(&mut world, "alice", |_| {
        Handed::Unseen("no answer came".into())
    });
    assert_eq!(settled.trouble.as_deref(), Some("no answer came"));
    assert_eq!(state(&mut world, "bob", id), Delivery::Queued);
    world.wait(14 * MINUTE);
    assert!(world.outgoing("alice").is_empty());
    world.wait(MINUTE);
    world.exchange();
    assert_eq!(state(&mut world, "bob", id), Delivery::Delivered);
}

#[test]
fn what_was_not_begun_goes_at_once_when_there_is_time() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "soon");
    let mut once = true;
    let settled = send(&mut world, "alice", |_| match std::mem::take(&mut once) {
        true => Handed::Unsent,
        false => Handed::Taken,
    });
    assert_eq!((settled.sent, settled.trouble), (1, None));
    assert_eq!(state(&mut world, "bob", id), Delivery::Sent);
}

/// The first mail's answer comes when the second has been taken.
#[derive(Default)]
struct Slowly {
    taken: Vec<OutMail>,
    waiting: bool,
}

impl MailSender for Slowly {
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        _within: Option<Duration>,
    ) -> Vec<Result<Handed, Slow>> {
        let first = self.taken.is_empty();
        let one = |_: &OutMail| match first {
            true => Err(Slow(7)),
            false => Ok(Handed::Taken),
        };
        let results = mails.iter().map(one).collect();
        self.taken.extend(mails);
        self.waiting = self.waiting || first;
        results
    }

    fn late(&mut self, _wait: Duration) -> Vec<(u64, Handed)> {
        std::mem::take(&mut self.waiting)
            .then_some((7, Handed::Taken))
            .into_iter()
            .collect()
    }
}

#[test]
fn a_slow_answer_is_waited_for() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "slowly");
    let round = Round::without_irc(Announcements::Due);
    let mut slow = Slowly::default();
    let report = mail::send(world.at("alice"), &mut slow, &round).unwrap();
    assert_eq!((report.sent, slow.taken.len()), (1, 1));
    assert_eq!(state(&mut world, "bob", id), Delivery::Sent);
}

#[test]
fn a_trouble_is_news_once() {
    let mut world = World::of(&["alice"]);
    let alice = world.at("alice");
    assert!(mail::route::is_news(alice, Some("down")).unwrap());
    assert!(!mail::route::is_news(alice, Some("down")).unwrap());
    assert!(
        mail::route::is_news(alice, Some("full")).unwrap(),
        "it changed"
    );
    assert!(!mail::route::is_news(alice, None).unwrap());
    assert!(
        mail::route::is_news(alice, Some("full")).unwrap(),
        "it was gone"
    );
    world.clock.advance(DAY);
    assert!(
        mail::route::is_news(world.at("alice"), Some("full")).unwrap(),
        "a day later"
    );
}
