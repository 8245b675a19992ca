//! What the agent tells, as news for the clients: noted while a step of the agent goes on, told when it is over.
//!
//! Texts, and what was done to them, are told in the order of the store, whoever stored them: the agent tells what it has
//! stored itself; where something of the hook or of a command stands before that, or may stand behind it, the store is
//! read on from the last row that was told.

use std::collections::BTreeMap;

use super::host::Hands;
use crate::agent::{Happened, Names};
use crate::gateway::host::{Host as _, News, Question};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::protocol::{clean, shell};
use crate::rules::conversation::Stored;
use crate::rules::effect::Notice;
use crate::rules::person::Person;
use crate::rules::words;

/// What clients have not been told yet.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Untold {
    /// There is a gateway.
    open: bool,
    told: Vec<Told>,
    /// How each network was last said to be.
    networks: BTreeMap<String, &'static str>,
}

/// One thing to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Told {
    /// There may be new texts, or something was done to one.
    Rows,
    /// This has been stored.
    Row(Box<Stored>),
    /// The roster or somebody's presence.
    People,
    /// The user's own status, or a network's.
    Status,
    /// A text of the user has come further.
    State(Address, LetterId),
    /// The presence has a new secret, and so many friends are to be told.
    Rotated(usize),
    /// Anything that is news as it stands.
    News(Box<News>),
}

impl Untold {
    /// Whether there is anybody to tell.
    pub(in crate::daemon) fn listen(&mut self, open: bool) {
        self.open = open;
        self.told.clear();
        self.networks.clear();
    }

    /// Notes what has happened.
    pub(in crate::daemon) fn hear(&mut self, happened: Happened<'_>, names: &Names) {
        if !self.open {
            return;
        }
        match happened {
            Happened::Notice(notice) => self.notice(notice, names),
            Happened::Presence { .. } => self.note(Told::People),
            Happened::Network {
                name,
                state,
                reason,
            } => {
                self.note(Told::Status);
                let was = self.networks.insert(name.to_owned(), state);
                // Each try that fails is told by the agent; to a client it is one outage.
                if (was, state) != (Some(LOST), LOST) {
                    self.say(network(name, state, reason));
                }
            }
            Happened::Refreshed => {
                self.note(Told::People);
                self.note(Told::Status);
                self.note(Told::Rows);
            }
        }
    }

    /// Notes what the agent has stored.
    pub(in crate::daemon) fn stored(&mut self, stored: Box<Stored>) {
        if self.open {
            self.told.push(Told::Row(stored));
        }
    }

