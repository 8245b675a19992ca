//! How a link's session is driven: lines in, lines and news out, woken when something is due, and left to rest.

use iim::edge::irc::{LinkEvent, Now};

use rand::RngExt as _;

use super::link::{State, Talk};
use super::{Event, Irc};

impl Irc {
    /// Bytes from the server.
    pub(super) fn hear(&mut self, conn: usize, bytes: &[u8]) {
        let link = self.conns[conn].link.filter(|_| !self.conns[conn].cut);
        // What an earlier connection still brings is heard by nobody.
        let Some(at) = link.filter(|at| self.links[*at].conn() == Some(conn)) else {
            return;
        };
        self.touch(at);
        let now = self.clocks(self.links[at].person).steady;
        let State::Talking(talk) = &mut self.links[at].state else {
            return;
        };
        let Talk { session, lines, .. } = talk.as_mut();
        let mut refused = false;
        lines.feed(bytes, |line| {
            refused |= [421, 734].contains(&line.numeric());
            session.hear(line, now);
        });
        if refused {
            // Who cannot be watched is asked for now.
            self.stay_awake(at, self.now);
        }
        self.drive(at);
    }

    /// Lets the session do what is due, and arms the timer for what is due next.
    pub(super) fn drive(&mut self, at: usize) {
        let now = self.clocks(self.links[at].person);
        loop {
            let State::Talking(talk) = &mut self.links[at].state else {
                return;
            };
            let (conn, session) = (talk.conn, &mut talk.session);
            session.tick(now);
            let (news, ended) = (session.events(), session.ended().cloned());
            let out = session.out().to_vec();
            if ended.is_none() {
                session.wrote(out.len());
            }
            if !(news.is_empty() && out.is_empty()) {
                self.links[at].vain = 0;
            }
            for one in news {
                if let LinkEvent::Registered(_) = one {
                    self.links[at].awake_until = self.now;
                    self.stay_awake(at, self.now);
                }
                self.tell(at, one);
            }
            if ended.is_some() {
                return self.finish(at, ended);
            }
            if out.is_empty() {
                break;
            }
            if !is_routine(&out) {
                self.stay_awake_for_lines(at);
            }
            self.write(conn, &out);
        }
        self.arm(at, now);
    }

    fn arm(&mut self, at: usize, now: Now) {
        let well = self.links[at].conn().is_some_and(|conn| self.is_well(conn));
        let link = &mut self.links[at];
        let State::Talking(talk) = &link.state else {
            return;
        };
        if well && self.now >= link.awake_until {
            link.resting = true;
            return;
        }
        let wait = talk.session.due(now.steady).saturating_sub(now.steady);
        let wait = u64::try_from(wait.as_micros().div_ceil(1000)).unwrap();
        link.vain = if wait <= 10 { link.vain + 1 } else { 0 };
        assert!(link.vain < 50, "woken in vain: {:?}", talk.session);
        self.wake(at, self.now + wait);
    }

    /// The timer goes off then, or before.
    pub(super) fn wake(&mut self, at: usize, when: u64) {
        let link = &mut self.links[at];
        if link.armed.is_none_or(|armed| when < armed) {
            link.armed = Some(when);
            let turn = link.turn;
            self.at(when, Event::Timer { link: at, turn });
        }
    }

    pub(super) fn timer(&mut self, at: usize, turn: u64) {
        let link = &mut self.links[at];
        if link.turn != turn {
            return;
        }
        if link.armed.is_some_and(|armed| armed <= self.now) {
            link.armed = None;
        }
        match link.state {
            State::Talking(_) => {
                self.touch(at);
                self.drive(at);
            }
            State::Quitting { .. } => self.quitted(at),
            State::Pausing => self.go(at),
            State::Idle | State::Dialling => {}
        }
    }

    /// Ends a rest: what was left out would have shown that the server is there.
    pub(super) fn touch(&mut self, at: usize) {
        let now = self.clocks(self.links[at].person).steady;
        let link = &mut self.links[at];
        if std::mem::take(&mut link.resting)
            && let State::Talking(talk) = &mut link.state
        {
            talk.session.deaf(now);
        }
    }

    /// Something has changed that the next pings or rounds of ISON will show.
    pub(super) fn rouse(&mut self, at: usize) {
        let rested = self.links[at].resting;
        self.touch(at);
        self.stay_awake(at, self.now);
        if rested {
            let phase = self.rng.random_range(0..=self.links[at].poll_ms());
            self.wake(at, self.now + phase);
        }
    }

    fn is_well(&self, conn: usize) -> bool {
        let conn = &self.conns[conn];
        conn.open && !conn.cut && conn.stalled_until <= self.now
    }
}

/// Nothing but what is left out at rest.
fn is_routine(lines: &[u8]) -> bool {
    let mut lines = lines.split_inclusive(|byte| *byte == b'\n');
    lines.all(|line| line.starts_with(b"ISON ") || line.starts_with(b"PING "))
}
