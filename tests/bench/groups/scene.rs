//! One group, whose people are made here, as its acts are made.

use iim::edge::store::{Create, Store, Transaction};
use iim::protocol::address::Address;
use iim::protocol::codec::group::{encode_deed, encode_person};
use iim::protocol::group::letters::SaidHash;
use iim::protocol::group::{
    Act, ActId, Deed, Entry, Founding, GroupId, MemberId, Person, Signed, Title, What,
};
use iim::protocol::letter::{Keys, PublicKey, Signature};
use iim::protocol::time::Seconds;
use iim::rules::effect::Effect;
use iim::rules::group::book::Book;
use iim::rules::group::state::{Group, Member, Standing};
use iim::rules::view::View as _;
use serde_json::json;
use vodozemac::Ed25519SecretKey;

use crate::database::DATABASE;
use crate::support::account::Account;

/// One group, as its acts are made.
pub(super) struct Scene {
    founder: Ed25519SecretKey,
    pub(super) acts: Vec<Act>,
}

/// Of people who are made here: by number.
pub(super) fn keys(who: u8) -> Keys {
    Keys {
        curve25519: PublicKey([who; 32]),
        ed25519: PublicKey([who; 32]),
    }
}

pub(super) fn person(name: &str, keys: Keys, group: Option<GroupId>) -> Person {
    Person {
        address: Address::parse(name).unwrap(),
        name: name.to_owned(),
        keys,
        prekey: keys.curve25519,
        counter: 0,
        group,
        ended: None,
    }
}

pub(super) fn entry(value: Person) -> Entry {
    Signed {
        bytes: encode_person(&value),
        value,
        signature: Signature([0; 64]),
    }
}

impl Scene {
    pub(super) fn new(number: u8) -> Self {
        let founder = Ed25519SecretKey::new();
        let keys = Keys {
            curve25519: PublicKey([200; 32]),
            ed25519: PublicKey(*founder.public_key().as_bytes()),
        };
        let deed = Deed {
            group: None,
            author: MemberId::of(keys.ed25519),
            parents: Vec::new(),
            depth: 0,
            time: Seconds(1_800_000_000),
            what: What::Found(Founding {
                entry: entry(person("founder@bench.example", keys, None)),
                title: Title {
                    name: format!("group {number}"),
                    topic: String::new(),
                },
                salt: [number; 16],
            }),
            before: None,
            number: 1,
        };
        let act = Signed {
            bytes: encode_deed(&deed),
            value: deed,
            signature: Signature([0; 64]),
        };
        Self {
            founder,
            acts: vec![act],
        }
    }

    pub(super) fn id(&self) -> GroupId {
        GroupId::of(self.acts[0].id())
    }

    pub(super) fn founds(&self) -> MemberId {
        self.acts[0].value.author
    }

    /// These people are added by the founder, whose the first so many acts are.
    pub(super) fn with(number: u8, people: Vec<Person>) -> Self {
        let mut scene = Self::new(number);
        let id = scene.id();
        for person in people {
            let group = Some(id);
            scene.does(scene.founds(), What::Add(entry(Person { group, ..person })));
        }
        scene
    }

    /// Somebody does something, as whoever knows all that was done.
    pub(super) fn does(&mut self, author: MemberId, what: What) {
        let last = self.acts.last().unwrap();
        let mut own = self.acts.iter().rev();
        let before = own.find(|act| act.value.author == author);
        let deed = Deed {
            group: Some(self.id()),
            author,
            parents: vec![last.id()],
            depth: last.value.depth + 1,
            time: Seconds(1_800_000_000),
            what,
            before: before.map(Act::id),
            number: before.map_or(0, |act| act.value.number) + 1,
        };
        let mut act = Signed {
            bytes: encode_deed(&deed),
            value: deed,
            signature: Signature([0; 64]),
        };
        if author == self.founds() {
            act.signature = Signature(self.founder.sign(&act.signed_bytes()).to_bytes());
        }
        self.acts.push(act);
    }