    /// What was noted since the last call, in order.
    pub(super) fn take(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// The same twice in one step is told once.
    fn note(&mut self, told: Told) {
        if !self.told.contains(&told) {
            self.told.push(told);
        }
    }

    fn say(&mut self, text: String) {
        self.told.push(Told::News(Box::new(News::Notice(text))));
    }

    fn notice(&mut self, notice: &Notice, names: &Names) {
        match notice {
            Notice::State { friend, id, .. } => self.told.push(Told::State(friend.clone(), *id)),
            Notice::Typing { friend, typing } => self.news(News::Typing {
                friend: friend.clone(),
                typing: *typing,
            }),
            Notice::Seen { friend, up_to } => self.news(News::Marker {
                friend: friend.clone(),
                at: *up_to,
            }),
            Notice::Request {
                friend,
                name,
                note,
                key_changed,
            } => self.news(News::Question(question(friend, name, note, *key_changed))),
            Notice::Friend { friend } => {
                self.note(Told::People);
                self.say(format!("{} is your friend now", name_of(names, friend)));
            }
            Notice::Rotated { to_tell, .. } => self.told.push(Told::Rotated(*to_tell)),
            Notice::Word { friend, text } => {
                let whose = friend.as_ref().map(|friend| name_of(names, friend));
                let whose = whose.map_or_else(String::new, |name| format!("{name}: "));
                self.say(format!("{whose}{}", clean::line(text, 1024)));
            }
            Notice::Status { .. } | Notice::Presence { .. } => self.note(Told::People),
            // Whoever has stored it tells the row, or has everything read again.
            Notice::Text { .. } | Notice::Change { .. } | Notice::Here { .. } => {}
        }
    }

    fn news(&mut self, news: News) {
        self.told.push(Told::News(Box::new(news)));
    }
}

/// What was noted, as the face is told it.
pub(super) fn of(told: Told, hands: &mut Hands<'_>) -> Vec<News> {
    match told {
        Told::Rows => hands.new_rows().into_iter().map(News::Stored).collect(),
        Told::Row(stored) => hands
            .new_row(*stored)
            .into_iter()
            .map(News::Stored)
            .collect(),
        Told::People => vec![News::People],
        Told::Status => vec![News::Status],
        Told::State(friend, id) => {
            let entry = hands.find(&friend, id);
            entry
                .map(|found| News::State(Box::new(found.entry)))
                .into_iter()
                .collect()
        }
        Told::Rotated(to_tell) => {
            let per_day = hands.agent.account.settings().per_day;
            vec![News::Notice(words::rotated(to_tell, per_day))]
        }
        Told::News(news) => vec![*news],
    }
}

/// What somebody on the roster asks of the user, if he does.
pub(super) fn open_question(person: &Person) -> Option<Question> {
    let asking = person.requests().first()?;
    let key_changed = person.new_keys.is_some();
    Some(question(
        &person.address,
        &asking.name,
        &asking.note,
        key_changed,
    ))
}

fn question(friend: &Address, name: &str, note: &str, key_changed: bool) -> Question {
    let who = shell::word(friend.as_str());
    let name = clean::line(name, 64);
    let who_asks = match name.is_empty() {
        true => friend.to_string(),
        false => format!("{name} <{friend}>"),
    };
    let note = match clean::line(note, 1024) {
        note if note.is_empty() => note,
        note => format!(": {note}"),
    };
    let text = if key_changed {
        format!(
            "{who_asks} has new keys; take them only if you hear so from them by another way{note}"
        )
    } else {
        format!("{who_asks} asks to be your friend{note}.")
    };
    Question {
        text,
        yes: format!("accept {who}"),
        no: Some(format!("refuse {who}")),
    }
}

fn network(name: &str, state: &str, reason: Option<&str>) -> String {
    let reason = reason.map(|why| clean::line(why, 300)).unwrap_or_default();
    match reason.is_empty() {
        true => format!("{name}: {state}"),
        false => format!("{name}: {state} ({reason})"),
    }
}

fn name_of(names: &Names, friend: &Address) -> String {
    let name = names.get(friend).cloned();
    name.unwrap_or_else(|| friend.to_string())
}

/// A network that is not reached, as the agent calls it.
const LOST: &str = "disconnected";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn who_has_no_name_that_shows_is_called_by_the_address() {
        let bob = Address::parse("bob@example.net").unwrap();
        for (name, said) in [
            ("Bob", "Bob <bob@example.net> asks to be your friend."),
            ("", "bob@example.net asks to be your friend."),
            (
                "\u{3164}\u{2800}",
                "bob@example.net asks to be your friend.",
            ),
        ] {
            assert_eq!(question(&bob, name, "", false).text, said, "{name:?}");
        }
    }

    #[test]
    fn a_hostile_address_is_quoted_in_the_answers_offered() {
        let address = Address::parse("x||a&&touch${!z}@evil.example").unwrap();
        let asked = question(&address, "x", "", false);
        assert_eq!(asked.yes, "accept 'x||a&&touch${'\\!'z}@evil.example'");
        let words = shell_words::split(&asked.yes).unwrap();
        assert_eq!(
            words,
            ["accept", address.as_str()],
            "as the agent reads it back"
        );
    }

    #[test]
    fn an_outage_is_told_once() {
        let mut untold = Untold::default();
        untold.listen(true);
        for (state, told) in [
            (LOST, true),
            (LOST, false),
            ("trouble", true),
            (LOST, true),
            ("connected", true),
            ("connected", true),
        ] {
            let happened = Happened::Network {
                name: "one",
                state,
                reason: None,
            };
            untold.hear(happened, &Names::new());
            let news = untold.take();
            let said = news.iter().any(|told| matches!(told, Told::News(_)));
            assert_eq!(said, told, "{state}");
        }
    }
}
