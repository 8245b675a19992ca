//! CHATHISTORY: pages of what was said, from the store (IRCv3 `draft/chathistory`).

use crate::gateway::caps::{Cap, MULTILINE_LINES};
use crate::gateway::context::Context;
use crate::gateway::host::{MOST_HISTORY, Query, With};
use crate::gateway::nick::SERVER;
use crate::gateway::render::origin::Origin;
use crate::gateway::render::text::Renderer;
use crate::gateway::tags::id_of;
use crate::gateway::target::{Conversation, Target};
use crate::gateway::time;
use crate::protocol::irc_line::{Line, Reply};
use crate::protocol::time::Millis;
use crate::rules::conversation::{Page, Place, Stored, What};

/// Why a page cannot be given: the code, what it names besides the subcommand, the words.
type Fault = (&'static str, Vec<String>, &'static str);

/// `CHATHISTORY <subcommand> <target> <selector> [<selector>] <limit>`.
pub(crate) fn chathistory(ctx: &mut Context<'_>, line: &Line) {
    let sub = line.param(0).to_ascii_uppercase();
    let answered = match sub.as_str() {
        "BEFORE" | "AFTER" | "LATEST" | "AROUND" => page(ctx, &sub, line, 4),
        "BETWEEN" => page(ctx, &sub, line, 5),
        "TARGETS" => targets(ctx, line),
        "" => Err(WRONG_COUNT),
        _ => Err(("INVALID_PARAMS", Vec::new(), "Unknown subcommand")),
    };
    if let Err((code, named, text)) = answered {
        let sub = Some(sub.as_str()).filter(|sub| !sub.is_empty());
        let mut words = vec!["CHATHISTORY", code];
        words.extend(sub);
        words.extend(named.iter().map(String::as_str));
        ctx.fail(&words, text);
    }
}

fn page(ctx: &mut Context<'_>, sub: &str, line: &Line, params: usize) -> Result<(), Fault> {
    if line.params.len() != params {
        return Err(WRONG_COUNT);
    }
    let name = line.param(1).to_owned();
    let limit = limit(line.param(params.saturating_sub(1)))?;
    let target = Target::of(ctx, &name);
    if matches!(target, Target::Nobody | Target::Stranger(_)) {
        return Err(("INVALID_TARGET", vec![name], "No such conversation"));
    }
    let page = match target.conversation() {
        Some(of) => entries(ctx, sub, of, line, limit)?,
        None => Vec::new(),
    };
    show_page(ctx, &name, &page);
    Ok(())
}

fn entries(
    ctx: &mut Context<'_>,
    sub: &str,
    of: Conversation<'_>,
    line: &Line,
    limit: usize,
) -> Result<Vec<Stored>, Fault> {
    let first = line.param(2).to_owned();
    if sub == "LATEST" && first == "*" {
        return read_page(ctx, of, window(None, None, true, limit));
    }
    if sub == "AROUND" {
        return around(ctx, of, &first, limit);
    }
    let (low, high) = places(ctx, of, &first)?;
    match sub {
        "BEFORE" => read_page(ctx, of, window(None, Some(low), true, limit)),
        "AFTER" => read_page(ctx, of, window(Some(high), None, false, limit)),
        "LATEST" => read_page(ctx, of, window(Some(high), None, true, limit)),
        _ => {
            let (other_low, other_high) = places(ctx, of, line.param(3))?;
            let page = match low <= other_low {
                true => window(Some(high), Some(other_low), false, limit),
                false => window(Some(other_high), Some(low), true, limit),
            };
            read_page(ctx, of, page)
        }
    }
}

/// The text that is meant in the middle, half of the rest before it.
fn around(
    ctx: &mut Context<'_>,
    of: Conversation<'_>,
    selector: &str,
    limit: usize,
) -> Result<Vec<Stored>, Fault> {
    let (low, _) = places(ctx, of, selector)?;
    let before = window(None, Some(low), true, limit.wrapping_div(2));
    let mut all = look(ctx, of, before)?;
    // From the place itself on: strictly after what is just before it. No row is 0.
    let from = place(low.arrival, low.row.saturating_sub(1));
    let rest = limit.saturating_sub(all.len());
    all.extend(look(ctx, of, window(Some(from), None, false, rest))?);
    Ok(all)
}

