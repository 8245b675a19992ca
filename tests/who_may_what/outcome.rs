//! What comes of it: the rules asked, and every effect in words.

use iim::edge::store::{Store, StoreError};
use iim::protocol::letter::{Body, PublicKey, Signature};
use iim::protocol::time::{Millis, Seconds};
use iim::rules::contact::Contact;
use iim::rules::conversation::{Author, ConversationId};
use iim::rules::decide::decide;
use iim::rules::decision::{Rng, Signer};
use iim::rules::effect::{Effect, Notice};
use iim::rules::event::{Event, Heard};
use iim::rules::message::{Delivery, Message};
use iim::rules::outgoing::{Form, Route};
use iim::rules::verdict::Taken;
use iim::rules::view::{Unreadable, View as _};
use iim::rules::words::standing;

use super::group::{self, kept};
use super::person::{
    BOBS, HEARD, NOW, OTHER, SAID, SAID_TO_CAROL, Who, account, bob, carol, id, settings,
};

pub(super) struct Counting(pub(super) u8);

impl Rng for Counting {
    fn fill(&mut self, buffer: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        buffer.fill(self.0);
    }
}

/// Every signature is good.
pub(super) struct Good;

impl Signer for Good {
    fn sign(&self, _: &[u8]) -> Result<Signature, Unreadable> {
        Ok(Signature([7; 64]))
    }

    fn verify(&self, _: PublicKey, _: &[u8], _: &Signature) -> bool {
        true
    }
}

/// What alice keeps of whoever writes.
pub(super) fn store(who: &Who) -> Store {
    let store = Store::in_memory().unwrap();
    store
        .transact(|tx| {
            tx.create_account(&account(), "{}")?;
            // Whoever is first, as the people of the tests are.
            let _ = tx.ids_at(&bob()).unwrap();
            if let Some(person) = &who.person {
                tx.apply(&Effect::Contact(Box::new(person.clone())), Seconds(NOW))?;
            }
            for (friend, number) in [(bob(), SAID), (carol(), SAID_TO_CAROL)] {
                let with = tx.ids_at(&friend).unwrap().conversation;
                let said = Effect::Message(Box::new(said(with, number)));
                tx.apply(&said, Seconds(NOW))?;
            }
            let ids = tx.ids_at(&bob()).unwrap();
            let heard = Message {
                author: Author::Contact(ids.contact),
                state: Delivery::Delivered,
                ..said(ids.conversation, HEARD)
            };
            tx.apply(&Effect::Message(Box::new(heard)), Seconds(NOW))?;
            kept(who.membership).apply(tx)
        })
        .unwrap();
    store
}

fn said(conversation: ConversationId, number: u8) -> Message {
    Message {
        conversation,
        author: Author::Us,
        id: id(number),
        sent: Millis((NOW - 300) * 1000),
        arrival: Millis((NOW - 300) * 1000),
        text: "said".into(),
        reply_to: None,
        unknown_kind: None,
        change: None,
        state: Delivery::Queued,
        via: None,
        reason: None,
        attempts: 0,
        mailed_at: Seconds(0),
        due: None,
        acknowledged_read: false,
        notice: false,
        in_group: None,
    }
}

/// All that comes of a letter, in words.
pub(super) fn outcome(heard: &Heard, who: &Who, store: &Store) -> String {
    let group = kept(who.membership).group;
    let event = Event::Letter(Box::new(heard.clone()));
    let decision = store
        .read(|tx| {
            tx.at(Seconds(NOW));
            Ok::<_, StoreError>(decide(
                &settings(),
                tx,
                event,
                Millis(NOW * 1000),
                &mut Counting(100),
                &Good,
            ))
        })
        .unwrap()
        .unwrap();
    let mut words = vec![match decision.taken {
        Taken::Yes => "taken".to_owned(),
        Taken::Dropped(_) => "dropped".to_owned(),
        Taken::Left(_) => "left".to_owned(),
    }];
    // The first letter to a member takes along all that is due to them: of another by the same way nothing leaves.
    let mut ways = Vec::new();
    let effects = decision.effects.iter().filter(|effect| match effect {
        Effect::Post(one) if matches!(one.form, Form::Member { .. }) => {
            let is_first = !ways.contains(&one.route);
            ways.push(one.route.clone());
            is_first
        }
        _ => true,
    });
    for effect in effects {
        words.extend(match effect {
            Effect::Group(now) => group::changes(now, Some(&group)),
            effect => word(effect, who.person.as_ref()),
        });
    }
    words.join(", ")
}

