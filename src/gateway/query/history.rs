//! CHATHISTORY: pages of what was said, from the store (IRCv3 `draft/chathistory`).

use crate::gateway::caps::{Cap, MULTILINE_LINES};
use crate::gateway::contacts::Person;
use crate::gateway::context::Talk;
use crate::gateway::message::send::Target;
use crate::gateway::render::text;
use crate::gateway::render::text::Way;
use crate::gateway::{MOST_HISTORY, SERVER, time};
use crate::protocol::irc_line::{Line, Reply};
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{Page, Place, Stored, What};

/// Why a page cannot be given: the code, what it names besides the subcommand, the words.
type Fault = (&'static str, Vec<String>, &'static str);

/// `timestamp=…` or `msgid=…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Selector {
    At(u64),
    Text(LetterId),
}

impl Talk<'_> {
    /// `CHATHISTORY <subcommand> <target> <selector> [<selector>] <limit>`.
    pub(in crate::gateway) fn chathistory(&mut self, line: &Line) {
        let sub = line.param(0).to_ascii_uppercase();
        let answered = match sub.as_str() {
            "BEFORE" | "AFTER" | "LATEST" | "AROUND" => self.page(&sub, line, 4),
            "BETWEEN" => self.page(&sub, line, 5),
            "TARGETS" => self.targets(line),
            "" => Err(WRONG_COUNT),
            _ => Err(("INVALID_PARAMS", Vec::new(), "Unknown subcommand")),
        };
        if let Err((code, named, text)) = answered {
            let sub = Some(sub.as_str()).filter(|sub| !sub.is_empty());
            let mut words = vec!["CHATHISTORY", code];
            words.extend(sub);
            words.extend(named.iter().map(String::as_str));
            self.fail(&words, text);
        }
    }

    fn page(&mut self, sub: &str, line: &Line, params: usize) -> Result<(), Fault> {
        if line.params.len() != params {
            return Err(WRONG_COUNT);
        }
        let name = line.param(1).to_owned();
        let limit = limit(line.param(params.saturating_sub(1)))?;
        let person = match self.target(&name) {
            Target::Friend(person) => Some(person),
            Target::Channel | Target::Service | Target::Myself | Target::Client => None,
            Target::Nobody => {
                return Err(("INVALID_TARGET", vec![name], "No such conversation"));
            }
        };
        let page = match &person {
            Some(person) => self.entries(sub, person, line, limit)?,
            None => Vec::new(),
        };
        self.show_page(&name, &page);
        Ok(())
    }

    fn entries(
        &mut self,
        sub: &str,
        person: &Person,
        line: &Line,
        limit: usize,
    ) -> Result<Vec<Stored>, Fault> {
        let first = line.param(2).to_owned();
        if sub == "LATEST" && first == "*" {
            return self.read_page(person, window(None, None, true, limit));
        }
        if sub == "AROUND" {
            return self.around(person, &first, limit);
        }
        let (low, high) = self.places(person, &first)?;
        match sub {
            "BEFORE" => self.read_page(person, window(None, Some(low), true, limit)),
            "AFTER" => self.read_page(person, window(Some(high), None, false, limit)),
            "LATEST" => self.read_page(person, window(Some(high), None, true, limit)),
            _ => {
                let (other_low, other_high) = self.places(person, line.param(3))?;
                let page = match low <= other_low {
                    true => window(Some(high), Some(other_low), false, limit),
                    false => window(Some(other_high), Some(low), true, limit),
                };
                self.read_page(person, page)
            }
        }
    }

    /// The text that is meant in the middle, half of the rest before it.
    fn around(
        &mut self,
        person: &Person,
        selector: &str,
        limit: usize,
    ) -> Result<Vec<Stored>, Fault> {
        let (low, _) = self.places(person, selector)?;
        let before = limit.wrapping_div(2);
        let mut all = match before {
            0 => Vec::new(),
            before => self.look(person, window(None, Some(low), true, before))?,
        };
        // From the place itself on: strictly after what is just before it.
        let from = Place {
            arrival: low.arrival,
            row: low.row.saturating_sub(1),
        };
        let from = match low.row {
            0 => low.arrival.checked_sub(1).map(|at| Place {
                arrival: at,
                row: u64::MAX,
            }),
            _ => Some(from),
        };
        let rest = limit.saturating_sub(all.len());
        all.extend(self.look(person, window(from, None, false, rest))?);
        Ok(all)
    }

    /// A page, and what was done to its texts after it where the client comes from there: it could not have known of
    /// which texts that was ("add the `REDACT` message to the response (not counting toward message limits)").
    fn read_page(&mut self, person: &Person, page: Page) -> Result<Vec<Stored>, Fault> {
        let mut all = self.look(person, page)?;
        if page.newest && self.client.has(Cap::EventPlayback) {
            let later = self.done_later(person, &all)?;
            all.extend(later);
        }
        Ok(all)
    }

    fn done_later(&mut self, person: &Person, page: &[Stored]) -> Result<Vec<Stored>, Fault> {
        let end = page.last().map_or(0, |last| last.row);
        let mut later = Vec::new();
        for stored in page {
            if let What::Text(entry) = &stored.what {
                let done = self
                    .host
                    .done_after(&entry.message.friend, entry.message.id, end);
                later.extend(done.map_err(|_| unreadable(person))?);
            }
        }
        later.sort_by_key(|one| one.row);
        Ok(later)
    }

    /// "If the client has not negotiated the `event-playback` capability, the server MUST NOT send any lines other than
    /// `PRIVMSG` and `NOTICE`": then texts come as they stand now, else as they were, and what was done to them too.
    fn look(&mut self, person: &Person, page: Page) -> Result<Vec<Stored>, Fault> {
        let address = &person.friend.address;
        let all = match self.client.has(Cap::EventPlayback) {
            true => self.host.full_history(address, page),
            false => self
                .host
                .history(address, page)
                .map(|all| all.into_iter().map(Stored::alone).collect()),
        };
        Ok(bounded(all.map_err(|_| unreadable(person))?, page.newest))
    }

    /// The places just before and just after what a selector means.
    fn places(&mut self, person: &Person, text: &str) -> Result<(Place, Place), Fault> {
        match selector(text)? {
            Selector::At(at) => Ok((
                Place {
                    arrival: at,
                    row: 0,
                },
                Place {
                    arrival: at,
                    row: u64::MAX,
                },
            )),
            Selector::Text(id) => match self.host.place(&person.friend.address, id) {
                Some(place) => Ok((place, place)),
                None => {
                    let named = vec![person.nick.clone(), text.to_owned()];
                    Err(("MESSAGE_ERROR", named, UNREADABLE))
                }
            },
        }
    }

    fn show_page(&mut self, target: &str, page: &[Stored]) {
        let batch = self.open_history("chathistory", Some(target));
        for stored in page {
            let way = Way::History(batch.as_deref());
            text::show(self.client, self.shared, self.host, stored, way);
        }
        self.close_history(batch);
    }

    /// `CHATHISTORY TARGETS <from> <to> <limit>`: the conversations with a text in between, the latest last.
    fn targets(&mut self, line: &Line) -> Result<(), Fault> {
        if line.params.len() != 4 {
            return Err(WRONG_COUNT);
        }
        let (one, other) = (timestamp(line.param(1))?, timestamp(line.param(2))?);
        let limit = limit(line.param(3))?;
        // Who is played back what was done to texts must know of it.
        let changes = self.client.has(Cap::EventPlayback);
        let found = self
            .host
            .targets((one.min(other), one.max(other)), changes, limit)
            .map_err(|_| ("MESSAGE_ERROR", Vec::new(), UNREADABLE))?;
        let batch = self.open_history("draft/chathistory-targets", None);
        for (address, at) in found {
            if let Some(person) = self.shared.people.at(&address) {
                let (nick, at) = (person.nick.clone(), time::tag(at));
                let reply = Reply::new(SERVER, &["CHATHISTORY", "TARGETS", &nick, &at], None);
                self.client.send(reply.tag_if("batch", batch.as_deref()));
            }
        }
        self.close_history(batch);
        Ok(())
    }

    fn open_history(&mut self, kind: &str, target: Option<&str>) -> Option<String> {
        if !self.client.has(Cap::Batch) {
            return None;
        }
        let name = self.client.batch_name();
        let open = format!("+{name}");
        let mut words = vec!["BATCH", open.as_str(), kind];
        words.extend(target);
        self.client.send(Reply::new(SERVER, &words, None));
        Some(name)
    }

    fn close_history(&mut self, batch: Option<String>) {
        if let Some(name) = batch {
            let close = format!("-{name}");
            self.client
                .send(Reply::new(SERVER, &["BATCH", &close], None));
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

/// "The limit parameter … The server MAY enforce its own": too much is cut, nonsense refused.
fn limit(text: &str) -> Result<usize, Fault> {
    match text.parse::<usize>() {
        Ok(limit) if limit > 0 => Ok(limit.min(MOST_HISTORY)),
        Ok(_) | Err(_) => Err(("INVALID_PARAMS", vec![text.to_owned()], "Invalid limit")),
    }
}

fn selector(text: &str) -> Result<Selector, Fault> {
    let invalid = || ("INVALID_PARAMS", vec![text.to_owned()], "Invalid selector");
    match text.split_once('=') {
        Some(("timestamp", _)) => timestamp(text).map(Selector::At),
        Some(("msgid", id)) => text::id_of(id).map(Selector::Text).ok_or_else(invalid),
        Some(_) | None => Err((
            "INVALID_MSGREFTYPE",
            vec![text.to_owned()],
            "Invalid reference",
        )),
    }
}

fn timestamp(text: &str) -> Result<u64, Fault> {
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
        let kept = page.iter().rev().take_while(|one| fits(one)).count();
        page.split_off(page.len().saturating_sub(kept))
    } else {
        let kept = page.iter().take_while(|one| fits(one)).count();
        page.truncate(kept);
        page
    }
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

fn unreadable(person: &Person) -> Fault {
    ("MESSAGE_ERROR", vec![person.nick.clone()], UNREADABLE)
}

/// "an unknown subcommand, missing parameters, excess parameters, or parameters that cannot be parsed".
const WRONG_COUNT: Fault = ("INVALID_PARAMS", Vec::new(), "Wrong number of parameters");

const UNREADABLE: &str = "Messages could not be retrieved";

/// Of a page, as lines.
const PAGE_BYTES: usize = 1024 * 1024;

/// What a line has beside its text, tags and all.
const LINE_BYTES: usize = 250;
