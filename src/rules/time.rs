//! Stretches of time, in seconds: the units in which pauses and patience are written.

/// A minute.
pub const MINUTE: u64 = 60;
/// An hour.
pub const HOUR: u64 = 60 * MINUTE;
/// A day.
pub const DAY: u64 = 24 * HOUR;
/// How long what is over is remembered.
pub const MONTH: u64 = 30 * DAY;
