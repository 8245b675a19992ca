//! A text as IRC clients log it: `time TAB nick TAB text`, a line for each of its lines, as they are said on IRC.

use super::line::marks;
use super::place::Said;
use super::wording::shown;
use crate::commands::output::local_s;
use crate::protocol::clean::one_line;
use crate::rules::account::Settings;

/// The lines. Where texts of several conversations are among each other, the nick says in which one a text is.
pub(super) fn as_log(said: &Said<'_>, settings: &Settings, with_all: bool) -> Vec<String> {
    let (entry, place) = (said.entry, said.place);
    let message = &entry.message;
    let time = local_s(message.written());
    let nick = match (place.by(message.author), place.group()) {
        (Some(author), Some(_)) if with_all => format!("{} {}", place.name(), author.name),
        (Some(author), _) => author.name,
        (None, _) if with_all => format!("→ {}", place.name()),
        (None, _) if settings.name.is_empty() => place.own_address(settings).to_string(),
        (None, _) => one_line(&settings.name),
    };
    let words = shown(entry) + &marks(entry, place);
    let lines = words.trim_end_matches('\n').split('\n');
    let lines = lines.map(|line| format!("{time}\t{nick}\t{}", line.replace('\t', " ").trim()));
    lines.collect()
}
