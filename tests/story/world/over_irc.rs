//! Letters that go over IRC.

use super::{NET, ROOM, World, address, nick};
use iim::account::{Arrived, Frame, What, send};
use iim::edge::clock::Clock;
use iim::edge::store::Transport;
use iim::protocol::letter::LetterId;
use iim::rules::event::{Greeting, Left};

impl World {
    /// From now on these two see each other online.
    pub(crate) fn meet(&mut self, name: &str, other: &str) {
        self.online.insert((name.to_owned(), other.to_owned()));
        self.online.insert((other.to_owned(), name.to_owned()));
    }

    pub(crate) fn part(&mut self, name: &str, other: &str) {
        self.online.remove(&(name.to_owned(), other.to_owned()));
        self.online.remove(&(other.to_owned(), name.to_owned()));
    }

    /// What leaves over IRC from one to the other now: for each letter its lines.
    pub(crate) fn irc_lines(&mut self, name: &str, other: &str) -> Vec<Vec<String>> {
        let now = self.clock.now();
        let to = self.id(name, other);
        let mut rows = self.read(name, |tx| tx.outbox().due(now, Some(Transport::Irc), 100));
        rows.retain(|row| row.outgoing.to == to);
        let mut letters = Vec::new();
        for row in rows {
            let account = self.at(name);
            if let Some(leaving) = send::leave_over_irc(account, row.row, ROOM).unwrap() {
                let What::Lines(lines) = &leaving.what else {
                    panic!("a mail went to IRC")
                };
                letters.push(lines.clone());
                let outcome = send::departed(account, &leaving, Left::Written).unwrap();
                self.some(name).told.extend(outcome.notices);
            }
        }
        letters
    }

    /// What is to leave over IRC now, and does not: the nick is gone.
    pub(crate) fn not_taken(&mut self, name: &str) {
        let account = self.at(name);
        for row in send::due_over_irc(account).unwrap() {
            let leaving = send::leave_over_irc(account, row.row, ROOM).unwrap();
            let leaving = leaving.expect("a letter over IRC");
            send::departed(account, &leaving, Left::Unreachable).unwrap();
        }
    }

    /// The frames that lines of somebody's make up.
    pub(crate) fn frames(&mut self, from: &str, lines: &[String]) -> Vec<Frame> {
        let now = self.clock.now();
        let sealed = lines
            .iter()
            .filter_map(|line| self.assembler.hear(&nick(from), line, now));
        let frame = |sealed| Frame {
            friends: vec![address(from)],
            network: NET.to_owned(),
            nick: nick(from),
            sealed,
            heard: std::time::Instant::now(),
        };
        sealed.map(frame).collect()
    }

    /// Lines arrive; the letters that they make up are heard.
    pub(crate) fn hear_lines(&mut self, from: &str, to: &str, lines: &[String]) -> Vec<Arrived> {
        self.frames(from, lines)
            .into_iter()
            .map(|frame| {
                let someone = self.some(to);
                let arrived = someone.account.hear_frame(&frame).unwrap();
                someone.told.extend(arrived.notices.clone());
                arrived
            })
            .collect()
    }

    /// All that waits for IRC between two goes over until nothing waits. Returns how many lines there were.
    pub(crate) fn chat(&mut self, name: &str, other: &str) -> usize {
        let mut count: usize = 0;
        loop {
            let mut quiet = true;
            for (from, to) in [(name, other), (other, name)] {
                for lines in self.irc_lines(from, to) {
                    quiet = false;
                    count += lines.len();
                    self.hear_lines(from, to, &lines);
                }
            }
            if quiet {
                return count;
            }
            assert!(count < 500, "frames go back and forth for ever");
        }
    }

    pub(crate) fn greet(&mut self, name: &str, other: &str, id: u8, echo: Option<u8>) {
        let greeting = Greeting {
            friend: self.id(name, other),
            network: NET.to_owned(),
            nick: nick(other),
            our_nick: nick(name),
            id: LetterId([id; 16]),
            echo: echo.map(|echo| LetterId([echo; 16])),
        };
        self.at(name)
            .event(iim::rules::event::Event::Greet(greeting))
            .unwrap();
    }
}
