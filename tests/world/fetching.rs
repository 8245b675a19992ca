//! Letters are fetched out of mailboxes: by an agent's thread, or by cron where there is none.

use std::collections::{BTreeMap, BTreeSet};

use iim::account::fetch;
use iim::protocol::address::Address;
use iim::protocol::letter::LetterId;
use iim::protocol::time::{HOUR, days};
use iim::rules::conversation::ContactId;
use iim::rules::fetch::fetcher::Fetcher;
use iim::rules::fetch::mailbox::Command;
use iim::rules::fetch::plan::{Became, Event, Next, Until, Work};

use crate::mailbox::{Mailbox, hash};
use crate::people::Someone;
use crate::post::Parcel;
use crate::promises::{BOUNDED, FOREIGN, HIDDEN, ONCE, WEDGE};
use crate::world::World;

/// What waits for a friend from whom somebody hides: when each letter leaves, in seconds.
type Waiting = BTreeMap<(ContactId, LetterId), u64>;

impl Someone {
    pub(crate) fn begin_fetching(&mut self, now_ms: u64) {
        let Some(mailbox) = &mut self.mailbox else {
            return;
        };
        let of = &self.account.config.mail.fetch[0];
        let plan = fetch::plan(of, Until::Ended);
        let kept = fetch::mailboxes(&self.account, of).unwrap();
        mailbox.open(Fetcher::new(plan, kept.clone()), &kept, now_ms);
    }
}

impl World {
    fn mailbox(&mut self, who: usize) -> &mut Mailbox {
        self.people[who].mailbox.as_mut().unwrap()
    }

    /// When somebody's thread goes on next.
    pub(crate) fn next_look(&self) -> Option<u64> {
        let boxes = self.people.iter().filter_map(|one| one.mailbox.as_ref());
        boxes.map(|mailbox| mailbox.due).min()
    }

    /// A parcel comes to somebody's mailbox, if they have one. Says whether it is not for their hook.
    pub(crate) fn put_into_mailbox(&mut self, who: usize, parcel: &Parcel) -> bool {
        let Some(mailbox) = &mut self.people[who].mailbox else {
            return false;
        };
        if !mailbox.comes(self.now, parcel, &self.post.weather) {
            self.post.lose(parcel);
        }
        let by_hook = mailbox.has_hook && mailbox.chance.once_in(2);
        if self.people[who].agent.is_none() {
            self.cron_soon(who);
        }
        !by_hook
    }

    /// Cron looks into a mailbox every minute: not in vain here.
    fn cron_soon(&mut self, who: usize) {
        let soon = self.now + 60_000;
        self.people[who].next_tick = self.people[who].next_tick.min(soon);
    }

    /// The threads go on whose time has come.
    pub(crate) fn look_into_mailboxes(&mut self) {
        for who in 0..self.people.len() {
            let Some(mailbox) = &mut self.people[who].mailbox else {
                continue;
            };
            if mailbox.due > self.now {
                continue;
            }
            mailbox.due = u64::MAX;
            if let Some(mut fetcher) = mailbox.fetcher.take() {
                let event = mailbox.event(self.now, &self.post.weather);
                let next = self.fetch(who, &mut fetcher, event);
                self.then_waits(who, fetcher, next);
            }
        }
    }

    fn then_waits(&mut self, who: usize, fetcher: Fetcher, next: Option<Next>) {
        let now = self.now;
        let mailbox = self.mailbox(who);
        match next {
            Some(Next::Ask(Command::Wait(span))) => mailbox.wait(now, span),
            Some(Next::Rest(span)) => mailbox.rest(now, span),
            Some(Next::Over(end)) => panic!("an agent's thread ends: {end:?}"),
            // It has died.
            None | Some(_) => return,
        }
        mailbox.fetcher = Some(fetcher);
    }

    /// What `iim fetch` does; what it caused is sent later.
    pub(crate) fn fetch_once(&mut self, who: usize) {
        if self.people[who].mailbox.is_none() {
            return;
        }
        let account = &self.people[who].account;
        let of = &account.config.mail.fetch[0];
        let plan = fetch::plan(of, Until::Looked(None));
        let mut fetcher = Fetcher::new(plan, fetch::mailboxes(account, of).unwrap());
        let end = self.fetch(who, &mut fetcher, Event::Woken);
        self.mailbox(who).close();
        if !matches!(end, Some(Next::Over(Ok(())))) {
            self.cron_soon(who);
        }
    }

    /// Fetches until it waits, rests or is over; gives that, or nothing if it died.
    fn fetch(&mut self, who: usize, fetcher: &mut Fetcher, mut event: Event) -> Option<Next> {
        let mut has_heard = false;
        let next = loop {
            if self.dies_fetching(who) {
                self.crash(who, false);
                return None;
            }
            let now = self.people[who].account.now();
            let mut rng = self.people[who].rng.clone();
            event = match fetcher.step(event, now, &mut rng) {
                Next::Ask(command @ Command::Wait(_)) if !self.mailbox(who).news() => {
                    break Next::Ask(command);
                }
                Next::Ask(command) => {
                    let mailbox = self.people[who].mailbox.as_mut().unwrap();
                    let answered = mailbox.answer(self.now, &command, &self.post.weather);
                    if let Some(from) = mailbox.taken.take() {
                        let pair = (from, self.address(who));
                        *self.post.lost.entry(pair).or_default() += 1;
                    }
                    Event::Answered(answered)
                }
                Next::Hear(work) => {
                    has_heard = true;
                    Event::Heard(self.hear_fetched(who, &work))
                }
                Next::Keep(kept) => {
                    self.mailbox(who).keeps(&kept);
                    let account = &self.people[who].account;
                    let of = &account.config.mail.fetch[0];
                    Event::Kept(fetch::keep(account, of, &kept).is_ok())
                }
                idle @ (Next::Rest(_) | Next::Over(_)) => break idle,
            };
        };
        if has_heard && self.people[who].agent.is_some() {
            self.settle(who);
        }
        Some(next)
    }

