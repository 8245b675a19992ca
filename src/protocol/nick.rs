//! The secret nickname: who holds the presence's secret can compute it, nobody else can find it.
//!
//! ```text
//! offset = first 4 bytes of HMAC(secret, "iim offset 1") mod window_length
//! window = floor((unix time + offset) / window_length)
//! nick   = one of a-z, then eight of a-z0-9, drawn from
//!          HMAC(secret, "iim nick 1" 00 network 00 be64(window) be32(i)), i = 0, 1, …
//! ```

use std::fmt;
use std::time::Duration;

use super::debug::redacted_debug;
use super::hash::hmac_sha256;
use super::letter::Secret;
use crate::protocol::time::Seconds;

/// A nickname as a presence has it: one of a–z, then eight of a–z0–9. A bearer token: `Debug` hides it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nick(String);

/// The number of a span of time for which one nickname holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window(pub u64);

/// A text is no nickname of a presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a nickname of a-z and 0-9, nine long, a letter first")]
pub struct NickError;

/// How near to an edge the neighbouring window's nickname counts too: it forgives clocks.
pub const EDGE: Duration = Duration::from_hours(2);

const LENGTH: usize = 9;
const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

impl Nick {
    /// Reads a nickname; upper case is not folded.
    pub fn parse(text: &str) -> Result<Self, NickError> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let first = text.bytes().next().is_some_and(|c| c.is_ascii_lowercase());
        if text.len() != LENGTH || !first || !text.bytes().all(plain) {
            return Err(NickError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The nickname as it goes over the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// By how much this secret's windows begin before the round times: not everybody moves at once.
pub fn offset(secret: &Secret, window_length: u32) -> Duration {
    let [a, b, c, d, ..] = hmac_sha256(&secret.0, &[b"iim offset 1"]);
    let number = u32::from_be_bytes([a, b, c, d]);
    Duration::from_secs(number.checked_rem(window_length).unwrap_or(0).into())
}

/// The window of a time.
pub fn window_at(secret: &Secret, window_length: u32, time: Seconds) -> Window {
    let shifted = time.after(offset(secret, window_length)).0;
    Window(shifted.checked_div(window_length.into()).unwrap_or(0))
}

/// When a window begins.
pub fn window_start(secret: &Secret, window_length: u32, window: Window) -> Seconds {
    let shifted = window.0.saturating_mul(window_length.into());
    Seconds(shifted).before(offset(secret, window_length))
}

/// The nickname on a network (its name in lower case, as its owner lists it) in a window.
pub fn derive(secret: &Secret, network: &str, window: Window) -> Nick {
    let network = network.to_ascii_lowercase();
    let mut bytes = (0..=u32::MAX).flat_map(|i| {
        hmac_sha256(
            &secret.0,
            &[
                b"iim nick 1\0",
                network.as_bytes(),
                b"\0",
                &window.0.to_be_bytes(),
                &i.to_be_bytes(),
            ],
        )
    });
    let first = draw(&mut bytes, 26, 234);
    let mut nick: String = first.into_iter().collect();
    nick.push_str(&drawn(bytes, LENGTH.saturating_sub(1)));
    Nick(nick)
}

/// So many of a–z0–9, drawn from bytes.
pub(super) fn drawn(mut bytes: impl Iterator<Item = u8>, length: usize) -> String {
    let letters = (0..length).filter_map(|_| draw(&mut bytes, 36, 252));
    letters.collect()
}

/// The nickname of now first, then the neighbouring window's when now is within [`EDGE`] of it.
pub fn neighbours(secret: &Secret, network: &str, window_length: u32, time: Seconds) -> Vec<Nick> {
    let now = window_at(secret, window_length, time);
    let at = |time| window_at(secret, window_length, time);
    let mut windows = vec![now];
    if at(time.before(EDGE)) < now {
        windows.push(Window(now.0.saturating_sub(1)));
    }
    if at(time.after(EDGE)) > now {
        windows.push(Window(now.0.saturating_add(1)));
    }
    windows
        .into_iter()
        .map(|window| derive(secret, network, window))
        .collect()
}

/// Until when [`neighbours`] gives what it gives now.
pub fn neighbours_until(secret: &Secret, window_length: u32, time: Seconds) -> Seconds {
    let window = window_at(secret, window_length, time);
    let start = window_start(secret, window_length, window);
    let end = start.after(Duration::from_secs(window_length.into()));
    let edges = [start.after(EDGE), end.before(EDGE), end];
    let next = edges.into_iter().filter(|at| *at > time).min();
    next.unwrap_or_else(|| time.next())
}

/// Draws one of the first `count` characters without bias: bytes not below `limit`, the greatest multiple
/// of `count` that a byte can reach, are passed over.
fn draw(bytes: &mut impl Iterator<Item = u8>, count: u8, limit: u8) -> Option<char> {
    let byte = bytes.find(|&byte| byte < limit)?;
    let index = usize::from(byte.checked_rem(count)?);
    ALPHABET.get(index).copied().map(char::from)
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

redacted_debug! { Nick }

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "tests"
    )]
    use proptest::prelude::*;

    use super::*;

    const ZERO: Secret = Secret([0; 32]);

    /// 00 01 02 … 1f
    fn counting() -> Secret {
        Secret(std::array::from_fn(|i| u8::try_from(i).unwrap()))
    }

    #[test]
    fn offsets_and_windows_are_known() {
        for (secret, length, known_offset, window) in [
            (ZERO, 3_600, 1_540, 490_896),
            (ZERO, 86_400, 41_140, 20_454),
            (ZERO, 2_592_000, 1_164_340, 682),
            (counting(), 3_600, 550, 490_896),
            (counting(), 86_400, 14_950, 20_454),
            (counting(), 2_592_000, 2_347_750, 682),
        ] {
            assert_eq!(offset(&secret, length).as_secs(), known_offset, "{length}");
            let found = window_at(&secret, length, Seconds(1_767_225_600));
            assert_eq!(found, Window(window), "{length}");
        }
    }

    #[test]
    fn nicknames_are_known() {
        let rejecting = Secret(std::array::from_fn(|i| [0, 0, 3, 246][i % 4]));
        for (secret, network, window, nick) in [
            (ZERO, "libera", 20_454, "rtl111va7"),
            (ZERO, "oftc", 20_454, "zktk60474"),
            (ZERO, "libera", 20_455, "fv82jyucs"),
            (ZERO, "libera", 0, "utehhrzsp"),
            (ZERO, "libera", u64::MAX, "o4j87prlb"),
            (counting(), "libera", 20_454, "dvk7gcwcc"),
            (counting(), "LIBERA", 20_454, "dvk7gcwcc"),
            (counting(), "oftc", 20_454, "uwawxd6f4"),
            (rejecting, "libera", 1, "cf98q8zc5"),
        ] {
            let derived = derive(&secret, network, Window(window));
            assert_eq!(derived.as_str(), nick, "{network} {window}");
        }
    }

    #[test]
    fn it_is_known_until_when_nicknames_hold() {
        for length in [3_600, 10_000, 86_400, 2_592_000] {
            let mut at = 1_767_225_600;
            for _ in 0..8 {
                let until = neighbours_until(&ZERO, length, Seconds(at));
                let nicks = |time| neighbours(&ZERO, "libera", length, time);
                assert_eq!(
                    nicks(until - 1),
                    nicks(Seconds(at)),
                    "{length}: {at} to {until}"
                );
                assert_ne!(nicks(until), nicks(Seconds(at)), "{length}: {until}");
                at = until.0;
            }
        }
    }

    #[test]
    fn an_edge_has_two_nicknames() {
        let edge = 7_200;
        let start = window_start(&ZERO, 86_400, Window(20_454));
        let nicks = |time| {
            let nicks = neighbours(&ZERO, "libera", 86_400, time);
            nicks.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let [before, this, next] =
            [20_453, 20_454, 20_455].map(|w| derive(&ZERO, "libera", Window(w)).to_string());
        assert_eq!(nicks(start), [this.clone(), before.clone()]);
        assert_eq!(nicks(start - 1), [before.clone(), this.clone()]);
        assert_eq!(nicks(start + edge - 1), [this.clone(), before]);
        assert_eq!(nicks(start + edge), std::slice::from_ref(&this));
        assert_eq!(
            nicks(start + 86_400 - edge - 1),
            std::slice::from_ref(&this)
        );
        assert_eq!(nicks(start + 86_400 - edge), [this, next]);
        assert_eq!(neighbours(&ZERO, "libera", 3_600, start).len(), 3);
    }

    #[test]
    fn only_nine_plain_characters_are_a_nickname() {
        assert_eq!(Nick::parse("rtl111va7").unwrap().as_str(), "rtl111va7");
        for text in [
            "",
            "rtl111va",
            "rtl111va7x",
            "1tl111va7",
            "Rtl111va7",
            "rtl111v_7",
            "rtl111vä",
        ] {
            assert_eq!(Nick::parse(text), Err(NickError), "{text}");
        }
    }

    #[test]
    fn debug_hides_the_nickname() {
        assert_eq!(format!("{:?}", Nick::parse("rtl111va7")), "Ok(Nick(…))");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_derived_nickname_is_one(secret: [u8; 32], window: u64, network in "[a-z.]{1,20}") {
            let nick = derive(&Secret(secret), &network, Window(window));
            prop_assert_eq!(Nick::parse(nick.as_str()), Ok(nick));
        }

        #[test]
        fn a_window_holds_its_times(secret: [u8; 32], length in 3_600_u32..=2_592_000, time in 3_000_000..1_u64 << 40) {
            let secret = Secret(secret);
            let window = window_at(&secret, length, Seconds(time));
            prop_assert!(window_start(&secret, length, window) <= Seconds(time));
            prop_assert!(time < (window_start(&secret, length, Window(window.0 + 1))).0);
        }
    }
}
