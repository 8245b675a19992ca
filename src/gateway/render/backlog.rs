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
use crate::gateway::render::text::{self, Origin};
use crate::gateway::state::State;
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
    let asks = (Cap::ChatHistory, Cap::EventPlayback);
    ctx.client.position = match (ctx.client.has(asks.0), ctx.client.has(asks.1)) {
        (true, true) => Position::from_now(had, newest),
        (true, false) => Position::changes_since(had, newest),
        (false, _) => Position::since(had, read_floor(ctx, had), newest),
    };
    if ctx.client.position.behind {
        catch_up(ctx.client, ctx.state, ctx.host);
    }
}

/// With a bound on what is replayed: whatever is unread comes, and of the rest the newest, if there is room.
fn read_floor(ctx: &mut Context<'_>, had: u64) -> u64 {
    let most = ctx.state.settings.replay;
    most.map_or(0, |most| ctx.host.read_floor(had, most))
}

/// Something has been stored: hands it over, if the client is not behind.
pub(crate) fn received(
    client: &mut Client,
    state: &mut State,
    host: &mut dyn Host,
    stored: &Stored,
) {
    let is_next = stored.before == client.position.sent && stored.row > client.position.sent;
    if is_next && !client.position.behind && !client.is_choked() {
        text::show(client, state, host, stored, Origin::Live);
        client.advance(stored.row);
    } else {
        reaches(client, state, host, stored.row);
    }
}

/// The store reaches to this row at least: a client that has not had it reads on.
pub(crate) fn reaches(client: &mut Client, state: &mut State, host: &mut dyn Host, row: u64) {
    if row <= client.position.sent {
        return;
    }
    if client.position.behind || client.is_choked() {
        client.position.behind = true;
    } else {
        catch_up(client, state, host);
    }
}

/// The client has caused this itself: an echo if it takes one, with the tags that it sent, else nothing.
pub(crate) fn echo(
    client: &mut Client,
    state: &mut State,
    host: &mut dyn Host,
    (stored, sent): (&Stored, &[(String, String)]),
) {
    if stored.before != client.position.sent && !client.position.behind {
        client.position.behind = true;
        read_store(client, state, host, stored.row);
    }
    let echo = client.has(Cap::EchoMessage);
    if client.position.behind || client.is_choked() {
        client.position.behind = true;
        if !echo && client.position.own.len() < MOST_OWN {
            client.position.own.insert(stored.row);
        }
        return;
    }
    if echo {
        text::show(client, state, host, stored, Origin::Echo(sent));
    }
    client.advance(stored.row);
}

/// Shows what this client has caused by a line to all devices; to itself if it takes echoes.
pub(crate) fn broadcast(ctx: &mut Context<'_>, stored: &Stored, line: &Line) {
    let mut sent: Vec<_> = line.client_tags().cloned().collect();
    if ctx.client.bot {
        sent.push(("bot".to_owned(), String::new()));
    }
    echo(ctx.client, ctx.state, ctx.host, (stored, &sent));
    for other in ctx.others.values_mut().filter(|c| c.is_registered()) {
        received(other, ctx.state, ctx.host, stored);
    }
}

/// Sends what the store has beyond what was sent, as much as a client takes at a time.
pub(crate) fn catch_up(client: &mut Client, state: &mut State, host: &mut dyn Host) {
    client.position.behind = true;
    for _ in 0..PAGES {
        let before = client.position.sent;
        read_store(client, state, host, u64::MAX);
        // What was written comes back as drained; after a page of which nothing was, nobody would call again.
        if !client.position.behind || client.is_waiting() || client.position.sent == before {
            return;
        }
    }
}

/// As [`catch_up`], only rows below `until`. Whether more is left stands in `behind`.
fn read_store(client: &mut Client, state: &mut State, host: &mut dyn Host, until: u64) {
    let Position {
        sent, replay_to, ..
    } = client.position;
    if let Some(had) = client.position.only_changes_of {
        let page = host.read(Query::Changes(sent, replay_to, PAGE));
        let of_what_it_had =
            |one: &Stored| matches!(&one.what, What::Change(c) if c.text_row <= had);
        if !send_page(client, state, host, page, until, of_what_it_had) {
            return;
        }
        client.position.only_changes_of = None;
        client.advance(replay_to);
    }
    let rest = Rest {
        after: client.position.sent,
        read_after: client.position.read_after,
    };
    let page = host.read(Query::Rest(rest, PAGE));
    if send_page(client, state, host, page, until, |_| true) {
        // The last of the replay may have been left out.
        client.advance(replay_to);
        client.position.behind = false;
    }
}

/// Sends a page, as far as it fits; whether that was all there is.
fn send_page(
    client: &mut Client,
    state: &mut State,
    host: &mut dyn Host,
    page: Result<Vec<Stored>, String>,
    until: u64,
    is_wanted: impl Fn(&Stored) -> bool,
) -> bool {
    let Ok(page) = page else { return false };
    let is_last = page.len() < PAGE;
    for stored in page {
        if stored.row >= until {
            return true;
        }
        if client.is_choked() {
            return false;
        }
        let own = client.position.own.remove(&stored.row);
        if is_wanted(&stored) && !own {
            let origin = match stored.row <= client.position.replay_to {
                true => Origin::Replay,
                false => Origin::Live,
            };
            text::show(client, state, host, &stored, origin);
        }
        client.advance(stored.row);
    }
    is_last
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