    fn dies_fetching(&mut self, who: usize) -> bool {
        match &mut self.dying_fetching {
            Some((one, 0)) if *one == who => {
                self.dying_fetching = None;
                true
            }
            Some((one, steps)) if *one == who => {
                *steps -= 1;
                false
            }
            Some(_) | None => false,
        }
    }

    fn hear_fetched(&mut self, who: usize, work: &Work) -> Became {
        let (before, sessions) = (self.waiting_for_the_hidden(who), self.sessions(who));
        let heard = fetch::hear(&mut self.people[who].account, work);
        let (became, arrived) = match heard {
            Ok(heard) => heard,
            Err(fault) => {
                let words = format!("{who}'s mailbox is in trouble for ever: {fault}");
                self.truth.breaks(WEDGE, words);
                return Became::Trouble;
            }
        };
        let Work::Mail { mail, .. } = work else {
            return became;
        };
        let from = self.mailbox(who).sender(mail).cloned();
        match became {
            Became::Done => drop(self.mailbox(who).handled.insert(hash(mail))),
            Became::Left => drop(self.mailbox(who).left.insert(hash(mail))),
            Became::Stays | Became::Trouble => {}
        }
        if let (Became::Left, Some((from, _))) = (became, &from) {
            let pair = (from.clone(), self.address(who));
            *self.post.left.entry(pair).or_default() += 1;
        }
        if let Some(arrived) = arrived {
            if !arrived.done {
                self.check_nothing_is_kept(who, &sessions, &arrived.status);
            }
            let is_report = from.is_some_and(|(_, is_report)| is_report);
            self.note_heard(who, arrived.notices, is_report);
        }
        self.check_waiting(who, &before);
        became
    }

    // What must hold.

    /// When a mail was fetched shows that somebody is there: nothing that it causes leaves soon for the hidden.
    fn check_waiting(&mut self, who: usize, before: &Waiting) {
        let soon = self.people[who].account.now().after(HOUR).0;
        let after = self.waiting_for_the_hidden(who);
        let caused = after.iter().filter(|(id, _)| !before.contains_key(id));
        let at_once: Vec<_> = caused.filter(|(_, due)| **due < soon).collect();
        if !at_once.is_empty() {
            let words = format!("{who} answers fetched mails of the hidden at once: {at_once:?}");
            self.truth.breaks(HIDDEN, words);
        }
    }

    fn waiting_for_the_hidden(&mut self, who: usize) -> Waiting {
        // Whoever comes by a link that was given to them is shown by that.
        let shown: BTreeSet<Address> = self.people[who]
            .account
            .people()
            .unwrap()
            .into_iter()
            .filter(|person| person.visible)
            .map(|person| person.address)
            .collect();
        let hidden: Vec<usize> = (0..self.people.len())
            .filter(|from| self.truth.hidden.contains_key(&(who, *from)))
            .filter(|from| !shown.contains(&self.people[*from].address))
            .collect();
        let mut all = Waiting::new();
        if hidden.is_empty() {
            return all;
        }
        let far = self.people[who].account.now().after(days(100));
        let account = &self.people[who].account;
        let due = account.look(|tx| Ok(tx.outbox().due(far, None, 1000)?));
        for from in hidden {
            let contact = self.known(who, from).contact;
            let theirs = due.iter().flatten().map(|waiting| &waiting.outgoing);
            let theirs = theirs.filter(|out| out.to == contact);
            all.extend(theirs.map(|out| ((contact, out.letter.id), out.due.0)));
        }
        all
    }

    /// Nobody touches other people's mails, and no letter leaves before it is heard.
    pub(crate) fn check_mailboxes(&mut self) {
        for who in 0..self.people.len() {
            let Some(mailbox) = &self.people[who].mailbox else {
                continue;
            };
            if !mailbox.is_untouched() {
                let words = format!("other people's mails in the mailbox of {who} are changed");
                self.truth.breaks(FOREIGN, words);
            }
            if mailbox.early > 0 {
                let words = format!("letters left the mailbox of {who} before they were heard");
                self.truth.breaks(ONCE, words);
            }
        }
    }

    /// Letters that were handled have left the mailboxes.
    pub(crate) fn check_empty(&mut self) {
        for who in 0..self.people.len() {
            let mailbox = self.people[who].mailbox.as_ref();
            let lie = mailbox.map_or(0, Mailbox::handled_that_lie);
            if lie > 0 {
                let words = format!("{lie} handled letters lie in the mailbox of {who}");
                self.truth.breaks(BOUNDED, words);
            }
        }
    }
}
