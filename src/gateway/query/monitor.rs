//! MONITOR and WATCH: being told when somebody comes or goes (IRCv3 MONITOR and `extended-monitor`; WATCH as Bahamut
//! and UnrealIRCd have it).

use crate::gateway::caps::Cap;
use crate::gateway::client::{Client, Clients};
use crate::gateway::context::Context;
use crate::gateway::identity::{Card, card};
use crate::gateway::nick::SERVER;
use crate::gateway::numeric::Numeric;
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
        _ => ctx.numeric(
            n::NEED_MORE_PARAMS,
            &["MONITOR"],
            "Unknown MONITOR subcommand",
        ),
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
            let words = [MOST_WATCHED.to_string(), rest];
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            ctx.numeric(n::MONITOR_FULL, &words, "Monitor list is full");
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
        match card(ctx, name).filter(|card| card.present) {
            Some(card) => online.push(card.source()),
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

/// As many in a line as fit.
fn in_lines(ctx: &mut Context<'_>, numeric: Numeric, names: &[String]) {
    let mut text = String::new();
    for name in names {
        if text.len().saturating_add(name.len()) > ROOM {
            ctx.numeric(numeric, &[], &text);
            text.clear();
        }
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(name);
    }
    if !text.is_empty() {
        ctx.numeric(numeric, &[], &text);
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
    let card = card(ctx, name).filter(|card| card.present);
    let (numeric, words, text) = watch_words(name, card.as_ref(), on, off);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    ctx.numeric(numeric, &words, text);
}

fn watch_list(ctx: &mut Context<'_>, offline: bool) {
    let all: Vec<String> = ctx.client.watched.values().cloned().collect();
    for name in &all {
        if offline || card(ctx, name).is_some_and(|card| card.present) {
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

fn watch_words(
    name: &str,
    card: Option<&Card>,
    on: Numeric,
    off: Numeric,
) -> (Numeric, [String; 4], &'static str) {
    match card {
        Some(card) => {
            let words = [
                card.nick.clone(),
                card.user.clone(),
                card.host.clone(),
                card.since.to_string(),
            ];
            (on, words, "is online")
        }
        None => {
            let star = "*".to_owned();
            let words = [name.to_owned(), star.clone(), star, "0".to_owned()];
            (off, words, "is offline")
        }
    }
}

/// Somebody has come: `source` is `nick!user@host`.
pub(crate) fn nick_up(clients: &mut Clients, name: &str, source: &str, state: &State) {
    let watched = (n::WATCH_LOG_ON, source, "logged online");
    tell_move(clients, name, (n::MONITOR_ONLINE, source), watched, state);
}

/// Somebody has gone.
pub(crate) fn nick_down(clients: &mut Clients, name: &str, source: &str, state: &State) {
    let watched = (n::WATCH_LOG_OFF, source, "logged offline");
    tell_move(clients, name, (n::MONITOR_OFFLINE, name), watched, state);
}

/// Tells those who look for a nick by MONITOR or by WATCH.
fn tell_move(
    clients: &mut Clients,
    name: &str,
    (monitored, target): (Numeric, &str),
    (watched, source, words): (Numeric, &str, &str),
    state: &State,
) {
    let folded = nick::fold(name);
    for client in clients.values_mut().filter(|c| c.is_registered()) {
        if client.monitored.contains_key(&folded) {
            told(client, monitored, &[], target);
        }
        if client.watched.contains_key(&folded) {
            told_watch(client, watched, source, words, state);
        }
    }
}

/// Goes to clients that monitor the nick and take such lines, by `cap`, of whom they share no channel with.
pub(crate) fn tell_watchers(clients: &mut Clients, name: &str, cap: Cap, reply: &Reply) {
    let folded = nick::fold(name);
    for client in clients.values_mut().filter(|c| c.is_registered()) {
        let takes = client.has(Cap::ExtendedMonitor) && client.has(cap);
        if takes && client.monitored.contains_key(&folded) {
            client.tell(reply.clone());
        }
    }
}

fn told(client: &mut Client, numeric: Numeric, words: &[&str], text: &str) {
    let name = client.name().to_owned();
    let mut all = vec![numeric, name.as_str()];
    all.extend(words);
    client.tell(Reply::new(SERVER, &all, Some(text)));
}

fn told_watch(client: &mut Client, numeric: Numeric, source: &str, text: &str, state: &State) {
    let (name, rest) = source.split_once('!').unwrap_or((source, "*@*"));
    let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
    let at = (state.now / 1000).to_string();
    told(client, numeric, &[name, user, host, &at], text);
}

/// Bytes of names in a line.
const ROOM: usize = 400;
