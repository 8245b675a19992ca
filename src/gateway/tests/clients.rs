//! What single clients need, each seen with one of them: HexChat, Srain, KVIrc, ircrobots, keyboards of telephones.

use super::*;
use crate::gateway::host::With;
use crate::gateway::nick::SERVICE;

/// The service understands what a person writes who looks at the client's list of nicks.
#[test]
fn the_service_understands_what_clients_show_and_people_type() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.host.friends[0].name = "Bobby Tables".to_owned();
    world.host.friends[1].name = "carol".to_owned();
    world.event(Event::Contacts(None));
    world.got(1);
    for (typed, command) in [
        ("Friends", "friends"),
        ("HELP", "help"),
        ("rename Bobby_Tables Bob", "rename bob@example.net Bob"),
        ("hide bobby_tables", "hide bob@example.net"),
        ("hide \"Bobby Tables\"", "hide \"Bobby Tables\""),
        ("say carol Bobby_Tables", "say carol Bobby_Tables"),
        ("hide nobody", "hide nobody"),
        ("status Bobby_Tables", "status Bobby_Tables"),
    ] {
        world.host.calls.clear();
        world.send(1, &format!("PRIVMSG &friends :{typed}"));
        assert_eq!(world.host.calls, [command], "{typed}");
    }
    world.host.calls.clear();
    for (typed, answer) in [
        (
            "bobby_tables: hello",
            "PRIVMSG &friends :to write to Bobby_Tables: /query Bobby_Tables",
        ),
        (
            "\u{1}ACTION waves\u{1}",
            "PRIVMSG &friends :commands are taken here: help lists them",
        ),
        (
            "\u{1}VERSION\u{1}",
            "NOTICE me :\u{1}VERSION iim 0.1.0\u{1}",
        ),
    ] {
        let got = world.send(1, &format!("PRIVMSG &friends :{typed}"));
        assert_eq!(
            got,
            [format!(":{SERVICE}!{SERVICE}@iim.local {answer}")],
            "{typed}"
        );
    }
    assert_eq!(world.host.calls, [""; 0]);
}

#[test]
fn what_the_service_says_is_cut_between_words() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.event(Event::Notice("word ".repeat(200)));
    let got = world.got(1);
    assert!(got.len() > 2, "{got:?}");
    let said = |line: &String| line.split_once(" :").unwrap().1.to_owned();
    for text in got.iter().map(said) {
        assert!(text.split_whitespace().all(|word| word == "word"), "{text}");
    }
}

/// HexChat 2.16 and Srain 1.5 put lines of the user's own into a query with themselves.
#[test]
fn to_clients_that_do_not_know_own_lines_they_come_in_the_friends_query() {
    let mut settings = settings(true);
    settings.gateway.self_messages = false;
    let mut world = World::with(settings);
    world.attach(1, "hex", "account-tag");
    world.attach(2, "znc", "znc.in/self-message");
    world.attach(3, "kvirc", "echo-message");
    world.send(3, "PRIVMSG bob :hello");
    assert_eq!(
        world.got(1),
        [":bob!bob@example.net PRIVMSG hex :→ hello"],
        "and not under the friend's account"
    );
    assert_eq!(world.got(2), [":znc!znc@iim.local PRIVMSG bob :hello"]);
    world.send(3, "PRIVMSG bob :\u{1}ACTION waves\u{1}");
    assert_eq!(
        world.got(1),
        [":bob!bob@example.net PRIVMSG hex :\u{1}ACTION → waves\u{1}"]
    );
    world.text("bob", "hi");
    assert_eq!(
        world.got(1),
        ["@account=bob@example.net :bob!bob@example.net PRIVMSG hex :hi"]
    );
    // As before, what it says itself is not shown to it.
    assert_eq!(world.send(1, "PRIVMSG bob :from here"), [""; 0]);
}

