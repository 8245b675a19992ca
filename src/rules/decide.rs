//! The one door to the rules: routes each event to the rule for it.

use std::collections::BTreeSet;

use super::account::Settings;
use super::contact::Contact;
use super::conversation::ContactId;
use super::decision::{Decision, Rng, Signer};
use super::effect::Effect;
use super::event::{Act, Answer, Came, Event};
use super::outgoing::{Form, Outgoing};
use super::queue::retry::IRC_CLAIM;
use super::refusal::Refusal;
use super::verdict::Taken;
use super::view::{Tombstone, View};
use super::{
    acts, announce, asking, delivery, group, invites, pinning, presence, queue, receive, recovery,
    rotation, timers, typing, visibility,
};
use crate::protocol::letter::Body;
use crate::protocol::time::{Millis, Seconds};

/// What a decision came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What is to be committed and told.
    pub effects: Vec<Effect>,
    /// What becomes of the letter that was heard; [`Taken::Yes`] for every other event.
    pub taken: Taken,
    /// The receipt that a text heard ahead of it is owed.
    pub owed: Option<Answer>,
}

impl Decided {
    /// As it is where the text that it posts leaves at once: the letter, which then waits in no outbox, and what else is
    /// put down. In place of a claimed row a timer of the text stands: if nobody has said until then what became of it, it
    /// goes again.
    pub fn at_once(&self, now: Seconds) -> Option<(Outgoing, Self)> {
        let mut rest = self.clone();
        let is_letter = |effect: &Effect| matches!(effect, Effect::Post(_));
        let at = rest.effects.iter().position(is_letter)?;
        let Effect::Post(letter) = rest.effects.remove(at) else {
            return None;
        };
        let mut texts = rest.effects.iter_mut().filter_map(Effect::message_mut);
        let text = texts.find(|text| text.id == letter.letter.id)?;
        text.due = Some(now.after(IRC_CLAIM));
        (!rest.effects.iter().any(is_letter)).then_some((*letter, rest))
    }
}

/// Decides one event. Nothing is read but through `view`, nothing is written.
/// Errors: [`Refusal`] when the user asks for what cannot be, or the state cannot be read.
pub fn decide(
    settings: &Settings,
    view: &dyn View,
    event: Event,
    now_ms: Millis,
    rng: &mut dyn Rng,
    signer: &dyn Signer,
) -> Result<Decided, Refusal> {
    let fetched = settings.fetches && is_mail(&event);
    let mut decision = Decision::new(settings, view, now_ms, rng, signer);
    let taken = route(&mut decision, event)?;
    let owed = decision.owed.filter(|_| taken == Taken::Yes);
    let mut effects = match taken {
        Taken::Yes | Taken::Dropped(_) => decision.finish(),
        Taken::Left(_) => tellings(decision.finish()),
    };
    if fetched {
        not_at_once(&mut effects, view, now_ms.seconds(), rng)?;
    }
    Ok(Decided {
        effects,
        taken,
        owed,
    })
}

fn is_mail(event: &Event) -> bool {
    matches!(event, Event::Letter(heard) | Event::LetterAhead(heard) if heard.via == Came::Mail)
}

/// When a mail is fetched shows that a program of ours runs: what the mail of somebody who must not know that causes leaves
/// much later. What waited for them already leaves when it would.
fn not_at_once(
    effects: &mut [Effect],
    view: &dyn View,
    now: Seconds,
    rng: &mut dyn Rng,
) -> Result<(), Refusal> {
    let mut hidden = BTreeSet::new();
    for effect in effects.iter() {
        if let Effect::Contact(person) = effect
            && !person.visible
        {
            hidden.insert(person.id);
        }
    }
    for effect in effects {
        if let Effect::Contact(person) = effect {
            let before = view.contact(person.id)?.and_then(|it| it.announce);
            let is_new = person.announce != before;
            if let Some(due) = person
                .announce
                .as_mut()
                .filter(|_| !person.visible && is_new)
            {
                due.mail_at = due.mail_at.max(now.after(queue::much_later(rng)));
            }
        } else if let Effect::Post(letter) = effect {
            let to = letter.to;
            // A member of a group who is no friend may have been one, and have been removed.
            let is_member = matches!(letter.form, Form::Member { .. });
            let known = view.contact(to)?;
            let is_hidden = hidden.contains(&to) || known.map_or(is_member, |it| !it.visible);
            let waiting = view.receipts_waiting(to)?;
            let waits = waiting.iter().any(|it| it.letter.id == letter.letter.id);
            if is_hidden && !waits {
                letter.due = letter.due.max(now.after(queue::much_later(rng)));
            }
        }
    }
    Ok(())
}

