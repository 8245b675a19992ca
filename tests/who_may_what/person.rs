//! Who writes: somebody of each standing, and us.

use std::collections::BTreeMap;

use super::group::Membership;
use iim::protocol::address::Address;
use iim::protocol::letter::{Keys, LetterId, OneTimeKeys, PublicKey, Secret, Status};
use iim::protocol::time::{Millis, Seconds};
use iim::rules::account::{AcceptPolicy, AccountState, Policy, Settings};
use iim::rules::contact::{Contact, Shown, Standing};
use iim::rules::conversation::Ids;
use iim::rules::friend::Healing;
use iim::rules::handshake::{Accepted, Asked, Asking, Confirming, Handshake};

pub(super) const NOW: u64 = 1_748_779_200;

pub(super) fn alice() -> Address {
    Address::parse("alice@example.org").unwrap()
}

pub(super) fn bob() -> Address {
    Address::parse("bob@example.net").unwrap()
}

pub(super) fn carol() -> Address {
    Address::parse("carol@example.com").unwrap()
}

pub(super) fn id(byte: u8) -> LetterId {
    LetterId([byte; 16])
}

pub(super) fn key(byte: u8) -> PublicKey {
    PublicKey([byte; 32])
}

/// Bob's keys, and the other ones that somebody asks with in their name.
pub(super) fn keys(byte: u8) -> Keys {
    Keys {
        curve25519: key(byte),
        ed25519: key(byte + 1),
    }
}

pub(super) const BOBS: u8 = 10;
pub(super) const OTHER: u8 = 20;
/// Our one-time key in what bob was sent.
pub(super) const OURS: u8 = 30;
/// A text of ours to bob, and one to carol.
pub(super) const SAID: u8 = 40;
pub(super) const SAID_TO_CAROL: u8 = 41;
/// A text of theirs to us.
pub(super) const HEARD: u8 = 42;
/// Our request, their earlier request, our accept.
pub(super) const REQUEST: u8 = 50;
pub(super) const HIS_REQUEST: u8 = 51;
pub(super) const ACCEPT: u8 = 52;
/// Our request to a friend, which heals.
pub(super) const HEALING: u8 = 53;

pub(super) fn settings() -> Settings {
    Settings {
        address: alice(),
        also: Vec::new(),
        name: "Alice".into(),
        networks: Vec::new(),
        window: 86_400,
        policy: Policy {
            accept: AcceptPolicy::Ask,
            auto: Vec::new(),
            refuse: Vec::new(),
        },
        per_day: 0,
        rooms: Vec::new(),
        read_receipts: true,
        fetches: false,
    }
}

pub(super) fn account() -> AccountState {
    AccountState {
        keys: keys(1),
        epoch: 100,
        secret: Secret([1; 32]),
        decoy: Secret([2; 32]),
        rotated_at: Seconds(100),
        leave_by: None,
        status: Status::Online,
        status_text: String::new(),
        invisible: false,
        restored: false,
        moved_out: None,
        announced: (Vec::new(), 86_400),
        automatic: (0, 0),
        prekey: Some((key(3), Seconds(100))),
    }
}

fn asked() -> Asked {
    Asked {
        request: id(REQUEST),
        sent: Millis((NOW - 100) * 1000),
        at: Seconds(NOW - 100),
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

pub(super) fn theirs() -> OneTimeKeys {
    OneTimeKeys {
        mail: Some(key(60)),
        irc: Some(key(61)),
    }
}

fn asking(byte: u8) -> Asking {
    Asking {
        request: id(HIS_REQUEST),
        sent: Millis((NOW - 200) * 1000),
        at: Seconds(NOW - 200),
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
        request_sent: Millis((NOW - 200) * 1000),
        again: 0,
        at: Seconds(NOW - 200),
        repeats: 0,
        next_at: None,
        keys: keys(byte),
        theirs: OneTimeKeys::default(),
        ours: ours(),
        sessions: vec!["ours".into()],
        ahead: Vec::new(),
    }
}

/// Who bob is to alice: on the roster, and in their group.
pub(super) struct Who {
    pub(super) person: Option<Contact>,
    pub(super) membership: Membership,
}

/// Somebody of each standing, by the name that the table uses.
pub(super) fn standings() -> BTreeMap<&'static str, Who> {
    let with = |standing| {
        let mut person = Contact::new(Ids::new(1, 1), bob(), "bob".into(), Seconds(NOW - 1000));
        person.standing = standing;
        person
    };
    let friend = || {
        let mut person = with(Standing::friend(keys(BOBS)));
        person.shown = Some(Shown {
            epoch: 100,
            secret: Secret([1; 32]),
            real: true,
            at: Seconds(NOW - 200),
            by_mail: true,
        });
        person.verified = true;
        let friend = person.friend_mut().unwrap();
        friend.last_request = Millis((NOW - 200) * 1000);
        friend.ours = ours();
        friend.theirs = theirs();
        friend.healing = Some(Healing {
            request: id(HEALING),
            sent: Millis((NOW - 100) * 1000),
            at: Seconds(NOW - 100),
            one_time_keys: ours(),
            unanswered: 0,
            soon: false,
        });
        person
    };
    let changed = |standing| {
        let mut person = friend();
        person.set_handshake(standing);
        person
    };
    let confirming = |asked| {
        let accepted = vec![accepted(BOBS)];
        with(Standing::Handshake(Handshake::Confirming(Confirming {
            accepted,
            asked,
        })))
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
    let alone = BTreeMap::from([
        ("nobody", None),
        ("blocked stranger", Some(blocked(with(Standing::Stranger)))),
        ("asked", Some(with(Standing::Asked(asked())))),
        (
            "asking",
            Some(with(Standing::Handshake(Handshake::Asking(vec![asking(
                BOBS,
            )])))),
        ),
        ("confirming", Some(confirming(None))),
        ("crossed", Some(confirming(Some(asked())))),
        ("friend", Some(friend())),
        ("hidden friend", Some(hidden)),
        ("blocked friend", Some(blocked(friend()))),
        (
            "changed",
            Some(changed(Handshake::Asking(vec![asking(OTHER)]))),
        ),
        (
            "changed, accepted",
            Some(changed(Handshake::accepted(vec![accepted(OTHER)]))),
        ),
    ]);
    let other_keys = || {
        let mut person = friend();
        person.friend_mut().unwrap().keys = keys(OTHER);
        person
    };
    let members = [
        ("member", None, Membership::In),
        ("member and friend", Some(friend()), Membership::In),
        ("member by other keys", Some(other_keys()), Membership::In),
        ("blocked member", Some(blocked(friend())), Membership::In),
        ("member who is out", None, Membership::Out),
        ("friend who is out", Some(friend()), Membership::Out),
    ];
    let who = |person, membership| Who { person, membership };
    let alone = (alone.into_iter()).map(|(name, one)| (name, who(one, Membership::Asked)));
    let members = members.map(|(name, person, standing)| (name, who(person, standing)));
    alone.chain(members).collect()
}
