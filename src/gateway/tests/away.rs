//! The status of the user, and of each client.

use super::*;

#[test]
fn away_is_the_same_for_all_devices() {
    let mut world = World::new();
    world.attach(1, "me", "away-notify");
    world.attach(2, "two", "extended-monitor away-notify");
    world.send(2, "MONITOR + me");
    world.lines.clear();
    let got = world.send(1, "AWAY :gone");
    assert_eq!(
        got,
        [
            ":iim.local 306 me :You have been marked as being away",
            ":iim.local MODE &friends -v me"
        ]
    );
    assert_eq!(world.host.away.as_deref(), Some("gone"));
    let got = world.got(2);
    assert_eq!(
        got[0],
        ":iim.local 306 two :You have been marked as being away: gone"
    );
    assert_eq!(got[2], ":me!me@iim.local AWAY :gone");
    assert_eq!(
        world.send(2, "PRIVMSG me :x"),
        [":iim.local 301 two me :gone"]
    );
    world.got(1);
    assert_eq!(
        world.send(1, "AWAY")[0],
        ":iim.local 305 me :You are no longer marked as being away"
    );
    assert_eq!(world.host.away, None);
    world.lines.clear();
    world.host.away = Some("by command".to_owned());
    world.event(Event::Status);
    assert_eq!(
        world.got(1)[0],
        ":iim.local 306 me :You have been marked as being away: by command"
    );
    assert_eq!(
        world.send(1, "SETNAME :New Name"),
        [":me!me@iim.local SETNAME :New Name"]
    );
    let long = "x".repeat(151);
    assert_eq!(
        world.send(1, &format!("SETNAME :{long}")),
        [":iim.local FAIL SETNAME INVALID_REALNAME :Realname is not valid"]
    );
}

/// Among the user's own clients the one is away that said so, until the user is back, whichever client says that.
#[test]
fn a_client_is_away_that_said_so() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "two", "");
    world.attach(3, "watcher", "extended-monitor away-notify");
    world.send(3, "MONITOR + me,two");
    let moves = |world: &mut World| -> Vec<String> {
        let got = world.got(3).into_iter();
        got.filter(|line| line.contains(" AWAY")).collect()
    };
    world.send(1, "AWAY :gone");
    assert_eq!(moves(&mut world), [":me!me@iim.local AWAY :gone"]);
    world.send(1, "AWAY :still gone");
    assert_eq!(moves(&mut world), [":me!me@iim.local AWAY :still gone"]);
    let flags = |world: &mut World, nick: &str| world.send(3, &format!("WHO {nick}"))[0].clone();
    assert!(flags(&mut world, "me").contains(" me G :0"));
    assert!(flags(&mut world, "two").contains(" two H :0"));
    world.send(2, "AWAY");
    assert_eq!(moves(&mut world), [":me!me@iim.local AWAY"]);
    assert!(flags(&mut world, "me").contains(" me H :0"));
}

#[test]
fn a_bare_star_makes_nobody_away() {
    let mut world = World::new();
    world.attach(1, "me", "");
    let told = world.send(1, "AWAY *");
    assert!(told[0].contains(" 306 "), "{told:?}");
    assert_eq!(world.host.calls, [""; 0], "whatever it has asked for");
    world.send(1, "AWAY :* of the day");
    assert_eq!(world.host.away.as_deref(), Some("* of the day"));
}

#[test]
fn an_away_ends_with_the_connection_that_set_it() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "phone", "");
    world.send(2, "AWAY :in the tram");
    world.got(1);
    world.leave(2);
    assert_eq!(world.host.away, None);
    assert!(world.got(1)[0].contains(" 305 me "));
    // By QUIT as well.
    world.attach(3, "phone", "");
    world.send(3, "AWAY :in the tram");
    world.send(3, "QUIT");
    assert_eq!(world.host.away, None);
}

#[test]
fn an_away_stays_where_all_devices_are_away() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "phone", "");
    world.send(1, "AWAY :asleep");
    world.send(2, "AWAY :asleep");
    world.leave(2);
    assert_eq!(
        world.host.away.as_deref(),
        Some("asleep"),
        "so is the other"
    );
    world.leave(1);
    assert_eq!(world.host.away.as_deref(), Some("asleep"), "nobody is left");
}

#[test]
fn an_away_that_was_set_elsewhere_ends_with_no_connection() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "phone", "");
    world.send(2, "AWAY :in the tram");
    // By `iim status`, since.
    world.host.away = Some("on holiday".to_owned());
    world.event(Event::Status);
    world.leave(2);
    assert_eq!(world.host.away.as_deref(), Some("on holiday"));
}
