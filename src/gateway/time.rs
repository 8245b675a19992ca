//! Times as clients read them: the tag `time` (IRCv3 `server-time`), and short ones for people.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `2026-11-21T07:50:05.123Z`.
pub(super) fn tag(ms: u64) -> String {
    format!("{:.3}", stamp(ms))
}

/// The milliseconds since 1970 of such a text.
pub(super) fn of_tag(text: &str) -> Option<u64> {
    let time: Timestamp = text.parse().ok()?;
    u64::try_from(time.as_millisecond()).ok()
}

/// `10:42` on the same day in this zone, else `11-20 10:42`.
pub(super) fn short(ms: u64, now: u64, zone: &TimeZone) -> String {
    let then = stamp(ms).to_zoned(zone.clone());
    let today = stamp(now).to_zoned(zone.clone());
    let form = if then.date() == today.date() {
        "%H:%M"
    } else {
        "%m-%d %H:%M"
    };
    then.strftime(form).to_string()
}

/// `2026-11-20 10:00 UTC`.
pub(super) fn whole(ms: u64) -> String {
    stamp(ms).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// As TIME (391) and 003 say it.
pub(super) fn words(ms: u64) -> String {
    stamp(ms)
        .strftime("%A %B %d %Y -- %H:%M:%S +00:00")
        .to_string()
}

/// A time beyond what a calendar can say is the last or the first that it can.
fn stamp(ms: u64) -> Timestamp {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read() {
        assert_eq!(tag(1_795_247_405_123), "2026-11-21T07:50:05.123Z");
        assert_eq!(of_tag("2026-11-21T07:50:05.123Z"), Some(1_795_247_405_123));
        assert_eq!(of_tag("soon"), None);
        assert_eq!(tag(u64::MAX), "1970-01-01T00:00:00.000Z");
        let at = 1_795_247_405_123;
        assert_eq!(short(at, at + 60_000, &TimeZone::UTC), "07:50");
        assert_eq!(short(at, at + 86_400_000, &TimeZone::UTC), "11-21 07:50");
        assert_eq!(whole(at), "2026-11-21 07:50 UTC");
        assert_eq!(words(at), "Saturday November 21 2026 -- 07:50:05 +00:00");
    }
}
