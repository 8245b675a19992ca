//! The day's mails: what each class of letter may spend, so that no friend's doing stops another's mail.
//!
//! ```text
//! of per_day in any 24 h (0: no limit)     share                                   order
//! texts, changes, handshake, healing       all; a quarter is always theirs         1
//! receipts                                 a quarter; to one person an eighth      2
//! kept copies that leave by themselves      an eighth
//! announcements of a hide or block         these and the others together: a half   3
//! acts of groups                           all that the first leaves               4
//! other announcements                                                              5
//! copies in groups, and what answers there a half                                  6
//! what only answers in groups              a quarter; to one person a sixteenth     7
//! ```
//!
//! Each class counts its own mails, but what only answers in groups counts among the copies, too. All but the first stop once three quarters are spent in all. A share is never less
//! than one mail.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::protocol::letter::Body;
use crate::protocol::time::{DAY, HOUR, Seconds};
use crate::rules::conversation::ContactId;

/// What a mail is for; the number is that of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Texts, changes of texts, handshake, healing.
    Text = 1,
    /// Receipts, which leave by themselves.
    Receipt = 2,
    /// Announcements of what hides us from somebody.
    Hiding = 3,
    /// Acts of groups.
    Act = 4,
    /// All other announcements.
    Announcement = 5,
    /// What is said in groups, and what rides along.
    Group = 6,
    /// What only a member's letters cause: that something came, acts that they lack.
    Answer = 7,
    /// Kept copies of the account that leave by themselves.
    Copy = 8,
}

impl Class {
    /// The class of a letter; whether an announcement hides stands beside it.
    pub fn of(body: &Body, hides: bool) -> Self {
        match body {
            Body::Request(_)
            | Body::Accept(_)
            | Body::Confirm(_)
            | Body::Text(_)
            | Body::Edit(_)
            | Body::Retract(_)
            | Body::React(_)
            | Body::Bid(_)
            | Body::Unknown { .. } => Self::Text,
            Body::Told(_) => Self::Act,
            Body::Said(_) | Body::There(_) | Body::Gather(_) => Self::Group,
            Body::Got(_) => Self::Answer,
            Body::Receipt(_) => Self::Receipt,
            Body::Presence(_) | Body::Here(_) | Body::Typing(_) if hides => Self::Hiding,
            Body::Presence(_) | Body::Here(_) | Body::Typing(_) => Self::Announcement,
        }
    }

    /// The store's number.
    pub fn number(self) -> u64 {
        self as u64
    }
}

/// Mails that were counted in one second. `class` is a number of the store: 0 was counted before there were any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// For what.
    pub class: u64,
    /// To whom; `None`: nobody on the roster any more.
    pub to: Option<ContactId>,
    /// When.
    pub at: Seconds,
    /// How many.
    pub count: u64,
}

/// The mails of the last 24 hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    per_day: u64,
    now: Seconds,
    counted: Vec<Counted>,
}

impl Day {
    /// What was counted within the day before now.
    pub fn new(per_day: u32, now: Seconds, counted: Vec<Counted>) -> Self {
        Self {
            per_day: u64::from(per_day),
            now,
            counted,
        }
    }

    /// How many more mails of a class may leave, to somebody (`None`: to somebody new); `None`: there is no limit.
    pub fn left(&self, class: Class, to: Option<ContactId>) -> Option<u64> {
        (self.per_day > 0).then(|| self.left_at(class, to, self.now))
    }

    /// Counts a mail that is about to leave, if it may.
    pub fn take(&mut self, class: Class, to: ContactId) -> bool {
        if self.left(class, Some(to)) == Some(0) {
            return false;
        }
        self.counted.push(Counted {
            class: class.number(),
            to: Some(to),
            at: self.now,
            count: 1,
        });
        true
    }

    /// When one more mail may leave of a class of which none may now; a day from now at the latest.
    pub fn free_at(&self, class: Class, to: Option<ContactId>) -> Seconds {
        let mut ends: Vec<Seconds> = self
            .counted
            .iter()
            .map(|one| one.at.after(DAY))
            .filter(|end| *end > self.now)
            .collect();
        ends.sort_unstable();
        let latest = self.now.after(DAY);
        let free = ends
            .into_iter()
            .find(|end| self.left_at(class, to, *end) > 0);
        free.unwrap_or(latest).min(latest)
    }