#[test]
fn whoever_answers_has_read_what_was_shown() {
    let mut world = World::new();
    world.attach(1, "old", "");
    world.attach(2, "new", "draft/read-marker");
    let bob = crate::rules::fake_state::contact("bob");
    let came = world.text("bob", "hello?").entry.message.arrival;
    world.send(2, "PRIVMSG bob :the other device");
    assert_eq!(
        world.host.markers.get(&With::Friend(bob)),
        None,
        "it says so itself"
    );
    world.send(1, "PRIVMSG carol :not them");
    assert_eq!(world.host.markers.get(&With::Friend(bob)), None);
    world.send(1, "PRIVMSG bob :yes");
    assert_eq!(world.host.markers.get(&With::Friend(bob)), Some(&came));
}

/// Bouncers take `PASS user:password`.
#[test]
fn the_device_may_stand_before_the_password() {
    for (pass, user, enters) in [
        ("secret", "phone", true),
        ("phone:secret", "kvirc", true),
        ("phone:wrong", "kvirc", false),
        ("kvirc:secret", "phone", false),
        ("secret", "kvirc", false),
    ] {
        let mut world = World::with(settings(false));
        world
            .host
            .passwords
            .insert("phone".to_owned(), "secret".to_owned());
        world.open(1);
        world.send(1, &format!("PASS {pass}"));
        world.send(1, "NICK me");
        let got = world.send(1, &format!("USER {user} 0 * :me"));
        let welcome = got.iter().any(|line| line.contains(" 001 "));
        assert_eq!(welcome, enters, "{pass} {user}: {got:?}");
        assert_eq!(world.wrong_passwords, usize::from(!enters), "{pass}");
    }
}

/// ircrobots labels each of its lines, and asks for the mode `+`.
#[test]
fn the_end_of_a_batch_is_answered_too() {
    let mut world = World::new();
    world.attach(
        1,
        "me",
        "batch labeled-response draft/multiline echo-message message-tags",
    );
    assert_eq!(
        world.send(1, "@label=a BATCH +1 draft/multiline bob"),
        [""; 0]
    );
    world.send(1, "@batch=1 PRIVMSG bob :hi");
    let got = world.send(1, "@label=b BATCH -1");
    assert_eq!(got[0], "@label=b :iim.local ACK");
    let echo = got.iter().find(|line| line.contains(" PRIVMSG ")).unwrap();
    assert_eq!(tag(echo, "label"), Some("a"));
    let mode = world.send(1, "MODE &friends +");
    assert!(mode[0].contains(" 324 me &friends +nst"), "{mode:?}");
}

#[test]
fn a_marker_is_told_once() {
    let mut world = World::new();
    world.attach(1, "me", "draft/read-marker");
    world.attach(2, "two", "draft/read-marker");
    let set = "MARKREAD bob timestamp=2026-11-21T07:50:04.000Z";
    assert_eq!(world.send(1, set).len(), 1);
    assert_eq!(world.got(2).len(), 1);
    let friend = crate::rules::fake_state::contact("bob");
    let told = |at| Event::Marker {
        with: With::Friend(friend),
        at,
    };
    // What the turn of this tells.
    world.event(told(START - 1000));
    assert_eq!((world.got(1).len(), world.got(2).len()), (0, 0));
    world.event(told(START));
    assert_eq!((world.got(1).len(), world.got(2).len()), (1, 1));
}

#[test]
fn colours_are_in_no_letter() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags draft/message-edit");
    world.send(1, "PRIVMSG bob :\u{3}4,1red\u{3} \u{2}bold");
    let entry = world.host.entries[0].clone();
    assert_eq!(entry.entry.message.text, "red bold");
    let id = crate::protocol::hex::encode(&entry.entry.message.id.0);
    let edit = format!("@draft/target-msgid={id};draft/edit-text=\u{3}4blue EDIT bob");
    world.send(1, &edit);
    assert_eq!(world.host.entries[0].entry.wording(), "blue");
}
