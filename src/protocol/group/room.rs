//! The rooms of a group: secret channels of IRC networks, where one line reaches all who are there.
//!
//! ```text
//! S(w + 1) = HMAC-SHA256(S(w), "iim room next 1")             one secret for each window of a day
//! block i  = HMAC-SHA256(S(w), "iim room 1" 00 use 00 network 00 be32(i)), i = 0, 1, …
//! channel  = "#" and 12 of a-z0-9, drawn from the blocks of use "name"; its key 12 more, of use "key"
//! wrap     = block 0 of use "wrap": seals what tells who is there
//! ```
//!
//! An admin makes the key of the rooms for those who are members by certain heads of the book; signed is only what shows
//! later secrets to be of it, so that each can be forgotten when its window is over.

use std::time::Duration;

use super::{ActId, MemberId, Signed};
use crate::protocol::debug::{redacted_debug, written_as_hex};
use crate::protocol::group::GroupId;
use crate::protocol::hash::{hash8, hmac_sha256};
use crate::protocol::letter::Secret;
use crate::protocol::nick::{self, Window};
use crate::protocol::time::Seconds;

/// What tells the keys of one group apart: 8 random bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct RoomKeyName(#[serde(with = "crate::protocol::hex")] pub [u8; 8]);

/// One coming into a channel: 8 random bytes that only who opened what was said at it can name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coming(pub [u8; 8]);

/// The key of a group's rooms, as it stands in one window.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomKey {
    /// What its maker signed.
    pub made: Signed<RoomKeyMade>,
    /// The window.
    pub window: u64,
    /// Its secret.
    pub secret: Secret,
}

/// What is signed of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomKeyMade {
    /// Of which group.
    pub group: GroupId,
    /// The admin who made it.
    pub maker: MemberId,
    /// What tells it from the group's others.
    pub name: RoomKeyName,
    /// By how much its windows begin before the round days, in seconds: less than a day.
    pub offset: u32,
    /// It is for the members by these heads, 1 to 8.
    pub heads: Vec<ActId>,
    /// The window in which it begins.
    pub first: u64,
    /// Of each window's secret the first 8 bytes of its SHA-256, 1 to 40.
    pub prints: Vec<[u8; 8]>,
}

/// Where a room is on one network in one window.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoomPlace {
    /// The channel's name.
    pub channel: String,
    /// Its key.
    pub key: String,
}

/// A part on its way through a room.
#[derive(Clone, PartialEq, Eq)]
pub enum RoomPart {
    /// A nonce of 24 bytes and a letter that says who is there, sealed under the key of all who may come in. (0)
    There(Vec<u8>),
    /// A Megolm message: a padded letter. (1)
    Said(Vec<u8>),
}

impl Signed<RoomKeyMade> {
    /// What the signature is made over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        [b"iim1 room", self.bytes.as_slice()].concat()
    }
}

impl RoomKeyMade {
    /// What is to be signed of a key that begins with this secret: for `windows` windows from that of `now` on.
    pub fn of(
        (group, maker, name): (GroupId, MemberId, RoomKeyName),
        heads: Vec<ActId>,
        secret: &Secret,
        now: Seconds,
        windows: usize,
    ) -> Self {
        let offset = u32::try_from(nick::offset(secret, WINDOW).as_secs()).unwrap_or(0);
        let mut of = *secret;
        let prints = (0..windows).map(|_| {
            let print = print(&of);
            of = next(&of);
            print
        });
        let prints = prints.collect();
        let made = Self {
            group,
            maker,
            name,
            offset,
            heads,
            first: 0,
            prints,
        };
        let first = made.window_at(now);
        Self { first, ..made }
    }

    /// The window of a time.
    pub fn window_at(&self, time: Seconds) -> u64 {
        let shifted = time.0.saturating_add(self.offset.into());
        Window(shifted.checked_div(WINDOW.into()).unwrap_or(0)).0
    }

    /// When a window begins.
    pub fn begins(&self, window: u64) -> Seconds {
        let shifted = Seconds(window.saturating_mul(WINDOW.into()));
        shifted.before(Duration::from_secs(self.offset.into()))
    }

    /// Whether that is the secret of a window.
    pub fn holds(&self, window: u64, secret: &Secret) -> bool {
        let index = window.checked_sub(self.first);
        let index = index.and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.prints.get(index)) == Some(&print(secret))
    }
}

impl RoomKey {
    /// The same in a later window of its life; `None` in one that is past or beyond its end.
    pub fn in_window(&self, window: u64) -> Option<Self> {
        let steps = window.checked_sub(self.window)?;
        let longest = u64::try_from(MAX_WINDOWS).unwrap_or(0);
        let mut secret = self.secret;
        for _ in 0..Some(steps).filter(|steps| *steps < longest)? {
            secret = next(&secret);
        }
        let made = self.made.clone();
        made.value.holds(window, &secret).then_some(Self {
            made,
            window,
            secret,
        })
    }

