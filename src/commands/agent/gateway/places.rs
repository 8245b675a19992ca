//! Where the gateway listens, and where it cannot for now: it tries again, for presence and delivery do not wait for a
//! port.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::edge::config;
use crate::edge::gateway::door::{Door, DoorError, Listen};
use crate::edge::home::Home;

/// The places of the configuration.
pub(super) struct Places {
    all: Vec<Place>,
    certificate: Option<config::Certificate>,
    home: Home,
    /// When what is not open is tried again, in seconds.
    next: u64,
}

struct Place {
    listen: config::Listen,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Untried,
    Open,
    /// For this reason.
    Shut(String),
}

impl Places {
    pub(super) fn new(settings: &config::Gateway, home: &Home) -> Self {
        let place = |listen: &config::Listen| Place {
            listen: listen.clone(),
            state: State::Untried,
        };
        Self {
            all: settings.listen.iter().map(place).collect(),
            certificate: settings.certificate.clone(),
            home: home.clone(),
            next: 0,
        }
    }

    /// Listens wherever it does not yet, if it is time to try.
    pub(super) fn open(&mut self, door: &mut Door, now: u64) {
        // A clock that was set back must not keep the gateway shut.
        if now < self.next && self.next <= now.saturating_add(AGAIN) {
            return;
        }
        self.next = now.saturating_add(AGAIN);
        let (certificate, home) = (self.certificate.as_ref(), &self.home);
        for place in self.all.iter_mut().filter(|one| one.state != State::Open) {
            if let Some(listen) = listen(&place.listen, certificate, home) {
                place.opened(&listen, door.listen(&listen));
            }
        }
    }

    /// The user says that something has changed: what is not open is tried at the next second.
    pub(super) fn hurry(&mut self) {
        self.next = 0;
    }

    /// An array: for each place `listen`, and `reason` why nobody can come in there, or null.
    pub(super) fn as_json(&self) -> Value {
        let each = self.all.iter().map(|place| match &place.state {
            State::Shut(why) => json!({ "listen": place.listen.to_string(), "reason": why }),
            State::Open | State::Untried => {
                json!({ "listen": place.listen.to_string(), "reason": null })
            }
        });
        Value::Array(each.collect())
    }
}

impl Place {
    fn opened(&mut self, at: &Listen, opened: Result<(), DoorError>) {
        let new = match opened {
            Ok(()) => {
                tracing::info!("the gateway listens on {at}");
                State::Open
            }
            Err(fault) => State::Shut(in_words(&fault)),
        };
        if let State::Shut(why) = &new
            && self.state != new
        {
            tracing::error!("the gateway is not open there: {why}; it is tried again");
        }
        self.state = new;
    }
}

/// Of a gateway that is not open at all: as [`Places::as_json`], the same reason for each place.
pub(super) fn all_shut(settings: &config::Gateway, why: &str) -> Value {
    let each = settings.listen.iter();
    each.map(|listen| json!({ "listen": listen.to_string(), "reason": why }))
        .collect()
}

fn in_words(fault: &DoorError) -> String {
    match fault.hint() {
        Some(hint) => format!("{fault} ({hint})"),
        None => fault.to_string(),
    }
}

/// A place as the door has it.
fn listen(
    place: &config::Listen,
    certificate: Option<&config::Certificate>,
    home: &Home,
) -> Option<Listen> {
    match (place, certificate) {
        (config::Listen::Unix(path), _) => {
            let path = path.clone().unwrap_or_else(|| home.gateway_socket());
            Some(Listen::Unix(path))
        }
        (config::Listen::Tcp { at, tls: false, .. }, _) => Some(Listen::Tcp(*at)),
        (config::Listen::Tcp { at, tls: true, .. }, Some(certificate)) => {
            Some(with_tls(*at, certificate))
        }
        // The configuration is refused then.
        (config::Listen::Tcp { tls: true, .. }, None) => None,
    }
}

fn with_tls(at: SocketAddr, certificate: &config::Certificate) -> Listen {
    Listen::Tls {
        at,
        certificate: certificate.chain.clone(),
        key: certificate.key.clone(),
    }
}

/// After how long a place that could not be had is tried again, in seconds.
const AGAIN: u64 = 5;
