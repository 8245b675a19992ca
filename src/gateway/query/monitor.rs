//! MONITOR and WATCH: being told when somebody comes or goes (IRCv3 MONITOR and `extended-monitor`; WATCH as Bahamut
//! and UnrealIRCd have it).

use crate::gateway::caps::Cap;
use crate::gateway::client::Clients;
use crate::gateway::context::Context;
use crate::gateway::identity::identity;
use crate::gateway::numeric::Numeric;
use crate::gateway::render::split::pack;
use crate::gateway::state::State;
use crate::gateway::{nick, numeric as n};
use crate::protocol::irc_line::{Line, Reply};

/// 005 `MONITOR` and `WATCH`.
pub(crate) const MOST_WATCHED: usize = 500;

/// `MONITOR + a,b`, `- a,b`, `C`, `L`, `S`.
pub(crate) fn monitor(ctx: &mut Context<'_>, line: &Line) {
    let targets = line.param(1).to_owned();
    match line.param(0).to_ascii_uppercase().as_str() {
        "+" => monitor_add(ctx, &targets),
        "-" => {
            for target in targets.split(',') {
                ctx.client.monitored.remove(&nick::fold(target));
            }
        }
        "C" => ctx.client.monitored.clear(),
        "L" => monitor_list(ctx),
        "S" => {
            let all: Vec<String> = ctx.client.monitored.values().cloned().collect();
            monitor_status(ctx, &all);
        }
        _ => {
            let text = "Unknown MONITOR subcommand";
            ctx.numeric(n::NEED_MORE_PARAMS, &["MONITOR"], text);
        }
    }
}

/// "For this specification, ‘target’ MUST be a valid nick as determined by the IRC daemon": anything else is
/// left out.
fn monitor_add(ctx: &mut Context<'_>, targets: &str) {
    let mut added = Vec::new();
    let names: Vec<&str> = targets.split(',').filter(|t| nick::is_legal(t)).collect();
    for (at, name) in names.iter().enumerate() {
        let folded = nick::fold(name);
        let known = ctx.client.monitored.contains_key(&folded);
        if !known && ctx.client.monitored.len() >= MOST_WATCHED {
            let rest = names.iter().skip(at).copied().collect::<Vec<_>>().join(",");
            let most = MOST_WATCHED.to_string();
            ctx.numeric(n::MONITOR_FULL, &[&most, &rest], "Monitor list is full");
            break;
        }
        ctx.client.monitored.insert(folded, (*name).to_owned());
        added.push((*name).to_owned());
    }
    monitor_status(ctx, &added);
}

fn monitor_status(ctx: &mut Context<'_>, names: &[String]) {
    let (mut online, mut offline) = (Vec::new(), Vec::new());
    for name in names {
        match identity(ctx, name).filter(|identity| identity.present) {
            Some(identity) => online.push(identity.source()),
            None => offline.push(name.clone()),
        }
    }
    in_lines(ctx, n::MONITOR_ONLINE, &online);
    in_lines(ctx, n::MONITOR_OFFLINE, &offline);
}

fn monitor_list(ctx: &mut Context<'_>) {
    let all: Vec<String> = ctx.client.monitored.values().cloned().collect();
    in_lines(ctx, n::MONITOR_LIST, &all);
    ctx.numeric(n::MONITOR_END, &[], "End of MONITOR list");
}

fn in_lines(ctx: &mut Context<'_>, numeric: Numeric, names: &[String]) {
    for text in pack(names, ',', ROOM) {
        if !text.is_empty() {
            ctx.numeric(numeric, &[], &text);
        }
    }
}

/// `WATCH +a -b`, `C`, `L`, `l`, `S`.
pub(crate) fn watch(ctx: &mut Context<'_>, line: &Line) {
    let words = line.params.iter().flat_map(|param| param.split(' '));
    let words: Vec<String> = words.map(ToOwned::to_owned).collect();
    if words.iter().all(String::is_empty) {
        return watch_list(ctx, false);
    }
    for word in &words {
        match word.as_str() {
            "C" | "c" => ctx.client.watched.clear(),
            "L" => watch_list(ctx, true),
            "l" => watch_list(ctx, false),
            "S" | "s" => watch_count(ctx),
            word => watch_one(ctx, word),
        }
    }
}

