//! What the control channel shows of its members.

use crate::gateway::nick::{CHANNEL, SERVER};
use crate::protocol::irc_line::Reply;

/// The channel as it shows one who comes.
pub(crate) fn join_line(source: &str, account: Option<&str>, real: &str, extended: bool) -> Reply {
    let account = account.unwrap_or("*");
    match extended {
        true => Reply::new(source, &["JOIN", CHANNEL, account], Some(real)),
        false => Reply::new(source, &["JOIN", CHANNEL], None),
    }
}

/// A mode given or taken by the server.
pub(crate) fn voice_line(nick: &str, voiced: bool) -> Reply {
    let mode = if voiced { "+v" } else { "-v" };
    Reply::new(SERVER, &["MODE", CHANNEL, mode, nick], None)
}
