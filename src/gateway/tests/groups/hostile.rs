//! Names and numbers that strangers choose.

use super::*;
use crate::rules::conversation::ConversationId;

#[test]
fn fifty_members_and_twenty_groups_fit_in_lines() {
    let mut world = World::new();
    for number in 0..20 {
        let names: Vec<String> = (0..49)
            .map(|member| format!("{number:02}x{member:02}{}", "ä".repeat(30)))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut group = group(&format!("{number:02}{}", "ö".repeat(40)), &names);
        group.title.topic = "ü".repeat(400);
        group.id = ConversationId::new(number + 1);
        for (at, member) in group.members.iter_mut().enumerate() {
            member.id.0[0] = u8::try_from(number).unwrap();
            member.id.0[1] = u8::try_from(at).unwrap();
        }
        world.host.groups.push(group);
    }
    // Each line is measured where it is taken.
    let got = world.attached(1, "me", "userhost-in-names");
    let of = |numeric: &str| {
        got.iter()
            .filter(|line| body(line).contains(numeric))
            .count()
    };
    assert_eq!(of(" JOIN #"), 20);
    assert_eq!(of(" 366 me #"), 20);
    let names = got.iter().filter(|line| line.contains(" 353 me @ #"));
    let names: Vec<&str> = names
        .flat_map(|line| line.rsplit_once(" :").unwrap().1.split(' '))
        .collect();
    assert_eq!(names.len(), 20 * 50);
    let unique: BTreeSet<&&str> = names.iter().filter(|name| !name.contains("me!")).collect();
    assert_eq!(unique.len(), 20 * 49, "each has a nick of their own");
    assert!(got.iter().all(|line| line.len() <= 510));
}

#[test]
fn names_of_strangers_are_cleaned_and_told_apart() {
    let mut world = World::new();
    let names = [
        "eve",
        // Of an address that was met first.
        "eve ",
        "\u{1b}[31mRed\r\nQUIT :x",
        "iim",
        "me",
        "bob ",
        "\u{200b}",
        "a!b@c",
    ];
    let mut group = group(":bad, \u{7}name\r\nJOIN #x", &names);
    group.title.topic = "\r\nQUIT :\u{3}4x".to_owned();
    group.id = id();
    world.host.groups = vec![group];
    let got = world.attached(1, "me", "");
    let names: Vec<&String> = got
        .iter()
        .filter(|line| line.contains(" 353 me @ #"))
        .collect();
    assert_eq!(
        names,
        [
            ":iim.local 353 me @ #_bad___name__JOIN_#x :@me eve_2 eve Red_QUIT__x iim_2 me_2 bob_2 _ a_b_c"
        ]
    );
    assert!(
        got.iter().any(|line| line.ends_with(" :QUIT :4x")),
        "{got:?}"
    );
}

#[test]
fn two_groups_of_one_name_have_two_channels() {
    let mut world = climbing();
    let mut second = group("Climbing", &["bob"]);
    (second.id, second.since) = (
        ConversationId::new(5),
        crate::protocol::time::Seconds(2_000),
    );
    let mut third = group("climbing!", &["bob"]);
    third.id = ConversationId::new(6);
    world.host.groups.extend([second, third]);
    world.attach(1, "me", "");
    for name in ["#climbing", "#climbing_2", "#climbing!"] {
        let got = world.send(1, &format!("PRIVMSG {name} :{name}"));
        assert_eq!(got, [""; 0], "{name}");
    }
    let with: Vec<ConversationId> = (world.host.entries.iter())
        .map(|entry| entry.entry.message.conversation)
        .collect();
    assert_eq!(with, [id(), ConversationId::new(5), ConversationId::new(6)]);
    // The first leaves; the second keeps its name.
    world.host.groups.remove(0);
    world.event(Event::Groups);
    world.got(1);
    assert_eq!(
        world.send(1, "PRIVMSG #climbing :gone"),
        [":iim.local 403 me #climbing :No such channel"]
    );
    assert_eq!(world.send(1, "PRIVMSG #climbing_2 :there"), [""; 0]);
}
