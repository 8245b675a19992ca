//! The simulated world: people, mail, IRC and one clock that only the simulation turns.
//!
//! Time goes from event to event: a mail arrives, a line arrives, an agent or cron looks around. Nothing happens in
//! between, and nothing depends on the real time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use iim::account::{AccountError, Outcome, mail};
use iim::edge::irc::Order;
use iim::protocol::address::Address;
use iim::protocol::mail_form::By;
use iim::rules::conversation::{ContactId, Ids};
use iim::rules::event::Act;
use iim::rules::queue::choice::{Announcements, Round};

use crate::chance::Chance;
use crate::irc::{Irc, Told};
use crate::people::{Carrier, Killed, Someone};
use crate::post::{Parcel, Post};
use crate::promises::WEDGE;
use crate::rooms::ROOMS;
use crate::truth::Truth;

/// Everything there is.
pub(crate) struct World {
    /// Milliseconds since 1970, by the true clock.
    pub(crate) now: u64,
    pub(crate) chance: Chance,
    pub(crate) people: Vec<Someone>,
    pub(crate) irc: Irc,
    pub(crate) post: Post,
    pub(crate) networks: Vec<String>,
    /// Groups have rooms.
    pub(crate) has_rooms: bool,
    pub(crate) truth: Truth,
    pub(crate) dir: tempfile::TempDir,
    /// A mail round dies in the middle, once, at this person.
    pub(crate) dying: Option<(usize, usize)>,
    /// The agent of this person dies, once, between the commit of an act and the first line that it caused.
    pub(crate) dying_mute: Option<usize>,
    /// Whoever fetches the mail of this person dies, once, after so many steps.
    pub(crate) dying_fetching: Option<(usize, usize)>,
}

impl World {
    pub(crate) fn index(&self, address: &Address) -> Option<usize> {
        self.people.iter().position(|one| one.address == *address)
    }

    pub(crate) fn address(&self, who: usize) -> Address {
        self.people[who].address.clone()
    }

    /// By which ids somebody knows another, on the roster or not any more.
    pub(crate) fn known(&self, who: usize, of: usize) -> Ids {
        self.people[who].ids(&self.people[of].address)
    }

    // Time.

