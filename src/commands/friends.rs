//! `iim friends`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::account::elsewhere::{self, Elsewhere, Join};
use crate::edge::control::status::Presence;
use crate::protocol::address::Address;
use crate::protocol::shell;
use crate::rules::account::{AccountState, Settings};
use crate::rules::announce::is_untold;
use crate::rules::contact::{Contact, Standing};
use crate::rules::handshake::{Asking, Handshake};

use super::output::{Cell, Colour, Output, after};
use super::presence::{self, Presences};
use super::run::Run;
use crate::protocol::clean::one_line;
use crate::rules::words::{self, rfc3339};

/// Shows the roster, and who is online (which the agent knows)
#[derive(Debug, clap::Args)]
pub(crate) struct Friends {
    /// One JSON array
    #[arg(long)]
    json: bool,
}

impl Friends {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let state = run.account.state()?;
        let people = run.account.people()?;
        let presences = Presences::ask(&run.account.home);
        let settings = run.account.settings();
        let ours = presence::ours(&presences.status, &run.account.config);
        let elsewhere = elsewhere::all(&run.account, &people, &ours);
        if self.json {
            let all = elsewhere.iter();
            let away: BTreeMap<_, _> = all.map(|(one, there)| (one.id, there)).collect();
            let row = |person: &Contact| {
                let there = away.get(&person.id);
                let mut row = as_json(person, &state, settings, &presences.of(person));
                if let Some(row) = row.as_object_mut() {
                    let there = there.map(|there| elsewhere_json(there));
                    row.insert("elsewhere".to_owned(), there.unwrap_or_default());
                }
                row
            };
            let rows: Vec<Value> = people.iter().map(row).collect();
            return run.output.json(&rows);
        }
        show(&run.output, &people, &presences)?;
        let lines = elsewhere.iter();
        let lines = lines.map(|(person, there)| there.line(&person.name));
        let mut lines = elsewhere::few(lines.collect()).into_iter();
        lines.try_for_each(|line| run.say(line))
    }
}

/// The object that scripts read.
fn as_json(
    person: &Contact,
    account: &AccountState,
    settings: &Settings,
    seen: &Presence,
) -> Value {
    let asking = person.requests().first();
    json!({
        "name": one_line(&person.name),
        "address": person.address.as_str(),
        "knows_you_as": knows_us_as(person, settings).as_str(),
        "standing": words::standing(&person.standing),
        "visible": person.visible,
        "blocked": person.blocked,
        "verified": person.verified,
        "presence": seen.presence,
        "status": seen.status,
        "fingerprint": person.fingerprint().map(|key| key.to_string()),
        "key_changed": person.has_new_keys(),
        "told": is_told(person, account),
        "networks": person.networks(),
        "since": rfc3339(person.since),
        "note": one_line(&person.note),
        "ways": ways(person),
        "request_name": asking.map(|asking| one_line(&asking.name)),
        "request_note": asking.map(|asking| one_line(&asking.note)),
    })
}

/// Where a friend is met who is on none of the user's networks; `join` is what is written behind `iim network join`.
pub(crate) fn elsewhere_json(there: &Elsewhere) -> Value {
    json!({
        "network": there.network,
        "server": there.server,
        "perhaps": there.perhaps,
        "join": there.join.as_ref().map(Join::word),
    })
}

/// Our address towards somebody; of one who asks, that which was asked.
fn knows_us_as<'a>(person: &'a Contact, settings: &'a Settings) -> &'a Address {
    match (person.asks(), person.requests().first()) {
        (true, Some(asking)) => person.our_address_to(&asking.keys.curve25519, settings),
        _ => person.our_address(settings),
    }
}

/// Whether somebody has been sent our present secret, and may have it.
pub(crate) fn is_told(person: &Contact, account: &AccountState) -> bool {
    person.is_told(account) && !is_untold(person)
}

fn ways(person: &Contact) -> Vec<String> {
    let ways = person.presence().and_then(|told| told.ways.as_ref());
    ways.map_or_else(Vec::new, |ways| ways.iter().map(|w| one_line(w)).collect())
}

/// The table that people read, and the requests below it.
fn show(output: &Output, people: &[Contact], presences: &Presences) -> anyhow::Result<()> {
    let on_roster = people.iter().filter(|person| !person.asks());
    let rows = on_roster.map(|person| as_row(person, &presences.of(person)));
    let rows: Vec<Vec<Cell>> = rows.collect();
    output.table(&rows)?;
    for person in people {
        let mut requests = person.requests().iter();
        requests.try_for_each(|asking| output.line(as_request(output, person, asking)))?;
    }
    if people.is_empty() {
        output.say("nobody is on your roster yet: `iim add ADDRESS` or `iim invite`")?;
    }
    if presences.agent || rows.is_empty() {
        return Ok(());
    }
    output.say("(no agent runs, so it is not known who is online: `iim agent`)")
}

