//! What the agent tells, as news for the clients: noted while a step of the agent goes on, told when it is over.
//!
//! Texts, and what was done to them, are told in the order of the store, whoever stored them: the agent tells what it has
//! stored itself; where something of the hook or of a command stands before that, or may stand behind it, the store is
//! read on from the last row that was told.

use std::collections::{BTreeMap, BTreeSet};

use super::contacts::question;
use crate::agent::{Happened, Names};
use crate::gateway::host::News;
use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::Stored;
use crate::rules::effect::Notice;

/// What clients have not been told yet.
#[derive(Debug, Default)]
pub(in crate::daemon) struct PendingEvents {
    /// There is a gateway.
    open: bool,
    pending: Vec<Pending>,
    /// How each network was last said to be.
    networks: BTreeMap<String, &'static str>,
}

/// One thing to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Pending {
    /// There may be new texts, or something was done to one.
    Rows,
    /// This has been stored.
    Row(Box<Stored>),
    /// These of the roster, or their presence; `None`: perhaps all.
    People(Option<BTreeSet<Address>>),
    /// The user's own status, or a network's.
    Status,
    /// A text of the user has come further.
    State(Address, LetterId),
    /// The presence has a new secret, and so many friends are to be told.
    Rotated(usize),
    /// Anything that is news as it stands.
    News(Box<News>),
}

impl PendingEvents {
    /// Whether there is anybody to tell.
    pub(in crate::daemon) fn listen(&mut self, open: bool) {
        self.open = open;
        self.pending.clear();
        self.networks.clear();
    }

    /// Notes what has happened.
    pub(in crate::daemon) fn note_happened(&mut self, happened: Happened<'_>, names: &Names) {
        if !self.open {
            return;
        }
        match happened {
            Happened::Notice(notice) => self.notice(notice, names),
            Happened::Presence { friend, .. } | Happened::Contact(friend) => self.person(friend),
            Happened::Network {
                name,
                state,
                reason,
            } => {
                self.note(Pending::Status);
                let was = self.networks.insert(name.to_owned(), state);
                // Each try that fails is told by the agent; to a client it is one outage.
                if (was, state) != (Some(LOST), LOST) {
                    self.say(network(name, state, reason));
                }
            }
            Happened::Contacts => self.note(Pending::People(None)),
            Happened::Account => self.note(Pending::Status),
            Happened::Texts => self.note(Pending::Rows),
        }
    }

    /// Notes what the agent has stored.
    pub(in crate::daemon) fn stored(&mut self, stored: Box<Stored>) {
        if self.open {
            self.pending.push(Pending::Row(stored));
        }
    }

    /// What was noted since the last call, in order.
    pub(in crate::daemon) fn take(&mut self) -> Vec<Pending> {
        std::mem::take(&mut self.pending)
    }

    /// The same twice in one step is told once.
    fn note(&mut self, told: Pending) {
        if !self.pending.contains(&told) {
            self.pending.push(told);
        }
    }

    /// All who change in one step are told together.
    fn person(&mut self, friend: &Address) {
        let noted = self.pending.iter_mut().find_map(|told| match told {
            Pending::People(who) => Some(who),
            Pending::Rows
            | Pending::Row(_)
            | Pending::Status
            | Pending::State(..)
            | Pending::Rotated(_)
            | Pending::News(_) => None,
        });
        match noted {
            Some(Some(these)) => drop(these.insert(friend.clone())),
            Some(None) => {}
            None => {
                let these = BTreeSet::from([friend.clone()]);
                self.pending.push(Pending::People(Some(these)));
            }
        }
    }

    fn say(&mut self, text: String) {
        self.pending
            .push(Pending::News(Box::new(News::Notice(text))));
    }

    fn notice(&mut self, notice: &Notice, names: &Names) {
        match notice {
            Notice::State { friend, id, .. } => {
                self.pending.push(Pending::State(friend.clone(), *id))
            }
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
                self.person(friend);
                self.say(format!("{} is your friend now", name_of(names, friend)));
            }
            Notice::Rotated { to_tell, .. } => self.pending.push(Pending::Rotated(*to_tell)),
            Notice::Word { friend, text } => {
                let whose = friend.as_ref().map(|friend| name_of(names, friend));
                let whose = whose.map_or_else(String::new, |name| format!("{name}: "));
                self.say(format!("{whose}{}", clean::line(text, 1024)));
            }
            Notice::Status { friend, .. } | Notice::Presence { friend } => self.person(friend),
            // Whoever has stored it tells the row, or has everything read again.
            Notice::Text { .. } | Notice::Change { .. } | Notice::Here { .. } => {}
        }
    }

    fn news(&mut self, news: News) {
        self.pending.push(Pending::News(Box::new(news)));
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
    fn an_outage_is_told_once() {
        let mut pending = PendingEvents::default();
        pending.listen(true);
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
            pending.note_happened(happened, &Names::new());
            let news = pending.take();
            let said = news.iter().any(|told| matches!(told, Pending::News(_)));
            assert_eq!(said, told, "{state}");
        }
    }
}
