//! One friend on one network: one coming of a nick after the other, each proved or not.

use std::time::Duration;

use crate::protocol::letter::{Here, LetterId, Status};
use crate::protocol::time::{MINUTE, Seconds};
use crate::rules::decision::Rng;

/// The id of a `here` that is to be sent, and of the one that it echoes.
pub(super) type Greeting = (LetterId, Option<LetterId>);

#[derive(Debug, Default)]
pub(super) struct Sighting {
    pub(super) coming: Option<Coming>,
    /// Until when somebody is shown who has left, and as what.
    pub(super) leaving: Option<(Seconds, (Status, String))>,
    /// Another nick of theirs that came while this one was proved.
    pub(super) waiting: Option<String>,
    /// Our `here` of the last minute to nicks that have left since: a nick that comes again is no new coming for these.
    left: Vec<Sent>,
}

/// A `here` to a nick that has left since; its echo proves nothing any more, but it counts.
#[derive(Debug)]
struct Sent {
    nick: String,
    id: LetterId,
    is_echo: bool,
    at: Seconds,
}

#[derive(Debug, Default)]
pub(super) struct Coming {
    pub(super) nick: String,
    /// Our `here` without an echo: at most two.
    pub(super) greetings: Vec<LetterId>,
    /// Our `here` that echo one of theirs: at most two.
    pub(super) echoes: Vec<LetterId>,
    /// Those to this nick before it left and came again.
    before: Vec<Sent>,
    sent_at: Seconds,
    since: Seconds,
    doubted: bool,
    pub(super) proof: Option<(Status, String)>,
}

impl Sighting {
    /// A nick has come; whoever was there before has left.
    pub(super) fn come(
        &mut self,
        nick: &str,
        greetable: bool,
        (now, grace): (Seconds, Duration),
        rng: &mut dyn Rng,
    ) -> Option<Greeting> {
        self.leave(now, grace);
        let mut coming = Coming::new(nick, now);
        let of_nick = |sent: &mut Sent| sent.nick == nick;
        coming.before = self.left.extract_if(.., of_nick).collect();
        let greeting = greetable.then(|| coming.greet(None, now, rng));
        self.coming = Some(coming);
        greeting.flatten()
    }

    /// Somebody is there, or was of late.
    pub(super) fn is_seen(&self) -> bool {
        self.coming.is_some() || self.leaving.is_some() || self.waiting.is_some()
    }

    /// The clock alone may do something: whoever is proved stays so until something comes from outside.
    pub(super) fn is_restless(&self) -> bool {
        let proved = self.coming.as_ref().is_some_and(|one| one.proof.is_some());
        self.leaving.is_some() || (self.is_seen() && !proved)
    }

    /// The nick that waited, once nobody is there.
    pub(super) fn next(&mut self) -> Option<String> {
        self.waiting.take_if(|_| self.coming.is_none())
    }

    /// The coming of this nick, if it is there.
    pub(super) fn at(&mut self, nick: &str) -> Option<&mut Coming> {
        self.coming.as_mut().filter(|coming| coming.nick == nick)
    }

    /// The nick is gone; whoever was proved is shown for the grace time.
    pub(super) fn leave(&mut self, now: Seconds, grace: Duration) {
        let Some(mut coming) = self.coming.take() else {
            return;
        };
        self.left.append(&mut coming.before);
        self.left.extend(coming.sent());
        self.left.retain(|sent| sent.counts(now));
        if let Some(proof) = coming.proof {
            self.leaving = Some((now.after(grace), proof));
        }
    }

    /// A `here` could not leave: it does not count.
    pub(super) fn unsent(&mut self, id: LetterId) {
        self.left.retain(|sent| sent.id != id);
        if let Some(coming) = &mut self.coming {
            coming.before.retain(|sent| sent.id != id);
            coming.greetings.retain(|sent| *sent != id);
            coming.echoes.retain(|sent| *sent != id);
        }
    }

