//! What a session writes, and when: as the bucket of lines allows, and no more than the server has read.

use std::time::Duration;

use super::{LinkEvent, Session};

impl Session {
    /// Writes what the bucket allows: texts and lines of our own making in turns, so that neither starves.
    pub(super) fn write_due(&mut self, now: Duration) {
        self.tell_room(now);
        while !self.out.is_full() && self.bucket.has(self.lines_next(), now) {
            let wrote = if self.is_joining_next() {
                self.in_flight.all_read() && self.write_control(now)
            } else {
                (self.text_next && self.write_text(now))
                    || self.write_control(now)
                    || self.write_text(now)
            };
            if !wrote {
                break;
            }
        }
        let unread = self.is_joining_next() && !self.in_flight.all_read();
        if unread || self.in_flight.wants_ping(self.linelen()) {
            self.ping(now);
        }
    }

    /// Whether JOIN and MODE are next. They leave when the server has read everything else, and all others wait for them:
    /// where two lines stand before them, ngircd obeys the MODE a second after the JOIN (it takes three lines at once), and
    /// where four do, ircd-hybrid two seconds after (five).
    fn is_joining_next(&self) -> bool {
        let text = self.text_next && self.text_fits();
        let control = self.control.front();
        !text && control.is_some_and(|lines| count(lines) > 1)
    }

    /// How many lines are to be written next, at once.
    fn lines_next(&self) -> u32 {
        match self.is_joining_next() {
            true => self.control.front().map_or(1, |lines| count(lines)),
            false => 1,
        }
    }

    fn fits(&self, bytes: usize) -> bool {
        self.in_flight.fits(bytes, self.linelen())
    }

    /// Asks the server for a sign that it has read what was written, unless one is under way.
    pub(super) fn ping(&mut self, now: Duration) {
        if self.in_flight.ping(now) {
            self.out.push(&format!("PING :{}\r\n", self.token));
            self.bucket.take(now);
        }
    }

    /// Asked for before our own lines take the token: a letter may be slow, but never shut out.
    fn tell_room(&mut self, now: Duration) {
        let idle = self.queue.is_empty() && !self.out.is_marked();
        if idle && !self.room_told && self.bucket.has(1, now) {
            self.room_told = true;
            self.events.push(LinkEvent::Room);
        }
    }

    fn write_text(&mut self, now: Duration) -> bool {
        if !self.text_fits() {
            return false;
        }
        let Some((line, ticket)) = self.queue.next(now) else {
            return false;
        };
        self.write(&line, now);
        if let Some(ticket) = ticket {
            self.out.mark(ticket);
        }
        self.text_next = false;
        true
    }

    fn text_fits(&self) -> bool {
        self.queue.next_len().is_some_and(|bytes| self.fits(bytes))
    }

    fn control_fits(&self) -> bool {
        let line = self.control.front();
        line.is_some_and(|line| self.fits(line.len()))
    }

    fn write_control(&mut self, now: Duration) -> bool {
        // How long a line of the watch will be is not known before.
        let watch_fits = self.control.is_empty() && self.fits(self.linelen());
        if !self.control_fits() && !watch_fits {
            return false;
        }
        let line = self.control.pop_front();
        let Some(line) = line.or_else(|| self.watch.next_line(now)) else {
            return false;
        };
        self.write(&line, now);
        self.text_next = true;
        true
    }

    fn write(&mut self, lines: &str, now: Duration) {
        self.out.push(lines);
        self.in_flight.wrote(lines.len());
        for _ in 0..count(lines) {
            self.bucket.take(now);
        }
    }

    /// Lines that cannot wait.
    pub(super) fn write_at_once(&mut self, lines: &[String], now: Duration) {
        for line in lines {
            self.out.push(line);
            self.bucket.take(now);
        }
    }

    /// When the next line can be written, if one waits.
    pub(super) fn line_due(&self) -> Option<Duration> {
        if self.out.is_full() {
            return None;
        }
        let room = !self.room_told && !self.out.is_marked() && self.queue.is_empty();
        if room {
            return Some(self.bucket.next(1));
        }
        if self.is_joining_next() {
            let read = self.in_flight.all_read();
            return read.then(|| self.bucket.next(self.lines_next()));
        }
        let lines = if self.text_fits() || self.control_fits() {
            Some(Duration::ZERO)
        } else {
            self.watch.due().filter(|_| self.fits(self.linelen()))
        };
        lines.map(|due| due.max(self.bucket.next(1)))
    }

    /// What the socket should take.
    pub fn out(&self) -> &[u8] {
        self.out.bytes()
    }

    /// False while the server does not take what it caused.
    pub fn may_hear(&self) -> bool {
        !self.out.is_full()
    }

    /// The socket took so many bytes.
    pub fn wrote(&mut self, count: usize) {
        let written = self.out.wrote(count).into_iter();
        self.events.extend(written.map(LinkEvent::Written));
    }
}

/// How many lines a text is.
fn count(lines: &str) -> u32 {
    let count = lines.bytes().filter(|byte| *byte == b'\n').count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
