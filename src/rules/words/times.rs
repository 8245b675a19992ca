//! Times as scripts and files read them.

use jiff::Timestamp;

use crate::protocol::time::{Millis, Seconds};

/// A time as RFC 3339, in UTC.
pub fn rfc3339(at: Seconds) -> String {
    rfc3339_ms(at.millis())
}

/// A time as RFC 3339, in UTC.
pub fn rfc3339_ms(at: Millis) -> String {
    timestamp(at).to_string()
}

/// A time; one beyond what a calendar can say is the last that it can.
pub fn timestamp(at: Millis) -> Timestamp {
    let ms = i64::try_from(at.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}
