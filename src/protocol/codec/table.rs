//! What the tables of forms are made of: how a field, a number, a list stands in CBOR, both ways, every bound checked.
//!
//! minicbor's derive is not used: it takes the fields of a map in any order, one twice, and `null` for one that is
//! absent, and its errors name no field; the specification allows none of these.

use super::error::CodecError;
use crate::protocol::address::Address;
use crate::protocol::cbor::{Fields, Item, Map, array, text, uint};
use crate::protocol::letter::{Keys, LetterId, Network, PublicKey, Signature, Status};

/// How a value stands in CBOR: read, with every bound checked, and written.
pub(super) struct Form<T> {
    pub(super) read: fn(Item<'_>) -> Result<T, CodecError>,
    pub(super) write: fn(&T) -> Vec<u8>,
}

/// A map: of each field, in rising order, whether it may be absent, its key, its name for errors, and its form.
macro_rules! map {
    ($form:ident: $of:ident { $($how:ident $key:literal $name:literal $field:ident: $as:expr,)+ }) => {
        pub(super) const $form: Form<$of> = Form {
            read: |item| {
                let fields = item.fields()?;
                Ok($of { $($field: $as.$how(&fields, $key, $name)?),+ })
            },
            write: |value| {
                let $of { $($field),+ } = value;
                crate::protocol::cbor::Map::default()$(.$how($key, $field, &$as))+.finish()
            },
        };
    };
}

/// A number for each of the values that there are.
macro_rules! numbers {
    ($form:ident: $of:ident { $($number:literal $($value:tt)::+),+ }) => {
        pub(super) const $form: Form<$of> = Form {
            read: |item| match item.uint()? {
                $($number => Ok($($value)::+),)+
                _ => Err(item.bad()),
            },
            write: |value| crate::protocol::cbor::uint(match value {
                $($($value)::+ => $number),+
            }),
        };
    };
}

/// Text of so many bytes, of a form that is allowed.
macro_rules! words {
    ($min:expr, $max:expr) => {
        words!($min, $max, |_| true)
    };
    ($min:expr, $max:expr, $allowed:expr) => {
        Form {
            read: |item| match item.text($min, $max)? {
                words if ($allowed)(words) => Ok(words.to_owned()),
                _ => Err(item.bad()),
            },
            write: |words: &String| crate::protocol::cbor::text(words),
        }
    };
}

/// An array of so many items.
macro_rules! list {
    ($of:expr, $min:expr, $max:expr) => {
        Form {
            read: |item| item.array($min, $max)?.into_iter().map($of.read).collect(),
            write: |all: &Vec<_>| crate::protocol::cbor::array(all.iter().map($of.write)),
        }
    };
}

/// What is so many bytes, no more and no fewer.
macro_rules! fixed {
    ($of:path) => {
        Form {
            read: |item| item.fixed().map($of),
            write: |value| crate::protocol::cbor::bytes(&value.0),
        }
    };
}

pub(super) use {fixed, list, map, numbers, words};

map!(KEYS: Keys {
    need 1 "curve25519" curve25519: CURVE_KEY,
    need 2 "ed25519" ed25519: KEY,
});

numbers!(STATUS: Status { 0 Status::Online, 1 Status::Away, 2 Status::Busy });
numbers!(FLAG: bool { 0 false, 1 true });

pub(super) const ID: Form<LetterId> = fixed!(LetterId);
pub(super) const KEY: Form<PublicKey> = fixed!(PublicKey);
pub(super) const SIGNATURE: Form<Signature> = fixed!(Signature);
pub(super) const NETWORK_NAME: Form<String> = words!(1, 64, Network::is_name);
/// It also fits a signed 64-bit integer, as times and epochs must.
pub(super) const NUMBER: Form<u64> = Form {
    read: |item| match item.uint()? {
        number if i64::try_from(number).is_ok() => Ok(number),
        _ => Err(item.bad()),
    },
    write: |number| uint(*number),
};

/// One with which nothing is secret is refused, for nothing could be sealed to it.
pub(super) const CURVE_KEY: Form<PublicKey> = Form {
    read: |item| match (KEY.read)(item)? {
        key if key.is_low_order() => Err(item.bad()),
        key => Ok(key),
    },
    write: KEY.write,
};

/// An address must come folded: what is signed is then what is read.
pub(super) const ADDRESS: Form<Address> = Form {
    read: |item| {
        let text = item.text(3, 254)?;
        match Address::parse(text) {
            Ok(address) if address.as_str() == text => Ok(address),
            Ok(_) | Err(_) => Err(item.bad()),
        }
    },
    write: |address| text(address.as_str()),
};

/// An array of two.
pub(super) const NETWORK: Form<Network> = Form {
    read: |item| {
        let items = item.array(2, 2)?;
        let [name, servers] = items.as_slice() else {
            return Err(item.bad());
        };
        Ok(Network {
            name: (NETWORK_NAME.read)(*name)?,
            servers: (SERVERS.read)(*servers)?,
        })
    },
    write: |network| {
        array([
            (NETWORK_NAME.write)(&network.name),
            (SERVERS.write)(&network.servers),
        ])
    },
};

const SERVERS: Form<Vec<String>> = list!(SERVER, 1, 4);
const SERVER: Form<String> = words!(3, 260, Network::is_server);

impl<T> Form<T> {
    pub(super) fn need(
        &self,
        from: &Fields<'_>,
        key: u64,
        name: &'static str,
    ) -> Result<T, CodecError> {
        (self.read)(from.need(key, name)?)
    }

    pub(super) fn may(
        &self,
        from: &Fields<'_>,
        key: u64,
        name: &'static str,
    ) -> Result<Option<T>, CodecError> {
        from.may(key, name).map(self.read).transpose()
    }
}

impl Map {
    pub(super) fn need<T>(self, key: u64, value: &T, form: &Form<T>) -> Self {
        self.put(key, &(form.write)(value))
    }

    pub(super) fn may<T>(self, key: u64, value: &Option<T>, form: &Form<T>) -> Self {
        match value {
            Some(value) => self.need(key, value, form),
            None => self,
        }
    }
}