pub(super) fn route(decision: &mut Decision<'_>, event: Event) -> Result<Taken, Refusal> {
    match event {
        Event::Letter(heard) => return receive::hear(decision, &heard),
        Event::LetterAhead(heard) => {
            decision.answers_later = true;
            return receive::hear(decision, &heard);
        }
        Event::Answer(owed) => if_there(decision, owed.to, |decision, person| {
            delivery::answer(decision, person, owed.of)
        })?,
        Event::Report(bounce) => delivery::bounced(decision, &bounce)?,
        Event::User(act) => user(decision, act)?,
        Event::Greet(one) => if_there(decision, one.friend, |decision, person| {
            presence::greet(decision, one, person)
        })?,
        Event::Unproved(friend) => if_there(decision, friend, |decision, person| {
            presence::unproved(decision, person);
            Ok(())
        })?,
        Event::TellStatus(friend) => if_there(decision, friend, announce::tell_status)?,
        Event::Announce(friend) => if_there(decision, friend, announce::over_irc)?,
        Event::Typing(friend, state) => if_there(decision, friend, |decision, person| {
            typing::tell(decision, state, person)
        })?,
        Event::Notice(notice) => delivery::send_notice(decision, notice)?,
        Event::NoSession(friend) => if_there(decision, friend, recovery::no_session)?,
        Event::Left(departure)
            if group::heard::is_of_group(&departure.letter.body)
                && !is_bid(&departure.letter.body) =>
        {
            group::left::left(decision, &departure)?;
        }
        Event::Left(departure) => {
            group::bid::left(decision, &departure)?;
            if_there(decision, departure.to, |decision, person| {
                delivery::left(decision, &departure, person)
            })?;
        }
        Event::Room(turn) => group::room::take_turn(decision, turn)?,
        Event::Tick => timers::tick(decision)?,
        Event::Flush => group::timers::flush(decision)?,
    }
    Ok(Taken::Yes)
}

/// What asks somebody into a group is a letter to a friend as any other.
const fn is_bid(body: &Body) -> bool {
    matches!(body, Body::Bid(_))
}

/// Follows a rule about somebody; of whoever has been removed meanwhile nothing is to be done.
fn if_there(
    decision: &mut Decision<'_>,
    id: ContactId,
    rule: impl FnOnce(&mut Decision<'_>, Contact) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    match decision.person(id)? {
        Some(person) => rule(decision, person),
        None => Ok(()),
    }
}

fn user(decision: &mut Decision<'_>, act: Act) -> Result<(), Refusal> {
    match act {
        Act::Add(adding) => pinning::add(decision, adding),
        Act::Accept {
            address,
            name,
            hidden,
        } => asking::accept(decision, &address, name, hidden),
        Act::Refuse(address) => asking::refuse(decision, &address),
        Act::Hide(friends) => visibility::hide(decision, &friends),
        Act::Show(friends) => visibility::show(decision, &friends),
        Act::Block(people) => visibility::block(decision, &people),
        Act::Unblock(people) => visibility::unblock(decision, &people),
        Act::Remove(people) => visibility::remove(decision, &people),
        Act::Rename(address, name) => acts::rename(decision, &address, &name),
        Act::Note(address, note) => acts::note(decision, &address, note),
        Act::Rotate { if_older } => rotation::asked_for(decision, if_older),
        Act::Status {
            status,
            text,
            friends,
            ways,
        } => acts::status(decision, status, text, &friends, ways),
        Act::Say { to, text, reply_to } => delivery::say(decision, to, text, reply_to),
        Act::Edit { to, of, text } => delivery::edit(decision, to, of, text),
        Act::Retract { to, of, why } => delivery::retract(decision, to, of, why),
        Act::React { to, of, emoji, on } => delivery::react(decision, to, of, emoji, on),
        Act::Seen { friend, up_to } => delivery::seen(decision, friend, up_to),
        Act::Invite { uses, expires_at } => {
            invites::make(decision, uses, expires_at);
            Ok(())
        }
        Act::Revoke(id) => invites::revoke(decision, id),
        Act::Verify(address, keys) => acts::verify(decision, &address, &keys),
        Act::Restored => recovery::restored(decision),
        Act::Group(act) => group::act(decision, act),
    }
}

/// Of a letter that is left alone only what the user is told remains, and that they have been.
fn tellings(effects: Vec<Effect>) -> Vec<Effect> {
    let told = |effect: &Effect| {
        matches!(effect, Effect::Tell(_))
            || matches!(effect, Effect::Remember(tombstone, _) if says_told(tombstone))
    };
    effects.into_iter().filter(told).collect()
}

/// Whether it says no more than that the user has been told something.
const fn says_told(tombstone: &Tombstone) -> bool {
    match tombstone {
        Tombstone::KeyOfAnother(_) | Tombstone::AnsweredElsewhere(..) => true,
        Tombstone::Request(..) | Tombstone::Automatic(_) => false,
    }
}

#[cfg(test)]
mod tests;
