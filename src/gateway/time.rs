//! Times as clients read them: the tag `time` (IRCv3 `server-time`), and short ones for people.

use crate::protocol::time::Millis;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `2026-11-21T07:50:05.123Z`.
pub(super) fn tag(at: Millis) -> String {
    format!("{:.3}", stamp(at))
}

/// The time of such a text.
pub(super) fn of_tag(text: &str) -> Option<Millis> {
    let time: Timestamp = text.parse().ok()?;
    u64::try_from(time.as_millisecond()).ok().map(Millis)
}

/// `10:42` on the same day in this zone, else `11-20 10:42`.
pub(super) fn short(at: Millis, now: Millis, zone: &TimeZone) -> String {
    let then = stamp(at).to_zoned(zone.clone());
    let today = stamp(now).to_zoned(zone.clone());
    let form = if then.date() == today.date() {
        "%H:%M"
    } else {
        "%m-%d %H:%M"
    };
    then.strftime(form).to_string()
}

/// `2026-11-20 10:00 UTC`.
pub(super) fn whole(at: Millis) -> String {
    stamp(at).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// As TIME (391) and 003 say it.
pub(super) fn words(at: Millis) -> String {
    stamp(at)
        .strftime("%A %B %d %Y -- %H:%M:%S +00:00")
        .to_string()
}

/// A time beyond what a calendar can say is the last or the first that it can.
fn stamp(at: Millis) -> Timestamp {
    let ms = i64::try_from(at.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read() {
        assert_eq!(tag(Millis(1_795_247_405_123)), "2026-11-21T07:50:05.123Z");
        assert_eq!(
            of_tag("2026-11-21T07:50:05.123Z"),
            Some(Millis(1_795_247_405_123))
        );
        assert_eq!(of_tag("soon"), None);
        assert_eq!(tag(Millis::MAX), "1970-01-01T00:00:00.000Z");
        let at = Millis(1_795_247_405_123);
        assert_eq!(short(at, at + 60_000, &TimeZone::UTC), "07:50");
        assert_eq!(short(at, at + 86_400_000, &TimeZone::UTC), "11-21 07:50");
        assert_eq!(whole(at), "2026-11-21 07:50 UTC");
        assert_eq!(words(at), "Saturday November 21 2026 -- 07:50:05 +00:00");
    }
}
