//! A letter in CBOR, by one table: each map with its fields, each enum with its numbers, both ways.
//!
//! minicbor's derive is not used: it takes the fields of a map in any order, one twice, and `null` for one that is
//! absent, and its errors name no field; the specification allows none of these.

use std::fmt;

use super::error::CodecError;
use super::limits::{
    MAX_EMOJI, MAX_NAME, MAX_NETWORKS, MAX_NOTE, MAX_RECEIPT, MAX_TEXT, MAX_WAYS, WINDOW,
};
use crate::protocol::address::Address;
use crate::protocol::cbor::{Fields, Item, Map, array, bytes, text, uint};
use crate::protocol::letter::{
    Accept, Body, Confirm, Edit, Here, Keys, Letter, LetterId, Network, OneTimeKeys, Presence,
    PublicKey, React, Receipt, ReceiptState, Request, Retract, Secret, Signature, Status, Text,
    Typing,
};
use crate::protocol::time::Millis;

/// How a value stands in CBOR: read, with every bound checked, and written.
pub(super) struct Form<T> {
    pub(super) read: fn(Item<'_>) -> Result<T, CodecError>,
    pub(super) write: fn(&T) -> Vec<u8>,
}

/// Of a letter, what its body is depends on the kind.
pub(super) const LETTER: Form<Letter> = Form {
    read: |item| {
        let fields = item.fields()?;
        let kind = NUMBER.need(&fields, 2, "kind")?;
        Ok(Letter {
            id: ID.need(&fields, 0, "id")?,
            sent: Millis(NUMBER.need(&fields, 1, "sent")?),
            body: Body::read(kind, fields.need(3, "body")?)?,
            holds: NUMBER.may(&fields, 4, "holds")?,
            presence: PRESENCE.may(&fields, 5, "presence")?,
            one_time_keys: ONE_TIME_KEYS.may(&fields, 6, "one-time keys")?,
            irc: SEALED.may(&fields, 7, "irc")?,
        })
    },
    write: |letter| {
        Map::default()
            .need(0, &letter.id, &ID)
            .need(1, &letter.sent.0, &NUMBER)
            .need(2, &letter.body.kind(), &NUMBER)
            .put(3, &letter.body.write())
            .may(4, &letter.holds, &NUMBER)
            .may(5, &letter.presence, &PRESENCE)
            .may(6, &letter.one_time_keys, &ONE_TIME_KEYS)
            .may(7, &letter.irc, &SEALED)
            .finish()
    },
};

/// The number of an accept, which its signature covers too.
pub(super) const ACCEPT_KIND: u64 = 2;

/// Of each kind of body, its number and its form; what each prints it says itself.
macro_rules! bodies {
    ($($kind:tt $of:ident $form:ident,)+) => {
        impl Body {
            /// The number that stands for the body's kind on every transport.
            pub fn kind(&self) -> u64 {
                match self {
                    $(Self::$of(_) => $kind,)+
                    Self::Unknown { kind, .. } => *kind,
                }
            }

            fn read(kind: u64, item: Item<'_>) -> Result<Self, CodecError> {
                match kind {
                    $($kind => ($form.read)(item).map(Self::$of),)+
                    kind => Ok(Self::Unknown {
                        kind,
                        raw: item.raw().to_vec(),
                    }),
                }
            }

            fn write(&self) -> Vec<u8> {
                match self {
                    $(Self::$of(body) => ($form.write)(body),)+
                    Self::Unknown { raw, .. } => raw.clone(),
                }
            }
        }

        impl fmt::Debug for Body {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$of(body) => body.fmt(f),)+
                    Self::Unknown { kind, raw } => write!(f, "Unknown({kind}, {} bytes)", raw.len()),
                }
            }
        }
    };
}

bodies! {
    1 Request REQUEST,
    ACCEPT_KIND Accept ACCEPT,
    3 Confirm CONFIRM,
    4 Presence PRESENCE,
    5 Here HERE,
    6 Text TEXT,
    7 Receipt RECEIPT,
    11 Edit EDIT,
    12 Retract RETRACT,
    13 React REACT,
    14 Typing TYPING,
}

