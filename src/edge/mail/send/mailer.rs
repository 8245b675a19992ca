//! The way out for mail, whichever it is: by a program or by a server, several at once.
//!
//! ```text
//!  queue ─▶ lane ─▶ MAIL, RCPT, DATA ─▶ the final dot ─▶ taken, refused
//!   │                     │                  └▶ no answer for a while: slow, and told later; never: unseen
//!   └▶ unsent             └▶ not now, refused
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout, timeout_at};

use super::sendmail::Sendmail;
use super::smtp::{Link, Smtp};
use crate::protocol::address::Address;
use crate::rules::queue::verdict::Verdict;

/// One mail to hand over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutMail {
    /// The envelope's sender: our own address, so that bounces come back.
    pub from: Address,
    /// The envelope's one recipient.
    pub to: Address,
    /// The mail; its line ends may be LF or CRLF.
    pub mail: Vec<u8>,
}

/// Why a mail was not handed over. The words are one clean line, and hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may work later: try again.
    #[error("{0}")]
    Transient(String),
    /// It will never work for this mail and recipient.
    #[error("{0}")]
    Permanent(String),
    /// That, unless another recipient is refused so, too: then it is about us.
    #[error("{0}")]
    Perhaps(String),
    /// It is about us: every other mail would be refused as well.
    #[error("{0}")]
    OfUs(String),
    /// Nobody saw the end: it may have been taken.
    #[error("{0}")]
    Unseen(String),
    /// The time was up before it was begun.
    #[error("not handed over in the time there was")]
    Unsent,
    /// It is handed over, and the answer takes long: [`Mailer::late`] will have it, under this number.
    #[error("the answer takes long")]
    Slow(u64),
}

impl SendError {
    /// A refusal as it was judged.
    pub(in crate::edge::mail) fn of(verdict: Verdict, why: String) -> Self {
        match verdict {
            Verdict::Later => Self::Transient(why),
            Verdict::Receiver => Self::Permanent(why),
            Verdict::Perhaps => Self::Perhaps(why),
            Verdict::Route => Self::OfUs(why),
        }
    }
}

/// Says that from now on a mail may have been taken.
#[derive(Debug)]
pub(in crate::edge::mail) struct Begun {
    at: OnceLock<Instant>,
    number: u64,
    told: UnboundedSender<Event>,
}

/// Takes mails on their way: the mail system, or a test.
pub trait MailSender {
    /// Hands over mails, in `within` if given; the results stand in the same order.
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<(), SendError>>;

    /// How mails ended that were [`SendError::Slow`], by their numbers; waits so long for the first of them.
    fn late(&mut self, wait: Duration) -> Vec<(u64, Result<(), SendError>)> {
        let _none_is_slow = wait;
        Vec::new()
    }
}

/// The way out for mail.
#[derive(Debug)]
pub struct Mailer {
    route: Route,
    /// The lanes that are not in use; a lane of SMTP may hold an open connection.
    lanes: Vec<Lane>,
    /// How many are in use.
    busy: usize,
    /// How long an answer after the final dot is waited for.
    after_dot: Duration,
    /// The number of the next mail.
    next: u64,
    events: (UnboundedSender<Event>, UnboundedReceiver<Event>),
    /// How mails ended whose answers had taken long.
    late: Vec<(u64, Result<(), SendError>)>,
    /// How many answers still take long.
    slow: usize,
}

#[derive(Debug, Clone)]
enum Route {
    Sendmail(Arc<Sendmail>),
    Smtp(Arc<Smtp>),
}

/// Sends one mail after the other.
#[derive(Debug)]
enum Lane {
    Sendmail(Arc<Sendmail>),
    Smtp(Box<Link>),
}

/// What happens in lanes.
#[derive(Debug)]
enum Event {
    /// A mail may have been taken.
    Begun(u64),
    /// How a mail ended.
    Ended(u64, Result<(), SendError>),
    /// A lane has nothing to do, and is gone if it was cut short.
    Idle(Option<Lane>),
}

/// How long a program that was begun in a hurry may take: a hook has ten seconds in all (Pigeonhole).
const PROGRAM: Duration = Duration::from_secs(6);
/// Lanes at once, for the waiting that a server makes us do.
const LANES: usize = 4;
/// With those in which an answer takes long.
const MOST_LANES: usize = 8;
/// So many mails for each lane before another one is opened.
const WORTH: usize = 4;
/// An answer that takes longer than this holds up no other mail.
const SLOW: Duration = Duration::from_secs(5);

