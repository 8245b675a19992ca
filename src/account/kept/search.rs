//! Of all the mails of a mailbox, the kept copy that counts.

use std::iter;
use std::time::Duration;

use crate::edge::mail::stored::Where;
use crate::edge::seal::kept::open_copy;
use crate::edge::seal::stream::CodeKey;
use crate::protocol::address::Address;
use crate::protocol::candidate::{Kind, kind};
use crate::protocol::codec::{CodecError, decode_kept};
use crate::protocol::kept::Kept;
use crate::protocol::mail_form::{By, MailError, read_by};
use crate::protocol::part::{Part, SealedCopy};
use crate::protocol::time::{Seconds, days};
use crate::rules::kept::due::{CLOCKS_DIFFER, is_ahead};

/// Looks through mails for the newest copy that opens.
pub struct Search<'k> {
    key: &'k CodeKey,
    now: Seconds,
    newest: Option<Kept>,
    /// The newest of those that a clock has made which was ahead.
    ahead: Option<Kept>,
    /// Copies that do not open.
    pub sealed: usize,
    /// Copies that open, and that a newer version has made.
    pub newer: usize,
    /// Mails that say they are copies of a newer version: nobody knows who has written them.
    pub named_newer: usize,
    /// Why what lies alone in a file is no copy, the first time.
    pub fault: Option<MailError>,
}

impl<'k> Search<'k> {
    /// Begins one, with the key of a recovery code.
    pub fn new(key: &'k CodeKey, now: Seconds) -> Self {
        Self {
            key,
            now,
            newest: None,
            ahead: None,
            sealed: 0,
            newer: 0,
            named_newer: 0,
            fault: None,
        }
    }

    /// Looks at a mail. What is no copy is passed over; of one that lies among others if its header says so.
    pub fn look(&mut self, mail: &[u8], place: Where) {
        let by = match (place, kind(header_of(mail))) {
            (_, Some(Kind::Marked)) => By::Marker,
            (_, Some(Kind::Titled)) => By::Subject,
            (Where::Alone, _) => By::Hand,
            (Where::Mailbox, _) => return,
        };
        let mail = match read_by(mail, by) {
            Ok(mail) => mail,
            Err(fault) => {
                let is_newer = matches!(fault, MailError::Newer(_)) && is_named(header_of(mail));
                self.named_newer = self.named_newer.saturating_add(usize::from(is_newer));
                if place == Where::Alone {
                    self.fault.get_or_insert(fault);
                }
                return;
            }
        };
        let Part::Copy(copy) = mail.part else {
            return;
        };
        let others = mail.to.iter().chain(&mail.others).take(MOST_TRIED);
        let mut addresses = iter::once(&mail.from).chain(others);
        let kept = match addresses.find_map(|address| self.opened(address, &copy)) {
            Some(Ok(kept)) => kept,
            Some(Err(_)) => {
                self.newer = self.newer.saturating_add(1);
                return;
            }
            None => {
                self.sealed = self.sealed.saturating_add(1);
                return;
            }
        };
        let place = match is_ahead(kept.made, self.now) {
            true => &mut self.ahead,
            false => &mut self.newest,
        };
        if place.as_ref().is_none_or(|known| known.made <= kept.made) {
            *place = Some(kept);
        }
    }

    /// What is in a copy that opens. Whoever has the code has written it as it is: what cannot be read is of a newer version.
    fn opened(&self, address: &Address, copy: &SealedCopy) -> Option<Result<Kept, CodecError>> {
        let opened = open_copy(self.key, address, copy).ok()?;
        let kept = decode_kept(&opened);
        let is_of = |kept: &Kept| kept.address == *address;
        kept.as_ref().map_or(true, is_of).then_some(kept)
    }

    /// When the newest copy says that it was made, if that is passed over: it is from the future, and others are not.
    pub fn passed_over(&self) -> Option<Seconds> {
        let ahead = self.ahead.as_ref().filter(|_| self.newest.is_some());
        ahead.map(|kept| kept.made)
    }

    /// The newest; of the future only where there is no other.
    pub fn found(self) -> Option<Kept> {
        self.newest.or(self.ahead)
    }
}

/// Whether a header has the words of a copy.
fn is_named(header: &[u8]) -> bool {
    let named = |words: &[u8]| words.eq_ignore_ascii_case(b"kept copy");
    header.windows(9).any(named)
}

/// The lines before the first empty one.
fn header_of(mail: &[u8]) -> &[u8] {
    let mut end = 0_usize;
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        end = end.saturating_add(line.len());
    }
    mail.get(..end).unwrap_or(mail)
}

/// Whether a copy says too little of now to show the user to those who saw them then.
pub fn is_old(kept: &Kept, now: Seconds) -> bool {
    !now.after(CLOCKS_DIFFER)
        .is_within(FRESH.saturating_add(CLOCKS_DIFFER), kept.made)
}

/// Under so many addresses besides its author's a copy is tried.
const MOST_TRIED: usize = 4;
/// How old a copy may be that is taken as it is.
const FRESH: Duration = days(7);