    /// Where its room is on a network (the name as the book lists it).
    pub fn place(&self, network: &str) -> RoomPlace {
        let mut channel = "#".to_owned();
        channel.push_str(&self.drawn("name", network));
        RoomPlace {
            channel,
            key: self.drawn("key", network),
        }
    }

    /// What seals the `there`s in its room on a network.
    pub fn wrap(&self, network: &str) -> Secret {
        Secret(self.block("wrap", network, 0))
    }

    fn drawn(&self, what: &str, network: &str) -> String {
        let blocks = (0..=u32::MAX).flat_map(|i| self.block(what, network, i));
        nick::drawn(blocks, NAME)
    }

    fn block(&self, what: &str, network: &str, i: u32) -> [u8; 32] {
        let network = network.to_ascii_lowercase();
        let parts: [&[u8]; 6] = [
            b"iim room 1\0",
            what.as_bytes(),
            b"\0",
            network.as_bytes(),
            b"\0",
            &i.to_be_bytes(),
        ];
        hmac_sha256(&self.secret.0, &parts)
    }
}

/// The secret of the next window.
fn next(secret: &Secret) -> Secret {
    Secret(hmac_sha256(&secret.0, &[b"iim room next 1"]))
}

fn print(secret: &Secret) -> [u8; 8] {
    hash8(&secret.0)
}

/// How long a window is, in seconds.
const WINDOW: u32 = 86_400;
/// The most windows for which a key is made.
pub const MAX_WINDOWS: usize = 40;
/// Characters of a channel's name behind its `#`, and of its key.
const NAME: usize = 12;

redacted_debug! { RoomKey { made, window, secret: hidden } }
redacted_debug! { RoomPlace { channel: hidden, key: hidden } }
redacted_debug! { enum RoomPart { There(sealed: length), Said(sealed: length) } }
redacted_debug! { Coming }
written_as_hex! { RoomKeyName }

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]
    use super::*;
    use crate::protocol::letter::Signature;

    fn key(windows: usize) -> RoomKey {
        let secret = Secret([7; 32]);
        let who = (GroupId([1; 16]), MemberId([2; 8]), RoomKeyName([3; 8]));
        let now = Seconds(1_767_225_600);
        let value = RoomKeyMade::of(who, vec![ActId([4; 32])], &secret, now, windows);
        RoomKey {
            window: value.first,
            made: Signed {
                value,
                bytes: Vec::new(),
                signature: Signature([0; 64]),
            },
            secret,
        }
    }

    #[test]
    fn a_key_goes_forward_from_window_to_window_as_far_as_it_was_signed() {
        let first = key(3);
        let made = &first.made.value;
        assert!(made.holds(first.window, &first.secret));
        let last = first.in_window(first.window + 2).unwrap();
        assert_ne!(last.secret, first.secret);
        assert_eq!(first.in_window(first.window + 3), None, "its end");
        assert_eq!(last.in_window(first.window), None, "never back");
        assert_eq!(last.in_window(u64::MAX), None);
        assert!(!made.holds(first.window + 1, &first.secret));
        assert!(!made.holds(first.window - 1, &first.secret));
    }

    #[test]
    fn a_window_holds_its_times() {
        let key = key(1);
        let made = &key.made.value;
        for window in [made.first, made.first + 30] {
            let begins = made.begins(window);
            assert_eq!(made.window_at(begins), window);
            assert_eq!(made.window_at(Seconds(begins.0 - 1)), window - 1);
        }
        assert!(made.offset < WINDOW);
    }

    #[test]
    fn each_network_and_window_has_a_channel_and_a_key_of_its_own() {
        let now = key(2);
        let later = now.in_window(now.window + 1).unwrap();
        let places = [now.place("libera"), now.place("oftc"), later.place("oftc")];
        for place in &places {
            let plain = |text: &str| {
                let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
                text.len() == NAME && text.bytes().all(plain)
            };
            assert!(plain(place.channel.strip_prefix('#').unwrap()));
            assert!(plain(&place.key));
            assert!(!place.channel.ends_with(&place.key));
        }
        let [a, b, c] = places;
        assert!(a != b && b != c && a != c);
        assert_eq!(now.place("OFTC"), b, "upper case is folded");
        assert_ne!(now.wrap("oftc").0, later.wrap("oftc").0);
    }

    #[test]
    fn nothing_secret_prints() {
        let key = key(1);
        let shown = format!("{key:?} {:?}", key.place("oftc"));
        assert!(!shown.contains(&key.place("oftc").key));
        assert!(!shown.contains("070707"), "{shown}");
    }
}
