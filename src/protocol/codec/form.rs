//! A letter in CBOR, by one table: each map with its fields, each enum with its numbers, both ways.

use std::fmt;

use super::error::CodecError;
use super::group_letters::{BID, GATHER, GOT, SAID, TOLD};
use super::group_room::THERE;
use super::limits::{
    MAX_EMOJI, MAX_NAME, MAX_NETWORKS, MAX_NOTE, MAX_RECEIPT, MAX_TEXT, MAX_WAYS, WINDOW,
};
use super::table::{
    ADDRESS, CURVE_KEY, FLAG, Form, ID, KEYS, NETWORK, NETWORK_NAME, NUMBER, SIGNATURE, STATUS,
    fixed, list, map, numbers, words,
};
use crate::protocol::cbor::{Item, Map, bytes, uint};
use crate::protocol::letter::{
    Accept, Body, Confirm, Edit, Here, Letter, OneTimeKeys, Presence, React, Receipt, ReceiptState,
    Request, Retract, Secret, Text, Typing,
};
use crate::protocol::time::Millis;

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

            pub(super) fn read(kind: u64, item: Item<'_>) -> Result<Self, CodecError> {
                match kind {
                    $($kind => ($form.read)(item).map(Self::$of),)+
                    kind => Ok(Self::Unknown {
                        kind,
                        raw: item.raw().to_vec(),
                    }),
                }
            }

            pub(super) fn write(&self) -> Vec<u8> {
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
    15 Told TOLD,
    16 Said SAID,
    17 Got GOT,
    18 Bid BID,
    19 There THERE,
    20 Gather GATHER,
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
    need 6 "signature" signature: SIGNATURE,
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

map!(ONE_TIME_KEYS: OneTimeKeys {
    may 1 "one-time key for mail" mail: CURVE_KEY,
    may 2 "one-time key for irc" irc: CURVE_KEY,
});

numbers!(RECEIPT_STATE: ReceiptState { 1 ReceiptState::Delivered, 2 ReceiptState::Read });
numbers!(TYPING_STATE: Typing { 1 Typing::Active, 2 Typing::Paused, 3 Typing::Done });

const WORDS: Form<String> = words!(1, MAX_TEXT);
const NOTE: Form<String> = words!(0, MAX_NOTE);
const CAPABILITIES: Form<Vec<u64>> = list!(NUMBER, 0, 64);
const WINDOW_LENGTH: Form<u32> = Form {
    read: |item| {
        let window = u32::try_from(item.uint()?).ok();
        let allowed = window.filter(|window| WINDOW.contains(window));
        allowed.ok_or(item.bad())
    },
    write: |window| uint((*window).into()),
};

/// A sealed part within a letter: the empty letter needs 300 bytes.
const SEALED: Form<Vec<u8>> = Form {
    read: |item| item.bytes(4096).map(<[u8]>::to_vec),
    write: |part| bytes(part),
};

/// What marks a text that nothing answers by itself.
const NOTICE: u64 = 1;