impl Mailer {
    /// Mail leaves by a program.
    #[must_use]
    pub fn sendmail(sendmail: Sendmail) -> Self {
        Self::new(Route::Sendmail(Arc::new(sendmail)))
    }

    /// Mail leaves by a server. No connection is made before there is a mail.
    #[must_use]
    pub fn smtp(smtp: Smtp) -> Self {
        Self::new(Route::Smtp(Arc::new(smtp)))
    }

    fn new(route: Route) -> Self {
        Self {
            route,
            lanes: Vec::new(),
            busy: 0,
            after_dot: Duration::ZERO,
            next: 0,
            events: unbounded_channel(),
            late: Vec::new(),
            slow: 0,
        }
    }

    /// Waits so long for the answer after the final dot, beyond the time that a round has; by itself not at all.
    #[must_use]
    pub fn with_patience_after_dot(self, after_dot: Duration) -> Self {
        Self { after_dot, ..self }
    }

    /// Hands over one mail; the connection stays open for the next.
    /// Errors: [`SendError`]; a mail that was handed over in spite of it may arrive twice.
    pub async fn send(
        &mut self,
        from: &Address,
        to: &Address,
        mail: &[u8],
    ) -> Result<(), SendError> {
        let mut lane = self.lane();
        let begun = self.begun();
        let sent = lane.send(from, to, mail, &begun).await;
        self.lanes.push(lane);
        sent
    }

    /// Hands over many mails, several at once, and gives the results in the same order.
    ///
    /// With `within`, what has not been handed over when the time is up is transient. What is about us ends the round.
    pub async fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<(), SendError>> {
        let first = self.next;
        let count = mails.len();
        let mut results: BTreeMap<u64, Result<(), SendError>> = BTreeMap::new();
        let mut open: BTreeMap<u64, bool> = BTreeMap::new();
        let mut queue = VecDeque::new();
        for mail in mails {
            let begun = self.begun();
            open.insert(begun.number, false);
            queue.push_back((begun, mail));
        }
        let round = Arc::new(Round {
            queue: Mutex::new(queue),
            until: within.and_then(|within| Instant::now().checked_add(within)),
            after_dot: self.after_dot,
        });
        for _ in 0..self.worth(count) {
            self.open_lane(&round);
        }
        while !open.is_empty() {
            match timeout(SLOW, self.events.1.recv()).await {
                Ok(Some(Event::Begun(number))) => {
                    open.entry(number).and_modify(|begun| *begun = true);
                }
                Ok(Some(Event::Ended(number, sent))) => match open.remove(&number) {
                    Some(_) => drop(results.insert(number, sent)),
                    None => self.is_late(number, sent),
                },
                Ok(Some(Event::Idle(lane))) => self.is_idle(lane),
                Ok(None) => break,
                Err(_) => self.go_round(&round, &mut open, &mut results),
            }
        }
        let numbers = (first..).take(count);
        numbers
            .map(|number| results.remove(&number).unwrap_or(Err(SendError::Unsent)))
            .collect()
    }

    /// How mails ended that were [`SendError::Slow`]; waits so long for the first of them.
    pub async fn late(&mut self, wait: Duration) -> Vec<(u64, Result<(), SendError>)> {
        let until = Instant::now()
            .checked_add(wait)
            .unwrap_or_else(Instant::now);
        while self.late.is_empty() && self.slow > 0 {
            match timeout_at(until, self.events.1.recv()).await {
                Ok(Some(Event::Ended(number, sent))) => self.is_late(number, sent),
                Ok(Some(Event::Idle(lane))) => self.is_idle(lane),
                Ok(Some(Event::Begun(_))) => {}
                Ok(None) | Err(_) => break,
            }
        }
        std::mem::take(&mut self.late)
    }

    /// Says goodbye on all open connections.
    pub async fn close(&mut self) {
        for lane in self.lanes.drain(..) {
            match lane {
                Lane::Sendmail(_) => {}
                Lane::Smtp(mut link) => link.close().await,
            }
        }
    }

