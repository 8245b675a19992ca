//! What is asked of a folder: its numbers, headers, mails; and how handled mails leave it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::assembler::Bounds;
use super::name::folder;
use super::response::{Fetch, Kind, Malformed, Response, Status};
use super::session::{SMALL, Session, Stop, malformed, out_of_step};
use crate::protocol::mail_form::MAX_MAIL;
use crate::protocol::time::Seconds;
use crate::rules::fetch::mailbox::{Discard, Fault, Folder, Header, Uid};

/// Of the fields of one mail so much is kept, and the rest is passed over; nobody's own mail is larger than is read.
const FIELDS: Bounds = Bounds {
    kept: 16 * 1024,
    read: 64 * 1024 * 1024,
};
/// Of the fields of all mails in one step, in bytes.
const ALL_FIELDS: usize = 16 * 1024 * 1024;
/// A mail, and what a server may add to it; of one that is larger than was said the beginning, still larger than any of
/// ours: some servers only guess the size, and the connection must not break off for it.
const MAIL: Bounds = Bounds {
    kept: MAX_MAIL + 1024,
    read: 8 * 1024 * 1024,
};
/// Bytes of uids in one command: "no longer than approximately 1000 octets" (RFC 2683, section 3.2.1.5).
const SET: usize = 900;

/// SELECT.
pub(super) async fn select(session: &mut Session, name: &str) -> Result<Folder, Stop> {
    (session.exists, session.news) = (None, false);
    let mut found = Folder::default();
    let mut lasting = true;
    let command = format!("SELECT {}", folder(name));
    let done = session.ask(&command, SMALL, |response| {
        if let Response::Status(status) = response {
            found.uidvalidity = status.number("UIDVALIDITY").or(found.uidvalidity);
            found.next = status.number("UIDNEXT").map(Uid).or(found.next);
            // "the mail store does not support persistent UIDs" (RFC 4315, section 3).
            lasting &= !status.has_code("UIDNOTSTICKY");
        }
        Ok(())
    });
    let done = done.await?;
    session.news = false;
    found.uidvalidity = found.uidvalidity.filter(|_| lasting);
    // "REQUIRED untagged responses: FLAGS, EXISTS" (RFC 9051, section 6.3.2).
    found.exists = session.exists.ok_or_else(out_of_step)?;
    found.read_only = done.has_code("READ-ONLY");
    Ok(found)
}

/// STATUS.
pub(super) async fn status(session: &mut Session, name: &str) -> Result<Folder, Stop> {
    let mut found = None;
    let command = format!("STATUS {} (MESSAGES UIDNEXT UIDVALIDITY)", folder(name));
    let done = session.ask(&command, SMALL, |response| {
        if let Response::StatusOf(numbers) = response {
            found = Some(numbers.ok_or(Malformed::NotImap)?);
        }
        Ok(())
    });
    done.await?;
    let [exists, next, validity] = found.ok_or_else(out_of_step)?;
    Ok(Folder {
        uidvalidity: validity.and_then(NonZeroU32::new),
        next: next.and_then(NonZeroU32::new).map(Uid),
        exists: exists.unwrap_or(0),
        read_only: false,
    })
}

/// The uid that the next mail of the selected folder will have, or an earlier one.
pub(super) async fn next(session: &mut Session, name: &str) -> Result<Uid, Stop> {
    match status(session, name).await {
        Ok(Folder {
            next: Some(next), ..
        }) => return Ok(next),
        Ok(_) | Err(Stop::Refused(_)) => {}
        Err(fault) => return Err(fault),
    }
    if session.exists == Some(0) {
        return Ok(Uid(NonZeroU32::MIN));
    }
    let mut last = None;
    let done = session.ask("UID FETCH * (UID)", SMALL, |response| {
        if let Response::Fetch(fetch) = response {
            last = fetch?.uid.max(last);
        }
        Ok(())
    });
    done.await?;
    let last = last.ok_or_else(out_of_step)?;
    Ok(Uid(last.saturating_add(1)))
}

/// The lowest uid among mails that came on the day of this time or later. An OK alone says nothing of them: it counts as
/// refused.
pub(super) async fn since(
    session: &mut Session,
    time: Seconds,
    has_esearch: bool,
) -> Result<Option<Uid>, Stop> {
    let date = date(time);
    let command = match has_esearch {
        true => format!("UID SEARCH RETURN (MIN) SINCE {date}"),
        false => format!("UID SEARCH SINCE {date}"),
    };
    let mut found = None;
    let done = session.ask(&command, SMALL, |response| {
        if let Response::Search(lowest) = response {
            found = Some(lowest?);
        } else if let Response::Esearch(lowest) = response {
            found = Some(lowest?.1);
        }
        Ok(())
    });
    let done = done.await?;
    found
        .map(|lowest| lowest.map(Uid))
        .ok_or(Stop::Refused(done))
}

