//! 005: what the server supports (Modern, "RPL_ISUPPORT").

use crate::gateway::contacts::{LONGEST_NAME, LONGEST_WORD};
use crate::gateway::context::Context;
use crate::gateway::host::MOST_HISTORY;
use crate::gateway::nick::LONGEST_USER;
use crate::gateway::query::monitor::MOST_WATCHED;
use crate::gateway::{nick, numeric as n};
use crate::protocol::codec::MAX_TOPIC;

/// 005, at most 13 tokens a line (Modern, "RPL_ISUPPORT").
pub(crate) fn isupport(ctx: &mut Context<'_>) {
    for tokens in tokens().chunks(12) {
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        ctx.numeric(n::ISUPPORT, &tokens, "are supported by this server");
    }
}

/// Each is true of this server.
fn tokens() -> Vec<String> {
    vec![
        format!("AWAYLEN={LONGEST_WORD}"),
        "BOT=B".to_owned(),
        "CASEMAPPING=ascii".to_owned(),
        format!("CHANNELLEN={}", nick::LONGEST_CHANNEL),
        "CHANMODES=,,,inst".to_owned(),
        "CHANTYPES=&#".to_owned(),
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
        "TARGMAX=JOIN:,KICK:4,NAMES:1,NOTICE:8,PART:,PRIVMSG:8,TAGMSG:8,USERHOST:5,WHOIS:1"
            .to_owned(),
        format!("TOPICLEN={MAX_TOPIC}"),
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
