//! AUTHENTICATE: login by SASL PLAIN (IRCv3 `sasl` 3.1 and 3.2; RFC 4616).
//!
//! ```text
//!   idle ──PLAIN──▶ collecting ──chunk of 400──▶ collecting
//!                       │ shorter chunk or "+"        │ "*": aborted (906)
//!                       ▼                             ▼
//!               900 903 │ 904                        idle
//! ```

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::caps::Cap;
use super::host::DeviceId;
use super::line::{Line, Reply};
use super::talk::Talk;
use super::{SERVER, numeric as n, registering};

/// One AUTHENTICATE of a client.
pub(super) fn authenticate(talk: &mut Talk<'_>, line: &Line) {
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
        talk.client.sasl = None;
        return talk.numeric(n::SASL_ABORTED, &[], "SASL authentication aborted");
    }
    match talk.client.sasl.take() {
        None => begin(talk, &word),
        Some(begun) => go_on(talk, begun, &word),
    }
}

fn begin(talk: &mut Talk<'_>, mechanism: &str) {
    if mechanism.eq_ignore_ascii_case("PLAIN") {
        talk.client.sasl = Some(String::new());
        return talk
            .client
            .send(Reply::new(SERVER, &["AUTHENTICATE", "+"], None));
    }
    let text = "are available SASL mechanisms";
    talk.numeric(n::SASL_MECHANISMS, &["PLAIN"], text);
    fail(talk);
}

/// "The response is encoded in Base64, then split to 400-byte chunks. If the last chunk is exactly 400 bytes long,
/// it must also be followed by `AUTHENTICATE +`."
fn go_on(talk: &mut Talk<'_>, mut begun: String, chunk: &str) {
    if chunk.len() > CHUNK || begun.len() > LONGEST {
        return talk.numeric(n::SASL_TOO_LONG, &[], "SASL message too long");
    }
    if chunk != "+" {
        begun.push_str(chunk);
    }
    if chunk.len() == CHUNK {
        talk.client.sasl = Some(begun);
        return;
    }
    match login(talk, &begun) {
        Some(device) => succeed(talk, device),
        None => {
            talk.client.note_wrong_password();
            fail(talk);
        }
    }
}

/// `[authzid] NUL authcid NUL passwd` (RFC 4616, section 2). Nobody may act for another device.
fn login(talk: &mut Talk<'_>, encoded: &str) -> Option<DeviceId> {
    let plain = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let mut parts = plain.split('\0');
    let (for_whom, who, password) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !(for_whom.is_empty() || for_whom == who) {
        return None;
    }
    let device = who.rsplit_once('@').map_or(who, |(_, device)| device);
    talk.host.login(device, password)
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
    registering::is_device(talk, device);
}

fn fail(talk: &mut Talk<'_>) {
    talk.numeric(n::SASL_FAIL, &[], "SASL authentication failed");
}

const CHUNK: usize = 400;

/// Of all chunks together: a device's name and a password need far less.
const LONGEST: usize = 4000;
