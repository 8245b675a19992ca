//! Programs that die, or run beside one another.

use crate::world::{HOUR, MINUTE, Mailbag, World, address};
use iim::account::{Account, send};
use iim::protocol::mail_form::By;
use iim::protocol::time::Seconds;
use iim::rules::effect::Notice;
use iim::rules::event::Act;
use iim::rules::message::Delivery;
use iim::rules::queue::choice::Announcements;

#[test]
fn two_programs_on_one_home_send_each_letter_once() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let home = world.some("alice").home.clone();
    let mut hook = Account::open_quietly(home, world.clock()).unwrap();
    world.say("alice", "bob", "once");
    let first = world.outgoing("alice");
    let mut bag = Mailbag::default();
    crate::world::send(&mut hook, &mut bag);
    assert_eq!((first.len(), bag.mails.len()), (1, 0));
    // And what one hears the other answers.
    world.say("bob", "alice", "to whichever");
    let mail = world.outgoing("bob").remove(0);
    assert!(
        hook.hear_mail_by(&mail.mail, By::Marker)
            .unwrap()
            .unwrap()
            .done
    );
    assert!(world.deliver(&mail).unwrap().done, "a double");
    assert_eq!(world.heard("alice", "bob"), ["to whichever"]);
    assert_eq!(world.outgoing("alice").len(), 1);
    crate::world::send(&mut hook, &mut bag);
    assert_eq!(bag.mails.len(), 0);
}

/// A mail system in which the program dies: everything is taken, nothing is noted.
struct Dying<'a>(&'a mut Vec<iim::edge::mail::OutMail>);

impl iim::edge::mail::MailSender for Dying<'_> {
    fn send_all(
        &mut self,
        mails: Vec<iim::edge::mail::OutMail>,
        _within: Option<std::time::Duration>,
    ) -> Vec<Result<iim::rules::queue::route::Handed, iim::edge::mail::Slow>> {
        self.0.extend(mails);
        panic!("killed")
    }
}

#[test]
fn killed_between_commit_and_send_it_is_sealed_anew() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "once or twice");
    let mut taken = Vec::new();
    let account = world.at("alice");
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        crate::world::send(account, &mut Dying(&mut taken));
    }));
    assert!(died.is_err());
    assert_eq!(taken.len(), 1);
    world.reopen("alice");
    assert!(!world.at("alice").state().unwrap().restored);
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Queued);
    assert!(world.outgoing("alice").is_empty(), "claimed");
    world.wait(14 * MINUTE);
    assert!(world.outgoing("alice").is_empty(), "it may have been taken");
    world.wait(MINUTE);
    let again = world.outgoing("alice");
    assert_eq!(again.len(), 1);
    assert_ne!(again[0].mail, taken[0].mail, "sealed anew");
    // Both arrive: the receiver keeps one, and acknowledges both.
    for mail in [&again[0], &taken[0]] {
        assert!(world.deliver(mail).unwrap().done);
    }
    assert_eq!(world.heard("bob", "alice"), ["once or twice"]);
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
}

#[test]
fn killed_while_lines_are_written_it_is_said_again() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let id = world.say("alice", "bob", "half said");
    let row = send::due_over_irc(world.at("alice")).unwrap()[0].row;
    let leaving = send::leave_over_irc(world.at("alice"), row, 400).unwrap();
    assert!(leaving.is_some());
    assert!(
        send::leave_over_irc(world.at("alice"), row, 400)
            .unwrap()
            .is_none(),
        "claimed"
    );
    world.reopen("alice");
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Queued);
    world.wait(MINUTE);
    world.chat("alice", "bob");
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
}

#[test]
fn a_turn_that_fails_keeps_nothing() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let before = world.person("alice", "bob");
    assert!(
        world
            .try_act("alice", Act::Rename(address("bob"), "a@b".into()))
            .is_err()
    );
    let hide = Act::Hide(vec![address("bob"), address("carol")]);
    assert!(world.try_act("alice", hide).is_err(), "carol is nobody");
    assert_eq!(world.person("alice", "bob"), before);
}

#[test]
fn a_probe_comes_back() {
    let mut world = World::of(&["alice"]);
    let now = world.clock.clone();
    let account = world.at("alice");
    let token = account.new_probe().unwrap();
    let since = account.now();
    let (alice, mail) = (address("alice"), |token: [u8; 16]| {
        let alice = address("alice");
        let envelope = iim::protocol::mail_form::Envelope {
            from: &alice,
            from_name: "alice",
            to: &alice,
            message_id: "x@example.org",
            date: Seconds(0),
        };
        iim::protocol::mail_form::write_probe(&envelope, token)
    });
    assert!(
        !account
            .hear_mail_by(&mail([7; 16]), By::Marker)
            .unwrap()
            .unwrap()
            .done,
        "not our token"
    );
    assert_eq!(account.probe_came(since).unwrap(), None);
    now.advance(MINUTE);
    assert!(
        account
            .hear_mail_by(&mail(token), By::Marker)
            .unwrap()
            .unwrap()
            .done
    );
    assert_eq!(
        account.probe_came(since).unwrap().as_deref(),
        Some(alice.as_str())
    );
    now.advance(2 * HOUR);
    let late = account.now();
    assert!(
        !account
            .hear_mail_by(&mail(token), By::Marker)
            .unwrap()
            .unwrap()
            .done,
        "its hour is over"
    );
    assert_eq!(account.probe_came(late).unwrap(), None);
}

#[test]
fn what_was_told_reaches_hooks_and_watchers() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.exchange();
    world.accept("bob", "alice");
    world.exchange();
    let befriended = |notice: &&Notice| matches!(notice, Notice::Friend { .. });
    for name in ["alice", "bob"] {
        assert_eq!(
            world.some(name).told.iter().filter(befriended).count(),
            1,
            "{name}"
        );
    }
    let mut bag = Mailbag::default();
    world.send("alice", &mut bag, Announcements::All);
    assert!(bag.mails.is_empty());
}