    /// Nothing has happened for a while: answers that take long hold up nobody.
    fn go_round(
        &mut self,
        round: &Arc<Round>,
        open: &mut BTreeMap<u64, bool>,
        results: &mut BTreeMap<u64, Result<(), SendError>>,
    ) {
        let begun: Vec<u64> = open.iter().filter(|(_, b)| **b).map(|(n, _)| *n).collect();
        let waiting = round.waiting();
        let stuck = open.len().saturating_sub(begun.len()) == waiting;
        if !stuck || (waiting == 0 && self.after_dot.is_zero()) {
            return;
        }
        if waiting > 0 && self.busy < MOST_LANES {
            return self.open_lane(round);
        }
        for number in round.drain() {
            open.remove(&number);
            results.insert(number, Err(SendError::Unsent));
        }
        if !self.after_dot.is_zero() {
            for number in begun {
                open.remove(&number);
                results.insert(number, Err(SendError::Slow(number)));
                self.slow = self.slow.saturating_add(1);
            }
        }
    }

    fn is_late(&mut self, number: u64, sent: Result<(), SendError>) {
        self.slow = self.slow.saturating_sub(1);
        self.late.push((number, sent));
    }

    fn is_idle(&mut self, lane: Option<Lane>) {
        self.busy = self.busy.saturating_sub(1);
        self.lanes.extend(lane);
    }

    /// How many lanes so many mails are worth, beside those in use.
    fn worth(&self, mails: usize) -> usize {
        let free = LANES.saturating_sub(self.busy).max(1);
        mails.div_ceil(WORTH).min(free)
    }

    fn open_lane(&mut self, round: &Arc<Round>) {
        let lane = Busy {
            lane: Some(self.lane()),
            told: self.events.0.clone(),
        };
        self.busy = self.busy.saturating_add(1);
        tokio::spawn(work(lane, Arc::clone(round)));
    }

    fn begun(&mut self) -> Begun {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        Begun {
            at: OnceLock::new(),
            number,
            told: self.events.0.clone(),
        }
    }

    fn lane(&mut self) -> Lane {
        self.lanes.pop().unwrap_or_else(|| match &self.route {
            Route::Sendmail(sendmail) => Lane::Sendmail(Arc::clone(sendmail)),
            Route::Smtp(smtp) => Lane::Smtp(Box::new(Link::new(Arc::clone(smtp)))),
        })
    }
}

impl Begun {
    /// From now on the mail may have been taken.
    pub(in crate::edge::mail) fn now(&self) {
        let _first = self.at.set(Instant::now());
        self.tell(Event::Begun(self.number));
    }

    fn end(&self, sent: Result<(), SendError>) {
        self.tell(Event::Ended(self.number, sent));
    }

    /// Where nobody listens any more, nobody waits for the end.
    fn tell(&self, event: Event) {
        drop(self.told.send(event));
    }
}

impl Lane {
    async fn send(
        &mut self,
        from: &Address,
        to: &Address,
        mail: &[u8],
        begun: &Begun,
    ) -> Result<(), SendError> {
        match self {
            Self::Sendmail(sendmail) => {
                begun.now();
                sendmail.send(from, to, mail).await
            }
            Self::Smtp(link) => link.send(from, to, mail, begun).await,
        }
    }
}

/// Mails that are handed over together.
#[derive(Debug)]
struct Round {
    queue: Mutex<VecDeque<(Begun, OutMail)>>,
    until: Option<Instant>,
    after_dot: Duration,
}

impl Round {
    fn next(&self) -> Option<(Begun, OutMail)> {
        self.lock().pop_front()
    }

    fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// Nothing more is begun: the numbers of what is left.
    fn drain(&self) -> Vec<u64> {
        self.lock()
            .drain(..)
            .map(|(begun, _)| begun.number)
            .collect()
    }

