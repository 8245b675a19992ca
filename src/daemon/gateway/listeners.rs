//! Where the gateway listens, and where it cannot for now: it tries again, for presence and delivery do not wait for a
//! port. A Unix socket whose folder goes away (its user has logged out) comes back, or lies beside the database.

use std::time::Duration;

use crate::edge::config;
use crate::edge::control::status::ListenerStatus;
use crate::edge::home::Home;
use crate::edge::listener::{Listen, ListenError, Listeners};
use crate::protocol::time::Seconds;

/// The addresses of the configuration.
pub(super) struct Configured {
    all: Vec<Address>,
    certificate: Option<config::Certificate>,
    home: Home,
    /// When what is not open is tried again.
    next: Seconds,
}

struct Address {
    listen: config::Listen,
    /// Where it is open, as good as can be, or why it is not; `None` before it was tried.
    state: Option<Result<Listen, String>>,
}

impl Configured {
    pub(super) fn new(settings: &config::Gateway, home: &Home) -> Self {
        let address = |listen: &config::Listen| Address {
            listen: listen.clone(),
            state: None,
        };
        Self {
            all: settings.listen.iter().map(address).collect(),
            certificate: settings.certificate.clone(),
            home: home.clone(),
            next: Seconds(0),
        }
    }

    /// Listens wherever it does not yet, if it is time to try.
    pub(super) fn open(&mut self, listeners: &mut Listeners, now: Seconds) {
        // A clock that was set back must not keep the gateway shut.
        if now < self.next && self.next <= now.after(AGAIN) {
            return;
        }
        self.next = now.after(AGAIN);
        let (certificate, home) = (self.certificate.as_ref(), &self.home);
        for address in &mut self.all {
            address.open(listeners, &listens(&address.listen, certificate, home));
        }
    }

    /// The user says that something has changed: what is not open is tried at the next second.
    pub(super) fn hurry(&mut self) {
        self.next = Seconds(0);
    }

    /// Each place, and why nobody can come in there.
    pub(super) fn status(&self) -> Vec<ListenerStatus> {
        let why = |place: &Address| place.state.as_ref()?.as_ref().err().cloned();
        let each = self.all.iter();
        each.map(|place| status(&place.listen, why(place)))
            .collect()
    }
}

impl Address {
    /// Listens at the first of these that can be had, if it does not already.
    fn open(&mut self, listeners: &mut Listeners, at: &[Listen]) {
        let mut ours = self.state.clone().and_then(Result::ok);
        if let Some(lost) = ours.take_if(|ours| listeners.has_lost(ours)) {
            listeners.give_up(&lost);
        }
        let mut why = None;
        for listen in at.iter().take_while(|at| Some(*at) != ours.as_ref()) {
            match listeners.listen(listen) {
                Ok(_) => {
                    tracing::info!("the gateway listens on {listen}");
                    if let Some(before) = &ours {
                        listeners.give_up(before);
                    }
                    self.state = Some(Ok(listen.clone()));
                    return;
                }
                Err(fault) => why = why.or(Some(in_words(&fault))),
            }
        }
        if let (None, Some(why)) = (ours, why) {
            let shut = Some(Err(why.clone()));
            if std::mem::replace(&mut self.state, shut.clone()) != shut {
                tracing::error!("the gateway is not open there: {why}; it is tried again");
            }
        }
    }
}

/// Of a gateway that is not open at all: the same reason for each place.
pub(super) fn all_shut(settings: &config::Gateway, why: &str) -> Vec<ListenerStatus> {
    let each = settings.listen.iter();
    each.map(|listen| status(listen, Some(why.to_owned())))
        .collect()
}

fn status(listen: &config::Listen, reason: Option<String>) -> ListenerStatus {
    let listen = listen.to_string();
    ListenerStatus { listen, reason }
}

fn in_words(fault: &ListenError) -> String {
    match fault.hint() {
        Some(hint) => format!("{fault} ({hint})"),
        None => fault.to_string(),
    }
}

/// A place as it is listened at; where there are several, the first that can be had is enough.
fn listens(
    place: &config::Listen,
    certificate: Option<&config::Certificate>,
    home: &Home,
) -> Vec<Listen> {
    match (place, certificate) {
        (config::Listen::Unix(Some(path)), _) => vec![Listen::Unix(path.clone())],
        (config::Listen::Unix(None), _) => {
            let places = home.gateway_sockets().into_iter();
            places.map(Listen::Unix).collect()
        }
        (config::Listen::Tcp { at, tls: false, .. }, _) => vec![Listen::Tcp(*at)],
        (config::Listen::Tcp { at, tls: true, .. }, Some(certificate)) => {
            let (at, certificate) = (*at, certificate.clone());
            vec![Listen::Tls(at, certificate)]
        }
        // The configuration is refused then.
        (config::Listen::Tcp { tls: true, .. }, None) => Vec::new(),
    }
}

/// After how long a place that could not be had is tried again.
const AGAIN: Duration = Duration::from_secs(5);