    /// Admins put people out and take them in again, until there are so many acts.
    pub(super) fn goes_on(&mut self, count: usize, admins: &[u8]) {
        let id = self.id();
        let mut ends: Vec<Option<ActId>> = vec![None; 256];
        let mut out = [false; 256];
        for n in self.acts.len()..count {
            let author = MemberId::of(keys(admins[n % admins.len()]).ed25519);
            let whom = u8::try_from(30 + n / 2 % 10).unwrap();
            let at = usize::from(whom);
            if out[at] {
                let name = format!("member{whom}@bench.example");
                let back = person(&name, keys(whom), Some(id));
                let ended = ends[at];
                self.does(author, What::Add(entry(Person { ended, ..back })));
            } else {
                self.does(author, What::Remove(MemberId::of(keys(whom).ed25519)));
                ends[at] = Some(self.acts.last().unwrap().id());
            }
            out[at] = !out[at];
        }
    }

    /// The group is in an account, whose user holds so many of the acts.
    pub(super) fn put(&self, account: &Account, held: usize, change: impl FnOnce(&mut Group)) {
        let store = Store::open(&account.home.join(DATABASE), Create::No).unwrap();
        store
            .transact(|tx| {
                let acts = self.acts[..held].to_vec();
                let mut group = group_of(tx, &acts);
                change(&mut group);
                let now = group.since;
                tx.apply(&Effect::Group(Box::new(group.clone())), now)?;
                tx.apply(&Effect::Acts(group.conversation, acts, Vec::new()), now)
            })
            .unwrap();
    }
}

/// The group as its book has it, in the account of one who is in.
pub(super) fn group_of(tx: &Transaction<'_>, acts: &[Act]) -> Group {
    let book = Book::restored(acts.to_vec()).unwrap();
    let roster = book.roster();
    let ours = tx.account().unwrap().keys.ed25519;
    let us = MemberId::of(ours);
    assert!(roster.members.contains_key(&us), "the user is in");
    let mut members = Vec::new();
    for (id, member) in roster.members.iter().filter(|(id, _)| **id != us) {
        let address = &member.entry.value.address;
        let known = json!({
            "id": id,
            "contact": tx.ids_at(address).unwrap().contact,
            "name": address.local(),
            "entry": member.entry,
            "first": [1, member.by],
            "is_in": true,
            "rank": member.rank,
            "heads": [],
            "told": book.heads(),
            "acts_due": false,
            "entry_due": false,
            "heads_due": false,
            "within": null,
            "repaired_at": 0,
            "again": null,
            "got": null,
            "got_due": false,
            "fresh": false,
            "due": null,
            "since_told": 0,
            "new_sessions": [0, 0],
        });
        members.push(serde_json::from_value::<Member>(known).unwrap());
    }
    let title = roster.title.clone().unwrap();
    // As the store has it: what a later version adds it has by itself.
    let group = json!({
        "id": book.group(),
        "name": title.name,
        "title": title,
        "standing": Standing::In,
        "since": 1_800_000_000,
        "us": us,
        "heads": book.heads(),
        "members": members,
        "asked": [],
        "admin": false,
        "entry": null,
        "number": 0,
        "hash": SaidHash::default(),
        "last_sent": 0,
        "latest": 0,
        "muted": false,
    });
    Group {
        conversation: tx.group_conversation(book.group()).unwrap(),
        ..serde_json::from_value(group).unwrap()
    }
}

/// Who somebody is in a group.
pub(super) fn own(account: &Account) -> Person {
    let store = Store::open(&account.home.join(DATABASE), Create::No).unwrap();
    let state = store.read(|tx| tx.account()).unwrap();
    person(&account.address, state.keys, None)
}

/// So many who are made here.
pub(super) fn strangers(count: u8) -> Vec<Person> {
    let one = |who: u8| person(&format!("member{who}@bench.example"), keys(who), None);
    (1..=count).map(one).collect()
}
