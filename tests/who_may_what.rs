//! Who may cause what: every kind of letter from a person of every standing, and all that comes of it.
//!
//! The table below says for each letter and each sender what becomes of the letter (`taken`, `dropped`: done with,
//! `left`: it stays in the mailbox and nothing is kept) and then every effect. Nothing else may happen.
#![allow(clippy::restriction, reason = "tests")]

use std::collections::BTreeMap;

use iim::edge::store::{Store, StoreError};
use iim::protocol::address::Address;
use iim::protocol::letter::{
    Accept, Body, Confirm, Edit, Here, Keys, Letter, LetterId, OneTimeKeys, Presence, PublicKey,
    React, Receipt, ReceiptState, Request, Retract, Secret, Signature, Status, Text, Typing,
};
use iim::rules::account::{AcceptPolicy, AccountState, Policy, Settings};
use iim::rules::contact::{Contact, Shown, Standing};
use iim::rules::decide::decide;
use iim::rules::decision::Rng;
use iim::rules::effect::{Effect, Notice};
use iim::rules::event::{Came, Event, Heard, Proof};
use iim::rules::friend::Healing;
use iim::rules::handshake::{Accepted, Asked, Asking, Confirming, NewKeys};
use iim::rules::message::{Delivery, Direction, Message};
use iim::rules::outgoing::Route;
use iim::rules::verdict::Taken;

/// Letter, sender, what comes of it.
const TABLE: &str = include_str!("who_may_what.txt");

const NOW: u64 = 1_748_779_200;

struct Counting(u8);

impl Rng for Counting {
    fn fill(&mut self, buffer: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        buffer.fill(self.0);
    }
}

fn alice() -> Address {
    Address::parse("alice@example.org").unwrap()
}

fn bob() -> Address {
    Address::parse("bob@example.net").unwrap()
}

fn id(byte: u8) -> LetterId {
    LetterId([byte; 16])
}

fn key(byte: u8) -> PublicKey {
    PublicKey([byte; 32])
}

/// Bob's keys, and the other ones that somebody asks with in his name.
fn keys(byte: u8) -> Keys {
    Keys {
        curve25519: key(byte),
        ed25519: key(byte + 1),
    }
}

const BOBS: u8 = 10;
const OTHER: u8 = 20;
/// Our one-time key in what bob was sent.
const OURS: u8 = 30;
/// A text of ours to him, and one to carol.
const SAID: u8 = 40;
const SAID_TO_CAROL: u8 = 41;
/// A text of his to us.
const HEARD: u8 = 42;
/// Our request, his earlier request, our accept.
const REQUEST: u8 = 50;
const HIS_REQUEST: u8 = 51;
const ACCEPT: u8 = 52;
/// Our request to a friend, which heals.
const HEALING: u8 = 53;

fn settings() -> Settings {
    Settings {
        address: alice(),
        also: Vec::new(),
        name: "Alice".into(),
        networks: Vec::new(),
        window: 86_400,
        policy: Policy {
            accept: AcceptPolicy::Ask,
            auto: Vec::new(),
        },
        per_day: 0,
        read_receipts: true,
    }
}

fn account() -> AccountState {
    AccountState {
        keys: keys(1),
        epoch: 100,
        secret: Secret([1; 32]),
        decoy: Secret([2; 32]),
        rotated_at: 100,
        leave_by: None,
        status: Status::Online,
        status_text: String::new(),
        invisible: false,
        restored: false,
        announced: (Vec::new(), 86_400),
        automatic: (0, 0),
    }
}

fn asked() -> Asked {
    Asked {
        request: id(REQUEST),
        sent: (NOW - 100) * 1000,
        at: NOW - 100,
        repeats: 0,
        next_at: None,
        note: None,
        pinned: None,
        token: None,
        verified: false,
        one_time_keys: ours(),
    }
}

fn ours() -> OneTimeKeys {
    OneTimeKeys {
        mail: Some(key(OURS)),
        irc: Some(key(OURS + 1)),
    }
}

fn theirs() -> OneTimeKeys {
    OneTimeKeys {
        mail: Some(key(60)),
        irc: Some(key(61)),
    }
}

fn asking(byte: u8) -> Asking {
    Asking {
        request: id(HIS_REQUEST),
        sent: (NOW - 200) * 1000,
        at: NOW - 200,
        keys: keys(byte),
        one_time_keys: theirs(),
        name: "Bob".into(),
        note: String::new(),
        ahead: Vec::new(),
    }
}

