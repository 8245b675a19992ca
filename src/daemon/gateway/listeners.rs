//! Where the gateway listens, and where it cannot for now: it tries again, for presence and delivery do not wait for a
//! port. A Unix socket whose folder goes away (its user has logged out) comes back, or lies beside the database.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::edge::config;
use crate::edge::home::Home;
use crate::edge::listener::{Door, DoorError, Listen};

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
    /// There, and as good as can be.
    Open(Listen),
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
        for place in &mut self.all {
            place.open(door, &listens(&place.listen, certificate, home));
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
            State::Open(_) | State::Untried => {
                json!({ "listen": place.listen.to_string(), "reason": null })
            }
        });
        Value::Array(each.collect())
    }
}

impl Place {
    /// Listens at the first of these that can be had, if it does not already.
    fn open(&mut self, door: &mut Door, at: &[Listen]) {
        let ours = match &self.state {
            State::Open(ours) if is_lost(door, ours) => {
                give_up(door, ours);
                None
            }
            State::Open(ours) => Some(ours.clone()),
            State::Untried | State::Shut(_) => None,
        };
        let mut why = None;
        for listen in at.iter().take_while(|at| Some(*at) != ours.as_ref()) {
            match door.listen(listen) {
                Ok(()) => return self.opened(door, listen, ours.as_ref()),
                Err(fault) => why = why.or(Some(in_words(&fault))),
            }
        }
        if let (None, Some(why)) = (ours, why) {
            self.shut(why);
        }
    }

    fn opened(&mut self, door: &mut Door, at: &Listen, before: Option<&Listen>) {
        tracing::info!("the gateway listens on {at}");
        if let Some(before) = before {
            give_up(door, before);
        }
        self.state = State::Open(at.clone());
    }

    fn shut(&mut self, why: String) {
        let new = State::Shut(why);
        if let State::Shut(why) = &new
            && self.state != new
        {
            tracing::error!("the gateway is not open there: {why}; it is tried again");
        }
        self.state = new;
    }
}

/// Nobody can come in there any more.
fn is_lost(door: &Door, at: &Listen) -> bool {
    matches!(at, Listen::Unix(path) if !door.is_reached_at(path))
}

fn give_up(door: &mut Door, at: &Listen) {
    if let Listen::Unix(path) = at {
        door.give_up(path);
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

/// A place as the door has it; where there are several, the first that can be had is enough.
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
            vec![with_tls(*at, certificate)]
        }
        // The configuration is refused then.
        (config::Listen::Tcp { tls: true, .. }, None) => Vec::new(),
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
