//! Reports of mail systems on mails of ours that did not arrive (RFC 3464), also mangled ones, and those in words alone.

mod report;
mod words;

use std::panic::catch_unwind;

use mail_parser::{HeaderName, Message, MessageParser, MessagePart, MimeHeaders};

use super::address::Address;
use super::candidate::Kind;
use super::hash::sha256;
use super::mail_form::{is_type, without_from_line};
use super::{candidate, clean};
pub use report::{Action, DsnError, Report};
use report::{MAX_REASON, is_id_field, lossy, status};

/// The largest report that is read, in bytes.
pub const MAX_REPORT: usize = 4 * 1024 * 1024;
/// The most recipients of one report that are read.
const MAX_RECIPIENTS: usize = 100;
/// The most Message-IDs of one report that are read.
const MAX_IDS: usize = 20;

/// Reads a mail that reports on others, one [`Report`] for each receiver it names.
/// Errors: [`DsnError`]; [`DsnError::NotAReport`] for every other mail.
pub fn read(raw: &[u8]) -> Result<Vec<Report>, DsnError> {
    catch_unwind(|| read_checked(without_from_line(raw))).unwrap_or(Err(DsnError::Parser))
}

fn read_checked(raw: &[u8]) -> Result<Vec<Report>, DsnError> {
    let parser = MessageParser::default();
    let head = parser.parse_headers(raw).ok_or(DsnError::NotAReport)?;
    let in_words = !is_report(&head);
    if in_words && !is_bounce(raw) {
        return Err(DsnError::NotAReport);
    }
    if raw.len() > MAX_REPORT {
        return Err(DsnError::TooLarge(raw.len()));
    }
    let mail = parser.parse(raw).ok_or(DsnError::NotAReport)?;
    if in_words {
        return words::read(&mail, original_ids(&mail, &[]), returned_parts(&mail));
    }
    let groups = groups(&status_text(&mail).ok_or(DsnError::NoStatus)?);
    let about = (original_ids(&mail, &groups), returned_parts(&mail));
    let reports: Vec<_> = groups
        .iter()
        .filter_map(|group| report(group, &about))
        .take(MAX_RECIPIENTS)
        .collect();
    if reports.is_empty() {
        return Err(DsnError::NoStatus);
    }
    Ok(reports)
}

fn is_report(head: &Message<'_>) -> bool {
    let found = head.content_type();
    let kind = found.and_then(|found| found.attribute("report-type"));
    is_type(found, "multipart", &["report"])
        && kind.is_none_or(|kind| kind.eq_ignore_ascii_case("delivery-status"))
}

/// Whether a mail system may say in words that a mail did not arrive.
fn is_bounce(raw: &[u8]) -> bool {
    let lines = raw.split_inclusive(|&byte| byte == b'\n');
    let header = lines.take_while(|line| !line.trim_ascii_end().is_empty());
    let length = header.fold(0_usize, |sum, line| sum.saturating_add(line.len()));
    let kind = candidate::kind(raw.get(..length).unwrap_or_default());
    matches!(kind, Some(Kind::Bounce | Kind::Unreturnable))
}

fn status_text(mail: &Message<'_>) -> Option<String> {
    let subs = ["delivery-status", "global-delivery-status"];
    let status = |part: &&MessagePart<'_>| is_type(part.content_type(), "message", &subs);
    mail.parts.iter().find(status).map(lossy)
}

/// Fields of one group: name in lower case, unfolded value.
type Group = Vec<(String, String)>;

/// Groups of fields, an empty line between them (RFC 3464, section 2.1).
fn groups(text: &str) -> Vec<Group> {
    let mut groups = vec![Group::new()];
    for line in text.lines() {
        let Some(group) = groups.last_mut() else {
            continue;
        };
        if line.trim().is_empty() {
            groups.push(Group::new());
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    groups
}

fn field<'g>(group: &'g Group, name: &str) -> Option<&'g str> {
    let (_, value) = group.iter().find(|(n, _)| n == name)?;
    Some(value)
}

fn report(group: &Group, (ids, returned): &(Vec<String>, Vec<[u8; 32]>)) -> Option<Report> {
    let recipients = [
        "original-recipient",
        "final-recipient",
        "x-actual-recipient",
    ];
    let named = recipients.iter().filter_map(|name| field(group, name));
    let named: Vec<_> = named.collect();
    let status = field(group, "status").and_then(status).unwrap_or_default();
    let action = match field(group, "action") {
        Some(word) => action(word).or_else(|| action_of(&status)),
        None if named.is_empty() => None,
        None => action_of(&status),
    }?;
    Some(Report {
        original_message_ids: ids.clone(),
        returned: returned.clone(),
        recipient: named.iter().find_map(|value| recipient(value)),
        action,
        permanent: action == Action::Failed && !status.starts_with('4'),
        reason: reason(group, &status),
        status,
    })
}

