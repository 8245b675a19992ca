//! People move to another machine, lose all they have and recover, and forget an old disk that comes to life again.
//!
//! ```text
//!  here ── export --move ──▶ left ── import ──▶ there, as from a backup           a second place, and an old disk, flush once
//!                             └──── return ──▶ here, as from a backup
//!  here ── export, or a kept copy ──▶ laid by ── all is lost ──▶ there, as it was then
//! ```

use iim::account::kept::{Search, When, back_up};
use iim::account::{Account, AccountError, come_back, mail};
use iim::edge::mail::stored::Where;
use iim::protocol::kept::Kept;
use iim::rules::event::Act;
use iim::rules::queue::choice::{Announcements, Round};
use iim::rules::refusal::Refusal;

use crate::house::{KeptMail, LaidBy, throw_away};
use crate::people::Carrier;
use crate::post::Parcel;
use crate::promises::{HIDDEN, PLACE};
use crate::world::World;

impl World {
    /// One of all that, or what is needed for it.
    pub(crate) fn something_of_moving(&mut self, who: usize) -> &'static str {
        match self.chance.below(8) {
            0..=1 => (self.move_house(who), "moves house").1,
            2 => (self.lay_by(who), "lays an archive by").1,
            3..=4 => (self.keep_a_copy(who), "keeps a copy").1,
            5 => (self.lose_all(who), "loses all").1,
            6 => (self.take_in_what_is_laid_by(who), "takes in an archive").1,
            _ => (self.an_old_disk_flushes(who), "forgot an old disk").1,
        }
    }

    // To another machine.

    /// Letters are under way, and perhaps an agent runs. The archive may get lost, or be taken in twice, or the account be
    /// taken back though it was taken in.
    pub(crate) fn move_house(&mut self, who: usize) {
        let archive = self.people[who].export(true);
        self.people[who].house.has_left = true;
        let (sent, lost) = (self.sent(who), self.chance.once_in(4));
        self.try_where_it_left(who);
        let seconds = match self.chance.below(4) {
            0..=1 => self.chance.between(5, 300),
            2 => self.chance.between(60, 7200),
            _ => self.chance.between(3600, 40_000),
        };
        self.pass(seconds);
        if self.sent(who) > sent {
            let words = format!("{who} sends mails from where they have left");
            self.truth.breaks(PLACE, words);
        }
        if lost {
            come_back(&mut self.people[who].account).unwrap();
            self.people[who].house.has_left = false;
            return self.arrived(who);
        }
        let (dir, left) = (self.dir.path().to_owned(), self.people[who].disk.save());
        let home = self.people[who].import(&archive, &dir).unwrap();
        self.people[who].live_in(home);
        self.arrived(who);
        if self.chance.once_in(3) {
            let seconds = self.chance.between(60, 7200);
            self.pass(seconds);
            let second = match self.chance.once_in(3) {
                true => self.people[who].open_returned(&left, &dir),
                false => self.people[who].open_second(&archive, &dir),
            };
            self.lives_a_moment(who, second);
        }
    }

    /// How many mails somebody has sent.
    fn sent(&self, who: usize) -> usize {
        let sent = self.post.count.get(&self.people[who].address);
        sent.map_or(0, Vec::len)
    }

    /// The agent that runs there sees that the account has left, and ends. Whatever is tried there does nothing.
    fn try_where_it_left(&mut self, who: usize) {
        if let Some(agent) = &mut self.people[who].agent {
            agent.tick();
            self.follow(who);
            self.stop_agent(who);
        }
        let rotated = self.people[who].account.act(Act::Rotate { if_older: None });
        if !is_moved_out(&rotated) {
            let words = format!("{who} acts where they have left from");
            self.truth.breaks(PLACE, words);
        }
        self.send(who, Announcements::All);
    }

    /// Mails that came meanwhile are taken in, and programs run again.
    fn arrived(&mut self, who: usize) {
        for parcel in std::mem::take(&mut self.people[who].house.unheard) {
            self.deliver(&parcel);
        }
        match self.chance.once_in(4) {
            true => self.settle(who),
            false => self.start_agent(who),
        }
    }

    /// A mail comes to a hook where the account has left from: it stays in the mailbox.
    pub(crate) fn is_kept_for_another_place(&mut self, who: usize, parcel: &Parcel) -> bool {
        let house = &mut self.people[who].house;
        if house.has_left {
            house.unheard.push(parcel.clone());
        }
        house.has_left
    }

    // A second place.

    /// An account that lives twice: what cron does there, once. It is as from a backup, and the friends are asked by both.
    fn lives_a_moment(&mut self, who: usize, mut second: Account) {
        if second.state().unwrap().restored {
            second.act(Act::Restored).unwrap();
        }
        second.tick().unwrap();
        drop(second.act(Act::Rotate { if_older: None }));
        let mut carrier = Carrier {
            post: &mut self.post,
            now_ms: self.now,
            dies_after: None,
        };
        let round = Round::without_irc(Announcements::All);
        mail::send(&mut second, &mut carrier, &round).unwrap();
        throw_away(second);
        self.truth.twice.insert(who);
    }

    /// Whoever finds out that their account lived twice tells their friends anew; by then a day is over, and what the other
    /// told counts no more.
    pub(crate) fn tell_after_all(&mut self) {
        for who in std::mem::take(&mut self.truth.twice) {
            drop(self.act(who, Act::Rotate { if_older: None }));
        }
    }

    /// What is flushed there is of then: it was said before.
    fn an_old_disk_flushes(&mut self, who: usize) {
        let life = self.people[who].lives;
        let mut backups = self.people[who].backups.iter();
        let backup = backups.rfind(|backup| backup.life == life);
        let backup = backup.map(|backup| backup.saved.clone());
        let Some(disk) = backup.or(self.people[who].house.forgotten.take()) else {
            return;
        };
        let dir = self.dir.path().to_owned();
        let old = self.people[who].open_old(&disk, &dir);
        self.lives_a_moment(who, old);
    }

    // All is lost.

    /// `iim export`: the account goes on here.
    fn lay_by(&mut self, who: usize) {
        let at_ms = self.now;
        let bytes = self.people[who].export(false);
        let archives = &mut self.people[who].house.archives;
        if archives.len() < 3 {
            archives.push(LaidBy { bytes, at_ms });
        }
    }

    /// The disk is lost, and the archive is what there is.
    fn take_in_what_is_laid_by(&mut self, who: usize) {
        let archives = &mut self.people[who].house.archives;
        if archives.is_empty() {
            return;
        }
        let archive = archives.remove(0);
        self.all_is_lost(who);
        let dir = self.dir.path().to_owned();
        let home = self.people[who].import(&archive.bytes, &dir).unwrap();
        self.people[who].live_in(home);
        if !self.sessions(who).is_empty() {
            let words = format!("{who} laid an archive by that opens what was under way");
            self.truth.breaks(PLACE, words);
        }
        self.goes_back(who, archive.at_ms);
        self.arrived(who);
    }

    /// `iim backup`: a mail to oneself.
    pub(crate) fn keep_a_copy(&mut self, who: usize) {
        let key = self.people[who].paper();
        let mut carrier = Carrier {
            post: &mut self.post,
            now_ms: self.now,
            dies_after: None,
        };
        let account = &mut self.people[who].account;
        // Cron says what came of it.
        drop(back_up(account, &key, When::Due, &mut carrier));
        self.truth.acts += 1;
    }

    /// A mail comes; that to oneself stays in the mailbox.
    pub(crate) fn note_kept(&mut self, parcel: &Parcel) {
        // Another's copy opens under another's code.
        let is_own = parcel.from == parcel.to;
        let is_copy = String::from_utf8_lossy(&parcel.mail).contains(COPY);
        if is_own
            && is_copy
            && let Some(who) = self.index(&parcel.to)
        {
            let (mail, at_ms) = (parcel.mail.clone(), self.now);
            self.people[who].house.copies.push(KeptMail { mail, at_ms });
        }
    }

    /// `iim recover`, perhaps where somebody holds back the newest copies.
    pub(crate) fn lose_all(&mut self, who: usize) {
        let copies = self.people[who].house.copies.len();
        if copies == 0 {
            return;
        }
        let seen = match self.chance.once_in(3) {
            true => self.chance.index(copies) + 1,
            false => copies,
        };
        self.all_is_lost(who);
        let Some((kept, at_ms)) = self.newest_of(who, seen) else {
            if self.people[who].lives == 0 {
                let words = format!("{who} has kept copies, and none opens");
                self.truth.breaks(PLACE, words);
            }
            return;
        };
        let dir = self.dir.path().to_owned();
        let home = self.people[who].recover(&kept, &dir);
        self.people[who].live_in(home);
        if let Some(mailbox) = &mut self.people[who].mailbox {
            mailbox.is_looked_at_anew();
        }
        self.check_who_sees(who, at_ms);
        self.goes_back(who, 0);
        self.arrived(who);
    }

    fn all_is_lost(&mut self, who: usize) {
        // Nobody does that within the second: an epoch is a time in seconds.
        self.pass(60);
        if self.people[who].agent.is_some() {
            self.irc.crash(who, false);
            self.people[who].end_agent();
        }
    }

    /// What `iim recover` finds among so many copies, and when that came.
    fn newest_of(&mut self, who: usize, seen: usize) -> Option<(Kept, u64)> {
        let (key, now) = (self.people[who].paper(), self.people[who].account.now());
        let copies = &self.people[who].house.copies[..seen];
        let mut search = Search::new(&key, now);
        for copy in copies {
            search.look(&copy.mail, Where::Mailbox);
        }
        let found = search.found()?;
        let is_it = |copy: &&KeptMail| {
            let mut search = Search::new(&key, now);
            search.look(&copy.mail, Where::Mailbox);
            search.found().as_ref() == Some(&found)
        };
        let at_ms = copies.iter().find(is_it).map(|copy| copy.at_ms);
        Some((found, at_ms?))
    }

    /// By a copy of more than a week nobody is shown to anybody, for the person may have hidden since.
    fn check_who_sees(&mut self, who: usize, at_ms: u64) {
        if self.now < at_ms + OLD {
            return;
        }
        for other in 0..self.people.len() {
            let address = self.address(other);
            let found = self.people[who].find(&address);
            if found.is_some_and(|person| person.visible && !person.blocked) {
                let words = format!("{who} is seen by {other} again, by an old copy");
                self.truth.breaks(HIDDEN, words);
            }
        }
    }
}

fn is_moved_out<T>(done: &Result<T, AccountError>) -> bool {
    matches!(done, Err(AccountError::Refused(Refusal::MovedOut(_))))
}

const COPY: &str = "\nSubject: Kept copy (iim)";
/// So old is a copy surely, in ms: clocks differ.
const OLD: u64 = 9 * 86_400_000;