fn accepted(byte: u8) -> Accepted {
    Accepted {
        accept: id(ACCEPT),
        request: id(HIS_REQUEST),
        request_sent: (NOW - 200) * 1000,
        again: 0,
        at: NOW - 200,
        repeats: 0,
        next_at: None,
        keys: keys(byte),
        theirs: OneTimeKeys::default(),
        ours: ours(),
        sessions: vec!["ours".into()],
        ahead: Vec::new(),
    }
}

/// Somebody of each standing, by the name that the table uses.
fn standings() -> BTreeMap<&'static str, Option<Contact>> {
    let with = |standing| {
        let mut person = Contact::new(bob(), "bob".into(), NOW - 1000);
        person.standing = standing;
        person
    };
    let friend = || {
        let mut person = with(Standing::Friend(keys(BOBS)));
        person.last_request = (NOW - 200) * 1000;
        person.shown = Some(Shown {
            epoch: 100,
            secret: Secret([1; 32]),
            real: true,
            at: NOW - 200,
            by_mail: true,
        });
        person.ours = ours();
        person.theirs = theirs();
        person.verified = true;
        person.healing = Some(Healing {
            request: id(HEALING),
            sent: (NOW - 100) * 1000,
            at: NOW - 100,
            one_time_keys: ours(),
            accept: None,
            unanswered: 0,
            soon: false,
        });
        person
    };
    let changed = |standing| {
        let mut person = friend();
        person.new_keys = Some(standing);
        person
    };
    let confirming = |asked| {
        let accepted = vec![accepted(BOBS)];
        with(Standing::Confirming(Confirming { accepted, asked }))
    };
    let hidden = Contact {
        visible: false,
        ..friend()
    };
    let blocked = |person| Contact {
        blocked: true,
        visible: false,
        ..person
    };
    BTreeMap::from([
        ("nobody", None),
        ("blocked stranger", Some(blocked(with(Standing::Stranger)))),
        ("asked", Some(with(Standing::Asked(asked())))),
        ("asking", Some(with(Standing::Asking(vec![asking(BOBS)])))),
        ("confirming", Some(confirming(None))),
        ("crossed", Some(confirming(Some(asked())))),
        ("friend", Some(friend())),
        ("hidden friend", Some(hidden)),
        ("blocked friend", Some(blocked(friend()))),
        (
            "changed",
            Some(changed(NewKeys::Asking(vec![asking(OTHER)]))),
        ),
        (
            "changed, accepted",
            Some(changed(NewKeys::Confirming(vec![accepted(OTHER)]))),
        ),
    ])
}

fn request(byte: u8, number: u8, sent: u64) -> Letter {
    let request = Request {
        from: bob(),
        to: alice(),
        name: "Bob".into(),
        note: None,
        keys: keys(byte),
        one_time_keys: theirs(),
    };
    letter(number, sent, Body::Request(request))
}

fn accept(byte: u8, number: u8, request: u8) -> Letter {
    let accept = Accept {
        from: bob(),
        to: alice(),
        request: id(request),
        keys: keys(byte),
        one_time_keys: theirs(),
        signature: Signature([0; 64]),
    };
    letter(number, NOW, Body::Accept(accept))
}

fn letter(number: u8, sent: u64, body: Body) -> Letter {
    Letter {
        id: id(number),
        sent: sent * 1000,
        body,
        holds: Some(0),
        presence: None,
        one_time_keys: None,
        irc: None,
    }
}

fn sealed(byte: u8, session: &str, used: Option<u8>) -> Proof {
    Proof::Sealed {
        key: key(byte),
        session: session.to_owned(),
        used: used.map(key),
        accept_signed: true,
        irc: None,
    }
}

fn signed() -> Proof {
    Proof::Signed {
        bytes: vec![0; 100],
        invite: None,
    }
}

fn irc() -> Came {
    Came::Irc {
        network: "testnet".into(),
        nick: "bobnick".into(),
    }
}

