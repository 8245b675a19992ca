//! The way out for mail, whichever it is: by a program or by a server, several at once.

use std::collections::VecDeque;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::sendmail::Sendmail;
use super::smtp::{Link, Smtp};
use crate::protocol::address::Address;

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
}

/// The way out for mail.
#[derive(Debug)]
pub struct Mailer {
    route: Route,
    /// The lanes that are not in use; a lane of SMTP may hold an open connection.
    lanes: Vec<Lane>,
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

/// Lanes at once, for the waiting that a server makes us do.
const LANES: usize = 4;
/// So many mails for each lane before another one is opened.
const WORTH: usize = 4;

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
        let lanes = Vec::new();
        Self { route, lanes }
    }

    /// Hands over one mail; the connection stays open for the next.
    ///
    /// # Errors
    /// [`SendError`]; a mail that was handed over in spite of it may arrive twice.
    pub async fn send(
        &mut self,
        from: &Address,
        to: &Address,
        mail: &[u8],
    ) -> Result<(), SendError> {
        let mut lane = self.lane();
        let sent = lane.send(from, to, mail).await;
        self.lanes.push(lane);
        sent
    }

    /// Hands over many mails, several at once, and gives the results in the same order.
    ///
    /// With `within`, what has not been handed over when the time is up is transient.
    pub async fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<(), SendError>> {
        let mut results: Vec<_> = mails.iter().map(|_| Err(late())).collect();
        let count = mails.len().div_ceil(WORTH).clamp(1, LANES);
        let queue: Queue = Arc::new(Mutex::new(mails.into_iter().enumerate().collect()));
        let until = within.and_then(|w| Instant::now().checked_add(w));
        let mut running = JoinSet::new();
        for _ in 0..count {
            running.spawn(work(self.lane(), Arc::clone(&queue), until));
        }
        while let Some(ended) = running.join_next().await {
            // A lane that panicked leaves its mails transient.
            let Ok((lane, sent)) = ended else { continue };
            self.lanes.extend(lane);
            for (place, result) in sent {
                if let Some(slot) = results.get_mut(place) {
                    *slot = result;
                }
            }
        }
        results
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

    fn lane(&mut self) -> Lane {
        self.lanes.pop().unwrap_or_else(|| match &self.route {
            Route::Sendmail(sendmail) => Lane::Sendmail(Arc::clone(sendmail)),
            Route::Smtp(smtp) => Lane::Smtp(Box::new(Link::new(Arc::clone(smtp)))),
        })
    }
}

impl Lane {
    async fn send(&mut self, from: &Address, to: &Address, mail: &[u8]) -> Result<(), SendError> {
        match self {
            Self::Sendmail(sendmail) => sendmail.send(from, to, mail).await,
            Self::Smtp(link) => link.send(from, to, mail).await,
        }
    }
}

type Queue = Arc<Mutex<VecDeque<(usize, OutMail)>>>;
type Sent = Vec<(usize, Result<(), SendError>)>;

/// Empties the queue through one lane; gives the lane back if nothing was cut short in it.
async fn work(mut lane: Lane, queue: Queue, until: Option<Instant>) -> (Option<Lane>, Sent) {
    let mut done = Sent::new();
    while let Some((place, OutMail { from, to, mail })) = next(&queue) {
        let sending = lane.send(&from, &to, &mail);
        let sent = match until {
            None => Ok(sending.await),
            Some(until) => timeout_at(until, sending).await,
        };
        match sent {
            Ok(result) => done.push((place, result)),
            Err(_) => return (None, done),
        }
    }
    (Some(lane), done)
}

fn next(queue: &Queue) -> Option<(usize, OutMail)> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.pop_front()
}

fn late() -> SendError {
    SendError::Transient("not handed over in the time there was".to_owned())
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
    ///
    /// # Errors
    /// When the system refuses what a runtime needs.
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
    ///
    /// # Errors
    /// [`SendError`].
    pub fn send(&mut self, from: &Address, to: &Address, mail: &[u8]) -> Result<(), SendError> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.mailer.send(from, to, mail)),
            None => Err(late()),
        }
    }

    /// As [`Mailer::send_all`].
    pub fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<(), SendError>> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.mailer.send_all(mails, within)),
            None => mails.iter().map(|_| Err(late())).collect(),
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
pub(super) fn clean(text: &str) -> String {
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
