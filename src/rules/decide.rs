//! The one door to the rules: routes each event to the rule for it.

use super::account::Settings;
use super::decision::{Case, Dice};
use super::effect::Effect;
use super::event::{Act, Event};
use super::refusal::Refusal;
use super::view::{Tombstone, View};
use super::{
    acts, announce, delivery, handshake, invites, pinning, presence, receive, rotation, timers,
    typing, visibility,
};

/// What a decision came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is to be committed and told.
    pub effects: Vec<Effect>,
    /// What becomes of the letter that was heard; [`Taken::Yes`] for every other event.
    pub taken: Taken,
}

/// What becomes of a letter that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was handled.
    Yes,
    /// It causes nothing, and the mail is done with: a double, a blocked person's, one whose time is over.
    Dropped(&'static str),
    /// It causes nothing, no session it opened is kept, and the mail stays where it is.
    Left(&'static str),
}

/// Decides one event. Nothing is read but through `view`, nothing is written.
///
/// # Errors
/// [`Refusal`] when the user asks for what cannot be, or the state cannot be read.
pub fn decide(
    settings: &Settings,
    view: &dyn View,
    event: Event,
    now_ms: u64,
    dice: &mut dyn Dice,
) -> Result<Decision, Refusal> {
    let mut case = Case::new(settings, view, now_ms, dice);
    let taken = route(&mut case, event)?;
    let effects = match taken {
        Taken::Yes | Taken::Dropped(_) => case.finish(),
        Taken::Left(_) => tellings(case.finish()),
    };
    Ok(Decision { effects, taken })
}

fn route(case: &mut Case<'_>, event: Event) -> Result<Taken, Refusal> {
    match event {
        Event::Letter(heard) => return receive::hear(case, *heard),
        Event::Report(bounce) => delivery::bounced(case, &bounce)?,
        Event::User(act) => user(case, act)?,
        Event::Greet(greeting) => presence::greet(case, &greeting)?,
        Event::Unproved(friend) => presence::unproved(case, &friend)?,
        Event::TellStatus(friend) => announce::tell_status(case, &friend)?,
        Event::Announce(friend) => announce::over_irc(case, &friend)?,
        Event::Typing(friend, state) => typing::tell(case, &friend, state)?,
        Event::Notice(notice) => delivery::notice(case, notice)?,
        Event::NoSession(friend) => rotation::no_session(case, &friend)?,
        Event::Left(departure) => delivery::left(case, &departure)?,
        Event::Tick => timers::tick(case)?,
    }
    Ok(Taken::Yes)
}

fn user(case: &mut Case<'_>, act: Act) -> Result<(), Refusal> {
    match act {
        Act::Add {
            address,
            invite,
            name,
            note,
            hidden,
            verified,
        } => pinning::add(
            case,
            handshake::Adding {
                address,
                invite,
                name,
                note,
                hidden,
                verified,
            },
        ),
        Act::Accept {
            address,
            name,
            hidden,
        } => handshake::accept(case, &address, name, hidden),
        Act::Refuse(address) => handshake::refuse(case, &address),
        Act::Hide(friends) => visibility::hide(case, &friends),
        Act::Show(friends) => visibility::show(case, &friends),
        Act::Block(people) => visibility::block(case, &people),
        Act::Unblock(people) => visibility::unblock(case, &people),
        Act::Remove(people) => visibility::remove(case, &people),
        Act::Rename(address, name) => acts::rename(case, &address, &name),
        Act::Note(address, note) => acts::note(case, &address, note),
        Act::Rotate { if_older } => rotation::asked_for(case, if_older),
        Act::Status {
            status,
            text,
            friends,
            ways,
        } => acts::status(case, status, text, &friends, ways),
        Act::Say {
            address,
            text,
            reply_to,
        } => delivery::say(case, &address, text, reply_to),
        Act::Edit { address, of, text } => delivery::edit(case, &address, of, text),
        Act::Retract { address, of, why } => delivery::retract(case, &address, of, why),
        Act::React {
            address,
            of,
            emoji,
            on,
        } => delivery::react(case, &address, of, emoji, on),
        Act::Seen { friend, up_to } => delivery::seen(case, friend.as_ref(), up_to),
        Act::Invite { uses, expires_at } => invites::make(case, uses, expires_at),
        Act::Revoke(id) => invites::revoke(case, id),
        Act::Verify(address, keys) => acts::verify(case, &address, &keys),
        Act::Restored => rotation::restored(case),
    }
}

/// Of a letter that is left alone only what the user is told remains, and that he has been.
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
