//! Wrong passwords: an address that gave some waits, longer with each, and a right one is forgiven all.
//!
//! ```text
//! wrong: 1, 2, 3 … times     pause: 0.5 s, 1 s, 2 s … 30 s (from this machine: a tenth of a second … 2 s)
//! ```
//!
//! The connections of a slowed address take turns, one each pause, so that many at once are no way around it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tokio::time::Instant;

/// Whom a wrong password is laid to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// A program of this user at the Unix socket.
    Unix,
    /// An address; of IPv6 the network, as one person has very many addresses of it.
    Address(IpAddr),
}

impl Source {
    /// The one that an address belongs to.
    pub(super) fn of(address: IpAddr) -> Self {
        let network = |address: Ipv6Addr| Ipv6Addr::from_bits(address.to_bits() & NETWORK);
        match address.to_canonical() {
            IpAddr::V6(address) if !address.is_loopback() => {
                Self::Address(IpAddr::V6(network(address)))
            }
            address @ (IpAddr::V4(_) | IpAddr::V6(_)) => Self::Address(address),
        }
    }

    /// Whether it is this machine.
    pub(super) fn is_local(self) -> bool {
        match self {
            Self::Unix => true,
            Self::Address(address) => address.is_loopback(),
        }
    }

    /// The first pause and the longest.
    fn pauses(self) -> (Duration, Duration) {
        match self.is_local() {
            true => (Duration::from_millis(100), Duration::from_secs(2)),
            false => (Duration::from_millis(500), Duration::from_secs(30)),
        }
    }
}

/// The addresses that gave wrong passwords.
#[derive(Debug, Default)]
pub(super) struct Throttle(HashMap<Source, Wrong>);

#[derive(Debug, Clone, Copy)]
struct Wrong {
    times: u32,
    last: Instant,
    /// When the next turn is free.
    free: Instant,
}

impl Wrong {
    fn pause(&self, source: Source) -> Duration {
        let (first, longest) = source.pauses();
        let doubled = 2u32.saturating_pow(self.times.saturating_sub(1));
        first.saturating_mul(doubled).min(longest)
    }
}

impl Throttle {
    /// Notes a wrong password; gives when this address may try again.
    pub(super) fn failed(&mut self, source: Source, now: Instant) -> Instant {
        self.make_room(source, now);
        let wrong = self.0.entry(source).or_insert(Wrong {
            times: 0,
            last: now,
            free: now,
        });
        wrong.times = wrong.times.saturating_add(1);
        wrong.last = now;
        // What it waits now counts from now.
        wrong.free = wrong.free.max(after(now, wrong.pause(source)));
        self.turn(source, now)
    }

    /// When a connection of this address may be heard; takes that turn.
    pub(super) fn turn(&mut self, source: Source, now: Instant) -> Instant {
        let Some(wrong) = self.0.get_mut(&source) else {
            return now;
        };
        if now.duration_since(wrong.last) > FORGOTTEN {
            self.0.remove(&source);
            return now;
        }
        let (_, longest) = source.pauses();
        // However many wait, nobody waits longer than this.
        let turn = wrong.free.max(now).min(after(now, longest));
        wrong.free = after(turn, wrong.pause(source));
        turn
    }

    /// A right password: all is forgiven.
    pub(super) fn forgive(&mut self, source: Source) {
        self.0.remove(&source);
    }

    /// Keeps the table bounded: first who may be forgotten goes, then who was wrong least often.
    fn make_room(&mut self, source: Source, now: Instant) {
        if self.0.len() < ADDRESSES || self.0.contains_key(&source) {
            return;
        }
        self.0
            .retain(|_, wrong| now.duration_since(wrong.last) <= FORGOTTEN);
        if self.0.len() < ADDRESSES {
            return;
        }
        let least = self.0.iter().min_by_key(|(_, w)| (w.times, w.last));
        if let Some(least) = least.map(|(source, _)| *source) {
            self.0.remove(&least);
        }
    }
}

fn after(now: Instant, pause: Duration) -> Instant {
    now.checked_add(pause).unwrap_or(now)
}

/// Addresses remembered at once.
const ADDRESSES: usize = 256;
/// After this without a wrong password an address is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(600);
/// The network of an IPv6 address: its first 64 bits.
const NETWORK: u128 = !(u64::MAX as u128);

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm,
        reason = "tests"
    )]

    use super::*;

    fn stranger(last: u8) -> Source {
        Source::of(IpAddr::from([192, 0, 2, last]))
    }

    fn pauses(source: Source) -> Vec<u128> {
        let mut slow = Throttle::default();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let turn = slow.failed(source, now);
            pauses.push(turn.duration_since(now).as_millis());
            now = after(turn, Duration::from_secs(60));
        }
        pauses
    }

    #[test]
    fn pauses_grow_up_to_a_bound_and_mildly_at_home() {
        let far = [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000];
        assert_eq!(pauses(stranger(1)), far);
        let near = [100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000];
        assert_eq!(pauses(Source::Unix), near);
        assert_eq!(pauses(Source::of(IpAddr::from([127, 0, 0, 1]))), near);
    }

    #[test]
    fn connections_of_one_address_take_turns_and_none_waits_for_ever() {
        let mut slow = Throttle::default();
        let now = Instant::now();
        for _ in 0..4 {
            slow.failed(stranger(1), now);
        }
        let turns: Vec<_> = (0..1000).map(|_| slow.turn(stranger(1), now)).collect();
        assert!(turns[1] > turns[0], "two at once");
        assert!(turns[999] <= after(now, Duration::from_secs(30)));
        assert_eq!(slow.turn(stranger(2), now), now, "another pays for it");
    }

    #[test]
    fn a_right_password_and_time_forgive() {
        let mut slow = Throttle::default();
        let now = Instant::now();
        slow.failed(stranger(1), now);
        slow.forgive(stranger(1));
        assert_eq!(slow.turn(stranger(1), now), now);
        slow.failed(stranger(1), now);
        let later = after(now, Duration::from_secs(601));
        assert_eq!(slow.turn(stranger(1), later), later);
        assert!(slow.0.is_empty());
    }

    #[test]
    fn the_table_is_bounded_and_keeps_the_worst() {
        let mut slow = Throttle::default();
        let now = Instant::now();
        slow.failed(stranger(1), now);
        slow.failed(stranger(1), now);
        for n in 0..10_000u32 {
            slow.failed(Source::of(IpAddr::from(n.to_be_bytes())), now);
            assert!(slow.0.len() <= ADDRESSES);
        }
        assert!(slow.turn(stranger(1), now) > now);
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let of = |text: &str| Source::of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:127.0.0.1"), of("127.0.0.1"));
        assert!(of("::1").is_local());
    }
}
