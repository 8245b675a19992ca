//! The simulated mail system: late, doubled, reordered, lost, bounced, greylisted, full, refusing.
//!
//! ```text
//!  courier ─▶ provider (takes only so many a day, greylists) ─▶ queue by time ─▶ mailbox ─▶ hook (fails: 75, later)
//!                                                                    │ full, unlucky
//!                                                                    └──▶ a report to the sender
//! ```

use std::collections::{BTreeMap, BTreeSet};

use iim::edge::mail::OutMail;
use iim::protocol::address::Address;
use iim::rules::queue::route::Handed;

use crate::chance::Chance;
use crate::sealed::Places;

/// What the mail system does to mails.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    /// One mail in so many is lost in silence (0: none); all below alike.
    pub(crate) loss: u64,
    pub(crate) doubling: u64,
    pub(crate) bounce: u64,
    pub(crate) mangled_report: u64,
    pub(crate) rewritten_id: u64,
    pub(crate) greylisted: u64,
    pub(crate) hook_failure: u64,
    /// One command in so many is not answered by a mailbox's server.
    pub(crate) cut: u64,
    /// One letter in so many is taken out of a mailbox by another client, just before it is fetched.
    pub(crate) taken: u64,
    /// One mail in so many is taken for junk.
    pub(crate) junk: u64,
    /// The longest delay, in seconds; one mail in twenty takes up to a hundred times that.
    pub(crate) delay: u64,
    /// The provider takes so many mails of one sender in 24 hours (0: any number).
    pub(crate) per_day: usize,
    /// Mailboxes that are full.
    pub(crate) full: BTreeSet<Address>,
    /// Everything is refused for good, at once, whoever it is for.
    pub(crate) refused: bool,
}

/// A mail on its way.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) mail: Vec<u8>,
    pub(crate) report: bool,
}

#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) weather: Weather,
    chance: Chance,
    queue: BTreeMap<(u64, u64), Parcel>,
    sequence: u64,
    /// When each sender's mails were taken, in seconds.
    taken: BTreeMap<Address, Vec<u64>>,
    grey: BTreeSet<(Address, Address)>,
    /// Mails that never arrived, by sender and receiver.
    pub(crate) lost: BTreeMap<(Address, Address), u64>,
    /// Some of all mails ever sent, for whoever replays.
    pub(crate) archive: Vec<Parcel>,
    /// Every mail that honest accounts handed over, with its second.
    pub(crate) count: BTreeMap<Address, Vec<u64>>,
    /// How many of them went from whom to whom.
    pub(crate) between: BTreeMap<(Address, Address), usize>,
    /// How many mails fell unread into an inbox, from whom to whom.
    pub(crate) left: BTreeMap<(Address, Address), usize>,
    /// What was sealed, wherever it was.
    pub(crate) places: Places,
}

impl Post {
    pub(crate) fn new(chance: Chance) -> Self {
        Self {
            weather: Weather::default(),
            chance,
            queue: BTreeMap::new(),
            sequence: 0,
            taken: BTreeMap::new(),
            grey: BTreeSet::new(),
            lost: BTreeMap::new(),
            archive: Vec::new(),
            count: BTreeMap::new(),
            between: BTreeMap::new(),
            left: BTreeMap::new(),
            places: Places::default(),
        }
    }

    /// Takes a mail from an account, or does not.
    pub(crate) fn take(&mut self, now_ms: u64, mail: OutMail) -> Handed {
        let now = now_ms / 1000;
        self.places.note(mail.from.as_str(), &mail.mail);
        if self.weather.refused {
            return Handed::Refused("550 5.1.1 no such mailbox".into());
        }
        let taken = self.taken.entry(mail.from.clone()).or_default();
        taken.retain(|at| now < at + 86_400);
        if self.weather.per_day > 0 && taken.len() >= self.weather.per_day {
            return Handed::Later("452 too many mails today".into());
        }
        if self.chance.once_in(self.weather.greylisted)
            && self.grey.insert((mail.from.clone(), mail.to.clone()))
        {
            return Handed::Later("451 greylisted".into());
        }
        taken.push(now);
        self.count.entry(mail.from.clone()).or_default().push(now);
        let pair = (mail.from.clone(), mail.to.clone());
        *self.between.entry(pair).or_default() += 1;
        let parcel = Parcel {
            from: mail.from,
            to: mail.to,
            mail: mail.mail,
            report: false,
        };
        self.remember(&parcel);
        self.carry(now_ms, parcel);
        Handed::Taken
    }

    fn remember(&mut self, parcel: &Parcel) {
        if self.archive.len() < 200 {
            self.archive.push(parcel.clone());
        } else {
            let at = self.chance.index(200);
            self.archive[at] = parcel.clone();
        }
    }