/// A page, and what was done to its texts after it where the client comes from there: it could not have known of
/// which texts that was ("add the `REDACT` message to the response (not counting toward message limits)").
fn read_page(
    ctx: &mut Context<'_>,
    of: Conversation<'_>,
    page: Page,
) -> Result<Vec<Stored>, Fault> {
    let mut all = look(ctx, of, page)?;
    if page.newest && ctx.client.has(Cap::EventPlayback) {
        let end = all.last().map_or(0, |last| last.row);
        let mut later = Vec::new();
        for stored in &all {
            if let What::Text(entry) = &stored.what {
                let after = Query::DoneAfter(of.with, entry.message.id, end);
                later.extend(read(ctx, of, after)?);
            }
        }
        later.sort_by_key(|one| one.row);
        all.extend(later);
    }
    Ok(all)
}

/// "If the client has not negotiated the `event-playback` capability, the server MUST NOT send any lines other than
/// `PRIVMSG` and `NOTICE`": then texts come as they stand now, else as they were, and what was done to them too.
fn look(ctx: &mut Context<'_>, of: Conversation<'_>, page: Page) -> Result<Vec<Stored>, Fault> {
    let query = match ctx.client.has(Cap::EventPlayback) {
        true => Query::All(of.with, page),
        false => Query::Texts(of.with, page),
    };
    Ok(bounded(read(ctx, of, query)?, page.newest))
}

fn read(ctx: &mut Context<'_>, of: Conversation<'_>, query: Query) -> Result<Vec<Stored>, Fault> {
    let unreadable = |_| ("MESSAGE_ERROR", vec![of.name.to_owned()], UNREADABLE);
    ctx.host.read(query).map_err(unreadable)
}

/// The places just before and just after what a selector means: `timestamp=…` or `msgid=…`.
fn places(
    ctx: &mut Context<'_>,
    of: Conversation<'_>,
    text: &str,
) -> Result<(Place, Place), Fault> {
    let fault = |code, words| (code, vec![text.to_owned()], words);
    match text.split_once('=') {
        Some(("timestamp", _)) => {
            let at = timestamp(text)?;
            Ok((place(at, 0), place(at, u64::MAX)))
        }
        Some(("msgid", id)) => {
            let id = id_of(id).ok_or_else(|| fault("INVALID_PARAMS", "Invalid selector"))?;
            let place = ctx.host.place(of.with, id);
            let named = || vec![of.name.to_owned(), text.to_owned()];
            let place = place.ok_or_else(|| ("MESSAGE_ERROR", named(), UNREADABLE))?;
            Ok((place, place))
        }
        Some(_) | None => Err(fault("INVALID_MSGREFTYPE", "Invalid reference")),
    }
}

fn show_page(ctx: &mut Context<'_>, target: &str, page: &[Stored]) {
    in_batch(ctx, &["chathistory", target], |ctx, batch| {
        for stored in page {
            let origin = Origin::History(batch);
            Renderer::new(ctx.client, ctx.state, ctx.host).show(stored, origin);
        }
    });
}