/// A map: of each field, in rising order, whether it may be absent, its key, its name for errors, and its form.
macro_rules! map {
    ($form:ident: $of:ident { $($how:ident $key:literal $name:literal $field:ident: $as:expr,)+ }) => {
        const $form: Form<$of> = Form {
            read: |item| {
                let fields = item.fields()?;
                Ok($of { $($field: $as.$how(&fields, $key, $name)?),+ })
            },
            write: |value| {
                let $of { $($field),+ } = value;
                Map::default()$(.$how($key, $field, &$as))+.finish()
            },
        };
    };
}

/// A number for each of the values that there are.
macro_rules! numbers {
    ($form:ident: $of:ident { $($number:literal $($value:tt)::+),+ }) => {
        const $form: Form<$of> = Form {
            read: |item| match item.uint()? {
                $($number => Ok($($value)::+),)+
                _ => Err(item.bad()),
            },
            write: |value| uint(match value {
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
            write: |words: &String| text(words),
        }
    };
}

/// An array of so many items.
macro_rules! list {
    ($of:expr, $min:expr, $max:expr) => {
        Form {
            read: |item| item.array($min, $max)?.into_iter().map($of.read).collect(),
            write: |all: &Vec<_>| array(all.iter().map($of.write)),
        }
    };
}

/// What is so many bytes, no more and no fewer.
macro_rules! fixed {
    ($of:path) => {
        Form {
            read: |item| item.fixed().map($of),
            write: |value| bytes(&value.0),
        }
    };
}

map!(REQUEST: Request {
    need 1 "from" from: ADDRESS,
    need 2 "to" to: ADDRESS,
    need 3 "name" name: words!(0, MAX_NAME),
    may 4 "note" note: NOTE,
    need 5 "keys" keys: KEYS,
    need 6 "one-time keys" one_time_keys: ONE_TIME_KEYS,
});

map!(ACCEPT: Accept {
    need 1 "from" from: ADDRESS,
    need 2 "to" to: ADDRESS,
    need 3 "request's id" request: ID,
    need 4 "keys" keys: KEYS,
    need 5 "one-time keys" one_time_keys: ONE_TIME_KEYS,
    need 6 "signature" signature: fixed!(Signature),
});

map!(CONFIRM: Confirm {
    need 1 "accept's id" accept: ID,
});

map!(PRESENCE: Presence {
    may 1 "epoch" epoch: NUMBER,
    may 2 "secret" secret: fixed!(Secret),
    may 3 "window" window: WINDOW_LENGTH,
    may 4 "networks" networks: list!(NETWORK, 0, MAX_NETWORKS),
    may 5 "status" status: STATUS,
    may 6 "status text" status_text: NOTE,
    may 7 "capabilities" capabilities: CAPABILITIES,
    may 8 "ways" ways: list!(words!(1, MAX_NOTE), 0, MAX_WAYS),
});

map!(HERE: Here {
    need 1 "nick" nick: words!(1, 64),
    need 2 "network" network: NETWORK_NAME,
    need 3 "status" status: STATUS,
    may 4 "status text" status_text: NOTE,
    need 5 "capabilities" capabilities: CAPABILITIES,
    may 6 "echo" echo: ID,
});

/// The mark says that nothing answers by itself; marks of a later version are passed over.
const TEXT: Form<Text> = Form {
    read: |item| {
        let fields = item.fields()?;
        Ok(Text {
            text: WORDS.need(&fields, 1, "text")?,
            reply_to: ID.may(&fields, 2, "reply to")?,
            notice: NUMBER.may(&fields, 3, "mark")? == Some(NOTICE),
        })
    },
    write: |value| {
        Map::default()
            .need(1, &value.text, &WORDS)
            .may(2, &value.reply_to, &ID)
            .may(3, &value.notice.then_some(NOTICE), &NUMBER)
            .finish()
    },
};

map!(RECEIPT: Receipt {
    need 1 "state" state: RECEIPT_STATE,
    need 2 "ids" ids: list!(ID, 1, MAX_RECEIPT),
});

map!(EDIT: Edit {
    need 1 "text's id" of: ID,
    need 2 "text" text: WORDS,
});

map!(RETRACT: Retract {
    need 1 "text's id" of: ID,
    may 2 "reason" why: words!(1, MAX_NOTE),
});

map!(REACT: React {
    need 1 "text's id" to: ID,
    need 2 "emoji" emoji: words!(1, MAX_EMOJI),
    need 3 "on" on: FLAG,
});

/// A map with nothing but the state in it.
const TYPING: Form<Typing> = Form {
    read: |item| TYPING_STATE.need(&item.fields()?, 1, "typing"),
    write: |state| Map::default().need(1, state, &TYPING_STATE).finish(),
};

map!(KEYS: Keys {
    need 1 "curve25519" curve25519: CURVE_KEY,
    need 2 "ed25519" ed25519: KEY,
});

map!(ONE_TIME_KEYS: OneTimeKeys {
    may 1 "one-time key for mail" mail: CURVE_KEY,
    may 2 "one-time key for irc" irc: CURVE_KEY,
});

numbers!(STATUS: Status { 0 Status::Online, 1 Status::Away, 2 Status::Busy });
numbers!(RECEIPT_STATE: ReceiptState { 1 ReceiptState::Delivered, 2 ReceiptState::Read });
numbers!(TYPING_STATE: Typing { 1 Typing::Active, 2 Typing::Paused, 3 Typing::Done });
numbers!(FLAG: bool { 0 false, 1 true });

const ID: Form<LetterId> = fixed!(LetterId);
const KEY: Form<PublicKey> = fixed!(PublicKey);
const WORDS: Form<String> = words!(1, MAX_TEXT);
const NOTE: Form<String> = words!(0, MAX_NOTE);
const CAPABILITIES: Form<Vec<u64>> = list!(NUMBER, 0, 64);
/// It also fits a signed 64-bit integer, as times and epochs must.
const NUMBER: Form<u64> = Form {
    read: |item| match item.uint()? {
        number if i64::try_from(number).is_ok() => Ok(number),
        _ => Err(item.bad()),
    },
    write: |number| uint(*number),
};

/// One with which nothing is secret is refused, for nothing could be sealed to it.
const CURVE_KEY: Form<PublicKey> = Form {
    read: |item| match (KEY.read)(item)? {
        key if key.is_low_order() => Err(item.bad()),
        key => Ok(key),
    },
    write: KEY.write,
};

/// An address must come folded: what is signed is then what is read.
const ADDRESS: Form<Address> = Form {
    read: |item| {
        let text = item.text(3, 254)?;
        match Address::parse(text) {
            Ok(address) if address.as_str() == text => Ok(address),
            Ok(_) | Err(_) => Err(item.bad()),
        }
    },
    write: |address| text(address.as_str()),
};

const WINDOW_LENGTH: Form<u32> = Form {
    read: |item| {
        let window = u32::try_from(item.uint()?).ok();
        let allowed = window.filter(|window| WINDOW.contains(window));
        allowed.ok_or(item.bad())
    },
    write: |window| uint((*window).into()),
};

/// An array of two.
const NETWORK: Form<Network> = Form {
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
const NETWORK_NAME: Form<String> = words!(1, 64, Network::is_name);
const SERVER: Form<String> = words!(3, 260, Network::is_server);

/// A sealed part within a letter: the empty letter needs 300 bytes.
const SEALED: Form<Vec<u8>> = Form {
    read: |item| item.bytes(4096).map(<[u8]>::to_vec),
    write: |part| bytes(part),
};

/// What marks a text that nothing answers by itself.
const NOTICE: u64 = 1;

impl<T> Form<T> {
    fn need(&self, from: &Fields<'_>, key: u64, name: &'static str) -> Result<T, CodecError> {
        (self.read)(from.need(key, name)?)
    }

    fn may(
        &self,
        from: &Fields<'_>,
        key: u64,
        name: &'static str,
    ) -> Result<Option<T>, CodecError> {
        from.may(key, name).map(self.read).transpose()
    }
}

impl Map {
    fn need<T>(self, key: u64, value: &T, form: &Form<T>) -> Self {
        self.put(key, &(form.write)(value))
    }

    fn may<T>(self, key: u64, value: &Option<T>, form: &Form<T>) -> Self {
        match value {
            Some(value) => self.need(key, value, form),
            None => self,
        }
    }
}