    /// Lets so many seconds pass.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.run(self.now + seconds * 1000);
    }

    fn run(&mut self, until: u64) {
        while let Some(at) = self.next_event().filter(|at| *at <= until) {
            self.turn_clocks(self.now.max(at));
            self.happen();
        }
        self.turn_clocks(until);
        self.happen();
    }

    fn next_event(&self) -> Option<u64> {
        let ticks = self.people.iter().map(|one| one.next_tick).min();
        let dues = [self.irc.next_due(), self.post.next_due(), self.next_look()];
        dues.into_iter().chain([ticks]).flatten().min()
    }

    fn turn_clocks(&mut self, now: u64) {
        self.now = now;
        for one in &self.people {
            one.set_clock(now);
        }
    }

    fn happen(&mut self) {
        loop {
            let told = self.irc.advance(self.now);
            if told.is_empty() {
                break;
            }
            for one in told {
                self.hear(one);
            }
        }
        while let Some(parcel) = self.post.arrived(self.now) {
            self.deliver(&parcel);
        }
        self.look_into_mailboxes();
        for who in 0..self.people.len() {
            if self.people[who].next_tick <= self.now {
                self.tick(who);
            }
        }
    }

    fn hear(&mut self, told: Told) {
        let who = told.person;
        if let Some(agent) = &mut self.people[who].agent {
            agent.hear(&told.network, told.news);
            self.wake(who);
            self.follow(who);
        }
    }

    /// Something happened to somebody: their agent looks around soon.
    pub(crate) fn wake(&mut self, who: usize) {
        let one = &mut self.people[who];
        one.pause = 1000;
        one.next_tick = one.next_tick.min(self.now + 1000);
    }

    /// The agent looks around, or cron does where there is none.
    fn tick(&mut self, who: usize) {
        let one = &mut self.people[who];
        let agent = one.agent.is_some();
        // The longer nothing happens, the longer until the next look: whole days pass in a few.
        let (least, most) = match agent {
            true => (1000, 3_600_000),
            false => (300_000, 14_400_000),
        };
        one.pause = (one.pause * 4).clamp(least, most);
        one.next_tick = self.now + one.pause;
        match &mut one.agent {
            Some(agent) => {
                agent.tick();
                self.follow(who);
            }
            None => self.cron(who),
        }
    }

    /// What `iim fetch; iim flush` does.
    fn cron(&mut self, who: usize) {
        if self.people[who].house.has_left {
            return;
        }
        self.fetch_once(who);
        let one = &mut self.people[who];
        let notices = one.account.take_edits().unwrap();
        self.note(who, notices);
        let one = &mut self.people[who];
        if one.account.state().unwrap().restored {
            let notices = one.account.act(Act::Restored).unwrap().notices;
            self.note(who, notices);
        }
        let notices = self.people[who].account.tick().unwrap().notices;
        self.note(who, notices);
        self.send(who, Announcements::All);
    }

    /// Does what the agent wants done outside, until it wants nothing more.
    pub(crate) fn follow(&mut self, who: usize) {
        loop {
            let Some(agent) = &mut self.people[who].agent else {
                return;
            };
            let hands = &mut agent.outside;
            let links = std::mem::take(&mut hands.links);
            let orders = std::mem::take(&mut hands.orders);
            let told = std::mem::take(&mut hands.told);
            let shown = std::mem::take(&mut hands.shown);
            let mail = std::mem::take(&mut hands.mail_due);
            if links.is_empty() && orders.is_empty() && told.is_empty() && shown.is_empty() && !mail
            {
                return;
            }
            for (link, _, poll) in links {
                // Rooms have a link of their own to the same network.
                let network = link.strip_suffix(ROOMS).unwrap_or(&link);
                let settings = self.irc.settings(network);
                self.irc.second_link(who, &link, network, settings, poll);
            }
            for (network, order) in orders {
                self.order(who, &network, order);
            }
            self.note_told(who, told);
            for (friend, shown) in shown {
                self.notice_presence(who, &friend, shown);
            }
            if mail {
                self.send(who, Announcements::Due);
            }
        }
    }

    fn order(&mut self, who: usize, network: &str, order: Order) {
        if let Order::Send { to, .. } = &order {
            self.note_written(who, network, to);
            self.check_line_of_group(who, network, to);
        }
        self.note_order(who, network, &order);
        self.irc.order(who, network, order);
    }

    // Mail.

    /// A round of mail, by the agent's thread or by whoever has no agent.
    pub(crate) fn send(&mut self, who: usize, announcements: Announcements) {
        let dies_after = self.dying.filter(|(one, _)| *one == who).map(|(_, n)| n);
        let one = &mut self.people[who];
        let reached = match &one.agent {
            Some(agent) => agent.outside.reached.clone(),
            None => std::collections::BTreeSet::new(),
        };
        let online = |friend: ContactId| reached.contains(&friend);
        let round = Round {
            announcements,
            online: &online,
        };
        let mut carrier = Carrier {
            post: &mut self.post,
            now_ms: self.now,
            dies_after,
        };
        let account = if one.agent.is_some() {
            &mut one.post
        } else {
            &mut one.account
        };
        let sent = catch_unwind(AssertUnwindSafe(|| {
            mail::send(account, &mut carrier, &round)
        }));
        let has_left = self.people[who].house.has_left;
        if let Ok(Err(fault)) = &sent
            && !has_left
        {
            let words = format!("{who}'s round of mail ends with an error: {fault}");
            self.truth.breaks(WEDGE, words);
        }
        match sent {
            Ok(report) => {
                let notices = report.map_or(Vec::new(), |report| report.notices);
                self.note_of_agent(who, notices);
            }
            Err(payload) if payload.is::<Killed>() => {
                self.dying = None;
                self.crash(who, false);
            }
            Err(payload) => resume_unwind(payload),
        }
    }

    /// A mail comes to somebody's mailbox, or to their hook.
    pub(crate) fn deliver(&mut self, parcel: &Parcel) {
        let Some(who) = self.index(&parcel.to) else {
            return;
        };
        self.note_kept(parcel);
        if self.put_into_mailbox(who, parcel) || self.is_kept_for_another_place(who, parcel) {
            return;
        }
        let before = self.sessions(who);
        let account = &mut self.people[who].account;
        let arrived = match parcel.report {
            false => account
                .hear_mail_by(&parcel.mail, By::Marker)
                .map(Option::unwrap),
            true => account.hear_report(&parcel.mail),
        };
        match arrived {
            Ok(arrived) => {
                if !arrived.done {
                    let pair = (parcel.from.clone(), parcel.to.clone());
                    *self.post.left.entry(pair).or_default() += 1;
                    self.check_nothing_is_kept(who, &before, &arrived.status);
                }
                self.note_heard(who, arrived.notices, parcel.report);
            }
            Err(fault) => {
                let words = format!("{who}'s hook is in trouble for ever: {fault}");
                self.truth.breaks(WEDGE, words);
            }
        }
        self.settle(who);
    }

    /// After a command or a mail: the agent is poked; without one, what waits is sent.
    pub(crate) fn settle(&mut self, who: usize) {
        if self.people[who].agent.is_some() {
            self.people[who].next_tick = self.now;
            self.people[who].pause = 1000;
        } else {
            self.send(who, Announcements::Due);
        }
    }

    // Acts and accidents.

    /// One act of a person, as a command does it, or an IRC client of theirs at the agent.
    pub(crate) fn act(&mut self, who: usize, act: Act) -> Result<Outcome, AccountError> {
        if self.people[who].agent.is_some() && self.chance.once_in(2) {
            return self.act_in_client(who, act);
        }
        let edits = self.people[who].account.take_edits()?;
        self.note(who, edits);
        let outcome = self.people[who].account.act(act)?;
        self.truth.acts += 1;
        self.note(who, outcome.notices.clone());
        self.settle(who);
        Ok(outcome)
    }

    fn act_in_client(&mut self, who: usize, act: Act) -> Result<Outcome, AccountError> {
        let agent = self.people[who].agent.as_mut().unwrap();
        let outcome = agent.act(act)?;
        self.truth.acts += 1;
        if self.dying_mute == Some(who) {
            self.dying_mute = None;
            self.crash(who, false);
        } else {
            self.wake(who);
            self.follow(who);
        }
        Ok(outcome)
    }

    /// Whoever runs for this person dies at once, and is not started again by itself.
    pub(crate) fn crash(&mut self, who: usize, machine: bool) {
        if self.people[who].agent.is_some() {
            self.irc.crash(who, machine);
        }
        self.people[who].reopen();
    }

    pub(crate) fn start_agent(&mut self, who: usize) {
        if self.people[who].agent.is_none() {
            self.people[who].start_agent();
            let now = self.now;
            self.people[who].begin_fetching(now);
            self.people[who].next_tick = self.now;
            self.people[who].pause = 1000;
            self.follow(who);
        }
    }

    /// SIGTERM.
    pub(crate) fn stop_agent(&mut self, who: usize) {
        for network in self.networks.clone() {
            let rooms = format!("{network}{ROOMS}");
            for link in [network, rooms] {
                if self.people[who].agent.is_some() && self.irc.has_link(who, &link) {
                    self.order(who, &link, Order::Leave);
                }
            }
        }
        self.people[who].end_agent();
    }
}
