//! Kept copies in CBOR: what is sealed under the recovery code.

use zeroize::Zeroizing;

use super::error::CodecError;
use super::group::GROUP;
use super::limits::{MAX_CALLED, MAX_KEPT, MAX_NAME, MAX_NOTE, MAX_WAYS};
use super::table::{Form, KEYS, NUMBER, list, map, words};
use crate::protocol::address::Address;
use crate::protocol::cbor::{Item, Map, array, bytes, text};
use crate::protocol::kept::{IdentitySecrets, Kept, KeptGroup, KeptPerson, MOST_FRIENDS};
use crate::protocol::link::Token;
use crate::protocol::padding::padded_length;
use crate::protocol::time::{Millis, Seconds};

/// Writes a kept copy, padded: how long it is tells how many people are in it, and little else.
pub fn encode_kept(kept: &Kept) -> Zeroizing<Vec<u8>> {
    let nothing = IdentitySecrets(Zeroizing::new([0; 64]));
    let mut written = (KEPT.write)(&Kept {
        secrets: nothing,
        ..kept.clone()
    });
    let groups = kept.groups.as_ref().map_or(0, Vec::len);
    let usual = usual_length(kept.people.len().saturating_add(groups));
    let padded = padded_length(written.len().max(usual));
    // The secrets stand nowhere but in what is given, which does not grow: where it did, they would stay behind.
    let mut whole = Zeroizing::new(Vec::with_capacity(padded));
    whole.append(&mut written);
    whole.resize(padded, 0);
    let place = whole.iter_mut().skip(place_of_secrets(kept));
    for (to, byte) in place.zip(kept.secrets.0.iter()) {
        *to = *byte;
    }
    whole
}

/// Where the secrets begin: behind the fields before, their key, and two bytes that say how long they are. A map of few fields has
/// one byte of its own.
fn place_of_secrets(kept: &Kept) -> usize {
    let before = Map::default()
        .need(1, &kept.made, &TIME)
        .need(2, &kept.address, &KNOWN_ADDRESS)
        .need(3, &kept.name, &NAME);
    before.finish().len().saturating_add(3)
}

/// Reads a kept copy with its padding.
pub fn decode_kept(padded: &[u8]) -> Result<Kept, CodecError> {
    if padded.len() > MAX_KEPT {
        return Err(CodecError::Size("kept copy", padded.len()));
    }
    let (item, padding) = Item::first("kept copy", padded)?;
    match padding.iter().any(|&byte| byte != 0) {
        true => Err(CodecError::Trailing(padding.len())),
        false => (KEPT.read)(item),
    }
}

/// What a copy with so many people and groups is padded to at least, before it is padded as a letter is.
fn usual_length(many: usize) -> usize {
    let usual = many.saturating_mul(FOR_EACH).saturating_add(FOR_ALL);
    usual.min(LONGEST_USUAL)
}

map!(KEPT: Kept {
    need 1 "time" made: TIME,
    need 2 "address" address: KNOWN_ADDRESS,
    need 3 "name" name: NAME,
    need 4 "secrets" secrets: SECRETS,
    need 5 "epoch" epoch: NUMBER,
    need 6 "people" people: list!(PERSON, 0, MAX_KEPT),
    need 7 "config" config: words!(0, MAX_KEPT),
    may 8 "groups" groups: list!(KEPT_GROUP, 0, MAX_KEPT),
    may 9 "flags" flags: NUMBER,
});

map!(PERSON: KeptPerson {
    need 1 "address" address: KNOWN_ADDRESS,
    need 2 "name" name: words!(1, MAX_CALLED),
    may 3 "keys" keys: KEYS,
    need 4 "flags" flags: NUMBER,
    may 5 "note" note: words!(0, MAX_NOTE),
    may 6 "ways" ways: list!(WAY, 0, MAX_WAYS),
    may 7 "last request" last_request: MILLIS,
    may 8 "our address" knows_us_by: KNOWN_ADDRESS,
    may 9 "pinned keys" pinned: KEYS,
    may 10 "token" token: TOKEN,
});

/// An array of three, and of four where something is to be said of it.
const KEPT_GROUP: Form<KeptGroup> = Form {
    read: |item| {
        let items = item.array(3, 4)?;
        let [id, name, friends, flags @ ..] = items.as_slice() else {
            return Err(item.bad());
        };
        let flags = flags.first().map(|flags| (NUMBER.read)(*flags));
        Ok(KeptGroup {
            id: (GROUP.read)(*id)?,
            name: name.text(1, MAX_CALLED)?.to_owned(),
            friends: (FRIENDS.read)(*friends)?,
            flags: flags.transpose()?.unwrap_or(0),
        })
    },
    write: |group| {
        let flags = Some(group.flags).filter(|flags| *flags != 0);
        let all = [
            (GROUP.write)(&group.id),
            text(&group.name),
            (FRIENDS.write)(&group.friends),
        ];
        array(
            all.into_iter()
                .chain(flags.map(|flags| (NUMBER.write)(&flags))),
        )
    },
};

const NAME: Form<String> = words!(0, MAX_NAME);
const FRIENDS: Form<Vec<Address>> = list!(KNOWN_ADDRESS, 1, MOST_FRIENDS);
const WAY: Form<String> = words!(1, MAX_NOTE);

const SECRETS: Form<IdentitySecrets> = Form {
    read: |item| Ok(IdentitySecrets(Zeroizing::new(item.fixed()?))),
    write: |secrets| bytes(secrets.0.as_slice()),
};

/// One that an earlier version took is nobody else's matter.
const KNOWN_ADDRESS: Form<Address> = Form {
    read: |item| {
        let known = item.text(3, 254)?;
        Address::kept(known).map_err(|_| item.bad())
    },
    write: |address| text(address.as_str()),
};

