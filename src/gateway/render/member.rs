//! What channels show of those who are in them.

use crate::gateway::client::Client;
use crate::gateway::nick::{CHANNEL, SERVER};
use crate::gateway::numeric as n;
use crate::gateway::render::split::pack;
use crate::protocol::irc_line::{LONGEST_BODY, Reply};

/// A channel as it shows one who comes.
pub(crate) fn join_line(
    channel: &str,
    source: &str,
    account: Option<&str>,
    real: &str,
    extended: bool,
) -> Reply {
    let account = account.unwrap_or("*");
    match extended {
        true => Reply::new(source, &["JOIN", channel, account], Some(real)),
        false => Reply::new(source, &["JOIN", channel], None),
    }
}

/// In the control channel, the mode of who is online, given or taken by the server.
pub(crate) fn voice_line(nick: &str, voiced: bool) -> Reply {
    let mode = if voiced { "+v" } else { "-v" };
    Reply::new(SERVER, &["MODE", CHANNEL, mode, nick], None)
}

/// NAMES of a channel (353, 366), each line as long as it may be.
pub(crate) fn names_lines(client: &Client, channel: &str, names: &[String]) -> Vec<Reply> {
    let around = client.name().len().saturating_add(channel.len());
    let room = LONGEST_BODY.saturating_sub(around.saturating_add(AROUND));
    let packed = pack(names, ' ', room).into_iter();
    let packed = packed.filter(|text| !text.is_empty());
    let line = |text: String| client.server_line(n::NAMES_REPLY, &[SECRET, channel], Some(&text));
    let mut lines: Vec<Reply> = packed.map(line).collect();
    let end = client.server_line(n::END_OF_NAMES, &[channel], Some("End of NAMES list"));
    lines.push(end);
    lines
}

/// What NAMES says of a channel with the mode `s` (RFC 2812, section 5.1: "@" is used for secret channels).
const SECRET: &str = "@";

/// `:iim.local 353 ` ` @ ` ` :`
const AROUND: usize = 20;
