//! MARKREAD: how far the user has read, the same for all his devices (IRCv3 `draft/read-marker`).

use super::send::Target;
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::context::Talk;
use crate::gateway::{CHANNEL, SERVER, SERVICE, nick, time};
use crate::protocol::irc_line::{Line, Reply};

impl Talk<'_> {
    /// `MARKREAD <target> [timestamp=<time>]`.
    pub(in crate::gateway) fn mark_read(&mut self, line: &Line) {
        let Some(name) = line.given(0).map(ToOwned::to_owned) else {
            let text = "Missing parameters";
            return self.fail(&["MARKREAD", "NEED_MORE_PARAMS"], text);
        };
        match line.given(1) {
            None => self.show_mark(&name),
            Some(time) => match time.strip_prefix("timestamp=").and_then(time::of_tag) {
                Some(at) => self.set_mark(&name, at),
                None => {
                    let text = "Invalid parameters";
                    self.fail(&["MARKREAD", "INVALID_PARAMS", &name, time], text);
                }
            },
        }
    }

    /// "If there is no known last message read timestamp, the `timestamp` parameter is a literal `*`."
    pub(in crate::gateway) fn show_mark(&mut self, name: &str) {
        let at = match self.target(name) {
            Target::Friend(person) => self.host.marker(&person.friend.address),
            Target::Channel => self.host.place_marker(CHANNEL),
            Target::Service => self.host.place_marker(SERVICE),
            Target::Myself | Target::Client => self.shared.marks.get(&nick::fold(name)).copied(),
            Target::Nobody => None,
        };
        let reply = mark_line(name, at);
        self.client.send(reply);
    }

    /// Never back: an older time is answered by the marker that holds. Never beyond now.
    fn set_mark(&mut self, name: &str, at: u64) {
        let at = at.min(self.shared.now);
        let (name, old, new) = match self.target(name) {
            Target::Friend(person) => {
                let address = &person.friend.address;
                let old = self.host.marker(address);
                match self.host.set_marker(address, at) {
                    Ok(new) => {
                        self.shared.told_marks.insert(address.clone(), new);
                        (person.nick.clone(), old, new)
                    }
                    Err(reason) => return self.not_kept(name, &reason),
                }
            }
            Target::Channel | Target::Service => {
                let place = match nick::fold(name) == CHANNEL {
                    true => CHANNEL,
                    false => SERVICE,
                };
                let old = self.host.place_marker(place);
                match self.host.set_place_marker(place, at) {
                    Ok(new) => (place.to_owned(), old, new),
                    Err(reason) => return self.not_kept(name, &reason),
                }
            }
            Target::Myself | Target::Client if self.shared.marks.len() < MOST_MARKS => {
                self.set_own_mark(name, at)
            }
            Target::Myself | Target::Client | Target::Nobody => return self.no_mark(name),
        };
        let reply = mark_line(&name, Some(new));
        self.client.send(reply.clone());
        if old != Some(new) {
            for other in self.others.values_mut() {
                tell(other, &reply);
            }
        }
    }

    fn set_own_mark(&mut self, name: &str, at: u64) -> (String, Option<u64>, u64) {
        let key = nick::fold(name);
        let old = self.shared.marks.get(&key).copied();
        let new = old.unwrap_or(0).max(at);
        self.shared.marks.insert(key, new);
        (name.to_owned(), old, new)
    }

    fn not_kept(&mut self, name: &str, reason: &str) {
        self.fail(&["MARKREAD", "INTERNAL_ERROR", name], reason);
    }

    fn no_mark(&mut self, name: &str) {
        let text = "No such conversation";
        self.fail(&["MARKREAD", "INVALID_PARAMS", name], text);
    }
}

/// Tells a client, if it takes markers.
pub(in crate::gateway) fn tell(client: &mut Client, reply: &Reply) {
    if client.is_registered() && client.has(Cap::ReadMarker) {
        client.tell(reply.clone());
    }
}

/// The marker of a conversation as a line.
pub(in crate::gateway) fn mark_line(name: &str, at: Option<u64>) -> Reply {
    let at = match at {
        Some(at) => format!("timestamp={}", time::tag(at)),
        None => "*".to_owned(),
    };
    Reply::new(SERVER, &["MARKREAD", name, &at], None)
}

/// Of what is no conversation with a friend: the nicks that clients have had.
const MOST_MARKS: usize = 1000;
