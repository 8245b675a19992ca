//! One way for mails, one after the other, and what happens on it.

use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::mail::OutMail;
use super::sendmail::Sendmail;
use super::smtp::{Link, Smtp};
use crate::rules::queue::route::Handed;

/// What lanes are made of.
#[derive(Debug, Clone)]
pub(super) enum Route {
    Sendmail(Arc<Sendmail>),
    Smtp(Arc<Smtp>),
}

/// Sends one mail after the other.
#[derive(Debug)]
pub(super) enum Lane {
    Sendmail(Arc<Sendmail>),
    Smtp(Box<Link>),
}

/// What happens in lanes.
#[derive(Debug)]
pub(super) enum Event {
    /// A mail may have been taken.
    Begun(u64),
    /// How a mail ended.
    Ended(u64, Handed),
    /// A lane has nothing to do, and is gone if it was cut short.
    Idle(Option<Lane>),
}

/// Says that from now on a mail may have been taken.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) at: OnceLock<Instant>,
    pub(super) number: u64,
    events: UnboundedSender<Event>,
}

impl Begun {
    pub(super) fn new(number: u64, events: UnboundedSender<Event>) -> Self {
        Self {
            at: OnceLock::new(),
            number,
            events,
        }
    }

    /// From now on the mail may have been taken.
    fn now(&self) {
        let _first = self.at.set(Instant::now());
        self.tell(Event::Begun(self.number));
    }

    /// The mail has ended so.
    pub(super) fn end(&self, end: Handed) {
        self.tell(Event::Ended(self.number, end));
    }

    /// Where nobody listens any more, nobody waits for the end.
    fn tell(&self, event: Event) {
        drop(self.events.send(event));
    }
}

impl Route {
    /// A lane on which nothing has been sent yet.
    pub(super) fn lane(&self) -> Lane {
        match self {
            Self::Sendmail(sendmail) => Lane::Sendmail(Arc::clone(sendmail)),
            Self::Smtp(smtp) => Lane::Smtp(Box::new(Link::new(Arc::clone(smtp)))),
        }
    }
}

impl Lane {
    /// Hands over one mail.
    pub(super) async fn send(&mut self, mail: &OutMail, begun: &Begun) -> Handed {
        match self {
            Self::Sendmail(sendmail) => {
                begun.now();
                sendmail.send(mail).await
            }
            Self::Smtp(link) => link.send(mail, &|| begun.now()).await,
        }
    }
}