    /// Until when what goes in groups is gathered that began to wait then, if that is longer than now: ten minutes once half of
    /// its share is spent, an hour once four fifths are.
    pub fn gathers_until(&self, class: Class, since: Seconds) -> Option<Seconds> {
        if !matches!(class, Class::Group | Class::Answer) || self.per_day == 0 {
            return None;
        }
        let share = self.per_day.div_ceil(2);
        let spent = self.counted.iter().filter(is_in_groups);
        let spent = spent.fold(0_u64, |sum, one| sum.saturating_add(one.count));
        let longer = match spent {
            spent if spent.saturating_mul(5) >= share.saturating_mul(4) => HOUR,
            spent if spent.saturating_mul(2) >= share => GATHERED,
            _ => return None,
        };
        let until = since.after(longer);
        (until > self.now && since <= self.now).then_some(until)
    }

    /// Which shares are spent, to whom if it is one person's, and until when.
    pub fn spent(&self) -> Vec<(Class, Option<ContactId>, Seconds)> {
        let is_spent = |class, to| self.left(class, to) == Some(0);
        let mut spent = Vec::new();
        for class in [
            Class::Text,
            Class::Receipt,
            Class::Announcement,
            Class::Act,
            Class::Group,
            Class::Answer,
            Class::Copy,
        ] {
            let is_rare = matches!(
                class,
                Class::Act | Class::Group | Class::Answer | Class::Copy
            );
            if is_rare && !self.counted.iter().any(|one| one.class == class.number()) {
                continue;
            }
            if is_spent(class, None) {
                spent.push((class, None, self.free_at(class, None)));
            } else if matches!(class, Class::Receipt | Class::Answer) {
                let theirs = self.answered(class).into_iter();
                let full = theirs.map(Some).filter(|to| is_spent(class, *to));
                spent.extend(full.map(|to| (class, to, self.free_at(class, to))));
            }
        }
        spent
    }

    fn answered(&self, class: Class) -> BTreeSet<ContactId> {
        let answers = self.counted.iter().filter(is_of(class));
        answers.filter_map(|one| one.to).collect()
    }

    fn left_at(&self, class: Class, to: Option<ContactId>, now: Seconds) -> u64 {
        let all = self.per_day;
        let spent = |which: &dyn Fn(&&Counted) -> bool| {
            let young = |one: &&Counted| one.at.after(DAY) > now;
            let counted = self.counted.iter().filter(young).filter(|one| which(one));
            counted.fold(0_u64, |sum, one| sum.saturating_add(one.count))
        };
        let in_all = spent(&|_| true);
        let others = (all.saturating_mul(3) / 4).saturating_sub(in_all);
        let of = |share: u64, spent: u64| all.div_ceil(share).saturating_sub(spent).min(others);
        match class {
            Class::Text => all.saturating_sub(in_all),
            Class::Act => others,
            Class::Group => of(2, spent(&is_in_groups)),
            Class::Copy => of(8, spent(&is_of(class))),
            Class::Answer | Class::Receipt => {
                let theirs = |one: &&Counted| is_of(class)(one) && one.to == to;
                let answers = of(4, spent(&is_of(class)));
                match class == Class::Answer {
                    true => (answers.min(of(2, spent(&is_in_groups)))).min(of(16, spent(&theirs))),
                    false => answers.min(of(8, spent(&theirs))),
                }
            }
            Class::Hiding | Class::Announcement => {
                let told =
                    |one: &&Counted| is_of(Class::Hiding)(one) || is_of(Class::Announcement)(one);
                of(2, spent(&told))
            }
        }
    }
}

fn is_in_groups(one: &&Counted) -> bool {
    is_of(Class::Group)(one) || is_of(Class::Answer)(one)
}

fn is_of(class: Class) -> impl Fn(&&Counted) -> bool {
    move |one| one.class == class.number()
}

/// When receipts by mail to somebody leave, and from when on the next are gathered: the first at once, those of the next
/// ten minutes together at their end. Nothing about the person changes it.
pub fn receipts_leave(last: Seconds, now: Seconds) -> Seconds {
    let end = last.after(GATHERED);
    if last > now.after(GATHERED) || end <= now {
        // The first; or a clock that ran ahead had set the last.
        now
    } else if last > now {
        last
    } else {
        end
    }
}

/// How long receipts by mail to one person are gathered.
const GATHERED: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests;