    /// All that has not been begun ends unsent.
    fn give_up(&self) {
        let rest: Vec<_> = self.lock().drain(..).collect();
        for (begun, _) in rest {
            begun.end(Err(SendError::Unsent));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(Begun, OutMail)>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over one mail, as long as may be waited; the lane is of no use after what was cut short.
    async fn send(
        &self,
        lane: &mut Lane,
        mail: &OutMail,
        begun: &Begun,
    ) -> (Result<(), SendError>, bool) {
        let program = matches!(lane, Lane::Sendmail(_));
        if program && self.until.is_some_and(|until| until <= Instant::now()) {
            return (Err(SendError::Unsent), true);
        }
        // What a program that is cut short has done nobody knows: none is begun late, and one that is has its time.
        let grace = match program {
            true => self.after_dot.max(PROGRAM),
            false => self.after_dot,
        };
        let mut sending = Box::pin(lane.send(&mail.from, &mail.to, &mail.mail, begun));
        let Some(until) = self.until else {
            return (sending.await, true);
        };
        if let Ok(sent) = timeout_at(until, &mut sending).await {
            return (sent, true);
        }
        let Some(begun) = begun.at.get() else {
            return (Err(late()), false);
        };
        let until = begun.checked_add(grace).unwrap_or(until).max(until);
        match timeout_at(until, &mut sending).await {
            Ok(sent) => (sent, true),
            Err(_) => (Err(unseen()), false),
        }
    }
}

/// A lane in use; the mailer learns its end, however it ends.
struct Busy {
    lane: Option<Lane>,
    told: UnboundedSender<Event>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        // Where nobody listens any more, nobody needs the lane.
        drop(self.told.send(Event::Idle(self.lane.take())));
    }
}

/// Empties the queue through one lane; gives the lane back if nothing was cut short in it.
async fn work(mut busy: Busy, round: Arc<Round>) {
    let Some(mut lane) = busy.lane.take() else {
        return;
    };
    while let Some((begun, mail)) = round.next() {
        // A lane that panics leaves its mail without an end that anybody saw.
        let ending = Ending {
            begun: &begun,
            sent: None,
        };
        let (sent, whole) = round.send(&mut lane, &mail, &begun).await;
        let of_us = matches!(sent, Err(SendError::OfUs(_)));
        ending.is(sent);
        if of_us {
            round.give_up();
        }
        if !whole {
            return;
        }
    }
    busy.lane = Some(lane);
}

/// The end of one mail, told when it is dropped.
struct Ending<'a> {
    begun: &'a Begun,
    sent: Option<Result<(), SendError>>,
}

impl Ending<'_> {
    fn is(mut self, sent: Result<(), SendError>) {
        self.sent = Some(sent);
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.begun
            .end(self.sent.take().unwrap_or_else(|| Err(unseen())));
    }
}

fn late() -> SendError {
    SendError::Transient("not handed over in the time there was".to_owned())
}

fn unseen() -> SendError {
    SendError::Unseen("handed over, but no answer came in the time there was".to_owned())
}

/// A [`Mailer`] for those who do not live in tokio: commands and the hook.
#[derive(Debug)]
pub struct BlockingMailer {
    mailer: Mailer,
    /// There until this is dropped.
    runtime: Option<Runtime>,
}

/// Twice so many file handles are enough for a runtime.
const PAIRS: usize = 4;

impl BlockingMailer {
    /// Takes a mailer and makes a runtime for it.
    pub fn new(mailer: Mailer) -> io::Result<Self> {
        // Where no file handle is left for it, the runtime returns no error, it panics: so there must be enough.
        let pairs: io::Result<Vec<_>> = (0..PAIRS).map(|_| UnixStream::pair()).collect();
        drop(pairs?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let runtime = Some(runtime);
        Ok(Self { mailer, runtime })
    }

    /// As [`Mailer::send`].
    pub fn send(&mut self, from: &Address, to: &Address, mail: &[u8]) -> Result<(), SendError> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.mailer.send(from, to, mail)),
            None => Err(late()),
        }
    }
}

impl MailSender for BlockingMailer {
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<(), SendError>> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.mailer.send_all(mails, within)),
            None => mails.iter().map(|_| Err(late())).collect(),
        }
    }

    fn late(&mut self, wait: Duration) -> Vec<(u64, Result<(), SendError>)> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.mailer.late(wait)),
            None => Vec::new(),
        }
    }
}

impl Drop for BlockingMailer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.block_on(self.mailer.close());
            // A look-up of a name that hangs must hold up nobody.
            runtime.shutdown_background();
        }
    }
}

/// One line of printable text out of what a program or server said, at most 200 characters.
pub(in crate::edge::mail) fn clean(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let printable = words.join(" ");
    let printable = printable.chars().filter(|c| is_plain(*c));
    printable.take(200).collect()
}

/// No control characters, and none that turn the direction of writing.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