fn bodies() -> Vec<(&'static str, Letter)> {
    let presence = Presence {
        epoch: Some(7),
        secret: Some(Secret([7; 32])),
        ..Presence::default()
    };
    let here = Here {
        nick: "bobnick".into(),
        network: "testnet".into(),
        status: Status::Online,
        status_text: None,
        capabilities: Vec::new(),
        echo: None,
    };
    let receipt = Receipt {
        state: ReceiptState::Delivered,
        ids: vec![id(SAID), id(SAID_TO_CAROL)],
    };
    let confirm = Confirm { accept: id(ACCEPT) };
    let text = Text {
        text: "hello".into(),
        reply_to: None,
        notice: false,
    };
    let unknown = Body::Unknown {
        kind: 15,
        raw: vec![0xA0],
    };
    vec![
        ("confirm", letter(90, NOW, Body::Confirm(confirm))),
        ("presence", letter(91, NOW, Body::Presence(presence))),
        ("here", letter(92, NOW, Body::Here(here))),
        ("text", letter(93, NOW, Body::Text(text))),
        ("unknown", letter(94, NOW, unknown)),
        ("receipt", letter(95, NOW, Body::Receipt(receipt))),
        ("sealed request", request(BOBS, 96, NOW)),
        ("edit of his text", letter(97, NOW, edit(HEARD))),
        ("edit of ours", letter(98, NOW, edit(SAID))),
        (
            "edit of one to another",
            letter(99, NOW, edit(SAID_TO_CAROL)),
        ),
        ("retraction of his text", letter(100, NOW, retract(HEARD))),
        ("retraction of ours", letter(101, NOW, retract(SAID))),
        ("reaction to his text", letter(102, NOW, react(HEARD))),
        ("reaction to ours", letter(103, NOW, react(SAID))),
        ("typing", letter(104, NOW, Body::Typing(Typing::Active))),
    ]
}

fn edit(number: u8) -> Body {
    Body::Edit(Edit {
        of: id(number),
        text: "another wording".into(),
    })
}

fn retract(number: u8) -> Body {
    Body::Retract(Retract {
        of: id(number),
        why: None,
    })
}

fn react(number: u8) -> Body {
    Body::React(React {
        to: id(number),
        emoji: "👍".into(),
        on: true,
    })
}

/// Each letter as it may come, by the name that the table uses.
fn letters() -> Vec<(String, Heard)> {
    let heard = |letter: Letter, proof, via| Heard {
        letter,
        proof,
        from: bob(),
        via,
        answerable: iim::protocol::mail_form::Answerable::Anybody,
    };
    let mut all = Vec::new();
    let mut add = |name: &str, letter: &Letter, proof: Proof, via: Came| {
        all.push((name.to_owned(), heard(letter.clone(), proof, via)));
    };
    let old = NOW - 200;
    for (name, letter) in [
        ("request, new", request(BOBS, 80, NOW)),
        ("request, repeated", request(BOBS, HIS_REQUEST, old)),
        ("request, other keys", request(OTHER, 81, NOW)),
        ("request, third keys", request(70, 82, NOW)),
    ] {
        add(name, &letter, signed(), Came::Mail);
    }
    for (name, letter, byte) in [
        ("accept, of our request", accept(BOBS, 83, REQUEST), BOBS),
        (
            "accept, of our request, other keys",
            accept(OTHER, 83, REQUEST),
            OTHER,
        ),
        (
            "accept, of our healing, other keys",
            accept(OTHER, 85, HEALING),
            OTHER,
        ),
        ("accept, unasked", accept(BOBS, 84, 200), BOBS),
    ] {
        add(name, &letter, sealed(byte, "his", Some(OURS)), Came::Mail);
    }
    for (name, letter) in bodies() {
        let ways = [
            ("his session", sealed(BOBS, "his", None), Came::Mail),
            (
                "the accept's session",
                sealed(BOBS, "ours", None),
                Came::Mail,
            ),
            (
                "the accept's one-time key",
                sealed(BOBS, "new", Some(OURS)),
                Came::Mail,
            ),
            (
                "a stolen one-time key",
                sealed(BOBS, "new", Some(99)),
                Came::Mail,
            ),
            (
                "the other keys' session",
                sealed(OTHER, "ours", None),
                Came::Mail,
            ),
            (
                "a stranger's session",
                sealed(77, "strange", None),
                Came::Mail,
            ),
            ("IRC", sealed(BOBS, "his", None), irc()),
        ];
        for (way, proof, via) in ways {
            // The ways are told apart by the text; of the other kinds only what differs is of interest.
            let all_ways = name == "text" || ["his session", "IRC"].contains(&way);
            if all_ways || way == "the accept's session" {
                add(&format!("{name}, {way}"), &letter, proof, via);
            }
        }
    }
    all
}