fn word(effect: &Effect, before: Option<&Contact>) -> Vec<String> {
    match effect {
        Effect::Account(_) => vec!["account changes".into()],
        Effect::Contact(person) => changes(person, before),
        Effect::Forget(_) => vec!["forgotten".into()],
        Effect::DropSessions(_, key) => vec![format!("sessions with {} end", whose(*key))],
        Effect::RetireAllSessions(_) => vec!["all sessions retire".into()],
        Effect::RetireSessions(_, key) => vec![format!("sessions with {} retire", whose(*key))],
        Effect::Message(message) if message.in_group.is_some() => {
            vec![match message.author {
                Author::Contact(_) => "text of the group kept".to_owned(),
                Author::Us => format!("text {:?} to the group", message.state),
            }]
        }
        Effect::Message(message) => vec![match message.author {
            Author::Contact(_) if message.change.is_some() => "change kept".to_owned(),
            Author::Contact(_) => "text kept".to_owned(),
            Author::Us => {
                // Whose conversation was made first.
                let to = ["bob", "carol"][usize::from(message.conversation.number() > 1)];
                format!("text {:?} to {to}", message.state)
            }
        }],
        Effect::Marker(..) => vec!["read further".into()],
        Effect::InRoom(letter) => vec![format!("{} in the room", kind(&letter.body))],
        Effect::Post(outgoing) => vec![format!(
            "{} {}",
            kind(&outgoing.letter.body),
            route(&outgoing.route)
        )],
        Effect::Ephemeral(_) => vec!["something leaves at once".into()],
        Effect::Cancel(..) => vec!["waiting copy cancelled".into()],
        Effect::CancelAll(_) => vec!["all waiting cancelled".into()],
        Effect::Invite(_) | Effect::Revoke(_) => vec!["invite changes".into()],
        Effect::Remember(..) => vec!["remembered".into()],
        Effect::Group(_) => Vec::new(),
        Effect::Acts(..) => vec!["acts kept".into()],
        Effect::Copy(copy) => vec![format!("copy {:?}", copy.state)],
        Effect::Tell(notice) => vec![told(notice).into()],
    }
}

fn whose(key: PublicKey) -> &'static str {
    match key.0[0] {
        BOBS => "their keys",
        OTHER => "the other keys",
        _ => "others",
    }
}

fn changes(person: &Contact, before: Option<&Contact>) -> Vec<String> {
    let mut words = Vec::new();
    let before_it = before.map_or("nobody", |before| standing(&before.standing));
    if standing(&person.standing) != before_it {
        words.push(format!("→ {}", standing(&person.standing)));
    }
    let keys = |person: &Contact| person.keys().map(|keys| whose(keys.curve25519));
    let (old, new) = (before.and_then(keys), keys(person));
    if let Some(new) = new.filter(|_| old.is_some() && old != new) {
        words.push(format!("now {new}"));
    }
    let pending = |person: &Contact| person.requests().len() + person.accepted().len();
    let (old, new) = (before.map_or(0, pending), pending(person));
    if new != old && new > 0 {
        words.push(format!("{new} keys pending"));
    }
    let verified = before.is_some_and(|before| before.verified);
    if verified && !person.verified {
        words.push("no longer verified".into());
    }
    if before.is_none_or(|before| before.announce != person.announce) && person.announce.is_some() {
        words.push("announcement due".into());
    }
    let held = |person: &Contact| person.friend().and_then(|friend| friend.presence.clone());
    if before.is_none_or(|before| held(before) != held(person)) && held(person).is_some() {
        words.push("presence kept".into());
    }
    words
}

fn kind(body: &Body) -> &'static str {
    match body {
        Body::Request(_) => "request",
        Body::Accept(_) => "accept",
        Body::Confirm(_) => "confirm",
        Body::Presence(_) => "presence",
        Body::Here(_) => "here",
        Body::There(_) => "there",
        Body::Text(_) => "text",
        Body::Receipt(_) => "receipt",
        Body::Edit(_) => "edit",
        Body::Retract(_) => "retraction",
        Body::React(_) => "reaction",
        Body::Typing(_) => "typing",
        Body::Told(_) => "acts",
        Body::Got(_) => "answer",
        Body::Said(_) | Body::Gather(_) => "what is told in groups",
        Body::Bid(_) => "bid",
        Body::Unknown { .. } => "unknown",
    }
}

fn route(route: &Route) -> &'static str {
    match route {
        Route::Any => "leaves",
        Route::Mail => "leaves by mail",
        Route::Irc | Route::IrcAt { .. } => "leaves over IRC",
    }
}

fn told(notice: &Notice) -> &'static str {
    match notice {
        Notice::Request {
            key_changed: true, ..
        } => "told: keys changed",
        Notice::Request { .. } => "told: request",
        Notice::Friend { .. } => "told: friend",
        Notice::Text { .. } => "told: text",
        Notice::Change { .. } => "told: change",
        Notice::Typing { .. } => "told: typing",
        Notice::State { .. } => "told: state",
        Notice::Seen { .. } => "told: seen",
        Notice::Rotated { .. } => "told: rotated",
        Notice::Status { .. } => "told: status",
        Notice::Here { .. } => "told: here",
        Notice::Presence { .. } => "told: presence",
        Notice::Word { .. } => "told: a word",
        Notice::Group { .. } => "told: group",
        Notice::Copies { .. } => "told: copies",
        Notice::SeenIn { .. } => "told: seen",
    }
}