    fn carry(&mut self, now_ms: u64, mut parcel: Parcel) {
        let Weather {
            loss,
            doubling,
            bounce,
            rewritten_id,
            ..
        } = self.weather;
        if goes_through_a_relay(&parcel) {
            parcel.mail.splice(0..0, RELAY_MARKS.iter().copied());
        }
        if self.chance.once_in(rewritten_id) {
            parcel.mail = rewrite_id(&parcel.mail, self.chance.below(1 << 40));
        }
        let full = self.weather.full.contains(&parcel.to);
        if full || self.chance.once_in(bounce) {
            self.lose(&parcel);
            return self.bounce(now_ms, &parcel, full);
        }
        if self.chance.once_in(loss) {
            return self.lose(&parcel);
        }
        if self.chance.once_in(doubling) {
            self.send_off(now_ms, parcel.clone());
        }
        self.send_off(now_ms, parcel);
    }

    pub(crate) fn lose(&mut self, parcel: &Parcel) {
        *self
            .lost
            .entry((parcel.from.clone(), parcel.to.clone()))
            .or_default() += 1;
    }

    /// A parcel comes after a delay of its own, so later ones overtake it.
    pub(crate) fn send_off(&mut self, now_ms: u64, parcel: Parcel) {
        let mut longest = self.weather.delay;
        if longest > 10 && self.chance.once_in(20) {
            longest *= 100;
        }
        let delay = self.chance.below(longest * 1000 + 1) + 100;
        self.sequence += 1;
        self.queue.insert((now_ms + delay, self.sequence), parcel);
    }

    fn bounce(&mut self, now_ms: u64, parcel: &Parcel, full: bool) {
        let status = match (full, self.chance.once_in(3)) {
            (true, true) => ("delayed", "4.2.2 mailbox full"),
            (true, false) => ("failed", "5.2.2 mailbox full"),
            (false, _) => ("failed", "5.7.1 refused by policy"),
        };
        let mut mail = report(parcel, status);
        if self.chance.once_in(self.weather.mangled_report) {
            let cut = self.chance.index(mail.len());
            mail.truncate(cut);
        }
        let report = Parcel {
            from: parcel.to.clone(),
            to: parcel.from.clone(),
            mail,
            report: true,
        };
        self.send_off(now_ms, report);
    }

    pub(crate) fn next_due(&self) -> Option<u64> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    /// The next parcel that has arrived, if the hook it comes to does not fail.
    pub(crate) fn arrived(&mut self, now_ms: u64) -> Option<Parcel> {
        loop {
            let entry = self.queue.first_entry()?;
            if entry.key().0 > now_ms {
                return None;
            }
            let parcel = entry.remove();
            if self.chance.once_in(self.weather.hook_failure) {
                // Exit 75: the mail system tries again.
                self.sequence += 1;
                let again = now_ms + self.chance.between(60_000, 3_600_000);
                self.queue.insert((again, self.sequence), parcel);
                continue;
            }
            return Some(parcel);
        }
    }

    /// From now on everything arrives, soon; so does what was under way.
    pub(crate) fn calm(&mut self, now_ms: u64) {
        for (_, parcel) in std::mem::take(&mut self.queue) {
            let delay = self.chance.below(3_600_000);
            self.sequence += 1;
            self.queue.insert((now_ms + delay, self.sequence), parcel);
        }
        self.weather = Weather {
            delay: 5,
            ..Weather::default()
        };
    }
}

/// Some pairs of people have a relay between them that marks each mail as a list's or a robot's. Here it marks only what
/// is sealed: a request so marked is not answered by itself, which is right, and another subject.
fn goes_through_a_relay(parcel: &Parcel) -> bool {
    let letters = parcel
        .from
        .as_str()
        .bytes()
        .chain(parcel.to.as_str().bytes());
    let of_three = letters.map(u32::from).sum::<u32>() % 3;
    let sealed = String::from_utf8_lossy(&parcel.mail).contains("\nSubject: Sealed message (iim)");
    !parcel.report && sealed && of_three == 0
}

const RELAY_MARKS: &[u8] = b"Return-Path: <>\r\nList-Id: <relay.example>\r\nPrecedence: bulk\r\n";

fn rewrite_id(mail: &[u8], number: u64) -> Vec<u8> {
    let text = String::from_utf8_lossy(mail);
    let lines = text.split_inclusive('\n').map(|line| {
        if line.to_ascii_lowercase().starts_with("message-id:") {
            format!("Message-ID: <{number:x}@rewritten.example>\r\n")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<String>().into_bytes()
}

pub(crate) fn message_id(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail);
    let line = text
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("message-id:"));
    line.and_then(|line| line.split_once(':'))
        .map(|(_, id)| id.trim().to_owned())
        .unwrap_or_default()
}

/// A report as Postfix writes it (RFC 3464).
pub(crate) fn report(parcel: &Parcel, (action, status): (&str, &str)) -> Vec<u8> {
    let (code, words) = status.split_once(' ').unwrap();
    let id = message_id(&parcel.mail);
    let Parcel { from, to, .. } = parcel;
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mail.example\r\nTo: {from}\r\nSubject: Undelivered\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\n\r\nIt was not delivered.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mail.example\r\n\r\nFinal-Recipient: rfc822; {to}\r\nAction: {action}\r\n\
         Status: {code}\r\nDiagnostic-Code: smtp; 550 {words}\r\n\r\n--b\r\n\
         Content-Type: text/rfc822-headers\r\n\r\nFrom: {from}\r\nTo: {to}\r\nMessage-ID: {id}\r\n\r\n--b--\r\n"
    )
    .into_bytes()
}
