//! The server's clock: the tag `time` (IRCv3 `server-time`), and the answer to TIME (391), which is free text.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use crate::protocol::time::Seconds;

/// From the value of a `time` tag, `2026-11-21T07:50:05.123Z`.
pub(super) fn of_tag(value: &str) -> Option<Seconds> {
    let time: jiff::Timestamp = value.parse().ok()?;
    u64::try_from(time.as_second()).ok().map(Seconds)
}

/// From the parameters of a 391: a number of its own, or words with month, day, year, time and
/// zone in them (`Saturday November 21 2026 -- 07:50:05 +00:00`). `None` if the zone is not said.
pub(super) fn of_reply(params: &[String]) -> Option<Seconds> {
    let number = params
        .iter()
        .skip(2)
        .find(|param| (9..=11).contains(&param.len()) && param.bytes().all(|b| b.is_ascii_digit()));
    match number {
        Some(number) => number.parse().ok().map(Seconds),
        None => of_words(params.last()?),
    }
}

fn of_words(text: &str) -> Option<Seconds> {
    let words = || text.split([' ', ',']).filter(|word| !word.is_empty());
    let month = words().find_map(month)?;
    let number = |digits: std::ops::RangeInclusive<usize>| {
        words().find_map(move |word| {
            word.parse::<i16>()
                .ok()
                .filter(|_| digits.contains(&word.len()))
        })
    };
    let day = i8::try_from(number(1..=2)?).ok()?;
    let date = Date::new(number(4..=4)?, month, day).ok()?;
    let time: Time = words().find_map(time)?;
    let zone = words().find_map(zone)?;
    let at = zone.to_timestamp(date.to_datetime(time)).ok()?;
    u64::try_from(at.as_second()).ok().map(Seconds)
}

fn month(word: &str) -> Option<i8> {
    let word = word.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| word.starts_with(month))?;
    i8::try_from(at.checked_add(1)?).ok()
}

/// `07:50` or `07:50:05`.
fn time(word: &str) -> Option<Time> {
    let mut parts = word.split(':').map(str::parse::<i8>);
    let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let second = parts.next().unwrap_or(Ok(0)).ok()?;
    let signed = word.starts_with(['+', '-']);
    Time::new(hour, minute, second, 0).ok().filter(|_| !signed)
}

/// `UTC`, `GMT`, `Z`, `+01:00` or `+0100`.
fn zone(word: &str) -> Option<Offset> {
    if matches!(word, "UTC" | "GMT" | "Z") {
        return Some(Offset::UTC);
    }
    let sign = match word.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let all: i32 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    let (hours, minutes) = (all.checked_div(100)?, all.checked_rem(100)?);
    let minutes = hours.checked_mul(60)?.checked_add(minutes)?;
    Offset::from_seconds(minutes.checked_mul(60)?.checked_mul(sign)?).ok()
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn answers_of_known_servers_are_read() {
        const AT: Seconds = Seconds(1_795_247_405);
        let cases: &[(&[&str], Option<Seconds>)] = &[
            (
                &[
                    "me",
                    "irc.x",
                    "Saturday November 21 2026 -- 07:50:05 +00:00",
                ],
                Some(AT),
            ),
            (
                &["me", "irc.x", "Saturday November 21 2026 -- 08:50 +01:00"],
                Some(AT - 5),
            ),
            (&["me", "irc.x", "Sat Nov 21 2026 02:50:05 -0500"], Some(AT)),
            (
                &["me", "irc.x", "Saturday November 21 2026 -- 07:50:05 (UTC)"],
                None,
            ),
            (
                &["me", "irc.x", "Saturday November 21 2026, 07:50:05 UTC"],
                Some(AT),
            ),
            (&["me", "irc.x", "1795247405", "0", "whatever"], Some(AT)),
            (&["me", "irc.x", "Sat Nov 21 07:50:05 2026"], None),
            (&["me", "irc.x", ""], None),
            (&["me", "irc.x", "November 99 2026 99:99:99 UTC"], None),
            (&[], None),
        ];
        for (params, want) in cases {
            let params: Vec<String> = params.iter().map(|p| (*p).to_owned()).collect();
            assert_eq!(of_reply(&params), *want, "{params:?}");
        }
    }
}
