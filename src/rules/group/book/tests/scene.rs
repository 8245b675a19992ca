//! People who do things in a group; one book. Signatures are stand-ins that only their key makes.

use super::*;
use crate::protocol::address::Address;
use crate::protocol::codec::group::{encode_deed, encode_person};
use crate::protocol::group::{Founding, Person};
use crate::protocol::hash::hash8;
use crate::protocol::letter::Keys;
use crate::protocol::time::Seconds;

#[derive(Clone)]
pub(super) struct Scene {
    pub(super) book: Book,
}

/// The keys of the person with this number.
pub(super) fn key(who: usize) -> Keys {
    let byte = u8::try_from(who).unwrap();
    let of = |mark: u8| {
        let mut key = [mark; 32];
        key[0] = byte;
        PublicKey(key)
    };
    Keys {
        curve25519: of(5),
        ed25519: of(6),
    }
}

fn sign(key: PublicKey, bytes: &[u8]) -> Signature {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&key.0);
    signature[32..40].copy_from_slice(&hash8(bytes));
    Signature(signature)
}

pub(super) fn verify(key: PublicKey, bytes: &[u8], signature: &Signature) -> bool {
    *signature == sign(key, bytes)
}

fn entry(person: &Person) -> Entry {
    let mut entry = Entry {
        bytes: encode_person(person),
        value: person.clone(),
        signature: Signature([0; 64]),
    };
    entry.signature = sign(person.keys.ed25519, &entry.signed_bytes());
    entry
}

fn person(who: usize, group: Option<GroupId>, ended: Option<ActId>) -> Person {
    Person {
        address: Address::parse(&format!("p{who}@example.org")).unwrap(),
        name: format!("person {who}"),
        keys: key(who),
        prekey: key(who).curve25519,
        counter: 1,
        group,
        ended,
    }
}

fn sign_deed(who: usize, deed: &Deed) -> Act {
    let mut act = Act {
        bytes: encode_deed(deed),
        value: deed.clone(),
        signature: Signature([0; 64]),
    };
    act.signature = sign(key(who).ed25519, &act.signed_bytes());
    act
}

impl Scene {
    /// The founder alone.
    pub(super) fn new() -> Self {
        let book = Book::found(Self::founding(), &verify).unwrap();
        Self { book }
    }

    pub(super) fn founding() -> Act {
        let what = What::Found(Founding {
            entry: entry(&person(ALICE, None, None)),
            title: Title {
                name: "climbing".to_owned(),
                topic: "on sundays".to_owned(),
            },
            salt: [4; 16],
        });
        let deed = Deed {
            group: None,
            author: MemberId::of(key(ALICE).ed25519),
            parents: vec![],
            depth: 0,
            time: Seconds(1_800_000_000),
            what,
            before: None,
            number: 1,
        };
        sign_deed(ALICE, &deed)
    }

    /// An add of somebody, by their agreement as things stand.
    pub(super) fn add(&self, who: usize) -> What {
        let state = fold(&self.book.in_order(|_| true));
        let ended = state.last_end(key(who).ed25519).map(|end| end.id);
        What::Add(entry(&person(who, Some(self.book.group()), ended)))
    }

    pub(super) fn remove(who: usize) -> What {
        What::Remove(MemberId::of(key(who).ed25519))
    }

    pub(super) fn admin(who: usize, on: bool) -> What {
        What::Admin(MemberId::of(key(who).ed25519), on)
    }

    /// Takes the keys of `to` for one's own.
    pub(super) fn renew(&self, who: usize, to: usize) -> What {
        let group = self.book.group();
        let entry = entry(&person(to, Some(group), None));
        let who = MemberId::of(key(who).ed25519);
        let signature = sign(key(to).ed25519, &renewed_bytes(group, who, &entry));
        What::Renew(entry, signature)
    }

    /// The same, though whose keys they are did not agree.
    pub(super) fn renew_of_others(&self, who: usize, to: usize) -> What {
        match self.renew(who, to) {
            What::Renew(entry, _) => What::Renew(entry, Signature([0; 64])),
            other => other,
        }
    }

    /// What somebody who holds this book signs.
    pub(super) fn deed(&self, who: usize, what: What) -> Deed {
        let author = MemberId::of(key(who).ed25519);
        let parents = self.book.heads();
        let nodes = parents.iter().map(|id| self.book.node(*id).unwrap());
        let depth = nodes.clone().map(|node| node.act.value.depth).max();
        let past = self.book.past_of(nodes);
        let own = self.book.nodes.iter();
        let own = own.filter(|it| it.act.value.author == author && past.has(it.bit));
        let last = own.max_by_key(|it| (it.number(), it.place()));
        Deed {
            group: Some(self.book.group()),
            author,
            parents,
            depth: depth.unwrap() + 1,
            time: Seconds(1_800_000_000),
            what,
            before: last.map(|last| last.id),
            number: last.map_or(0, Node::number) + 1,
        }
    }

    pub(super) fn act(&self, who: usize, what: What) -> Act {
        sign_deed(who, &self.deed(who, what))
    }

    pub(super) fn does(&mut self, who: usize, what: &What) -> Result<(), Refused> {
        let act = self.act(who, what.clone());
        self.take(&act)
    }

    pub(super) fn takes(&mut self, who: usize, deed: &Deed) -> Result<(), Refused> {
        self.take(&sign_deed(who, deed))
    }

    pub(super) fn take(&mut self, act: &Act) -> Result<(), Refused> {
        match self.book.take(vec![act.clone()], &verify).pop() {
            Some((_, why)) => Err(why),
            None => Ok(()),
        }
    }

    /// Is sent what they lack by whoever holds another book of the group.
    pub(super) fn hears_of(&mut self, other: &Self) {
        let lacking = other.book.lacking(&self.book.heads());
        let acts: Vec<Act> = lacking.into_iter().cloned().collect();
        self.book.take(acts, &verify);
    }

    /// What was there before somebody did this.
    pub(super) fn cut_before(&self, what: &What) -> Self {
        let mut nodes = self.book.nodes.iter();
        let at = nodes.position(|node| node.act.value.what == *what);
        let nodes = self.book.nodes.iter().take(at.unwrap());
        let acts = nodes.map(|node| node.act.clone()).collect();
        let book = Book::restored(acts).unwrap();
        Self { book }
    }

    /// What an act was built on.
    pub(super) fn past_of(&self, node: &Node) -> Self {
        let past = self.book.past_of([node].into_iter());
        let acts = self.book.in_order(|it| past.has(it.bit));
        let acts = acts.iter().skip(1).map(|node| node.act.clone()).collect();
        let mut scene = Self::new();
        assert!(
            scene.book.take(acts, &verify).is_empty(),
            "a past is a book"
        );
        scene
    }

    /// Who is in, by number.
    pub(super) fn members(&self) -> Vec<usize> {
        let roster = self.book.roster();
        let is_in = |who: &usize| {
            let id = MemberId::of(key(*who).ed25519);
            roster.members.contains_key(&id)
        };
        (0..100).filter(is_in).collect()
    }
}
