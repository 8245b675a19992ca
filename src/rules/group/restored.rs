//! A backup was put back: what was said since is forgotten here, and not by the others.

use std::collections::BTreeMap;

use super::copy::Copy;
use super::sign::entry;
use super::state::Group;
use super::{due, letter, recovered};
use crate::protocol::group::MemberId;
use crate::protocol::group::letters::SaidHash;
use crate::protocol::letter::LetterId;
use crate::protocol::time::Seconds;
use crate::rules::conversation::Author;
use crate::rules::decision::Decision;
use crate::rules::effect::Effect;
use crate::rules::refusal::Refusal;

/// In each group the user begins anew: under numbers that they cannot have used, with nothing before. All members are shown how
/// much of the book is here, and told what they lack of what was said, in new sessions.
pub(in crate::rules) fn restored(decision: &mut Decision<'_>) -> Result<(), Refusal> {
    for group in decision.view.groups()? {
        let mut group = decision.group(group.conversation)?.unwrap_or(group);
        if group.recovers.is_some() {
            recovered::ask(decision, &mut group, 0)?;
            decision.put_group(group);
        } else if group.is_in() {
            begin_anew(&mut group, decision.now());
            number_anew(decision, &mut group)?;
            show_all(decision, &mut group)?;
            decision.put_group(group);
        }
    }
    Ok(())
}

/// A book that was lost has come back, and the user is in.
pub(super) fn recovered(decision: &mut Decision<'_>, group: &mut Group) -> Result<(), Refusal> {
    begin_anew(group, decision.now());
    show_all(decision, group)
}

/// What is said next has a number that nothing had before, and nothing before it.
pub(super) fn begin_anew(group: &mut Group, now: Seconds) {
    group.number = group.number.max(now.0);
    group.hash = SaidHash::default();
    // They may have been told since that they need not wait for what is known here to have failed.
    for member in &mut group.members {
        member.since_told = group.number;
    }
}

/// What is still to come to somebody goes on under numbers of now: of those before, the others wait for none.
fn number_anew(decision: &mut Decision<'_>, group: &mut Group) -> Result<(), Refusal> {
    let mut waiting: BTreeMap<(u64, LetterId), Vec<Copy>> = BTreeMap::new();
    for member in group.others() {
        for copy in decision.view.copies_to(group.conversation, member.id)? {
            let what = (copy.number, copy.of);
            waiting.entry(what).or_default().push(copy);
        }
    }
    for ((_, of), copies) in waiting {
        let message = decision.view.message(group.conversation, Author::Us, of)?;
        let Some(mut message) = message else { continue };
        let whose = message.in_group.and_then(|place| place.whose);
        letter::number(group, &mut message, whose);
        decision.cause(Effect::Message(Box::new(message)));
        for copy in copies {
            let number = group.number;
            decision.cause(Effect::Copy(Box::new(Copy { number, ..copy })));
        }
    }
    Ok(())
}

fn show_all(decision: &mut Decision<'_>, group: &mut Group) -> Result<(), Refusal> {
    let now = decision.now();
    for member in &group.members {
        decision.cause(Effect::RetireSessions(member.contact, member.key()));
    }
    if let Some(last) = group.entry.as_ref().map(|entry| entry.value.clone()) {
        let counter = group.next_counter().max(now.0);
        let entry = entry(decision, last.address, Some(group.id), last.ended, counter)?;
        group.entry = Some(entry);
    }
    let members: Vec<MemberId> = group.others().map(|member| member.id).collect();
    for id in members {
        if let Some(member) = group.member_mut(id) {
            (member.heads_due, member.entry_due, member.fresh) = (true, true, true);
        }
        due::by(decision, group, id, now)?;
    }
    Ok(())
}
