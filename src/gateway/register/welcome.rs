//! What a client gets once it is registered: 001 to 005, LUSERS, MOTD, the control channel, then what its device
//! has missed.

use super::registration::LONGEST_USER;
use crate::gateway::caps::Cap;
use crate::gateway::contacts::{LONGEST_NAME, LONGEST_WORD};
use crate::gateway::context::Talk;
use crate::gateway::query::monitor::MOST_WATCHED;
use crate::gateway::render::backlog;
use crate::gateway::render::backlog::Handed;
use crate::gateway::{MOST_HISTORY, SERVER, nick, numeric as n, time};
use crate::protocol::irc_line::Line;

/// Welcomes a client (Modern, "Connection registration").
pub(in crate::gateway) fn welcome(talk: &mut Talk<'_>) {
    let source = talk.client.source();
    let version = format!("iim-{}", talk.shared.settings.version);
    let text = format!("Welcome to the iim Network, {source}");
    talk.numeric(n::WELCOME, &[], &text);
    let text = format!("Your host is {SERVER}, running version {version}");
    talk.numeric(n::YOUR_HOST, &[], &text);
    let started = time::words(talk.shared.settings.started);
    let text = format!("This server was created {started}");
    talk.numeric(n::CREATED, &[], &text);
    let modes = [SERVER, version.as_str(), "Bi", "nostv", "ov"];
    talk.client.numeric(n::MY_INFO, &modes, None);
    isupport(talk);
    talk.lusers(&Line::default());
    talk.motd(&Line::default());
    talk.mode_is();
    talk.apply_pre_away();
    if let Some(away) = talk.shared.away() {
        let text = format!("You have been marked as being away: {away}");
        talk.numeric(n::NOW_AWAY, &[], &text);
    }
    talk.join_channel();
    talk.open_questions();
    begin_texts(talk);
}

/// 005, at most 13 tokens a line (Modern, "RPL_ISUPPORT").
pub(in crate::gateway) fn isupport(talk: &mut Talk<'_>) {
    for tokens in tokens().chunks(12) {
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        talk.numeric(n::ISUPPORT, &tokens, "are supported by this server");
    }
}

/// Each is true of this server.
fn tokens() -> Vec<String> {
    vec![
        format!("AWAYLEN={LONGEST_WORD}"),
        "BOT=B".to_owned(),
        "CASEMAPPING=ascii".to_owned(),
        "CHANMODES=,,,nst".to_owned(),
        "CHANTYPES=&".to_owned(),
        format!("CHATHISTORY={MOST_HISTORY}"),
        format!("CLIENTTAGDENY={DENIED}"),
        "HOSTLEN=63".to_owned(),
        "MAXTARGETS=8".to_owned(),
        "MODES=1".to_owned(),
        format!("MONITOR={MOST_WATCHED}"),
        "MSGREFTYPES=msgid,timestamp".to_owned(),
        format!("NAMELEN={LONGEST_NAME}"),
        "NETWORK=iim".to_owned(),
        format!("NICKLEN={}", nick::LONGEST),
        format!("MAXNICKLEN={}", nick::LONGEST),
        "PREFIX=(ov)@+".to_owned(),
        "TARGMAX=JOIN:,NAMES:1,NOTICE:8,PART:,PRIVMSG:8,TAGMSG:8,USERHOST:5,WHOIS:1".to_owned(),
        format!("USERLEN={LONGEST_USER}"),
        "UTF8ONLY".to_owned(),
        format!("WATCH={MOST_WATCHED}"),
        "WHOX".to_owned(),
    ]
}

/// Of the client-only tags only these reach a friend; the others go to the user's own clients alone (IRCv3 message tags,
/// "`CLIENTTAGDENY`").
const DENIED: &str =
    "*,-typing,-draft/typing,-reply,-draft/reply,-react,-draft/react,-unreact,-draft/unreact";

/// A client gets what its device has not had: all of it, or only what was done to texts that it had where it asks for
/// texts itself, or nothing where it asks for that too.
pub(in crate::gateway) fn begin_texts(talk: &mut Talk<'_>) {
    // An older connection of the device may have had more than is kept.
    for other in talk.others.values_mut() {
        backlog::keep_cursor(other, talk.host);
    }
    let newest = talk.host.newest();
    let had = match &talk.client.device {
        Some(device) => talk.host.cursor(device).min(newest),
        None => newest,
    };
    let asks = (Cap::ChatHistory, Cap::EventPlayback);
    talk.client.handed = match (talk.client.has(asks.0), talk.client.has(asks.1)) {
        (true, true) => Handed::from_now(had, newest),
        (true, false) => Handed::changes_since(had, newest),
        (false, _) => Handed::since(had, read_floor(talk, had), newest),
    };
    if talk.client.handed.behind {
        backlog::catch_up(talk.client, talk.shared, talk.host);
    }
}

/// With a bound on what is replayed: whatever is unread comes, and of the rest the newest, if there is room.
fn read_floor(talk: &mut Talk<'_>, had: u64) -> u64 {
    let most = talk.shared.settings.replay;
    most.map_or(0, |most| talk.host.read_floor(had, most))
}
