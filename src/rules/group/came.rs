//! Who comes into a group by a link: the user, and a friend whom the user's program asks by itself.

use super::link::note;
use super::state::ASKED;
use super::{acts, found};
use crate::protocol::group::GroupId;
use crate::protocol::link;
use crate::rules::conversation::ContactId;
use crate::rules::decision::Decision;
use crate::rules::healing::{self, Again};
use crate::rules::refusal::Refusal;

/// Asks a friend into the groups for which they came by a link, as soon as they are known to know groups.
pub(in crate::rules) fn ask(decision: &mut Decision<'_>, who: ContactId) -> Result<(), Refusal> {
    let mut person = decision.known(who)?;
    if person.friend().is_none() || !person.knows_groups() {
        return Ok(());
    }
    let came_for = std::mem::take(&mut person.came_for);
    decision.put(person);
    let now = decision.now();
    for (group, at) in came_for {
        if now.is_within(ASKED, at) {
            ask_into(decision, who, group)?;
        }
    }
    Ok(())
}

fn ask_into(decision: &mut Decision<'_>, who: ContactId, group: GroupId) -> Result<(), Refusal> {
    let Some(mut group) = decision.group_of(group)? else {
        return Ok(());
    };
    if !acts::may_add(&group) {
        return Ok(());
    }
    match acts::ask(decision, &mut group, who) {
        Ok(()) => decision.put_group(group),
        Err(Refusal::Unreadable(fault)) => return Err(fault.into()),
        Err(Refusal::InAlready(..)) => {}
        Err(why) => {
            let why = why.to_string();
            let why = why.lines().next().unwrap_or_default();
            let text = format!(
                "a link of yours into #{} was used in vain: {why}",
                group.name
            );
            decision.word(who, text);
        }
    }
    Ok(())
}

/// The user has followed a link into a group. Who is a friend already is asked all the same, with the invite's proof: `done`
/// says what came of asking them to be one.
pub(in crate::rules) fn follow(
    decision: &mut Decision<'_>,
    link: &link::Invite,
    into: GroupId,
    done: Result<(), Refusal>,
) -> Result<(), Refusal> {
    let is_friend = matches!(done, Err(Refusal::AlreadyFriend(_)));
    if !is_friend {
        done?;
    }
    let mut person = decision.known_at(&link.address)?;
    let held = decision.group_of(into)?;
    if let Some(group) = held.filter(|group| group.is_in() || found::is_asked_by(group, person.id))
    {
        return match (group.is_in(), is_friend) {
            (true, true) => Err(Refusal::AlreadyIn(group.name)),
            (true, false) => Ok(()),
            (false, _) => found::accept(decision, group),
        };
    }
    note(&mut person.follows_into, into, decision.now());
    if person.keys() == Some(&link.keys) {
        healing::ask_anew(decision, &mut person, Again::Later, Some(link.token))?;
    }
    decision.put(person);
    Ok(())
}