fn watch_one(ctx: &mut Context<'_>, word: &str) {
    if let Some(name) = word.strip_prefix('-') {
        ctx.client.watched.remove(&nick::fold(name));
        return watch_state(ctx, name, n::WATCH_OFF, n::WATCH_OFF);
    }
    let Some(name) = word.strip_prefix('+').filter(|name| nick::is_legal(name)) else {
        return;
    };
    if ctx.client.watched.len() >= MOST_WATCHED {
        let text = "Maximum size for WATCH-list is reached";
        return ctx.numeric(n::WATCH_TOO_MANY, &[name], text);
    }
    ctx.client.watched.insert(nick::fold(name), name.to_owned());
    watch_state(ctx, name, n::WATCH_NOW_ON, n::WATCH_NOW_OFF);
}

fn watch_state(ctx: &mut Context<'_>, name: &str, on: Numeric, off: Numeric) {
    match identity(ctx, name).filter(|identity| identity.present) {
        Some(one) => {
            let since = one.since.to_string();
            let words = [one.nick.as_str(), &one.user, &one.host, &since];
            ctx.numeric(on, &words, "is online");
        }
        None => ctx.numeric(off, &[name, "*", "*", "0"], "is offline"),
    }
}

fn watch_list(ctx: &mut Context<'_>, offline: bool) {
    let all: Vec<String> = ctx.client.watched.values().cloned().collect();
    for name in &all {
        if offline || identity(ctx, name).is_some_and(|identity| identity.present) {
            watch_state(ctx, name, n::WATCH_NOW_ON, n::WATCH_NOW_OFF);
        }
    }
    ctx.numeric(n::WATCH_END, &[], "End of WATCH l");
}

fn watch_count(ctx: &mut Context<'_>) {
    let count = ctx.client.watched.len();
    let text = format!("You have {count} and are on 0 WATCH entries");
    ctx.numeric(n::WATCH_STAT, &[], &text);
    let all: Vec<String> = ctx.client.watched.values().cloned().collect();
    ctx.numeric(n::WATCH_LIST, &[], &all.join(" "));
    ctx.numeric(n::WATCH_END, &[], "End of WATCH S");
}

/// Tells those who look for a nick by MONITOR or by WATCH that somebody (`nick!user@host`) has come or gone.
pub(crate) fn notify_presence(
    clients: &mut Clients,
    (name, source): (&str, &str),
    online: bool,
    state: &State,
) {
    let (monitored, target, watched, words) = match online {
        true => (n::MONITOR_ONLINE, source, n::WATCH_LOG_ON, "logged online"),
        false => (n::MONITOR_OFFLINE, name, n::WATCH_LOG_OFF, "logged offline"),
    };
    let (nick, rest) = source.split_once('!').unwrap_or((source, "*@*"));
    let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
    let at = state.now.seconds().to_string();
    let folded = nick::fold(name);
    for client in clients.values_mut().filter(|c| c.is_registered()) {
        if client.monitored.contains_key(&folded) {
            client.notify(client.server_line(monitored, &[], Some(target)));
        }
        if client.watched.contains_key(&folded) {
            client.notify(client.server_line(watched, &[nick, user, host, &at], Some(words)));
        }
    }
}

/// Goes to clients that monitor the nick and take such lines, by `cap`, of whom they share no channel with.
pub(crate) fn notify_watchers(clients: &mut Clients, name: &str, cap: Cap, reply: &Reply) {
    let folded = nick::fold(name);
    for client in clients.values_mut().filter(|c| c.is_registered()) {
        let takes = client.has(Cap::ExtendedMonitor) && client.has(cap);
        if takes && client.monitored.contains_key(&folded) {
            client.notify(reply.clone());
        }
    }
}

/// Bytes of names in a line.
const ROOM: usize = 400;