/// As SEARCH takes a day: `1-Feb-1994`.
fn date(time: Seconds) -> String {
    let seconds = i64::try_from(time.0).unwrap_or(i64::MAX);
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    let date = Offset::UTC.to_datetime(time).date();
    let month = usize::try_from(date.month().saturating_sub(1)).unwrap_or(0);
    let month = MONTHS.get(month).copied().unwrap_or("Jan");
    format!("{}-{month}-{}", date.day(), date.year())
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Sizes and fields of the mails from the first uid to the last.
pub(super) async fn headers(
    session: &mut Session,
    first: Uid,
    last: Option<Uid>,
) -> Result<Vec<Header>, Stop> {
    let end = last.map_or_else(|| "*".to_owned(), |last| last.to_string());
    let command =
        format!("UID FETCH {first}:{end} (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({NAMES})])");
    let mut found = BTreeMap::new();
    let mut bytes = 0_usize;
    // From here on it is for the next look.
    session.news = false;
    let done = session.ask(&command, FIELDS, |response| {
        let Some(header) = header(response)? else {
            return Ok(());
        };
        bytes = bytes.saturating_add(header.section.len());
        if bytes > ALL_FIELDS {
            return Err(malformed("the server's answer is longer than is taken"));
        }
        // `9:*` is also answered by the last mail where that is 5.
        if header.uid >= first && last.is_none_or(|last| header.uid <= last) {
            found.entry(header.uid).or_insert(header);
        }
        Ok(())
    });
    done.await?;
    Ok(found.into_values().collect())
}

const NAMES: &str = "IIM X-IIM SUBJECT CONTENT-TYPE FROM RETURN-PATH IN-REPLY-TO REFERENCES";

/// A mail's header, if that is what was answered; `None` also if the mail is gone meanwhile.
fn header(response: Response) -> Result<Option<Header>, Fault> {
    let Response::Fetch(fetch) = response else {
        return Ok(None);
    };
    let Fetch {
        uid,
        size,
        header: Some(section),
        ..
    } = fetch?
    else {
        return Ok(None);
    };
    let uid = Uid(uid.ok_or_else(out_of_step)?);
    Ok(section.map(|section| Header {
        uid,
        size: size.unwrap_or(0),
        section: whole_lines(section),
    }))
}

/// Without the part of a line that is left where the rest was passed over.
fn whole_lines(mut section: Vec<u8>) -> Vec<u8> {
    if section.len() >= FIELDS.kept {
        let end = section.iter().rposition(|byte| *byte == b'\n');
        section.truncate(end.map_or(0, |end| end.saturating_add(1)));
    }
    section
}

/// The whole mail; `None` if it is there no more.
pub(super) async fn mail(session: &mut Session, uid: Uid) -> Result<Option<Vec<u8>>, Stop> {
    let command = format!("UID FETCH {uid} (UID BODY.PEEK[])");
    let mut found = None;
    session.mail = Some(uid);
    let done = session.ask(&command, MAIL, |response| {
        if let Response::Fetch(fetch) = response {
            let fetch = fetch?;
            if let Some(mail) = fetch.whole {
                if fetch.uid != Some(uid.0) {
                    return Err(out_of_step());
                }
                found = Some(mail);
            }
        }
        Ok(())
    });
    let done = done.await;
    session.mail = None;
    done.map(|_| found.flatten().filter(|mail| !mail.is_empty()))
}

/// These mails leave the selected folder: each that the server lets go, whatever it says of the others.
pub(super) async fn discard(
    session: &mut Session,
    uids: &[Uid],
    how: &Discard,
) -> Result<(), Stop> {
    let mut step = Leaving {
        session,
        uids: uids.to_vec(),
        refused: None,
    };
    match how {
        Discard::Move(to) => {
            let to = folder(to);
            step.go(|set| format!("UID MOVE {set} {to}")).await?;
        }
        Discard::Expunge(to) | Discard::Mark(to) => {
            if let Some(to) = to {
                let to = folder(to);
                step.go(|set| format!("UID COPY {set} {to}")).await?;
            }
            let mark = |set: &str| format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)");
            step.go(mark).await?;
        }
    }
    if let Discard::Expunge(_) = how {
        step.go(|set| format!("UID EXPUNGE {set}")).await?;
    }
    step.refused
        .map_or(Ok(()), |status| Err(Stop::Refused(status)))
}

