//! What a group may be called.

use crate::protocol::clean;
use crate::protocol::codec::{MAX_NAME, MAX_TOPIC};
use crate::protocol::group::Title;
use crate::rules::refusal::Refusal;

/// A name on one line that shows, and a topic.
pub(super) fn check_title(title: &Title) -> Result<(), Refusal> {
    let name = clean::line(&title.name, MAX_NAME);
    if name.is_empty() || name != title.name || name.trim() != name {
        return Err(Refusal::GroupForm(title.name.clone()));
    }
    match clean::line(&title.topic, MAX_TOPIC) == title.topic {
        true => Ok(()),
        false => Err(Refusal::GroupForm(title.topic.clone())),
    }
}
