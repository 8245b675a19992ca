//! Times and stretches of time: a time is a type of its own, which says its unit; a stretch is a [`Duration`].

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A minute.
pub const MINUTE: Duration = Duration::from_mins(1);
/// An hour.
pub const HOUR: Duration = Duration::from_hours(1);
/// A day.
pub const DAY: Duration = Duration::from_hours(24);
/// How long what is over is remembered.
pub const MONTH: Duration = days(30);

/// So many days.
pub const fn days(count: u32) -> Duration {
    DAY.saturating_mul(count)
}

/// A point in time, counted since 1970-01-01 00:00 UTC; the first and the last stand for all beyond them.
macro_rules! time {
    ($(#[$doc:meta])* $name:ident, $from:ident, $span:ident => $count:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The last of all.
            pub const MAX: Self = Self(u64::MAX);

            /// The time so much later.
            pub const fn after(self, $span: Duration) -> Self {
                Self(self.0.saturating_add($count))
            }

            /// The time so much earlier.
            pub const fn before(self, $span: Duration) -> Self {
                Self(self.0.saturating_sub($count))
            }

            /// What has passed since `earlier`; nothing if that is later.
            pub const fn since(self, earlier: Self) -> Duration {
                Duration::$from(self.0.saturating_sub(earlier.0))
            }

            /// How far both are apart.
            pub const fn apart(self, other: Self) -> Duration {
                Duration::$from(self.0.abs_diff(other.0))
            }

            /// The next time after this.
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            /// Whether at this time less than `span` has passed since `at`. A time that is still to come, by a clock
            /// that was set back, is long ago.
            pub fn is_within(self, span: Duration, at: Self) -> bool {
                at <= self && self < at.after(span)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

time! {
    /// A time in whole seconds since 1970-01-01 00:00 UTC.
    Seconds, from_secs, span => span.as_secs()
}

time! {
    /// A time in milliseconds since 1970-01-01 00:00 UTC.
    Millis, from_millis, span => whole_millis(span)
}

impl Seconds {
    /// Whether at this time it is the turn of what is due at `due`. What would wait longer than the `longest` pause was put
    /// off before the clock was set back.
    pub fn is_turn_of(self, due: Self, longest: Duration) -> bool {
        due <= self || due > self.after(longest)
    }

    /// The number of its day.
    pub const fn day(self) -> u64 {
        self.0 / 86_400
    }

    /// The millisecond with which it begins.
    pub const fn millis(self) -> Millis {
        Millis(self.0.saturating_mul(1000))
    }
}

impl Millis {
    /// The second in which it lies.
    pub const fn seconds(self) -> Seconds {
        Seconds(self.0 / 1000)
    }
}

const fn whole_millis(span: Duration) -> u64 {
    let whole = span.as_secs().saturating_mul(1000);
    whole.saturating_add(span.subsec_millis() as u64)
}

/// In tests a time is reckoned with by operators; a plain number counts its own unit.
#[cfg(test)]
mod reckoning {
    #![allow(clippy::arithmetic_side_effects, reason = "tests")]

    use std::ops::{Add, AddAssign, Sub, SubAssign};

    use super::*;

    macro_rules! operators {
        ($name:ident) => {
            impl Add<u64> for $name {
                type Output = Self;

                fn add(self, count: u64) -> Self {
                    Self(self.0 + count)
                }
            }

            impl Sub<u64> for $name {
                type Output = Self;

                fn sub(self, count: u64) -> Self {
                    Self(self.0 - count)
                }
            }

            impl Add<Duration> for $name {
                type Output = Self;

                fn add(self, span: Duration) -> Self {
                    self.after(span)
                }
            }

            impl Sub<Duration> for $name {
                type Output = Self;

                fn sub(self, span: Duration) -> Self {
                    self.before(span)
                }
            }

            impl AddAssign<u64> for $name {
                fn add_assign(&mut self, count: u64) {
                    self.0 += count;
                }
            }

            impl SubAssign<u64> for $name {
                fn sub_assign(&mut self, count: u64) {
                    self.0 -= count;
                }
            }
        };
    }

    operators!(Seconds);
    operators!(Millis);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

    use super::*;

    const NOON: Seconds = Seconds(20_000 * 86_400 + 43_200);

    #[test]
    fn a_time_moves_by_a_span_and_stops_at_both_ends() {
        assert_eq!(NOON.after(DAY).since(NOON), DAY);
        assert_eq!(NOON.before(HOUR), Seconds(NOON.0 - 3600));
        assert_eq!(NOON.since(NOON.after(MINUTE)), Duration::ZERO);
        assert_eq!(Seconds(5).before(MINUTE), Seconds(0));
        assert_eq!(Seconds::MAX.after(DAY), Seconds::MAX);
        assert_eq!(Millis(5).after(Duration::MAX), Millis::MAX);
        assert_eq!(Millis(7).after(Duration::from_millis(1500)), Millis(1507));
        assert_eq!(Millis(1507).since(Millis(7)), Duration::from_millis(1500));
    }

    #[test]
    fn the_two_units_turn_into_each_other() {
        assert_eq!(NOON.millis(), Millis(NOON.0 * 1000));
        assert_eq!(Millis(1_999).seconds(), Seconds(1));
        assert_eq!(Seconds::MAX.millis(), Millis::MAX);
    }

    #[test]
    fn what_lies_ahead_is_long_ago() {
        let cases = [
            (NOON, true),
            (NOON - 59, true),
            (NOON - 60, false),
            (NOON + 1, false),
        ];
        for (at, expected) in cases {
            assert_eq!(NOON.is_within(MINUTE, at), expected, "{at}");
        }
    }

    #[test]
    fn a_time_is_written_as_its_number() {
        assert_eq!(serde_json::to_string(&NOON).unwrap(), NOON.to_string());
        assert_eq!(serde_json::from_str::<Millis>("7").unwrap(), Millis(7));
    }
}