/// Mails that leave the folder by one command after the other.
struct Leaving<'a> {
    session: &'a mut Session,
    /// With these every command so far was done.
    uids: Vec<Uid>,
    /// What was said of the first of the others.
    refused: Option<Status>,
}

impl Leaving<'_> {
    /// Gives the command for all; where it is refused, for one after the other: for one mail's sake the others do not stay.
    async fn go(&mut self, command: impl Fn(&str) -> String) -> Result<(), Stop> {
        for (set, uids) in sets(&std::mem::take(&mut self.uids)) {
            if uids.len() == 1 || !self.order(&command(&set), &uids).await? {
                self.one_by_one(&uids, &command).await?;
            }
        }
        Ok(())
    }

    async fn one_by_one(
        &mut self,
        uids: &[Uid],
        command: impl Fn(&str) -> String,
    ) -> Result<(), Stop> {
        let mut refused = 0;
        for uid in uids {
            if refused >= MOST_REFUSED {
                break;
            }
            refused = match self.order(&command(&uid.to_string()), &[*uid]).await? {
                true => 0,
                false => refused.saturating_add(1),
            };
        }
        Ok(())
    }

    /// Whether it is done.
    async fn order(&mut self, command: &str, uids: &[Uid]) -> Result<bool, Stop> {
        match self.session.order(command).await {
            Ok(_) => self.uids.extend(uids),
            Err(Stop::Refused(status)) => {
                self.refused.get_or_insert(status);
                return Ok(false);
            }
            Err(fault) => return Err(fault),
        }
        Ok(true)
    }
}

/// So many refused in a row: it is the folder's fault, and no single mail's.
const MOST_REFUSED: u32 = 10;

/// The uids as sets, each short enough for a command: `3,5:7`. What a range holds are these uids and no others.
fn sets(uids: &[Uid]) -> Vec<(String, Vec<Uid>)> {
    let mut uids = uids.to_vec();
    uids.sort_unstable();
    uids.dedup();
    let mut sets: Vec<(String, Vec<Uid>)> = Vec::new();
    for run in uids.chunk_by(|Uid(one), Uid(next)| one.checked_add(1) == Some(*next)) {
        let text = match run {
            [one] => one.to_string(),
            [first, .., last] => format!("{first}:{last}"),
            [] => continue,
        };
        match sets.last_mut() {
            Some((set, all)) if set.len().saturating_add(text.len()) < SET => {
                set.push(',');
                set.push_str(&text);
                all.extend(run);
            }
            _ => sets.push((text, run.to_vec())),
        }
    }
    sets
}

/// CREATE; a folder that is there already is made.
pub(super) async fn create(session: &mut Session, name: &str) -> Result<(), Stop> {
    match session.order(&format!("CREATE {}", folder(name))).await {
        Err(Stop::Refused(status))
            if status.kind == Kind::No && status.has_code("ALREADYEXISTS") =>
        {
            Ok(())
        }
        done => done.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uids(numbers: impl IntoIterator<Item = u32>) -> Vec<Uid> {
        numbers
            .into_iter()
            .filter_map(NonZeroU32::new)
            .map(Uid)
            .collect()
    }

    fn texts(uids: &[Uid]) -> Vec<String> {
        sets(uids).into_iter().map(|(set, _)| set).collect()
    }

    #[test]
    fn sets_hold_the_uids_and_no_others_and_are_short() {
        assert_eq!(texts(&[]), Vec::<String>::new());
        assert_eq!(texts(&uids([7, 5, 3, 6, 5])), ["3,5:7"]);
        let run = ("3:5".to_owned(), uids(3..=5));
        assert_eq!(sets(&uids([5, 3, 4])), [run]);
        assert_eq!(
            texts(&uids([u32::MAX, u32::MAX - 1])),
            ["4294967294:4294967295"]
        );
        let many = texts(&uids((1..=1000).map(|n| n * 4_000_000)));
        assert!(many.len() > 5);
        assert!(many.iter().all(|set| set.len() <= SET), "{many:?}");
        assert_eq!(many.join(",").split(',').count(), 1000);
    }

    #[test]
    fn days_are_written_as_search_takes_them() {
        assert_eq!(date(Seconds(0)), "1-Jan-1970");
        assert_eq!(date(Seconds(760_060_800)), "1-Feb-1994");
        assert_eq!(date(Seconds(1_735_689_599)), "31-Dec-2024");
    }
}
