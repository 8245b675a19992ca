//! At which pace a client is handed what is stored: texts, and what was done to them.
//!
//! ```text
//!              before == given                       choked, or a gap
//!   live ───────────────────────────▶ live   live ─────────────────────▶ behind
//!                                            behind ── what was written is drained: a page from the store ──▶ behind | live
//! ```

use std::collections::BTreeSet;

use super::text::{Way, show};
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::host::Host;
use crate::gateway::state::Shared;
use crate::rules::conversation::{Rest, Stored, What};

/// Which rows of the store a client has been handed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::gateway) struct Handed {
    /// The highest row handed over.
    pub(in crate::gateway) given: u64,
    /// The highest row known to have been written to the socket.
    pub(in crate::gateway) written: u64,
    /// The row that the store keeps for the device.
    kept: u64,
    /// The store has, or may have, more than was handed over; it is read when what was handed over is written.
    pub(in crate::gateway) behind: bool,
    /// Rows up to this one are a replay of what came before the client did.
    replay_to: u64,
    /// Of the replay, what was read elsewhere or written by the user only above this row.
    read_after: u64,
    /// The client asks for texts itself: of the replay only what was done to texts up to this row, which it has had.
    only_changes_of: Option<u64>,
    /// Rows that the client has said itself while it was behind: it knows them.
    own: BTreeSet<u64>,
}

impl Handed {
    /// For a client that asks for everything itself: it is handed what is new from now on.
    pub(in crate::gateway) fn from_now(had: u64, newest: u64) -> Self {
        Self {
            given: newest,
            written: had,
            kept: had,
            replay_to: newest,
            ..Self::default()
        }
    }

    /// For a client whose device has had the rows up to one, but of what was read or its own only those above another.
    pub(in crate::gateway) fn since(had: u64, read_after: u64, newest: u64) -> Self {
        Self {
            given: had,
            read_after,
            behind: had < newest,
            ..Self::from_now(had, newest)
        }
    }

    /// For a client that asks for texts, but cannot ask what was done to those that it had.
    pub(in crate::gateway) fn changes_since(had: u64, newest: u64) -> Self {
        Self {
            only_changes_of: Some(had),
            ..Self::since(had, 0, newest)
        }
    }

    /// Rows up to this one have been handed over, or are not to be; `at_once`: nothing waits to be written.
    pub(in crate::gateway) fn gave(&mut self, row: u64, at_once: bool) {
        self.given = self.given.max(row);
        if at_once {
            self.written = self.given;
        }
    }
}

/// Something has been stored: hands it over, if the client is not behind.
pub(in crate::gateway) fn came(
    client: &mut Client,
    shared: &mut Shared,
    host: &mut dyn Host,
    stored: &Stored,
) {
    if stored.row <= client.handed.given {
        return;
    }
    if client.handed.behind || client.is_choked() {
        client.handed.behind = true;
    } else if stored.before == client.handed.given {
        show(client, shared, host, stored, Way::Live);
        client.gave(stored.row);
    } else {
        catch_up(client, shared, host);
    }
}

/// The client has caused this itself: an echo if it takes one, with the tags that it sent, else nothing.
pub(in crate::gateway) fn said(
    client: &mut Client,
    shared: &mut Shared,
    host: &mut dyn Host,
    (stored, sent): (&Stored, &[(String, String)]),
) {
    if stored.before != client.handed.given && !client.handed.behind {
        client.handed.behind = true;
        read_store(client, shared, host, stored.row);
    }
    let echo = client.has(Cap::EchoMessage);
    if client.handed.behind || client.is_choked() {
        client.handed.behind = true;
        if !echo && client.handed.own.len() < MOST_OWN {
            client.handed.own.insert(stored.row);
        }
        return;
    }
    if echo {
        show(client, shared, host, stored, Way::Echo(sent));
    }
    client.gave(stored.row);
}

/// Hands over what the store has beyond what was handed over, as much as a client takes at a time.
pub(in crate::gateway) fn catch_up(client: &mut Client, shared: &mut Shared, host: &mut dyn Host) {
    client.handed.behind = true;
    for _ in 0..PAGES {
        let before = client.handed.given;
        read_store(client, shared, host, u64::MAX);
        // What was written comes back as drained; after a page of which nothing was, nobody would call again.
        if !client.handed.behind || client.is_waiting() || client.handed.given == before {
            return;
        }
    }
}

/// As [`catch_up`], only rows below `until`. Whether more is left stands in `behind`.
fn read_store(client: &mut Client, shared: &mut Shared, host: &mut dyn Host, until: u64) {
    let Handed {
        given, replay_to, ..
    } = client.handed;
    if let Some(had) = client.handed.only_changes_of {
        let page = host.changes(given, replay_to, PAGE);
        let of_what_it_had =
            |one: &Stored| matches!(&one.what, What::Change(c) if c.text_row <= had);
        if !hand(client, shared, host, page, until, of_what_it_had) {
            return;
        }
        client.handed.only_changes_of = None;
        client.gave(replay_to);
    }
    let rest = Rest {
        after: client.handed.given,
        read_after: client.handed.read_after,
    };
    let page = host.rest(rest, PAGE);
    if hand(client, shared, host, page, until, |_| true) {
        // The last of the replay may have been left out.
        client.gave(replay_to);
        client.handed.behind = false;
    }
}

/// Hands over a page, as far as it fits; whether that was all there is.
fn hand(
    client: &mut Client,
    shared: &mut Shared,
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
        let own = client.handed.own.remove(&stored.row);
        if is_wanted(&stored) && !own {
            let way = match stored.row <= client.handed.replay_to {
                true => Way::Replay,
                false => Way::Live,
            };
            show(client, shared, host, &stored, way);
        }
        client.gave(stored.row);
    }
    is_last
}

/// Tells the store how far the device has come.
pub(in crate::gateway) fn keep_cursor(client: &mut Client, host: &mut dyn Host) {
    let written = client.handed.written;
    if let Some(device) = &client.device
        && written > client.handed.kept
    {
        host.set_cursor(device, written);
        client.handed.kept = written;
    }
}

/// Rows of one look into the store.
const PAGE: usize = 200;

/// Looks at a time for what is to be shown; the next comes a second later.
const PAGES: usize = 20;

/// A client that waits for more of its own lines than this sees the others again.
const MOST_OWN: usize = 1000;
