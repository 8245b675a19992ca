//! A session's part in its channels: orders to enter and to part, and what the server says of them.

use std::time::Duration;

use super::super::channels::{Entry, is_channel, refuses_words};
use super::super::line::{self, Line};
use super::super::send_queue::Refusal;
use super::{LinkEvent, Phase, Session};

impl Session {
    /// Takes an order to enter a channel.
    pub fn enter(&mut self, channel: &str, key: &str) {
        let linelen = self.linelen();
        let entry = match self.phase {
            Phase::Settled { .. } => self.channels.enter(channel, key, linelen),
            Phase::Registering(_) | Phase::Greeting { .. } => Entry::Refused,
        };
        match entry {
            Entry::Write(lines) => self.control.push_back(lines),
            Entry::Known => {}
            Entry::Refused => self.events.push(LinkEvent::not_entered(channel.to_owned())),
        }
    }

    /// Takes an order to part from a channel.
    pub fn part(&mut self, channel: &str) {
        let Some(channel) = self.channels.part(channel) else {
            return;
        };
        if self.withdraw(&channel) {
            return;
        }
        // What could stand in a JOIN can stand here.
        let line = line::write(&["PART", &channel], None, self.linelen());
        self.control.extend(line);
    }

    /// Drops what still waits for a channel; says whether our JOIN is among it.
    fn withdraw(&mut self, channel: &str) -> bool {
        let unsent = self.queue.withdraw(channel).into_iter();
        let unsent = unsent.map(|ticket| LinkEvent::not_sent(ticket, channel.to_owned()));
        self.events.extend(unsent);
        let before = self.control.len();
        let joining = format!("JOIN {channel} ");
        self.control.retain(|lines| !lines.starts_with(&joining));
        self.control.len() < before
    }

    /// Takes a line that says who is in which channel.
    pub(super) fn hear_of_channels(&mut self, line: &Line) {
        if let Some(channel) = self.channels.forced(line, &self.me) {
            let part = line::write(&["PART", &channel], None, self.linelen());
            self.control.extend(part);
        }
        for one in self.channels.hear(line, &self.me) {
            self.tell_of_channel(one);
        }
    }

    /// Takes a numeric that says what does not work in a channel, or that none can be joined.
    pub(super) fn channel_refuses(&mut self, name: &str, numeric: u16, now: Duration) {
        if !is_channel(name) {
            for one in self.channels.join_refused(numeric) {
                self.tell_of_channel(one);
            }
            return;
        }
        if refuses_words(numeric)
            && let Refusal::First(ticket @ Some(_)) = self.queue.refused(name, now)
        {
            self.events.push(LinkEvent::Undeliverable {
                ticket,
                nick: name.to_owned(),
                numeric,
            });
        }
        if let Some(shut) = self.channels.refused(name, numeric) {
            self.tell_of_channel(shut);
        }
    }

    /// Where it is shut nothing more is written.
    fn tell_of_channel(&mut self, news: LinkEvent) {
        self.events.push(news.clone());
        if let LinkEvent::Shut { channel, .. } = news {
            self.withdraw(&channel);
        }
    }
}
