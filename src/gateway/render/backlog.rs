//! At which pace a client is sent what is stored: texts, and what was done to them.
//!
//! ```text
//!              before == sent                       choked, or a gap
//!   live ───────────────────────────▶ live   live ─────────────────────▶ behind
//!                                            behind ── what was written is drained: a page from the store ──▶ behind | live
//! ```

use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::context::Context;
use crate::gateway::host::{Host, Query};
use crate::gateway::position::Position;
use crate::gateway::render::origin::Origin;
use crate::gateway::render::text::Renderer;
use crate::protocol::irc_line::Line;
use crate::rules::conversation::{Rest, Stored, What};

/// A client gets what its device has not had: all of it, or only what was done to texts that it had where it asks for
/// texts itself, or nothing where it asks for that too.
pub(crate) fn begin_texts(ctx: &mut Context<'_>) {
    // An older connection of the device may have had more than is kept.
    for other in ctx.others.values_mut() {
        keep_cursor(other, ctx.host);
    }
    let newest = ctx.host.newest();
    let had = match &ctx.client.device {
        Some(device) => ctx.host.cursor(device).min(newest),
        None => newest,
    };
    let asks_texts = ctx.client.has(Cap::ChatHistory);
    let asks_all = asks_texts && ctx.client.has(Cap::EventPlayback);
    // With a bound on what is replayed: whatever is unread comes, and of the rest the newest, if there is room.
    let most = ctx.state.settings.gateway.replay.filter(|_| !asks_texts);
    ctx.client.position = Position {
        sent: if asks_all { newest } else { had },
        written: had,
        kept: had,
        behind: !asks_all && had < newest,
        replay_to: newest,
        read_after: most.map_or(0, |most| ctx.host.read_floor(had, most)),
        only_changes_of: (asks_texts && !asks_all).then_some(had),
        ..Position::default()
    };
    if ctx.client.position.behind {
        Renderer::new(ctx.client, ctx.state, ctx.host).catch_up();
    }
}

/// Shows what this client has caused by a line to all devices; to itself if it takes echoes.
pub(crate) fn broadcast(ctx: &mut Context<'_>, stored: &Stored, line: &Line) {
    let mut sent: Vec<_> = line.client_tags().cloned().collect();
    if ctx.client.bot {
        sent.push(("bot".to_owned(), String::new()));
    }
    Renderer::new(ctx.client, ctx.state, ctx.host).echo(stored, &sent);
    for other in ctx.others.values_mut().filter(|c| c.is_registered()) {
        Renderer::new(other, ctx.state, ctx.host).received(stored);
    }
}

impl Renderer<'_> {
    /// Something has been stored: sends it, if the client is not behind.
    pub(crate) fn received(&mut self, stored: &Stored) {
        let sent = self.client.position.sent;
        let is_next = stored.before == sent && stored.row > sent;
        if is_next && !self.client.position.behind && !self.client.is_choked() {
            self.show(stored, Origin::Live);
            self.client.advance(stored.row);
        } else {
            self.reaches(stored.row);
        }
    }

    /// The store reaches to this row at least: a client that has not had it reads on.
    pub(crate) fn reaches(&mut self, row: u64) {
        if row <= self.client.position.sent {
            return;
        }
        if self.client.position.behind || self.client.is_choked() {
            self.client.position.behind = true;
        } else {
            self.catch_up();
        }
    }

    /// The client has caused this itself: an echo if it takes one, with the tags that it sent, else nothing.
    fn echo(&mut self, stored: &Stored, sent: &[(String, String)]) {
        if stored.before != self.client.position.sent && !self.client.position.behind {
            self.client.position.behind = true;
            self.read_store(stored.row);
        }
        let takes_echo = self.client.has(Cap::EchoMessage);
        if self.client.position.behind || self.client.is_choked() {
            self.client.position.behind = true;
            if !takes_echo && self.client.position.own.len() < MOST_OWN {
                self.client.position.own.insert(stored.row);
            }
            return;
        }
        if takes_echo {
            self.show(stored, Origin::Echo(sent));
        }
        self.client.advance(stored.row);
    }

    /// Sends what the store has beyond what was sent, as much as a client takes at a time.
    pub(crate) fn catch_up(&mut self) {
        self.client.position.behind = true;
        for _ in 0..PAGES {
            let before = self.client.position.sent;
            self.read_store(u64::MAX);
            // What was written comes back as drained; after a page of which nothing was, nobody would call again.
            let Position { behind, sent, .. } = self.client.position;
            if !behind || self.client.is_waiting() || sent == before {
                return;
            }
        }
    }

    /// As [`Self::catch_up`], only rows below `until`. Whether more is left stands in `behind`.
    fn read_store(&mut self, until: u64) {
        let Position {
            sent,
            replay_to,
            read_after,
            only_changes_of,
            ..
        } = self.client.position;
        if let Some(had) = only_changes_of {
            let of_what_it_had =
                |one: &Stored| matches!(&one.what, What::Change(c) if c.text_row <= had);
            let changes = Query::Changes(sent, replay_to, PAGE);
            if !self.send_page(changes, until, of_what_it_had) {
                return;
            }
            self.client.position.only_changes_of = None;
            self.client.advance(replay_to);
        }
        let after = self.client.position.sent;
        let rest = Rest { after, read_after };
        if self.send_page(Query::Rest(rest, PAGE), until, |_| true) {
            // The last of the replay may have been left out.
            self.client.advance(replay_to);
            self.client.position.behind = false;
        }
    }

    /// Sends a page, as far as it fits; whether that was all there is.
    fn send_page(&mut self, page: Query, until: u64, is_wanted: impl Fn(&Stored) -> bool) -> bool {
        let Ok(page) = self.host.read(page) else {
            return false;
        };
        let is_last = page.len() < PAGE;
        for stored in page {
            if stored.row >= until {
                return true;
            }
            if self.client.is_choked() {
                return false;
            }
            let own = self.client.position.own.remove(&stored.row);
            if is_wanted(&stored) && !own {
                let origin = match stored.row <= self.client.position.replay_to {
                    true => Origin::Replay,
                    false => Origin::Live,
                };
                self.show(&stored, origin);
            }
            self.client.advance(stored.row);
        }
        is_last
    }
}

/// Tells the store how far the device has come.
pub(crate) fn keep_cursor(client: &mut Client, host: &mut dyn Host) {
    let written = client.position.written;
    if let Some(device) = &client.device
        && written > client.position.kept
    {
        host.set_cursor(device, written);
        client.position.kept = written;
    }
}

/// Rows of one look into the store.
const PAGE: usize = 200;

/// Looks at a time for what is to be shown; the next comes a second later.
const PAGES: usize = 20;

/// A client that waits for more of its own lines than this sees the others again.
const MOST_OWN: usize = 1000;
