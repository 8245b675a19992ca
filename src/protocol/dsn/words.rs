//! Reports in words alone, as qmail and older programs write them: what they say of the mail, for good or not.

use super::report::{Action, DsnError, MAX_REASON, Report, is_id_field, lossy, status};
use crate::protocol::clean;
use mail_parser::Message;

/// Reads a bounce that is no report by its type. Only one that names a mail and says what became of it is a report.
pub(super) fn read(
    mail: &Message<'_>,
    ids: Vec<String>,
    returned: Vec<[u8; 32]>,
) -> Result<Vec<Report>, DsnError> {
    if ids.is_empty() && returned.is_empty() {
        return Err(DsnError::NoStatus);
    }
    let text = mail.parts.iter().find(|part| part.is_text()).map(lossy);
    let text = text.ok_or(DsnError::NoStatus)?;
    let (action, status, line) = judged(&text).ok_or(DsnError::NoStatus)?;
    Ok(vec![Report {
        original_message_ids: ids,
        returned,
        recipient: None,
        action,
        status,
        permanent: action == Action::Failed,
        reason: clean::line(line, MAX_REASON),
    }])
}

/// The first line that says for good, else the first that says for now, with what it says.
fn judged(text: &str) -> Option<(Action, String, &str)> {
    let lines = text.lines().map(str::trim);
    let words = lines.take_while(|line| !begins_the_copy(line));
    let mut passing = None;
    for line in words {
        let status = status(line).unwrap_or_default();
        match status.chars().next().or_else(|| reply_class(line)) {
            Some('5') => return Some((Action::Failed, status, line)),
            Some('4') => passing = passing.or(Some((Action::Delayed, status, line))),
            Some(_) | None => {}
        }
    }
    passing
}

/// Where the mail itself is quoted: a rule, or a field of its header.
fn begins_the_copy(line: &str) -> bool {
    line.starts_with("---")
        || line.split_once(':').is_some_and(|(name, _)| {
            let trace = ["received", "return-path"];
            is_id_field(name) || trace.iter().any(|field| name.eq_ignore_ascii_case(field))
        })
}

/// The class of an SMTP reply in a line: a number of three digits that stands alone, with a space or a hyphen behind it.
fn reply_class(line: &str) -> Option<char> {
    line.split([' ', ':', '\t']).find_map(|word| {
        let code = word.split('-').next().unwrap_or_default();
        let is_code = code.len() == 3 && code.bytes().all(|c| c.is_ascii_digit());
        let first = code.chars().next()?;
        (is_code && matches!(first, '4' | '5')).then_some(first)
    })
}
