//! Texts on their way to others: waiting for the bucket, or written and perhaps refused by the server.

use std::collections::VecDeque;
use std::time::Duration;

use super::line::{self, LineError};

/// The texts of one connection.
#[derive(Debug, Default)]
pub(super) struct SendQueue {
    waiting: VecDeque<Text>,
    sent: VecDeque<Sent>,
}

/// A line that waits.
#[derive(Debug)]
struct Text {
    ticket: u64,
    to: String,
    line: String,
    last: bool,
}

/// An order of which lines were written lately. Servers refuse line by line, and name the nick alone.
#[derive(Debug)]
struct Sent {
    ticket: u64,
    to: String,
    lines: usize,
    refused: bool,
    at: Duration,
}

/// What the server's refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The first for this order, or for none that is known.
    First(Option<u64>),
    /// Another line of an order that was refused already.
    Again,
}

impl SendQueue {
    /// Takes an order to send, all of its lines or none: not if too many wait already, or one may not be written.
    pub(super) fn push(&mut self, ticket: u64, to: &str, texts: &[String], linelen: usize) -> bool {
        if self.waiting.len().saturating_add(texts.len()) > MOST {
            return false;
        }
        if to.starts_with(['&', '+', '!', '$', '@']) || to.contains(',') || texts.is_empty() {
            return false;
        }
        let lines: Result<Vec<String>, LineError> = texts
            .iter()
            .map(|text| line::write(&["PRIVMSG", to], Some(text), linelen))
            .collect();
        let Ok(lines) = lines else {
            return false;
        };
        for line in lines {
            self.waiting.push_back(Text {
                ticket,
                to: to.to_owned(),
                line,
                last: false,
            });
        }
        if let Some(text) = self.waiting.back_mut() {
            text.last = true;
        }
        true
    }

    /// Nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes of the next line to write.
    pub(super) fn next_len(&self) -> Option<usize> {
        self.waiting.front().map(|text| text.line.len())
    }

    /// The next line to write, and the ticket if it's the last of its order.
    pub(super) fn next(&mut self, now: Duration) -> Option<(String, Option<u64>)> {
        let text = self.waiting.pop_front()?;
        match self
            .sent
            .back_mut()
            .filter(|sent| sent.ticket == text.ticket)
        {
            Some(sent) => {
                sent.lines = sent.lines.saturating_add(1);
                sent.at = now;
            }
            None => self.remember(&text, now),
        }
        Some((text.line, text.last.then_some(text.ticket)))
    }

    fn remember(&mut self, text: &Text, now: Duration) {
        if self.sent.len() >= MOST {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent {
            ticket: text.ticket,
            to: text.to.clone(),
            lines: 1,
            refused: false,
            at: now,
        });
    }

    /// The server refused a line to this nick: it's taken for the oldest that may be meant. What still waits of that
    /// order is dropped.
    pub(super) fn refused(&mut self, nick: &str, now: Duration) -> Refusal {
        self.sent
            .retain(|sent| now <= sent.at.saturating_add(REMEMBERED));
        let to_nick = |sent: &&mut Sent| sent.lines > 0 && sent.to.eq_ignore_ascii_case(nick);
        let Some(sent) = self.sent.iter_mut().find(to_nick) else {
            return Refusal::First(None);
        };
        sent.lines = sent.lines.saturating_sub(1);
        let ticket = sent.ticket;
        if std::mem::replace(&mut sent.refused, true) {
            return Refusal::Again;
        }
        self.waiting.retain(|text| text.ticket != ticket);
        Refusal::First(Some(ticket))
    }

    /// Drops what still waits for a channel, and gives the orders that it was of; they are told of once.
    pub(super) fn withdraw(&mut self, channel: &str) -> Vec<u64> {
        let (dropped, left): (VecDeque<Text>, VecDeque<Text>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|text| text.to.eq_ignore_ascii_case(channel));
        self.waiting = left;
        let last = dropped.into_iter().filter(|text| text.last);
        let tickets: Vec<u64> = last.map(|text| text.ticket).collect();
        let told = |sent: &&mut Sent| tickets.contains(&sent.ticket);
        for sent in self.sent.iter_mut().filter(told) {
            sent.refused = true;
        }
        tickets
    }

