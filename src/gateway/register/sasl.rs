//! AUTHENTICATE: login by SASL PLAIN (RFC 4616) or SCRAM-SHA-256 (RFC 7677); IRCv3 `sasl` 3.1 and 3.2.
//!
//! ```text
//!   idle ──PLAIN──▶ collecting ──chunk of 400──▶ collecting
//!                       │ shorter chunk or "+"        │ "*": aborted (906)
//!                       ▼                             ▼
//!               900 903 │ 904                        idle
//!
//!   idle ──SCRAM-SHA-256──▶ first ──our challenge──▶ proof ──our signature──▶ "+" ──▶ 900 903
//! ```

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::registration;
use crate::gateway::caps::Cap;
use crate::gateway::context::Talk;
use crate::gateway::host::DeviceId;
use crate::gateway::{SERVER, numeric as n};
use crate::protocol::irc_line::{Line, Reply};
use crate::protocol::scram::{ClientFirst, Exchange};

/// One AUTHENTICATE of a client.
pub(in crate::gateway) fn authenticate(talk: &mut Talk<'_>, line: &Line) {
    let word = line.param(0).to_owned();
    if word.is_empty() {
        let text = "Not enough parameters";
        return talk.numeric(n::NEED_MORE_PARAMS, &["AUTHENTICATE"], text);
    }
    if talk.client.logged_in {
        return talk.numeric(n::SASL_ALREADY, &[], "You have already authenticated");
    }
    if !talk.client.has(Cap::Sasl) {
        return fail(talk);
    }
    if word == "*" {
        give_up(talk);
        return talk.numeric(n::SASL_ABORTED, &[], "SASL authentication aborted");
    }
    match talk.client.sasl.take() {
        None => begin(talk, &word),
        Some(begun) => go_on(talk, begun, &word),
    }
}

/// A login that is under way.
pub(in crate::gateway) struct Sasl {
    step: Step,
    /// The chunks of the client's message so far.
    begun: String,
}

/// What has come of the message may be a password.
impl fmt::Debug for Sasl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, begun } = self;
        write!(f, "Sasl({step:?}, {} bytes)", begun.len())
    }
}

/// What the client is to say next.
#[derive(Debug)]
enum Step {
    /// Name and password (RFC 4616).
    Plain,
    /// The first message of SCRAM (RFC 5802).
    First,
    /// Its proof.
    Proof(Box<Exchange>, String),
    /// Nothing: the proof held.
    Proved(DeviceId),
}

impl From<Step> for Sasl {
    fn from(step: Step) -> Self {
        let begun = String::new();
        Self { step, begun }
    }
}

impl Sasl {
    /// Whether it was told a challenge that it has not answered.
    pub(in crate::gateway) fn owes(&self) -> bool {
        match self.step {
            Step::Proof(..) => true,
            Step::Plain | Step::First | Step::Proved(_) => false,
        }
    }
}

/// The login ends here. Who was told a challenge has learnt what can be learnt of a wrong password.
pub(in crate::gateway) fn give_up(talk: &mut Talk<'_>) {
    if talk.client.sasl.take().is_some_and(|begun| begun.owes()) {
        talk.client.note_wrong_password();
    }
}

fn begin(talk: &mut Talk<'_>, mechanism: &str) {
    let step = match mechanism.to_ascii_uppercase().as_str() {
        "PLAIN" => Step::Plain,
        "SCRAM-SHA-256" => Step::First,
        _ => {
            let text = "are available SASL mechanisms";
            talk.numeric(n::SASL_MECHANISMS, &["PLAIN,SCRAM-SHA-256"], text);
            return fail(talk);
        }
    };
    wait_for(talk, step, "+");
}

fn wait_for(talk: &mut Talk<'_>, step: Step, said: &str) {
    talk.client.sasl = Some(step.into());
    talk.client
        .send(Reply::new(SERVER, &["AUTHENTICATE", said], None));
}

/// "The response is encoded in Base64, then split to 400-byte chunks. If the last chunk is exactly 400 bytes long,
/// it must also be followed by `AUTHENTICATE +`."
fn go_on(talk: &mut Talk<'_>, mut sasl: Sasl, chunk: &str) {
    if chunk.len() > CHUNK || sasl.begun.len() > LONGEST {
        talk.client.sasl = Some(sasl);
        give_up(talk);
        return talk.numeric(n::SASL_TOO_LONG, &[], "SASL message too long");
    }
    if chunk != "+" {
        sasl.begun.push_str(chunk);
    }
    if chunk.len() == CHUNK {
        talk.client.sasl = Some(sasl);
        return;
    }
    let said = STANDARD.decode(&sasl.begun).ok();
    let said = said.and_then(|said| String::from_utf8(said).ok());
    if said
        .and_then(|said| heard(talk, sasl.step, &said))
        .is_none()
    {
        talk.client.note_wrong_password();
        fail(talk);
    }
}

/// One whole message of the client; nothing if the login fails with it.
fn heard(talk: &mut Talk<'_>, step: Step, said: &str) -> Option<()> {
    match step {
        Step::Plain => {
            let device = login(talk, said)?;
            succeed(talk, device);
        }
        Step::First => {
            let first = ClientFirst::read(said)?;
            let device = device(first.for_whom.as_deref().unwrap_or_default(), &first.name)?;
            let device = device.to_owned();
            let (keys, nonce) = talk.host.scram(&device);
            let (exchange, challenge) = Exchange::begin(&first, keys, &nonce);
            wait_for(
                talk,
                Step::Proof(Box::new(exchange), device),
                &STANDARD.encode(challenge),
            );
        }
        Step::Proof(exchange, device) => {
            let keys = exchange.keys().clone();
            let signed = exchange.finish(said)?;
            // Removed or made anew since the challenge: the proof is of a password that counts no more.
            if talk.host.scram(&device).0 != keys {
                return None;
            }
            let device = talk.host.proved(&device)?;
            wait_for(talk, Step::Proved(device), &STANDARD.encode(signed));
        }
        Step::Proved(device) if said.is_empty() => succeed(talk, device),
        Step::Proved(_) => return None,
    }
    Some(())
}

/// `[authzid] NUL authcid NUL passwd` (RFC 4616, section 2). Nobody may act for another device.
fn login(talk: &mut Talk<'_>, plain: &str) -> Option<DeviceId> {
    let mut parts = plain.split('\0');
    let (for_whom, who, password) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let device = device(for_whom, who)?;
    talk.host.login(device, password)
}

/// The device that a client says it is: `user@device` is the device, as with bouncers.
fn device<'a>(for_whom: &str, who: &'a str) -> Option<&'a str> {
    let device = who.rsplit_once('@').map_or(who, |(_, device)| device);
    (for_whom.is_empty() || for_whom == who).then_some(device)
}

fn succeed(talk: &mut Talk<'_>, device: DeviceId) {
    let source = match talk.client.nick.is_empty() {
        true => format!("*!*@{SERVER}"),
        false => talk.client.source(),
    };
    let text = format!("You are now logged in as {}", device.0);
    talk.numeric(n::LOGGED_IN, &[&source, &device.0], &text);
    talk.numeric(n::SASL_SUCCESS, &[], "SASL authentication successful");
    talk.client.logged_in = true;
    registration::is_device(talk, device);
}

fn fail(talk: &mut Talk<'_>) {
    talk.numeric(n::SASL_FAIL, &[], "SASL authentication failed");
}

const CHUNK: usize = 400;

/// Of all chunks together: a device's name and a password need far less.
const LONGEST: usize = 4000;
