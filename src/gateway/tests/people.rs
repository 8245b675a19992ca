//! The control channel, presence, MONITOR, WATCH, WHO, WHOIS, AWAY, the service.

use super::fake::friend;
use super::*;
use crate::protocol::time::Seconds;
use crate::rules::presence_tracker::Shown;

#[test]
fn friends_are_in_the_channel_by_their_presence() {
    let mut world = World::new();
    let got = world.attached(1, "me", "");
    let names = got.iter().find(|line| line.contains(" 353 ")).unwrap();
    assert_eq!(names, ":iim.local 353 me @ &friends :+me @iim +bob carol");
    world.lines.clear();
    world.attach(2, "new", "extended-join away-notify batch");
    let set = |world: &mut World, n: usize, presence| {
        world.host.friends[n].presence = presence;
        world.event(Event::Contacts(None));
    };
    set(&mut world, 2, Shown::Online);
    assert_eq!(
        world.got(1),
        [
            ":dave!dave@example.net JOIN &friends",
            ":iim.local MODE &friends +v dave"
        ]
    );
    assert_eq!(
        world.got(2)[0],
        ":dave!dave@example.net JOIN &friends * :Mr dave"
    );
    set(&mut world, 2, Shown::Busy);
    assert_eq!(world.got(1), [":iim.local MODE &friends -v dave"]);
    assert_eq!(world.got(2)[1], ":dave!dave@example.net AWAY :busy");
    set(&mut world, 2, Shown::Unverified);
    assert_eq!(world.got(1), [":dave!dave@example.net QUIT :offline"]);
    set(&mut world, 2, Shown::Offline);
    assert_eq!(world.got(1), [""; 0]);
    world.event(Event::Contacts(None));
    assert_eq!(world.got(1), [""; 0], "nothing has changed");
}

#[test]
fn many_who_go_at_once_are_a_netsplit() {
    let mut world = World::new();
    world.host.friends[2].presence = Shown::Online;
    world.attach(1, "me", "batch");
    world.attach(2, "old", "");
    for friend in &mut world.host.friends {
        friend.presence = Shown::Offline;
    }
    world.event(Event::Contacts(None));
    let got = world.got(1);
    assert_eq!(
        got[0],
        ":iim.local BATCH +b1 netsplit iim.local networks.iim.local"
    );
    assert_eq!(
        got[1],
        "@batch=b1 :bob!bob@example.net QUIT :iim.local networks.iim.local"
    );
    assert_eq!((got.len(), got[4].as_str()), (5, ":iim.local BATCH -b1"));
    assert_eq!(world.got(2).len(), 3);
}

#[test]
fn a_real_name_changes_only_by_the_friend_alone() {
    let mut world = World::new();
    world.host.friends[0].own_name = None;
    world.attach(1, "me", "setname");
    world.host.friends[0].name = "robert".to_owned();
    world.event(Event::Contacts(None));
    assert_eq!(world.got(1), [":bob!bob@example.net NICK robert"]);
    world.host.friends[0].own_name = Some("Bob the Builder".to_owned());
    world.event(Event::Contacts(None));
    assert_eq!(
        world.got(1),
        [":robert!bob@example.net SETNAME :Bob the Builder"]
    );
}

#[test]
fn a_friend_renamed_changes_the_nick_and_takes_it_from_a_client() {
    let mut world = World::new();
    world.attach(1, "Robert", "");
    world.host.friends[0].name = "robert".to_owned();
    world
        .host
        .friends
        .push(friend("Robert", Shown::Offline, Seconds(9)));
    world.host.friends[3].address = crate::gateway::tests::fake::address("other");
    world.event(Event::Contacts(None));
    assert_eq!(
        world.got(1),
        [
            ":Robert!Robert@iim.local NICK Robert_3",
            ":bob!bob@example.net NICK robert"
        ]
    );
    world.send(1, "PRIVMSG robert :hi");
    assert_eq!(
        world.host.entries[0].entry.message.conversation,
        crate::rules::fake_state::conversation("bob")
    );
    world.send(1, "PRIVMSG Robert_2 :hi");
    assert_eq!(
        world.host.entries[1].entry.message.conversation,
        crate::rules::fake_state::conversation("robert")
    );
    // A query that was kept under the name of before is told the name of now, and what is said in it is not lost.
    assert_eq!(
        world.send(1, "PRIVMSG bob :hi"),
        [":bob!bob@example.net NICK robert"]
    );
    assert_eq!(
        world.host.entries[2].entry.message.conversation,
        crate::rules::fake_state::conversation("bob")
    );
    // What two have been called is nobody's name: no text goes to the wrong one.
    world.host.friends[1].name = "bob".to_owned();
    world.event(Event::Contacts(None));
    world.host.friends[1].name = "carol".to_owned();
    world.event(Event::Contacts(None));
    world.got(1);
    assert_eq!(
        world.send(1, "PRIVMSG bob :hi"),
        [":iim.local 401 Robert_3 bob :No such nick/channel"]
    );
    assert_eq!(
        world.send(1, "PRIVMSG nobody :hi"),
        [":iim.local 401 Robert_3 nobody :No such nick/channel"]
    );
}