    /// The orders of which something still waits; nothing does afterwards.
    pub(super) fn unwritten(&mut self) -> Vec<(u64, String)> {
        let waiting = self.waiting.drain(..).filter(|text| text.last);
        waiting.map(|text| (text.ticket, text.to)).collect()
    }

    /// The nick that an order of late went to.
    pub(super) fn nick_of(&self, ticket: u64) -> Option<String> {
        let sent = self.sent.iter().rev().find(|sent| sent.ticket == ticket);
        sent.map(|sent| sent.to.clone())
    }
}

/// Lines that may wait, and orders that are remembered.
const MOST: usize = 64;
/// How long a refusal may take.
const REMEMBERED: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| (*t).to_owned()).collect()
    }

    fn all(queue: &mut SendQueue) -> Vec<(String, Option<u64>)> {
        std::iter::from_fn(|| queue.next(Duration::ZERO)).collect()
    }

    #[test]
    fn lines_leave_in_order() {
        let mut queue = SendQueue::default();
        assert!(queue.push(1, "bob", &texts(&["a", "b"]), 512));
        assert!(queue.push(2, "eve", &texts(&["c"]), 512));
        let want = [
            ("PRIVMSG bob :a\r\n".to_owned(), None),
            ("PRIVMSG bob :b\r\n".to_owned(), Some(1)),
            ("PRIVMSG eve :c\r\n".to_owned(), Some(2)),
        ];
        assert_eq!(all(&mut queue), want);
    }

    #[test]
    fn bad_orders_are_not_taken() {
        for (to, text) in [
            ("&c", "a"),
            ("a,b", "a"),
            ("a b", "a"),
            ("a", "b\r\nQUIT"),
            ("$*", "a"),
        ] {
            let mut queue = SendQueue::default();
            assert!(
                !queue.push(1, to, &texts(&["ok", text]), 512),
                "{to} {text}"
            );
            assert!(queue.is_empty());
        }
        let long = "x".repeat(500);
        assert!(!SendQueue::default().push(1, "bob", &[long], 512));
        assert!(!SendQueue::default().push(1, "bob", &[], 512));
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut queue = SendQueue::default();
        for ticket in 0..64 {
            assert!(queue.push(ticket, "bob", &texts(&["a"]), 512));
        }
        assert!(!queue.push(99, "bob", &texts(&["a"]), 512));
    }

    #[test]
    fn refusals_find_their_order_once() {
        let mut queue = SendQueue::default();
        assert!(queue.push(1, "bob", &texts(&["a", "b"]), 512));
        assert!(queue.push(2, "Bob", &texts(&["c"]), 512));
        all(&mut queue);
        let mut refused = |nick, at| queue.refused(nick, Duration::from_secs(at));
        assert_eq!(refused("eve", 1), Refusal::First(None));
        assert_eq!(refused("BOB", 1), Refusal::First(Some(1)));
        assert_eq!(refused("bob", 1), Refusal::Again);
        assert_eq!(refused("bob", 1), Refusal::First(Some(2)));
        assert_eq!(refused("bob", 1), Refusal::First(None));
    }

    #[test]
    fn what_is_refused_early_is_not_sent_further() {
        let mut queue = SendQueue::default();
        assert!(queue.push(1, "bob", &texts(&["a", "b", "c"]), 512));
        queue.next(Duration::ZERO);
        assert_eq!(
            queue.refused("bob", Duration::ZERO),
            Refusal::First(Some(1))
        );
        assert!(queue.is_empty());
        assert_eq!(
            queue.refused("bob", Duration::from_secs(61)),
            Refusal::First(None)
        );
    }

    #[test]
    fn the_rest_is_told() {
        let mut queue = SendQueue::default();
        assert!(queue.push(1, "bob", &texts(&["a", "b"]), 512));
        assert!(queue.push(2, "eve", &texts(&["c"]), 512));
        queue.next(Duration::ZERO);
        let want = [(1, "bob".to_owned()), (2, "eve".to_owned())];
        assert_eq!(queue.unwritten(), want);
    }
}
