//! What the agent tells, as events of the gateway: noted while a step of the agent goes on, told when it is over.
//!
//! What the agent has stored itself is told as it stands; for what the hook or a command has stored, clients read on in
//! the store.

use std::collections::{BTreeMap, BTreeSet};

use super::contacts::question;
use crate::agent::Happened;
use crate::gateway::host::{Event, News, With};
use crate::protocol::clean;
use crate::rules::contact::Contact;
use crate::rules::conversation::{ContactId, ConversationId, Stored};
use crate::rules::effect::Notice;
use crate::rules::words;

/// What clients have not been told yet.
#[derive(Debug, Default)]
pub(in crate::daemon) struct PendingEvents {
    /// There is a gateway.
    open: bool,
    pending: Vec<Event>,
    /// How each network was last said to be.
    networks: BTreeMap<String, &'static str>,
    /// How many mails may leave in a day.
    per_day: u32,
}

impl PendingEvents {
    /// So many mails may leave in a day; `None`: as many as there are.
    pub(in crate::daemon) fn budget(&mut self, per_day: Option<u32>) {
        self.per_day = per_day.unwrap_or(0);
    }

    /// Whether there is anybody to tell.
    pub(in crate::daemon) fn listen(&mut self, open: bool) {
        self.open = open;
        self.pending.clear();
        self.networks.clear();
    }

    /// Notes what has happened.
    pub(in crate::daemon) fn note_happened(&mut self, happened: Happened<'_>) {
        if !self.open {
            return;
        }
        match happened {
            Happened::Notice(notice, whose) => self.notice(notice, whose),
            Happened::Presence { friend, .. } => self.contact(friend.id),
            Happened::Contact(friend) => self.contact(friend),
            Happened::Network {
                name,
                state,
                reason,
            } => {
                let was = self.networks.insert(name.to_owned(), state);
                // Each try that fails is told by the agent; to a client it is one outage.
                if (was, state) != (Some(LOST), LOST) {
                    self.say(network(name, state, reason));
                }
            }
            Happened::Contacts => self.note(Event::Contacts(None)),
            Happened::Account => self.note(Event::Status),
            Happened::Groups => self.note(Event::Groups),
            Happened::Texts => self.note(Event::Texts),
            Happened::There { group, .. } => self.group(group, None),
        }
    }

    /// Notes what the agent has stored.
    pub(in crate::daemon) fn stored(&mut self, stored: Box<Stored>) {
        if self.open {
            self.pending.push(Event::Stored(stored));
        }
    }