fn as_row(person: &Contact, seen: &Presence) -> Vec<Cell> {
    let colour = match seen.presence.as_str() {
        "online" => Some(Colour::Good),
        "away" | "busy" | "unverified" => Some(Colour::Warn),
        _ => Some(Colour::Faint),
    };
    vec![
        (one_line(&person.name), Some(Colour::Strong)),
        (seen.presence.clone(), colour),
        (person.address.to_string(), None),
        (remarks(person), Some(Colour::Warn)),
        (seen.status.clone().unwrap_or_default(), None),
    ]
}

/// What is out of the ordinary, in words.
fn remarks(person: &Contact) -> String {
    let standing = &person.standing;
    let asked = matches!(standing, Standing::Asked(_));
    let confirming = matches!(standing, Standing::Handshake(Handshake::Confirming(_)));
    let remarks = [
        (asked, "asked, no answer yet"),
        (confirming, "accepted, not confirmed yet"),
        (person.blocked, "blocked"),
        (!person.visible && !person.blocked, "hidden"),
        (person.has_new_keys(), "key changed"),
        (person.verified, "verified"),
    ];
    let remarks = remarks.into_iter().filter(|(holds, _)| *holds);
    remarks.map(|(_, word)| word).collect::<Vec<_>>().join(", ")
}

fn as_request(output: &Output, person: &Contact, asking: &Asking) -> String {
    let known = !person.asks();
    let own = match one_line(&asking.name) {
        own if own.is_empty() || own == one_line(&person.name) => String::new(),
        own => format!("({own}) "),
    };
    let name = output.paint(Colour::Strong, &one_line(&person.name));
    let what = if known {
        output.paint(Colour::Bad, "has new keys")
    } else {
        format!("{own}asks to be your friend")
    };
    let note = after(": ", Some(&asking.note));
    let address = &person.address;
    let key = asking.keys.ed25519;
    let answer = |command| shell::hint(command, &[address.as_str()]);
    let (yes, no) = (answer("accept"), answer("refuse"));
    format!("{name} <{address}> {what}{note}\n  key {key}\n  {yes} or {no}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::protocol::address::Address;
    use crate::protocol::letter::{Keys, LetterId, OneTimeKeys, PublicKey};
    use crate::protocol::time::{Millis, Seconds};
    use crate::rules::conversation::Ids;

    fn keys(byte: u8) -> Keys {
        Keys {
            curve25519: PublicKey([byte; 32]),
            ed25519: PublicKey([byte; 32]),
        }
    }

    fn bob() -> Contact {
        let address = Address::parse("bob@example.net").unwrap();
        Contact::new(
            Ids::new(1, 1),
            address,
            "bob".to_owned(),
            Seconds(1_795_244_400),
        )
    }

    fn asking() -> Asking {
        Asking {
            request: LetterId([1; 16]),
            sent: Millis(0),
            at: Seconds(0),
            keys: keys(2),
            one_time_keys: OneTimeKeys::default(),
            name: "Bob\u{202e}".to_owned(),
            note: "hi\u{1b}[2J".to_owned(),
            ahead: Vec::new(),
        }
    }

    #[test]
    fn the_fingerprint_is_of_the_key_in_force() {
        let mut person = bob();
        assert_eq!(person.fingerprint(), None);
        person.set_handshake(Handshake::Asking(vec![asking()]));
        assert_eq!(person.fingerprint(), Some(PublicKey([2; 32])));
        person.standing = Standing::friend(keys(3));
        person.set_handshake(Handshake::Asking(vec![asking()]));
        assert_eq!(person.fingerprint(), Some(PublicKey([3; 32])));
        assert!(!person.requests().is_empty());
        assert_eq!(remarks(&person), "key changed");
    }

    #[test]
    fn what_strangers_wrote_reaches_no_terminal_uncleaned() {
        let mut person = bob();
        person.set_handshake(Handshake::Asking(vec![asking()]));
        let line = as_request(&Output::default(), &person, &asking());
        assert!(!line.contains(['\u{1b}', '\u{202e}']), "{line:?}");
        assert!(line.contains("`iim accept bob@example.net`"), "{line}");
    }

    #[test]
    fn a_hostile_address_is_quoted_in_the_commands_that_answer_it() {
        let address = Address::parse("x||a&&touch${!z}@evil.example").unwrap();
        let person = Contact::new(
            Ids::new(1, 1),
            address,
            "x".to_owned(),
            Seconds(1_795_244_400),
        );
        let line = as_request(&Output::default(), &person, &asking());
        let quoted = "'x||a&&touch${'\\!'z}@evil.example'";
        let answers = format!("`iim accept {quoted}` or `iim refuse {quoted}`");
        assert!(line.ends_with(&answers), "{line}");
    }
}
