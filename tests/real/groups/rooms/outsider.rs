//! Somebody who looks at all that a server shows an outsider, all the time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::wire::Wire;
use crate::support::ircd::{Bare, Ircd};

/// Three of them: one asks for all, the others for one person after the other.
pub(super) struct Outsider {
    done: Arc<AtomicBool>,
    looking: [thread::JoinHandle<Looks>; 3],
    wire: Arc<Wire>,
}

/// What was asked and answered, and which answers showed something.
#[derive(Default)]
struct Looks {
    answered: usize,
    nicks: BTreeSet<String>,
    seen: Vec<String>,
}

impl Outsider {
    /// Each asks a line at a time, and waits so long after it: a server bears only so many.
    pub(super) fn on(server: &Ircd, wire: &Arc<Wire>, pause: Duration) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let at_all = move |looks: &mut Looks, olly: &mut Bare, wire: &Wire, _: bool| {
            for question in ["LIST", "NAMES", "WHO *"] {
                looks.at_all(olly, question, &wire.unseen());
                thread::sleep(pause);
            }
        };
        let at_each = |question: &'static str| {
            move |looks: &mut Looks, olly: &mut Bare, wire: &Wire, is_last: bool| {
                for nick in wire.nicks() {
                    if !is_last || !looks.nicks.contains(&nick) {
                        looks.at_one(olly, question, &nick);
                        thread::sleep(pause);
                    }
                }
            }
        };
        let looking = [
            look(Bare::on(server, "olly"), wire, &done, at_all),
            look(Bare::on(server, "oscar"), wire, &done, at_each("WHOIS")),
            look(Bare::on(server, "otto"), wire, &done, at_each("WHO")),
        ];
        let wire = Arc::clone(wire);
        Self {
            done,
            looking,
            wire,
        }
    }

    /// They have looked at everybody, and seen no channel, and nobody who is in one.
    #[track_caller]
    pub(super) fn saw_nothing(self) {
        let nicks = self.wire.nicks();
        // But for whom a connection that came to nothing had asked, and whose answer came in two pieces.
        assert!(self.wire.unseen().len() * 2 > nicks.len());
        self.done.store(true, Ordering::Relaxed);
        let looks = self.looking.map(|looks| looks.join().unwrap());
        for looks in &looks {
            assert_eq!(looks.seen, Vec::<String>::new());
        }
        for each in &looks[1..] {
            assert!(nicks.is_subset(&each.nicks), "{:?}", each.nicks);
        }
        let times = looks.map(|looks| looks.answered);
        println!("outsiders looked {times:?} times, at {} nicks", nicks.len());
    }
}

/// Looks again and again; once it is done, a last time, at whom they have not seen yet.
fn look(
    mut olly: Bare,
    wire: &Arc<Wire>,
    done: &Arc<AtomicBool>,
    once: impl Fn(&mut Looks, &mut Bare, &Wire, bool) + Send + 'static,
) -> thread::JoinHandle<Looks> {
    let (wire, done) = (Arc::clone(wire), Arc::clone(done));
    thread::spawn(move || {
        let mut looks = Looks::default();
        loop {
            let is_last = done.load(Ordering::Relaxed);
            once(&mut looks, &mut olly, &wire, is_last);
            if is_last {
                return looks;
            }
            thread::sleep(Duration::from_millis(10));
        }
    })
}

impl Looks {
    /// No channel, and nobody who is invisible, is named in what is shown of all.
    fn at_all(&mut self, olly: &mut Bare, question: &str, nicks: &BTreeSet<String>) {
        let answer = answer(olly, question);
        let shows = |line: &&str| {
            let mut words = line.split([' ', ':']).skip(3);
            words.any(|word| is_channel(word) || nicks.contains(word))
        };
        self.note(question, &answer, shows);
    }

    /// What is shown of one names no channel.
    fn at_one(&mut self, olly: &mut Bare, question: &str, nick: &str) {
        self.nicks.insert(nick.to_owned());
        let question = format!("{question} {nick}");
        let answer = answer(olly, &question);
        let shows = |line: &&str| line.split([' ', ':']).skip(3).any(is_channel);
        self.note(&question, &answer, shows);
    }

    fn note(&mut self, question: &str, answer: &str, shows: impl Fn(&&str) -> bool) {
        self.answered += 1;
        let showed = answer.lines().filter(shows);
        self.seen
            .extend(showed.map(|line| format!("{question}: {line}")));
    }
}

/// What is answered up to its end; a server that says "not now" has answered nothing, which no server of these tests does.
fn answer(olly: &mut Bare, question: &str) -> String {
    olly.says(question);
    let nick = olly.nick.clone();
    let [list, names, who, whois, not_now] =
        [323, 366, 315, 318, 263].map(|n| format!(" {n} {nick} "));
    let answer = olly.until(&[&list, &names, &who, &whois, &not_now]);
    assert!(!answer.contains(&not_now), "{answer}");
    answer
}

/// A channel, with or without what somebody is there.
fn is_channel(word: &str) -> bool {
    word.trim_start_matches(['@', '%', '+', '&', '~'])
        .starts_with('#')
}