/// In a batch of this kind, if the client takes batches.
fn in_batch(
    ctx: &mut Context<'_>,
    kind: &[&str],
    show: impl FnOnce(&mut Context<'_>, Option<&str>),
) {
    if !ctx.client.has(Cap::Batch) {
        return show(ctx, None);
    }
    let batch = ctx.client.batch(SERVER, kind);
    ctx.client.send(batch.open);
    show(ctx, Some(&batch.name));
    ctx.client.send(batch.close);
}

/// `CHATHISTORY TARGETS <from> <to> <limit>`: the conversations with a text in between, the latest last.
fn targets(ctx: &mut Context<'_>, line: &Line) -> Result<(), Fault> {
    if line.params.len() != 4 {
        return Err(WRONG_COUNT);
    }
    let (one, other) = (timestamp(line.param(1))?, timestamp(line.param(2))?);
    let limit = limit(line.param(3))?;
    // Who is played back what was done to texts must know of it.
    let changes = ctx.client.has(Cap::EventPlayback);
    let found = ctx
        .host
        .targets((one.min(other), one.max(other)), changes, limit)
        .map_err(|_| ("MESSAGE_ERROR", Vec::new(), UNREADABLE))?;
    in_batch(ctx, &["draft/chathistory-targets"], |ctx, batch| {
        for (with, at) in found {
            if let Some(name) = name(ctx, with) {
                let words = ["CHATHISTORY", "TARGETS", &name, &time::tag(at)];
                let reply = Reply::new(SERVER, &words, None);
                ctx.client.send(reply.tag_if("batch", batch));
            }
        }
    });
    Ok(())
}

/// What a conversation is called, if there is still one.
fn name(ctx: &Context<'_>, with: With) -> Option<String> {
    match with {
        With::Friend(friend) => {
            let contact = ctx.state.contacts.get(friend);
            contact.map(|contact| contact.nick.clone())
        }
        With::Group(group) => {
            let channel = ctx.state.groups.get(group);
            let channel = channel.filter(|channel| channel.group.is_in());
            channel.map(|channel| channel.name.clone())
        }
    }
}

fn window(after: Option<Place>, before: Option<Place>, newest: bool, limit: usize) -> Page {
    Page {
        after,
        before,
        newest,
        limit,
    }
}

fn place(arrival: Millis, row: u64) -> Place {
    Place { arrival, row }
}

/// "The limit parameter … The server MAY enforce its own": too much is cut, nonsense refused.
fn limit(text: &str) -> Result<usize, Fault> {
    match text.parse::<usize>() {
        Ok(limit) if limit > 0 => Ok(limit.min(MOST_HISTORY)),
        Ok(_) | Err(_) => Err(("INVALID_PARAMS", vec![text.to_owned()], "Invalid limit")),
    }
}

fn timestamp(text: &str) -> Result<Millis, Fault> {
    let time = text.strip_prefix("timestamp=").and_then(time::of_tag);
    time.ok_or_else(|| ("INVALID_PARAMS", vec![text.to_owned()], "Invalid timestamp"))
}

/// A page of very long texts ends early, so that what waits for a client stays bounded: at the end that is farther
/// from what was asked.
fn bounded(mut page: Vec<Stored>, newest: bool) -> Vec<Stored> {
    let mut room = PAGE_BYTES;
    let mut fits = |stored: &Stored| {
        let fit = room > 0;
        room = room.saturating_sub(size(stored));
        fit
    };
    if newest {
        page.reverse();
    }
    let kept = page.iter().take_while(|one| fits(one)).count();
    page.truncate(kept);
    if newest {
        page.reverse();
    }
    page
}

/// About how many bytes it is as lines.
fn size(stored: &Stored) -> usize {
    let text = match &stored.what {
        What::Text(entry) => entry.wording(),
        What::Change(done) => &done.change.text,
        What::Nothing => "",
    };
    let lines = text.matches('\n').count().saturating_add(1);
    let lines = lines.min(MULTILINE_LINES).saturating_mul(LINE_BYTES);
    text.len().saturating_add(lines)
}

/// "an unknown subcommand, missing parameters, excess parameters, or parameters that cannot be parsed".
const WRONG_COUNT: Fault = ("INVALID_PARAMS", Vec::new(), "Wrong number of parameters");

const UNREADABLE: &str = "Messages could not be retrieved";

/// Of a page, as lines.
const PAGE_BYTES: usize = 1024 * 1024;

/// What a line has beside its text, tags and all.
const LINE_BYTES: usize = 250;
