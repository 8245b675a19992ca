//! HELP: how each command is written (Modern, "HELP message").

use crate::gateway::context::Context;
use crate::gateway::nick::{CHANNEL, SERVICE};
use crate::gateway::numeric as n;
use crate::protocol::irc_line::Line;

/// `HELP [<subject>]`: a subject is a command.
pub(crate) fn help(ctx: &mut Context<'_>, line: &Line) {
    let subject = line.given(0).unwrap_or("index").to_owned();
    if subject.eq_ignore_ascii_case("index") {
        return help_index(ctx, &subject);
    }
    let known = commands().find(|(command, _, _)| subject.eq_ignore_ascii_case(command));
    let Some((command, params, text)) = known else {
        return ctx.numeric(n::HELP_NOT_FOUND, &[&subject], "No help on this subject");
    };
    let form = format!("{command} {params}");
    ctx.numeric(n::HELP_START, &[&subject], form.trim_end());
    ctx.numeric(n::HELP_TEXT, &[&subject], text);
    ctx.numeric(n::END_OF_HELP, &[&subject], "End of /HELP");
}

fn help_index(ctx: &mut Context<'_>, subject: &str) {
    ctx.numeric(n::HELP_START, &[subject], "iim: help for IRC clients");
    let text = format!("Write to a friend by /query NICK; friends are in {CHANNEL}.");
    ctx.numeric(n::HELP_TEXT, &[subject], &text);
    let text = format!("Commands of iim: /msg {SERVICE} help");
    ctx.numeric(n::HELP_TEXT, &[subject], &text);
    let commands: Vec<&str> = commands().map(|(command, _, _)| command).collect();
    for some in commands.chunks(PER_LINE) {
        let text = format!("HELP knows {}", some.join(" "));
        ctx.numeric(n::HELP_TEXT, &[subject], &text);
    }
    ctx.numeric(n::END_OF_HELP, &[subject], "End of /HELP");
}

fn commands() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let rows = COMMANDS.lines().filter_map(|row| row.split_once('|'));
    rows.filter_map(|(command, rest)| {
        let (params, text) = rest.split_once('|')?;
        Some((command, params, text))
    })
}

const PER_LINE: usize = 16;

/// A command a line: the command, its parameters, what it does.
const COMMANDS: &str = "\
AUTHENTICATE|PLAIN|Logs a device in by SASL
AWAY|[<text>]|Sets your status on all devices, or ends it
BATCH|+<name> draft/multiline <nick>|Begins a text of several lines
CAP|LS | LIST | REQ | END|What the client can take (IRCv3)
CHATHISTORY|<subcommand> <nick> …|What was said (IRCv3)
EDIT|<nick>|Changes a text that you sent (IRCv3)
HELP|[<command>]|This help
INFO||What iim is
INVITE|<nick> <channel>|Friends are invited by the command add of iim
ISON|<nick> [<nick> …]|Which of them are online
JOIN|<channel>|Joins the one channel there is
KICK|<channel> <nick>|Friends are hidden by the command hide of iim
LIST||The channels: one
LUSERS||How many are here
MARKREAD|<nick> [timestamp=<time>]|How far you have read (IRCv3)
MODE|<channel or your nick> [<modes>]|Shows modes; +B marks a bot
MONITOR|+ | - | C | L | S [<nick>,…]|Tells when they come and go (IRCv3)
MOTD||The message of the day
NAMES|<channel>|Who is online: + is online, no mark is away
NICK|<nick>|Changes this client's own nick
NOTICE|<nick>{,<nick>} <text>|As PRIVMSG, but nothing is answered
PART|<channel>|Leaves the channel
PING|<token>|Is answered by PONG
PRIVMSG|<nick>{,<nick>} <text>|Writes to friends; offline ones get it by mail
QUIT|[<reason>]|Ends the connection
REDACT|<nick> <msgid> [<reason>]|Takes back a text that you sent (IRCv3)
SETNAME|<name>|Changes this client's own real name (IRCv3)
TAGMSG|<nick>{,<nick>}|Typing and reactions (IRCv3)
TIME||The time here
TOPIC|<channel>|Shows the topic
USER|<device> 0 * <real name>|Names the device at the beginning
USERHOST|<nick> [<nick> …]|Who they are, at most five
VERSION||The version of iim, and what the server supports
WATCH|+<nick> | -<nick> | C | L | S|As MONITOR, for older clients
WHO|[<mask> [%<fields>]]|Who is here
WHOIS|<nick>|All that is known of somebody
WHOWAS|<nick> [<count>]|Who had a nick";
