//! Groups as channels.

mod changes;
mod coming;
mod hostile;
mod operating;
mod people;
mod talking;
mod there;

use super::fake::{group, member};
use super::*;
use crate::gateway::host::{Group, News, Standing};
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::effect::GroupNews;
use crate::rules::fake_state::{contact, conversation};

/// The group #climbing of the user, who is an admin, with bob, an admin, dave, who is offline, and eve, a stranger.
fn climbing() -> World {
    let mut world = World::new();
    world.host.groups = vec![group("climbing", &["@bob", "dave", "eve"])];
    world
}

const EVE: &str = "eve!eve@example.net";

fn id() -> ConversationId {
    conversation("climbing")
}

impl World {
    fn climbing(&mut self) -> &mut Group {
        self.host.group_mut(id())
    }

    /// Somebody says something in the group.
    fn said(&mut self, by: &str, text: &str) -> Placed {
        self.host.author = Some(contact(by));
        let entry = self.host.store_in(id(), false, text);
        self.host.author = None;
        self.event(Event::Stored(Box::new(stored(entry.clone()))));
        entry
    }

    /// Something has happened to the group.
    fn news(&mut self, by: Option<&str>, what: GroupNews) {
        let news = News {
            by: by.map(contact),
            what,
        };
        self.event(Event::Group(id(), vec![news]));
    }
}

fn who(name: &str) -> ContactId {
    contact(name)
}
