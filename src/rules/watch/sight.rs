//! One friend on one network: one coming of a nick after the other, each proved or not.

use crate::protocol::letter::{Here, LetterId, Status};
use crate::rules::case::Dice;

/// The id of a `here` that is to be sent, and of the one that it echoes.
pub(super) type Greeting = (LetterId, Option<LetterId>);

/// One friend on one network.
#[derive(Debug, Default)]
pub(super) struct Sight {
    pub(super) coming: Option<Coming>,
    pub(super) leaving: Option<(u64, Status, String)>,
    /// Another nick of his that came while this one was proved.
    pub(super) waiting: Option<String>,
}

/// One coming of a nick.
#[derive(Debug)]
pub(super) struct Coming {
    pub(super) nick: String,
    /// Our `here` without an echo: at most two.
    pub(super) greetings: Vec<LetterId>,
    /// Our `here` that echo one of his: at most two.
    pub(super) echoes: Vec<LetterId>,
    sent_at: u64,
    since: u64,
    doubted: bool,
    pub(super) proof: Option<(Status, String)>,
}

impl Sight {
    /// A nick has come; whoever was there before has left.
    pub(super) fn come(
        &mut self,
        nick: &str,
        greetable: bool,
        (now, grace): (u64, u64),
        dice: &mut dyn Dice,
    ) -> Option<Greeting> {
        let mut coming = Coming::new(nick, now);
        let greeting = if greetable {
            coming.greet(None, now, dice)
        } else {
            None
        };
        self.leave(now, grace);
        self.coming = Some(coming);
        greeting
    }

    /// The nick that waited, once nobody is there.
    pub(super) fn next(&mut self) -> Option<String> {
        if self.coming.is_none() {
            self.waiting.take()
        } else {
            None
        }
    }

    /// The nick is gone; whoever was proved is shown for the grace time.
    pub(super) fn leave(&mut self, now: u64, grace: u64) {
        if let Some((status, text)) = self.coming.take().and_then(|coming| coming.proof) {
            self.leaving = Some((now.saturating_add(grace), status, text));
        }
    }
}

impl Coming {
    fn new(nick: &str, now: u64) -> Self {
        Self {
            nick: nick.to_owned(),
            greetings: Vec::new(),
            echoes: Vec::new(),
            sent_at: 0,
            since: now,
            doubted: false,
            proof: None,
        }
    }

    /// One of at most two greetings, or one of at most two echoes, for this coming.
    fn greet(&mut self, echo: Option<LetterId>, now: u64, dice: &mut dyn Dice) -> Option<Greeting> {
        let sent = if echo.is_some() {
            &mut self.echoes
        } else {
            &mut self.greetings
        };
        if sent.len() >= 2 {
            return None;
        }
        let mut bytes = [0; 16];
        dice.fill(&mut bytes);
        sent.push(LetterId(bytes));
        self.sent_at = now;
        Some((LetterId(bytes), echo))
    }

    /// One that echoes ours proves him. One without an echo is echoed; one that echoes ours is echoed only if
    /// none of his from this nick was.
    pub(super) fn hear(
        &mut self,
        id: LetterId,
        here: &Here,
        now: u64,
        greetable: bool,
        dice: &mut dyn Dice,
    ) -> Option<Greeting> {
        let text = here.status_text.clone().unwrap_or_default();
        let ours = |echo: LetterId| self.greetings.contains(&echo) || self.echoes.contains(&echo);
        let echoes_ours = here.echo.is_some_and(ours);
        if echoes_ours || self.proof.is_some() {
            self.proof = Some((here.status, text));
        }
        let answer = match here.echo {
            None => true,
            Some(_) => echoes_ours && self.echoes.is_empty(),
        };
        if answer && greetable {
            self.greet(Some(id), now, dice)
        } else {
            None
        }
    }

    /// Some `here` of ours was sent.
    pub(super) fn is_greeted(&self) -> bool {
        !self.greetings.is_empty() || !self.echoes.is_empty()
    }

    /// Forgets what was sent in vain.
    pub(super) fn begin_anew(&mut self) {
        *self = Self::new(&self.nick, self.since);
        self.doubted = true;
    }

    /// Whether he has been there for long without proof; told once.
    pub(super) fn is_to_be_doubted(&mut self, now: u64) -> bool {
        // A time that is still to come was told by a clock that ran ahead.
        let long = now >= self.since.saturating_add(DOUBTED) || now < self.since;
        long && self.proof.is_none() && !std::mem::replace(&mut self.doubted, true)
    }

    /// Without proof after a while, one more `here` without an echo.
    pub(super) fn try_again(&mut self, now: u64, dice: &mut dyn Dice) -> Option<Greeting> {
        // A time that is still to come was told by a clock that ran ahead.
        let waited = now >= self.sent_at.saturating_add(TRY_AGAIN) || now < self.sent_at;
        if self.proof.is_none() && waited {
            self.greet(None, now, dice)
        } else {
            None
        }
    }
}

/// After how long a `here` without an answer is tried once more, in seconds.
const TRY_AGAIN: u64 = 20;
/// After how long without proof his IRC session may be lost, in seconds.
const DOUBTED: u64 = 120;