fn store(person: Option<&Contact>) -> Store {
    let store = Store::in_memory().unwrap();
    store
        .transact(|tx| {
            tx.create_account(&account(), "{}")?;
            if let Some(person) = person {
                tx.apply(&Effect::Contact(Box::new(person.clone())), NOW)?;
            }
            let carol = Address::parse("carol@example.com").unwrap();
            for (friend, number) in [(bob(), SAID), (carol, SAID_TO_CAROL)] {
                let said = Effect::Message(Box::new(said(friend, number)));
                tx.apply(&said, NOW)?;
            }
            let heard = Message {
                direction: Direction::In,
                state: Delivery::Delivered,
                ..said(bob(), HEARD)
            };
            tx.apply(&Effect::Message(Box::new(heard)), NOW)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    store
}

fn said(friend: Address, number: u8) -> Message {
    Message {
        friend,
        direction: Direction::Out,
        id: id(number),
        sent: (NOW - 300) * 1000,
        arrival: (NOW - 300) * 1000,
        text: "said".into(),
        reply_to: None,
        unknown_kind: None,
        change: None,
        state: Delivery::Queued,
        via: None,
        reason: None,
        attempts: 0,
        mailed_at: 0,
        due: None,
        acknowledged_read: false,
        notice: false,
    }
}

/// All that comes of a letter, in words.
fn outcome(heard: &Heard, person: Option<&Contact>) -> String {
    let store = store(person);
    let event = Event::Letter(Box::new(heard.clone()));
    let decision = store
        .read(|tx| {
            tx.at(NOW);
            Ok::<_, StoreError>(decide(
                &settings(),
                tx,
                event,
                NOW * 1000,
                &mut Counting(100),
            ))
        })
        .unwrap()
        .unwrap();
    let mut words = vec![match decision.taken {
        Taken::Yes => "taken".to_owned(),
        Taken::Dropped(_) => "dropped".to_owned(),
        Taken::Left(_) => "left".to_owned(),
    }];
    for effect in &decision.effects {
        words.extend(word(effect, person));
    }
    words.join(", ")
}

fn word(effect: &Effect, before: Option<&Contact>) -> Vec<String> {
    match effect {
        Effect::Account(_) => vec!["account changes".into()],
        Effect::Contact(person) => changes(person, before),
        Effect::Forget(_) => vec!["forgotten".into()],
        Effect::DropSessions(_, key) => vec![format!("sessions with {} end", whose(*key))],
        Effect::RetireSessions(_, key) => vec![format!("sessions with {} retire", whose(*key))],
        Effect::Message(message) => vec![match message.direction {
            Direction::In if message.change.is_some() => "change kept".to_owned(),
            Direction::In => "text kept".to_owned(),
            Direction::Out => format!("text {:?} to {}", message.state, message.friend.local()),
        }],
        Effect::Marker(..) => vec!["read further".into()],
        Effect::Post(outgoing) => vec![format!(
            "{} {}",
            kind(&outgoing.letter.body),
            route(&outgoing.route)
        )],
        Effect::Ephemeral(_) => vec!["something leaves at once".into()],
        Effect::Cancel(..) => vec!["waiting copy cancelled".into()],
        Effect::CancelAll(_) => vec!["all waiting cancelled".into()],
        Effect::Invite(_) | Effect::Revoke(_) => vec!["invite changes".into()],
        Effect::Remember(..) => vec!["remembered".into()],
        Effect::Tell(notice) => vec![told(notice).into()],
    }
}

fn whose(key: PublicKey) -> &'static str {
    match key.0[0] {
        BOBS => "his keys",
        OTHER => "the other keys",
        _ => "others",
    }
}

fn changes(person: &Contact, before: Option<&Contact>) -> Vec<String> {
    let mut words = Vec::new();
    let before_it = before.map_or("nobody", |before| standing(&before.standing));
    if standing(&person.standing) != before_it {
        words.push(format!("→ {}", standing(&person.standing)));
    }
    let keys = |person: &Contact| person.keys().map(|keys| whose(keys.curve25519));
    let (old, new) = (before.and_then(keys), keys(person));
    if let Some(new) = new.filter(|_| old.is_some() && old != new) {
        words.push(format!("now {new}"));
    }
    let pending = |person: &Contact| match (&person.standing, &person.new_keys) {
        (Standing::Asking(asking), _) => asking.len(),
        (Standing::Confirming(confirming), _) => confirming.accepted.len(),
        (_, Some(NewKeys::Asking(asking))) => asking.len(),
        (_, Some(NewKeys::Confirming(accepted))) => accepted.len(),
        _ => 0,
    };
    let (old, new) = (before.map_or(0, pending), pending(person));
    if new != old && new > 0 {
        words.push(format!("{new} keys pending"));
    }
    let verified = before.is_some_and(|before| before.verified);
    if verified && !person.verified {
        words.push("no longer verified".into());
    }
    if before.is_none_or(|before| before.announce != person.announce) && person.announce.is_some() {
        words.push("announcement due".into());
    }
    if before.is_none_or(|before| before.presence != person.presence) && person.presence.is_some() {
        words.push("presence kept".into());
    }
    words
}

fn standing(standing: &Standing) -> &'static str {
    match standing {
        Standing::Stranger => "stranger",
        Standing::Asked(_) => "asked",
        Standing::Asking(_) => "asking",
        Standing::Confirming(_) => "confirming",
        Standing::Friend(_) => "friend",
    }
}

