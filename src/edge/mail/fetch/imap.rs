//! An IMAP client (RFC 3501, RFC 9051) of fifteen commands: carries out one [`Command`] and gives one [`Answer`].
//!
//! Written by hand, since no library reads only what matters here: an answer of half a million numbers in one line is
//! passed over word by word, one of an unknown kind is skipped, and an OK without a text is an OK.
//!
//! ```text
//! open      from nothing to a connection that is logged in
//! folder    what is asked of a folder
//! wait      IDLE
//! session   commands out, answers in         assembler, response, grammar, name   what answers are made of
//! ```

pub mod assembler;
mod folder;
mod grammar;
pub mod name;
mod open;
pub mod response;
mod session;
mod wait;

use std::future::{Future, pending};
use std::pin::pin;
use std::time::Duration;

use super::settings::Settings;
use crate::protocol::debug::redacted_debug;
use crate::rules::fetch::mailbox::{Answer, Answered, Command, Fault};
use open::Capabilities;
use session::{Session, Stop};

/// A mailbox at an IMAP server; not connected at first.
pub struct Imap {
    settings: Settings,
    open: Option<Open>,
}

redacted_debug! { Imap { settings, open: hidden } }

/// A connection that is logged in.
struct Open {
    session: Session,
    can: Capabilities,
    /// The folder that is selected.
    folder: String,
}

/// So long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(5);

impl Imap {
    /// The mailbox at this place; nothing is connected yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            open: None,
        }
    }

    /// Carries out one command. Where this is dropped before its answer, the connection is closed.
    pub async fn carry_out(&mut self, command: Command) -> Answered {
        match command {
            Command::Open => self.connect().await,
            Command::Close => self.close().await,
            Command::Wait(limit) => self.wait(limit, pending()).await,
            Command::Select(_)
            | Command::Next
            | Command::Since(_)
            | Command::Headers(..)
            | Command::Mail(_)
            | Command::Discard(..)
            | Command::Create(_)
            | Command::Status(_) => self.ask(command).await,
        }
    }

    /// As `Command::Wait`, and it ends as well when `until` does; then the connection stands, too.
    pub async fn wait(
        &mut self,
        limit: Duration,
        until: impl Future<Output = ()> + Send,
    ) -> Answered {
        let Some(mut open) = self.open.take() else {
            return not_connected();
        };
        let until = pin!(until);
        let waited = wait::wait(&mut open.session, open.can.has("IDLE"), limit, until).await;
        self.answered(open, waited.map(|()| Answer::Done))
    }

    async fn connect(&mut self) -> Answered {
        self.open = None;
        match open::open(&self.settings).await {
            Ok((session, can, features)) => {
                let folder = String::new();
                self.open = Some(Open {
                    session,
                    can,
                    folder,
                });
                Answered {
                    answer: Answer::Opened(features),
                    news: false,
                }
            }
            Err(fault) => closed(Some(fault)),
        }
    }

    async fn close(&mut self) -> Answered {
        if let Some(Open { mut session, .. }) = self.open.take() {
            session.wire.end_within(GOODBYE);
            // Nothing depends on the answer; the connection ends in any case.
            drop(tokio::time::timeout(GOODBYE, session.order("LOGOUT")).await);
        }
        closed(None)
    }

    async fn ask(&mut self, command: Command) -> Answered {
        // It is put back when all is well: a connection of which an answer was not awaited is out of step.
        let Some(mut open) = self.open.take() else {
            return not_connected();
        };
        let asked = open.ask(command).await;
        self.answered(open, asked)
    }

    fn answered(&mut self, open: Open, asked: Result<Answer, Stop>) -> Answered {
        let answer = match asked {
            Ok(answer) => answer,
            Err(Stop::Refused(status)) => Answer::Refused(open.session.told(&status)),
            Err(Stop::Fault(fault)) => return closed(Some(fault)),
        };
        let news = open.session.news;
        self.open = Some(open);
        Answered { answer, news }
    }
}

impl Open {
    async fn ask(&mut self, command: Command) -> Result<Answer, Stop> {
        let session = &mut self.session;
        Ok(match command {
            Command::Select(name) => {
                let found = folder::select(session, &name).await?;
                self.folder = name;
                Answer::Selected(found)
            }
            Command::Next => Answer::Next(folder::next(session, &self.folder).await?),
            Command::Since(time) => {
                let has_esearch = self.can.has("ESEARCH") || self.can.has("IMAP4REV2");
                Answer::Lowest(folder::since(session, time, has_esearch).await?)
            }
            Command::Headers(first, last) => {
                Answer::Headers(folder::headers(session, first, last).await?)
            }
            Command::Mail(uid) => Answer::Mail(folder::mail(session, uid).await?),
            Command::Discard(uids, how) => {
                folder::discard(session, &uids, &how).await?;
                Answer::Done
            }
            Command::Create(name) => {
                folder::create(session, &name).await?;
                Answer::Done
            }
            Command::Status(name) => Answer::Status(folder::status(session, &name).await?),
            // Imap itself sees to these.
            Command::Open | Command::Close | Command::Wait(_) => {
                session.order("NOOP").await?;
                Answer::Done
            }
        })
    }
}

fn closed(fault: Option<Fault>) -> Answered {
    Answered {
        answer: Answer::Closed(fault),
        news: false,
    }
}

fn not_connected() -> Answered {
    closed(Some(Fault::Network("not connected".to_owned())))
}