    /// There is a new IRC session: what was sent in the old one counts no more, and whoever is not proved is greeted
    /// anew.
    pub(super) fn begin_anew(&mut self) {
        self.left.clear();
        if let Some(coming) = self.coming.as_mut().filter(|one| one.proof.is_none()) {
            coming.begin_anew();
        }
    }
}

impl Sent {
    /// Whether it was sent within the last minute, as far as the clock knows.
    fn counts(&self, now: Seconds) -> bool {
        now.is_within(SAME_COMING, self.at)
    }
}

impl Coming {
    fn new(nick: &str, now: Seconds) -> Self {
        Self {
            nick: nick.to_owned(),
            since: now,
            ..Self::default()
        }
    }

    /// What was sent to it, all as if it was sent with the last.
    fn sent(&self) -> impl Iterator<Item = Sent> {
        let greetings = self.greetings.iter().map(|id| (*id, false));
        let all = greetings.chain(self.echoes.iter().map(|id| (*id, true)));
        all.map(|(id, is_echo)| Sent {
            nick: self.nick.clone(),
            id,
            is_echo,
            at: self.sent_at,
        })
    }

    /// One of at most two greetings, or one of at most two echoes, for this coming; a nick that left and came again
    /// within a minute has not come anew.
    fn greet(
        &mut self,
        echo: Option<LetterId>,
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Option<Greeting> {
        let sent = if echo.is_some() {
            &mut self.echoes
        } else {
            &mut self.greetings
        };
        self.before.retain(|sent| sent.counts(now));
        let before = self.before.iter();
        let before = before.filter(|sent| sent.is_echo == echo.is_some());
        if sent.len().saturating_add(before.count()) >= 2 {
            return None;
        }
        let mut bytes = [0; 16];
        rng.fill(&mut bytes);
        sent.push(LetterId(bytes));
        self.sent_at = now;
        Some((LetterId(bytes), echo))
    }

    /// One that echoes ours proves them. One without an echo is echoed; one that echoes ours is echoed only if
    /// none of theirs from this nick was.
    pub(super) fn hear(
        &mut self,
        id: LetterId,
        here: &Here,
        now: Seconds,
        greetable: bool,
        rng: &mut dyn Rng,
    ) -> Option<Greeting> {
        let text = here.status_text.clone().unwrap_or_default();
        let ours = |echo: LetterId| self.greetings.contains(&echo) || self.echoes.contains(&echo);
        let echoes_ours = here.echo.is_some_and(ours);
        if echoes_ours || self.proof.is_some() {
            self.proof = Some((here.status, text));
        }
        let answer = here.echo.is_none() || (echoes_ours && self.echoes.is_empty());
        let answer = (answer && greetable).then(|| self.greet(Some(id), now, rng));
        answer.flatten()
    }

    pub(super) fn is_greeted(&self) -> bool {
        !self.greetings.is_empty() || !self.echoes.is_empty()
    }

    /// Forgets what was sent in vain.
    fn begin_anew(&mut self) {
        *self = Self::new(&self.nick, self.since);
        self.doubted = true;
    }

    /// Whether they have been there for long without proof; told once.
    pub(super) fn is_to_be_doubted(&mut self, now: Seconds) -> bool {
        // A time that is still to come was told by a clock that ran ahead.
        let long = !now.is_within(DOUBTED, self.since);
        long && self.proof.is_none() && !std::mem::replace(&mut self.doubted, true)
    }

    /// Without proof after a while, one more `here` without an echo.
    pub(super) fn try_again(&mut self, now: Seconds, rng: &mut dyn Rng) -> Option<Greeting> {
        // A time that is still to come was told by a clock that ran ahead.
        let waited = !now.is_within(TRY_AGAIN, self.sent_at);
        let again = self.proof.is_none() && waited;
        again.then(|| self.greet(None, now, rng)).flatten()
    }
}

/// After how long a `here` without an answer is tried once more.
const TRY_AGAIN: Duration = Duration::from_secs(20);
/// For how long a `here` to a nick still counts when that nick has left and comes again.
const SAME_COMING: Duration = MINUTE;
/// After how long without proof their IRC session may be lost.
const DOUBTED: Duration = Duration::from_mins(2);