const TOKEN: Form<Token> = Form {
    read: |item| Ok(Token(item.fixed()?)),
    write: |token| bytes(&token.0),
};

const TIME: Form<Seconds> = Form {
    read: |item| (NUMBER.read)(item).map(Seconds),
    write: |time| (NUMBER.write)(&time.0),
};

const MILLIS: Form<Millis> = Form {
    read: |item| (NUMBER.read)(item).map(Millis),
    write: |time| (NUMBER.write)(&time.0),
};

/// What stands in a copy however many people are in it: a usual `config.toml` above all.
const FOR_ALL: usize = 4096;
/// More than a person takes whose note is short.
const FOR_EACH: usize = 192;
/// Beyond that a copy is as long as what is in it.
const LONGEST_USUAL: usize = 512 * 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::group::GroupId;
    use crate::protocol::kept::{TOLD, VISIBLE};
    use crate::protocol::letter::{Keys, PublicKey};

    fn person(n: usize, name: String) -> KeptPerson {
        KeptPerson {
            address: Address::parse(&format!("friend{n}@mail{}.example.org", n % 7)).unwrap(),
            name,
            keys: Some(Keys {
                curve25519: PublicKey([9; 32]),
                ed25519: PublicKey([7; 32]),
            }),
            flags: VISIBLE | TOLD,
            note: None,
            ways: None,
            last_request: Some(Millis(1_795_244_400_000)),
            knows_us_by: None,
            pinned: None,
            token: None,
        }
    }

    fn kept(people: Vec<KeptPerson>) -> Kept {
        Kept {
            made: Seconds(1_795_244_400),
            address: Address::parse("alice@example.org").unwrap(),
            name: "Alice".to_owned(),
            secrets: IdentitySecrets(Zeroizing::new([3; 64])),
            epoch: 1_795_000_000,
            people,
            config: "address = \"alice@example.org\"\n".to_owned(),
            groups: None,
            flags: None,
        }
    }

    fn many(count: usize) -> Kept {
        kept(
            (0..count)
                .map(|n| person(n, format!("Friend {n}")))
                .collect(),
        )
    }

    #[test]
    fn a_thousand_friends_take_less_than_300_kb_and_five_thousand_fit() {
        for (count, most) in [(0, 4096), (1000, 200 * 1024), (5000, MAX_KEPT)] {
            let written = encode_kept(&many(count));
            assert!(written.len() <= most, "{count}: {}", written.len());
            assert_eq!(decode_kept(&written).unwrap().people.len(), count);
        }
    }

    #[test]
    fn copies_with_as_many_people_are_equally_long() {
        for count in [0, 1, 2, 7, 30, 150, 1000] {
            let mut other = many(count);
            for (n, person) in other.people.iter_mut().enumerate() {
                person.name = "x".repeat(1 + n % 40);
                person.note = (n % 3 == 0).then(|| "from the choir".to_owned());
                person.last_request = None;
            }
            other.config.push_str("[presence]\nwindow = \"12h\"\n");
            let lengths = [many(count), other].map(|one| encode_kept(&one).len());
            assert_eq!(lengths[0], lengths[1], "{count}");
        }
    }

    #[test]
    fn what_is_cut_or_has_something_behind_it_is_none() {
        let whole = encode_kept(&many(2));
        let end = whole.iter().rposition(|byte| *byte != 0).unwrap();
        for cut in 0..end {
            assert!(decode_kept(&whole[..cut]).is_err(), "{cut}");
        }
        let mut behind = whole.to_vec();
        *behind.last_mut().unwrap() = 1;
        assert!(matches!(decode_kept(&behind), Err(CodecError::Trailing(_))));
        let long = vec![0; MAX_KEPT + 1];
        assert!(matches!(decode_kept(&long), Err(CodecError::Size(..))));
    }

    #[test]
    fn no_secret_prints() {
        let shown = format!("{:?}", many(2));
        assert!(
            shown.contains("alice@") && !shown.contains("[3, 3"),
            "{shown}"
        );
        assert!(!shown.contains("address ="), "{shown}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(
            people in prop::collection::vec(("[a-zé]{1,20}", any::<bool>(), 0..32_u64, prop::option::of("[a-z ]{0,40}")), 0..6),
            groups in prop::option::of(prop::collection::vec((any::<[u8; 16]>(), "[a-z]{1,9}", 1..4_usize, 0..4_u64), 0..3)),
            flags in prop::option::of(0..2_u64),
            secrets in prop::collection::vec(any::<u8>(), 64),
            made in 0..1_u64 << 63,
        ) {
            let mut kept = many(0);
            (kept.made, kept.flags) = (Seconds(made), flags);
            kept.secrets.0.copy_from_slice(&secrets);
            kept.people = people.into_iter().enumerate().map(|(n, (name, known, flags, note))| {
                let one = person(n, name);
                let knows_us_by = known.then(|| Address::parse("a@example.net").unwrap());
                let ways = known.then(|| vec!["tel:1".to_owned()]);
                let pinned = one.keys.filter(|_| !known);
                let token = pinned.map(|keys| Token(keys.ed25519.0[..16].try_into().unwrap()));
                KeptPerson { keys: one.keys.filter(|_| known), flags, note, ways, knows_us_by, pinned, token, ..one }
            }).collect();
            kept.groups = groups.map(|groups| groups.into_iter().map(|(id, name, friends, flags)| KeptGroup {
                id: GroupId(id),
                name,
                friends: (0..friends).map(|n| person(n, String::new()).address).collect(),
                flags,
            }).collect());
            let read = decode_kept(&encode_kept(&kept));
            prop_assert!(read == Ok(kept));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode_kept(&bytes);
        }
    }
}
