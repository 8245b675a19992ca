//! A month passes: windows, rotations, texts, reconnects. The agents need no more memory and no more files at its
//! end than after its first days.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::eyes;
use super::servers::Kind;
use super::world::{Person, World, figures, long};
use crate::support::process::{is_root, try_until};

/// What a process holds.
#[derive(Clone, Copy, Debug)]
struct Holds {
    /// Resident memory in kB.
    memory: usize,
    files: usize,
}

#[test]
fn a_month() {
    if !is_root("a_month") {
        return;
    }
    let (days, texts) = if long() { (30, 50) } else { (4, 6) };
    let mut world = World::quiet(&[Kind::Inspircd]);
    for person in [&world.alice, &world.bob] {
        let flood = (
            "\ninsecure = true\n",
            "\ninsecure = true\nflood = { burst = 100, per_second = 50 }\n",
        );
        person
            .account
            .configure(&[flood, ("#per_day = 200", "per_day = 0")]);
    }
    world.begin();
    let begun = Instant::now();
    for day in 1..=SETTLED {
        a_day(&mut world, day, texts);
    }
    let early = [holds(&mut world.alice), holds(&mut world.bob)];
    for day in SETTLED + 1..=days {
        a_day(&mut world, day, texts);
    }
    let last = [holds(&mut world.alice), holds(&mut world.bob)];
    for (early, last) in early.iter().zip(last) {
        assert!(
            last.memory <= early.memory + MARGIN,
            "memory grows: {early:?}, at last {last:?}"
        );
        assert!(
            last.files <= early.files,
            "files grow: {early:?}, at last {last:?}"
        );
    }
    world.assert_all_once();
    figures(
        &format!("a month ({days} days)"),
        &format!(
            "{} texts, {days} rotations, {} connections; alice's agent {} kB after day {SETTLED}, {} kB at the end; \
             {} files, {} at the end; it took {:.0} s",
            2 * days * texts,
            world.alice.host.connections() + world.bob.host.connections(),
            early[0].memory,
            last[0].memory,
            early[0].files,
            last[0].files,
            begun.elapsed().as_secs_f64()
        ),
    );
}

/// A new window, a rotation, a server that dies, and a conversation.
fn a_day(world: &mut World, day: usize, texts: usize) {
    let marks = marks(world);
    for person in [&world.alice, &world.bob] {
        person.hand.turn(86_400);
    }
    until_turning(
        world,
        "both to come under the nicks of the new day",
        |world| joined(&world.alice, marks[0]) && joined(&world.bob, marks[1]),
    );
    until_seen(world);
    let mark = world.alice.eyes().mark();
    world.alice.account.ok(&["rotate"]);
    until_turning(world, "alice to come under a new nick", |world| {
        joined(&world.alice, mark)
    });
    until_turning(world, "bob to be told", |world| {
        world.alice.account.of_friend("bob", "told") == "true"
    });
    until_seen(world);
    let marks = self::marks(world);
    world.servers[0].kill();
    world.servers[0].start_again();
    until_turning(world, "both to come back", |world| {
        joined(&world.alice, marks[0]) && joined(&world.bob, marks[1])
    });
    until_seen(world);
    for number in 0..texts {
        world
            .alice
            .say("bob", &format!("day {day}, alice {number}"));
        world.bob.say("alice", &format!("day {day}, bob {number}"));
    }
    let number = texts - 1;
    world
        .alice
        .until_delivered("bob", &format!("day {day}, alice {number}"), None, 60);
    world
        .bob
        .until_delivered("alice", &format!("day {day}, bob {number}"), None, 60);
}

fn marks(world: &World) -> [usize; 2] {
    [world.alice.eyes().mark(), world.bob.eyes().mark()]
}

/// Whether somebody came to the network after a place in what they saw.
fn joined(person: &Person, mark: usize) -> bool {
    person
        .eyes()
        .since(mark)
        .iter()
        .any(eyes::network("net0", "connected"))
}

fn until_seen(world: &World) {
    until_turning(world, "each to see the other", |world| {
        let online =
            |person: &Person, friend| person.account.of_friend(friend, "presence") == "online";
        online(&world.alice, "bob") && online(&world.bob, "alice")
    });
}

/// Waits while time goes by faster than it does.
#[track_caller]
fn until_turning(world: &World, what: &str, right: impl Fn(&World) -> bool) {
    try_until(what, 90, || {
        if right(world) {
            return Ok(());
        }
        for person in [&world.alice, &world.bob] {
            person.hand.turn(20);
        }
        sleep(Duration::from_millis(700));
        Err(String::new())
    });
}

/// What an agent holds when nothing goes on: the least of some looks, since whoever asks it something (a command, a
/// hook that pokes it) is a file more for a moment.
fn holds(person: &mut Person) -> Holds {
    let looks: Vec<Holds> = (0..LOOKS)
        .map(|_| {
            sleep(Duration::from_millis(300));
            look(person)
        })
        .collect();
    Holds {
        memory: looks.iter().map(|look| look.memory).min().unwrap(),
        files: looks.iter().map(|look| look.files).min().unwrap(),
    }
}

fn look(person: &mut Person) -> Holds {
    let process = format!("/proc/{}", person.agent().id());
    let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    Holds {
        memory: memory.trim().trim_end_matches(" kB").parse().unwrap(),
        files: std::fs::read_dir(format!("{process}/fd")).unwrap().count(),
    }
}

/// The day after which nothing should grow any more.
const SETTLED: usize = 2;
/// How often an agent is looked at for what it holds.
const LOOKS: usize = 10;
/// Memory that is no growth, in kB: SQLite may fill its cache.
const MARGIN: usize = 2_048;