fn action(word: &str) -> Option<Action> {
    let word = word.split([' ', '(', ';']).next()?.to_ascii_lowercase();
    match word.as_str() {
        "failed" | "failure" => Some(Action::Failed),
        "delayed" => Some(Action::Delayed),
        "delivered" => Some(Action::Delivered),
        "relayed" => Some(Action::Relayed),
        "expanded" => Some(Action::Expanded),
        _ => None,
    }
}

/// What must have been done for such a status, where the action is missing or unknown.
fn action_of(status: &str) -> Option<Action> {
    match status.chars().next() {
        Some('5') => Some(Action::Failed),
        Some('4') => Some(Action::Delayed),
        Some('2') => Some(Action::Delivered),
        Some(_) | None => None,
    }
}

/// The address of `rfc822; bob@example.net`.
fn recipient(value: &str) -> Option<Address> {
    let address = value.split_once(';').map_or(value, |(_, address)| address);
    Address::parse(address.trim().trim_start_matches('<').trim_end_matches('>')).ok()
}

fn reason(group: &Group, status: &str) -> String {
    let said = field(group, "diagnostic-code").unwrap_or_default();
    let said = said.split_once(';').map_or(said, |(_, said)| said);
    let said = clean::line(said, MAX_REASON);
    match (said.is_empty(), status.is_empty()) {
        (false, _) => said,
        (true, false) => format!("status {status}"),
        (true, true) => "no reason given".to_owned(),
    }
}

/// The ids of the mail reported on, wherever this mail system put them: in the mail that it returns or its
/// header, in a field of the status, at last in the words for a person.
fn original_ids(mail: &Message<'_>, groups: &[Group]) -> Vec<String> {
    let mut ids: Vec<String> = mail.parts.iter().flat_map(returned_ids).collect();
    let fields = ["original-message-id", "x-original-message-id", "message-id"];
    let told = groups
        .iter()
        .flatten()
        .filter(|(name, _)| fields.contains(&name.as_str()));
    ids.extend(told.flat_map(|(_, value)| ids_in(value)));
    if ids.is_empty() {
        let texts = mail.parts.iter().filter(|part| part.is_text());
        ids.extend(texts.flat_map(|part| ids_after_name(&lossy(part))));
    }
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    ids.truncate(MAX_IDS);
    ids
}

/// The hashes of the parts of ours in the mails that this one returns.
fn returned_parts(mail: &Message<'_>) -> Vec<[u8; 32]> {
    let returned = mail.parts.iter().filter_map(|part| part.message());
    let ours = |part: &&MessagePart<'_>| is_type(part.content_type(), "application", &["vnd.iim"]);
    let parts = returned.flat_map(|returned| &returned.parts).filter(ours);
    let hashes = parts.map(|part| sha256(&[part.contents()]));
    hashes.take(MAX_RETURNED).collect()
}

/// The most returned parts of one report that are looked at.
const MAX_RETURNED: usize = 4;

fn returned_ids(part: &MessagePart<'_>) -> Vec<String> {
    if let Some(returned) = part.message() {
        let parsed = returned.header_values(HeaderName::MessageId);
        let parsed = parsed.filter_map(|id| id.as_text()).filter(|id| is_id(id));
        let fields = returned.headers().iter();
        let named = fields.filter(|field| is_id_field(field.name.as_str()));
        let raw = named.filter_map(|field| field.value.as_text());
        let mut ids: Vec<String> = parsed.map(str::to_owned).collect();
        ids.extend(raw.flat_map(ids_in));
        return ids;
    }
    let headers = ["rfc822-headers", "rfc822", "global-headers", "global"];
    let found = part.content_type();
    if is_type(found, "text", &headers) || is_type(found, "message", &headers) {
        return ids_after_name(&lossy(part));
    }
    Vec::new()
}

/// The ids in lines that begin with such a field's name, quoted or not, and in the line after it when folded.
fn ids_after_name(text: &str) -> Vec<String> {
    let mut lines = text.lines().peekable();
    let mut ids = Vec::new();
    while let Some(line) = lines.next() {
        let line = line.trim_start_matches(['>', '|', ' ', '\t']);
        let Some((_, value)) = line.split_once(':').filter(|(name, _)| is_id_field(name)) else {
            continue;
        };
        let folded = lines.peek().filter(|_| value.trim().is_empty());
        ids.extend(ids_in(folded.copied().unwrap_or(value)));
    }
    ids
}

/// What stands between angle brackets and can be a Message-ID.
fn ids_in(value: &str) -> Vec<String> {
    let opened = value.split('<').skip(1);
    let between = opened.filter_map(|rest| Some(rest.split_once('>')?.0));
    between.filter(|id| is_id(id)).map(str::to_owned).collect()
}

fn is_id(text: &str) -> bool {
    let shows = |c: char| !c.is_whitespace() && !c.is_control();
    text.contains('@') && text.len() <= 998 && text.chars().all(shows)
}

#[cfg(test)]
mod tests;