    /// What was noted since the last call, in order.
    pub(in crate::daemon) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.pending)
    }

    /// The same twice in one step is told once.
    fn note(&mut self, event: Event) {
        if !self.pending.contains(&event) {
            self.pending.push(event);
        }
    }

    /// All who change in one step are told together.
    fn contact(&mut self, friend: ContactId) {
        let mut noted = self.pending.iter_mut();
        match noted.find(|event| matches!(event, Event::Contacts(_))) {
            Some(Event::Contacts(Some(these))) => drop(these.insert(friend)),
            // All, then.
            Some(_) => {}
            None => {
                let these = Some(BTreeSet::from([friend]));
                self.pending.push(Event::Contacts(these));
            }
        }
    }

    /// What happens to a group in one step is told together, and that something happened there of which there are no news.
    fn group(&mut self, group: ConversationId, news: Option<News>) {
        let noted = self.pending.iter_mut().find_map(|event| {
            if let Event::Group(other, noted) = event {
                return (*other == group).then_some(noted);
            }
            None
        });
        match noted {
            Some(noted) => noted.extend(news),
            None => self.pending.push(Event::Group(group, Vec::from_iter(news))),
        }
    }

    fn say(&mut self, text: String) {
        self.pending.push(Event::Notice(text));
    }

    fn notice(&mut self, notice: &Notice, whose: Option<&Contact>) {
        let name = whose.map_or("", |one| one.name.as_str());
        match notice {
            Notice::State { friend, id, .. } => {
                self.pending.push(Event::State(*friend, *id));
            }
            Notice::Typing { friend, typing } => {
                let (friend, typing) = (*friend, *typing);
                self.pending.push(Event::Typing { friend, typing });
            }
            Notice::Seen { friend, up_to } => {
                let (with, at) = (With::Friend(*friend), *up_to);
                self.pending.push(Event::Marker { with, at });
            }
            Notice::Request {
                name,
                note,
                key_changed,
                ..
            } => {
                let asked = whose.map(|one| question(&one.address, name, note, *key_changed));
                self.pending.extend(asked.map(Event::Question));
            }
            Notice::Friend { friend } => {
                self.contact(*friend);
                self.say(format!("{name} is your friend now"));
            }
            Notice::Rotated { to_tell, .. } => {
                self.say(words::rotated(*to_tell, self.per_day));
            }
            Notice::Word { friend, text } => {
                let lead = friend.map_or_else(String::new, |_| format!("{name}: "));
                self.say(format!("{lead}{}", clean::line(text, 1024)));
            }
            Notice::Status { friend, .. } | Notice::Presence { friend } => {
                self.contact(*friend);
            }
            // Whoever has stored it tells the row, or has everything read again.
            Notice::Text { .. } | Notice::Change { .. } | Notice::Here { .. } => {}
            Notice::Group { group, by, what } => {
                let (by, what) = (*by, what.clone());
                self.group(*group, Some(News { by, what }));
            }
            Notice::Copies { .. } => self.pending.extend(copies(notice)),
            Notice::SeenIn { group, up_to } => {
                let (with, at) = (With::Group(*group), *up_to);
                self.pending.push(Event::Marker { with, at });
            }
        }
    }
}

/// How far something said in a group has come, of a notice that says that.
fn copies(notice: &Notice) -> Option<Event> {
    if let Notice::Copies {
        group,
        id,
        state,
        delivered,
        of,
        failed,
    } = notice
    {
        return Some(Event::Copies {
            group: *group,
            id: *id,
            state: *state,
            reached: (*delivered, *of),
            failed: failed.clone(),
        });
    }
    None
}

fn network(name: &str, state: &str, reason: Option<&str>) -> String {
    let reason = reason.map(|why| clean::line(why, 300)).unwrap_or_default();
    match reason.is_empty() {
        true => format!("{name}: {state}"),
        false => format!("{name}: {state} ({reason})"),
    }
}

/// A network that is not reached, as the agent calls it.
const LOST: &str = "disconnected";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::agent::Occupants;
    use crate::rules::effect::GroupNews;

    #[test]
    fn what_happens_to_a_group_in_one_step_is_told_together() {
        let mut pending = PendingEvents::default();
        pending.listen(true);
        let (one, other) = (ConversationId::new(1), ConversationId::new(2));
        let by = Some(ContactId::new(7));
        for (group, what) in [
            (one, GroupNews::Joined),
            (other, GroupNews::Out),
            (one, GroupNews::Added(ContactId::new(8))),
        ] {
            let notice = Notice::Group { group, by, what };
            pending.note_happened(Happened::Notice(&notice, None));
        }
        let news = |what| News { by, what };
        let joined = vec![
            news(GroupNews::Joined),
            news(GroupNews::Added(ContactId::new(8))),
        ];
        // Of who is in the room there are no news.
        let there = Occupants::default();
        for group in [other, ConversationId::new(3)] {
            let there = &there;
            pending.note_happened(Happened::There { group, there });
        }
        let out = vec![news(GroupNews::Out)];
        let told = [
            Event::Group(one, joined),
            Event::Group(other, out),
            Event::Group(ConversationId::new(3), Vec::new()),
        ];
        assert_eq!(pending.take(), told);
    }

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
            pending.note_happened(happened);
            let events = pending.take();
            let said = events.iter().any(|told| matches!(told, Event::Notice(_)));
            assert_eq!(said, told, "{state}");
        }
    }
}