fn kind(body: &Body) -> &'static str {
    match body {
        Body::Request(_) => "request",
        Body::Accept(_) => "accept",
        Body::Confirm(_) => "confirm",
        Body::Presence(_) => "presence",
        Body::Here(_) => "here",
        Body::Text(_) => "text",
        Body::Receipt(_) => "receipt",
        Body::Edit(_) => "edit",
        Body::Retract(_) => "retraction",
        Body::React(_) => "reaction",
        Body::Typing(_) => "typing",
        Body::Unknown { .. } => "unknown",
    }
}

fn route(route: &Route) -> &'static str {
    match route {
        Route::Any => "leaves",
        Route::Mail => "leaves by mail",
        Route::Irc | Route::IrcAt { .. } => "leaves over IRC",
    }
}

fn told(notice: &Notice) -> &'static str {
    match notice {
        Notice::Request {
            key_changed: true, ..
        } => "told: keys changed",
        Notice::Request { .. } => "told: request",
        Notice::Friend { .. } => "told: friend",
        Notice::Text { .. } => "told: text",
        Notice::Change { .. } => "told: change",
        Notice::Typing { .. } => "told: typing",
        Notice::State { .. } => "told: state",
        Notice::Seen { .. } => "told: seen",
        Notice::Rotated { .. } => "told: rotated",
        Notice::Status { .. } => "told: status",
        Notice::Here { .. } => "told: here",
        Notice::Presence { .. } => "told: presence",
        Notice::Word { .. } => "told: a word",
    }
}

fn all() -> Vec<(String, &'static str, String)> {
    let mut all = Vec::new();
    for (letter, heard) in letters() {
        for (standing, person) in standings() {
            let came = outcome(&heard, person.as_ref());
            all.push((letter.clone(), standing, came));
        }
    }
    all
}

#[test]
fn nothing_else_may_happen() {
    let mut expected = TABLE.lines().filter(|line| !line.starts_with('#'));
    for (letter, standing, came) in all() {
        let line = format!("{letter} | {standing} | {came}");
        assert_eq!(Some(line.as_str()), expected.next());
    }
    assert_eq!(expected.next(), None, "each line has its case");
}

#[test]
fn strangers_the_waiting_and_the_blocked_are_answered_with_nothing() {
    for (letter, standing, came) in all() {
        if ["nobody", "asking", "blocked stranger", "blocked friend"].contains(&standing) {
            assert!(!came.contains("leaves"), "{letter}, {standing}: {came}");
        }
    }
}

#[test]
fn one_letter_causes_at_most_one_automatic_letter() {
    for (letter, standing, came) in all() {
        let answers = came.matches(" leaves").count();
        let resumed = came.matches("text leaves").count();
        assert!(answers - resumed <= 1, "{letter}, {standing}: {came}");
    }
}

#[test]
fn what_is_left_alone_changes_nothing() {
    for (letter, standing, came) in all() {
        if let Some(more) = came.strip_prefix("left") {
            assert_eq!(more, "", "{letter}, {standing}");
        }
    }
}
