//! When what is to be told to a member leaves: gathered for a while, and then in one mail.

use std::time::Duration;

use super::reach::{Reach, is_reached, reach};
use super::said;
use super::state::{Group, Member};
use crate::protocol::group::letters::{Gather, Got, GotOf, SaidHash, Told};
use crate::protocol::group::{GroupId, MemberId};
use crate::protocol::letter::{Body, Letter};
use crate::protocol::time::{DAY, MINUTE, Seconds};
use crate::rules::contact::Contact;
use crate::rules::decision::Decision;
use crate::rules::effect::Effect;
use crate::rules::outgoing::{Form, Outgoing, Route};
use crate::rules::queue::much_later;
use crate::rules::refusal::Refusal;
use crate::rules::view::{Unreadable, View};

/// When the next gathering of what was said leaves: 30 to 90 seconds from now, at once where mails are not counted.
pub(super) fn gathering(decision: &mut Decision<'_>) -> Seconds {
    if decision.settings.per_day == 0 {
        return decision.now();
    }
    let [dice] = decision.random::<1>();
    let share = f64::from(dice) / f64::from(u8::MAX);
    let more = MINUTE.mul_f64(share);
    decision.now().after(GATHERED.saturating_add(more))
}

/// When it is told by mail that something came: ten minutes from now, in a larger group six hours.
pub(super) fn receipt(decision: &Decision<'_>, group: &Group) -> Seconds {
    if decision.settings.per_day == 0 {
        return decision.now();
    }
    let wait = match group.count() <= SMALL {
        true => RECEIPT,
        false => RECEIPT_IN_A_LARGE_GROUP,
    };
    decision.now().after(wait)
}

/// The same, to one member: when a mail is fetched shows that a program of the user's runs, to whom may not see that much later.
pub(super) fn receipt_to(decision: &mut Decision<'_>, group: &Group, seen: bool) -> Seconds {
    let leave = receipt(decision, group);
    match decision.settings.fetches && !seen {
        true => leave.max(decision.now().after(much_later(decision.rng))),
        false => leave,
    }
}

/// What is to be told to a member leaves by then: now, or when time has passed.
pub(super) fn by(
    decision: &mut Decision<'_>,
    group: &mut Group,
    id: MemberId,
    at: Seconds,
) -> Result<(), Refusal> {
    let is_now = at <= decision.now();
    let Some(member) = group.member_mut(id) else {
        return Ok(());
    };
    if !is_now {
        member.hurry(at);
        return Ok(());
    }
    member.due = None;
    post(decision, group, id, Route::Mail, None)
}

/// Puts a letter into the outbox that takes all that is to be told to them when it leaves; to whom nothing leads any more
/// nothing is on its way.
pub(super) fn post(
    decision: &mut Decision<'_>,
    group: &Group,
    id: MemberId,
    route: Route,
    expires: Option<Seconds>,
) -> Result<(), Refusal> {
    let Some(member) = group.member(id) else {
        return Ok(());
    };
    if !is_reached(decision, group, member)? {
        return said::fail_all(decision, group.conversation, id, said::OTHER_KEYS);
    }
    let stands_for = placeholder(decision, group, member)?;
    let letter = Letter::bare(decision.fresh_id(), decision.now_ms, stands_for);
    let form = Form::Member {
        key: member.key(),
        fresh: member.fresh,
    };
    let now = decision.now();
    decision.cause(Effect::Post(Box::new(Outgoing {
        route,
        expires,
        ..Outgoing::by_mail(member.contact, letter, form, now)
    })));
    Ok(())
}

/// What stands in the outbox for what a letter takes when it leaves, and says whose share of the day's mails it is: acts go
/// before what was said, and what only their own letters cause has a share for each member.
fn placeholder(
    decision: &Decision<'_>,
    group: &Group,
    member: &Member,
) -> Result<Body, Unreadable> {
    if (member.acts_due || member.key_due) && !member.repairs {
        return Ok(Body::Told(Told {
            group: GroupId([0; 16]),
            acts: Vec::new(),
            room: None,
            heads: Vec::new(),
            entries: Vec::new(),
        }));
    }
    let says = member.entry_due || decision.has_queued(group.conversation, member.id)?;
    Ok(match says {
        true => Body::Gather(Gather::default()),
        false => Body::Got(Got {
            group: None,
            of: vec![GotOf {
                author: member.id,
                up_to: 0,
                hash: SaidHash::default(),
                beyond: Vec::new(),
            }],
            heads: Vec::new(),
            opened: Vec::new(),
        }),
    })
}

/// Whether somebody is in a group who must not learn when the user is there: then all leaves by mail alone, for an answer of
/// a third member would show it.
pub(super) fn is_watched(view: &dyn View, group: &Group) -> Result<bool, Unreadable> {
    if view.account()?.invisible {
        return Ok(true);
    }
    for member in group.others() {
        if must_not_see(view, member)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a member must not learn when the user is there.
pub(super) fn must_not_see(view: &dyn View, member: &Member) -> Result<bool, Unreadable> {
    let hides = |person: &Contact| {
        let is_new = person.friend().is_some() && person.shown.is_none();
        person.blocked || !person.visible || is_new
    };
    Ok(known(view, member)?.iter().any(hides))
}

/// Who a member may be on the roster: by their address, and by their keys under whatever address.
fn known(view: &dyn View, member: &Member) -> Result<Vec<Contact>, Unreadable> {
    let mut all = view.friends_of_keys(&member.entry.value.keys)?;
    all.extend(view.contact(member.contact)?);
    Ok(all)
}

/// Whether a member is blocked, under whatever address.
pub(super) fn is_blocked(view: &dyn View, member: &Member) -> Result<bool, Unreadable> {
    Ok(known(view, member)?.iter().any(|person| person.blocked))
}

/// Whether a member may be written to over IRC: a friend under the keys of their entry, who may see us.
pub(super) fn is_seen_by(
    decision: &Decision<'_>,
    group: &Group,
    member: &Member,
) -> Result<bool, Unreadable> {
    Ok(match reach(decision, group, member)? {
        Reach::Friend(person) => person.visible,
        Reach::Stranger | Reach::Nobody => false,
    })
}

/// When somebody who was taken in, and of whom nothing has come, is told again.
pub(super) fn told_again(now: Seconds, times: u8) -> Option<(Seconds, u8)> {
    (times < 3).then(|| {
        (
            now.after(DAY.saturating_mul(u32::from(times).saturating_add(1))),
            times,
        )
    })
}

const GATHERED: Duration = Duration::from_secs(30);
/// When it is told by mail that something came.
pub(super) const RECEIPT: Duration = Duration::from_mins(10);
const RECEIPT_IN_A_LARGE_GROUP: Duration = Duration::from_hours(6);
/// The user among them.
const SMALL: usize = 8;
