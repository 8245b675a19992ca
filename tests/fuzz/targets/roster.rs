//! `roster.toml`: what was rendered reads as nothing edited, edits are found as they were made, and no text of a
//! friend gets out of its quotes.
#![no_main]

use std::sync::OnceLock;

use iim::edge::roster_file::{Edit, RosterText, edits, read, render};
use iim::protocol::address::Address;
use iim::protocol::letter::{Keys, Network, Presence, PublicKey, Secret, Status};
use iim::protocol::time::{Millis, Seconds};
use iim::rules::account::AccountState;
use iim::rules::contact::{Contact, Standing};
use iim::rules::conversation::Ids;
use iim::rules::event::Act;
use iim::rules::friend::Held;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&act, rest)) = bytes.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    match act {
        // A hand's work at some place of the file.
        b'E' => by_hand(&text),
        // Words of friends, in the file.
        b'W' => words_of_others(&text),
        _ => edited(&String::from_utf8_lossy(bytes)),
    }
});

/// Any text in place of ours.
fn edited(text: &str) {
    let edited = match read(text) {
        Ok(edited) => edited,
        Err(fault) => {
            let lines = text.matches('\n').count() + 1;
            assert!(
                fault.line >= 1 && fault.line <= lines && fault.column >= 1,
                "{fault}"
            );
            assert!(!fault.message.is_empty());
            return;
        }
    };
    assert_eq!(
        edits(&edited, &edited),
        [],
        "what was not touched is no edit"
    );
    let mut people = people();
    for edit in edits(base().1, &edited) {
        obey(&mut people, &edit, text);
    }
    let now = render(12, &account(), &networks(), &people);
    let now = read(&now).expect("what is rendered can be read");
    assert_eq!(edits(&now, &now), []);
    // What was obeyed is in the file now: no name, note or flag of it is an edit any more.
    for edit in edits(&now, &edited) {
        assert!(
            matches!(edit, Edit::Missing(..) | Edit::Unknown(..)),
            "left over: {edit:?}"
        );
    }
}

/// The text `place|removed|put in`: so many bytes of ours from there on give way to others.
fn by_hand(text: &str) {
    let mut parts = text.splitn(3, '|');
    let mut number = || {
        parts
            .next()
            .and_then(|n| n.parse::<usize>().ok())
            .unwrap_or(0)
    };
    let (place, removed) = (number(), number());
    let ours = &base().0;
    let start = ours.floor_char_boundary(place % (ours.len() + 1));
    let end = ours
        .floor_char_boundary(start.saturating_add(removed % 200).min(ours.len()))
        .max(start);
    let put = parts.next().unwrap_or_default();
    edited(&format!("{}{put}{}", &ours[..start], &ours[end..]));
}

fn words_of_others(text: &str) {
    let mut people = people();
    let (name, rest) = text.split_once('|').unwrap_or((text, ""));
    let (note, way) = rest.split_once('|').unwrap_or((rest, ""));
    people[0].name = name.to_owned();
    people[1].note = note.to_owned();
    let friend = people[0].friend_mut();
    if let Some(held) = friend.and_then(|friend| friend.presence.as_mut()) {
        held.presence.ways = Some(vec![way.to_owned()]);
    }
    let rendered = render(12, &account(), &networks(), &people);
    let shown = |c: char| c == '\n' || !c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c);
    assert!(rendered.chars().all(shown), "a terminal would obey this");
    assert!(!rendered.contains(&"5e".repeat(8)), "a secret");
    let now = read(&rendered).unwrap_or_else(|fault| panic!("{fault}\n{rendered}"));
    let mut wanted = Vec::new();
    if name != "Bob" {
        let address = people[0].address.clone();
        wanted.push(Edit::Act(Act::Rename(address, name.to_owned())));
    }
    let found: Vec<_> = edits(base().1, &now)
        .into_iter()
        .filter(|edit| !matches!(edit, Edit::Unknown(..)))
        .collect();
    if !note.is_empty() {
        let address = people[1].address.clone();
        wanted.push(Edit::Act(Act::Note(address, note.to_owned())));
    }
    assert_eq!(found, wanted);
}

fn obey(people: &mut [Contact], edit: &Edit, text: &str) {
    let mut of = |address: &Address, change: &dyn Fn(&mut Contact)| {
        let person = people.iter_mut().find(|person| person.address == *address);
        change(person.expect("an edit of somebody who is on the roster"));
    };
    match edit {
        Edit::Act(Act::Rename(address, name)) => {
            of(address, &|person| person.name.clone_from(name))
        }
        Edit::Act(Act::Show(of_whom)) => of(&of_whom[0], &|person| person.visible = true),
        Edit::Act(Act::Hide(of_whom)) => of(&of_whom[0], &|person| person.visible = false),
        Edit::Act(Act::Block(of_whom)) => of(&of_whom[0], &|person| person.blocked = true),
        Edit::Act(Act::Unblock(of_whom)) => of(&of_whom[0], &|person| person.blocked = false),
        Edit::Act(Act::Note(address, note)) => of(address, &|person| person.note.clone_from(note)),
        Edit::Act(other) => panic!("no edit is {other:?}"),
        Edit::Missing(address) => of(address, &|_| {}),
        Edit::Unknown(what, line) => {
            assert!(!what.is_empty() && *line >= 1 && *line <= text.matches('\n').count() + 1);
        }
    }
}

fn base() -> &'static (String, &'static RosterText) {
    static BASE: OnceLock<(String, &'static RosterText)> = OnceLock::new();
    BASE.get_or_init(|| {
        let text = render(12, &account(), &networks(), &people());
        let read = read(&text).expect("what is rendered can be read");
        (text, Box::leak(Box::new(read)))
    })
}

fn people() -> Vec<Contact> {
    let person = |address: &str, name: &str| {
        let address = Address::parse(address).expect("an address");
        Contact::new(Ids::new(1, 1), address, name.to_owned(), Seconds(5))
    };
    let mut bob = person("bob@example.net", "Bob");
    bob.standing = Standing::friend(keys(2));
    let presence = Presence {
        epoch: Some(7),
        secret: Some(Secret([0x5e; 32])),
        networks: Some(networks()),
        ways: Some(vec!["tel:+123".into()]),
        ..Presence::default()
    };
    bob.friend_mut().unwrap().presence = Some(Held {
        presence,
        sent: Millis(0),
    });
    let mut carol = person("carol@example.org", "Carol");
    carol.visible = false;
    vec![bob, carol]
}

fn networks() -> Vec<Network> {
    vec![Network {
        name: "libera".into(),
        servers: vec!["irc.example.net:6697".into()],
    }]
}

fn keys(byte: u8) -> Keys {
    Keys {
        curve25519: PublicKey([0x5e; 32]),
        ed25519: PublicKey([byte; 32]),
    }
}

fn account() -> AccountState {
    AccountState {
        keys: keys(1),
        epoch: 1_767_000_000,
        secret: Secret([0x5e; 32]),
        decoy: Secret([0x5e; 32]),
        rotated_at: Seconds(0),
        leave_by: None,
        status: Status::Online,
        status_text: String::new(),
        invisible: false,
        restored: false,
        moved_out: None,
        announced: (Vec::new(), 86_400),
        automatic: (0, 0),
        prekey: None,
    }
}
