//! What stands on the outside of a mail, which proves nothing: from whom, to whom, and whether it may be answered.

use std::borrow::Cow;

use mail_parser::{HeaderName, HeaderValue, Message, MessageParser};

use super::error::MailError;
use crate::protocol::address::Address;

/// With more `Received` lines than this a mail is taken to run in circles.
const MAX_RECEIVED: usize = 50;

/// Whom a mail's outside lets a program answer by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answerable {
    /// Whoever sent it.
    Anybody,
    /// Only whom the letter proves to be known: a relay or a mail system has marked it (RFC 3834, sections 2 and 4).
    Known,
    /// Nobody: it runs in circles.
    Nobody,
}

impl Answerable {
    /// Whether a request that anybody could have made may be answered.
    pub fn to_anybody(self) -> bool {
        self == Self::Anybody
    }

    /// Whether a letter may be answered that was opened in the session of somebody known, or signed by a friend's key.
    pub fn to_known(self) -> bool {
        self != Self::Nobody
    }
}

pub(super) fn from(mail: &Message<'_>) -> Result<Address, MailError> {
    let values: Vec<_> = mail.header_values(HeaderName::From).collect();
    let addresses = addresses(&values);
    match addresses.as_slice() {
        [address] if values.len() == 1 => Ok(Address::parse(address)?),
        several => Err(MailError::From(several.len().max(values.len()))),
    }
}

pub(super) fn to(mail: &Message<'_>) -> Vec<Address> {
    let to = mail.header_values(HeaderName::To);
    let values: Vec<_> = to.chain(mail.header_values(HeaderName::Cc)).collect();
    addresses(&values)
        .into_iter()
        .filter_map(|address| Address::parse(address).ok())
        .collect()
}

/// Under which addresses the sender may be known where the mail system has put another into From: in the order in which
/// they are tried. They prove nothing either.
pub(super) fn others(mail: &Message<'_>, from: &Address) -> Vec<Address> {
    let fields = [
        "Reply-To",
        "X-Google-Original-From",
        "Sender",
        "Return-Path",
    ];
    let mut others: Vec<Address> = Vec::new();
    for field in fields {
        let value = raw_values(mail, field).into_iter().next();
        let address = value.and_then(|value| one_address(&value));
        others.extend(address.filter(|one| one != from && !others.contains(one)));
    }
    others
}

/// The address of a field's value, if it holds exactly one; read as that of a From.
fn one_address(value: &str) -> Option<Address> {
    let unfolded = value.replace(['\r', '\n'], " ");
    let field = format!("From: {unfolded}\n\n");
    from(&MessageParser::default().parse_headers(field.as_bytes())?).ok()
}

fn addresses<'m>(values: &[&'m HeaderValue<'_>]) -> Vec<&'m str> {
    values
        .iter()
        .filter_map(|value| value.as_address())
        .flat_map(|list| list.iter())
        .map(|one| one.address().unwrap_or_default())
        .collect()
}

pub(super) fn auto_submitted(mail: &Message<'_>) -> Option<String> {
    let values = raw_values(mail, "Auto-Submitted");
    values.first().map(|value| keyword(value))
}

/// The keyword of `Auto-Submitted`, without what may stand behind it.
fn keyword(value: &str) -> String {
    let word = value.split([';', '(']).next().unwrap_or_default();
    word.trim().to_ascii_lowercase()
}

pub(super) fn answerable(mail: &Message<'_>) -> Answerable {
    if raw_values(mail, "Received").len() > MAX_RECEIVED {
        Answerable::Nobody
    } else if is_marked_as_automatic(mail) {
        Answerable::Known
    } else {
        Answerable::Anybody
    }
}

/// Whether anything on the mail's outside speaks against an automatic answer (RFC 3834, sections 2 and 4).
///
/// `Auto-Submitted: auto-generated` does not: our own mails carry it, and iim answers iim. Any other value but `no`
/// does, also one that is unknown.
fn is_marked_as_automatic(mail: &Message<'_>) -> bool {
    let any = |name, speaks_against: fn(&str) -> bool| {
        let values = raw_values(mail, name);
        values.iter().any(|value| speaks_against(value))
    };
    any("Return-Path", |path| matches!(path, "" | "<>"))
        || raw_fields(mail).any(|(name, _)| is_list(name))
        || any("Precedence", is_bulk)
        || any("Auto-Submitted", |value| {
            !matches!(keyword(value).as_str(), "no" | "auto-generated")
        })
        || !from(mail).is_ok_and(|from| !is_machine(from.local()))
}

fn is_list(name: &str) -> bool {
    name.get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("list-"))
}

fn is_bulk(value: &str) -> bool {
    let bulk = ["bulk", "list", "junk"];
    bulk.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Local parts behind which no person reads (RFC 3834, section 2).
fn is_machine(local: &str) -> bool {
    let daemons = [
        "mailer-daemon",
        "mailerdaemon",
        "mail-daemon",
        "majordomo",
        "listserv",
    ];
    daemons.contains(&local) || local.starts_with("owner-") || local.ends_with("-request")
}

pub(super) fn raw_values(mail: &Message<'_>, name: &str) -> Vec<String> {
    let fields = raw_fields(mail).filter(|(n, _)| n.eq_ignore_ascii_case(name));
    fields.map(|(_, value)| value.trim().to_owned()).collect()
}

/// The header fields as they stand there. The parser's own list leaves out those with 8-bit bytes that are no UTF-8.
fn raw_fields<'m>(mail: &'m Message<'_>) -> impl Iterator<Item = (&'m str, Cow<'m, str>)> {
    let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    mail.headers().iter().map(move |field| {
        let value = place(field.offset_start)..place(field.offset_end);
        let value = mail.raw_message.get(value).unwrap_or_default();
        (field.name.as_str(), String::from_utf8_lossy(value))
    })
}
