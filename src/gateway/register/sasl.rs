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

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::gateway::caps::Cap;
use crate::gateway::context::Context;
use crate::gateway::host::DeviceId;
use crate::gateway::login::{Sasl, Step};
use crate::gateway::nick::SERVER;
use crate::gateway::numeric as n;
use crate::gateway::register::device;
use crate::protocol::irc_line::{Line, Reply};
use crate::protocol::scram::{ClientFirst, Exchange};

/// One AUTHENTICATE of a client.
pub(crate) fn authenticate(ctx: &mut Context<'_>, line: &Line) {
    let word = line.param(0).to_owned();
    if ctx.client.logged_in {
        return ctx.numeric(n::SASL_ALREADY, &[], "You have already authenticated");
    }
    if !ctx.client.has(Cap::Sasl) {
        return fail(ctx);
    }
    if word == "*" {
        give_up(ctx);
        return ctx.numeric(n::SASL_ABORTED, &[], "SASL authentication aborted");
    }
    match ctx.client.sasl.take() {
        None => begin(ctx, &word),
        Some(begun) => go_on(ctx, begun, &word),
    }
}

/// The login ends here. Who was told a challenge has learnt what can be learnt of a wrong password.
pub(crate) fn give_up(ctx: &mut Context<'_>) {
    if ctx.client.sasl.take().is_some_and(|begun| begun.owes()) {
        ctx.client.wrong_password = true;
    }
}

fn begin(ctx: &mut Context<'_>, mechanism: &str) {
    let step = match mechanism.to_ascii_uppercase().as_str() {
        "PLAIN" => Step::Plain,
        "SCRAM-SHA-256" => Step::First,
        _ => {
            let text = "are available SASL mechanisms";
            ctx.numeric(n::SASL_MECHANISMS, &["PLAIN,SCRAM-SHA-256"], text);
            return fail(ctx);
        }
    };
    wait_for(ctx, step, "+");
}

fn wait_for(ctx: &mut Context<'_>, step: Step, said: &str) {
    ctx.client.sasl = Some(step.into());
    ctx.client
        .send(Reply::new(SERVER, &["AUTHENTICATE", said], None));
}

/// "The response is encoded in Base64, then split to 400-byte chunks. If the last chunk is exactly 400 bytes long,
/// it must also be followed by `AUTHENTICATE +`."
fn go_on(ctx: &mut Context<'_>, mut sasl: Sasl, chunk: &str) {
    if chunk.len() > CHUNK || sasl.begun.len() > LONGEST {
        ctx.client.sasl = Some(sasl);
        give_up(ctx);
        return ctx.numeric(n::SASL_TOO_LONG, &[], "SASL message too long");
    }
    if chunk != "+" {
        sasl.begun.push_str(chunk);
    }
    if chunk.len() == CHUNK {
        ctx.client.sasl = Some(sasl);
        return;
    }
    let said = STANDARD.decode(&sasl.begun).ok();
    let said = said.and_then(|said| String::from_utf8(said).ok());
    let done = said.and_then(|said| message(ctx, sasl.step, &said));
    if done.is_none() {
        ctx.client.wrong_password = true;
        fail(ctx);
    }
}

/// One whole message of the client; nothing if the login fails with it.
fn message(ctx: &mut Context<'_>, step: Step, said: &str) -> Option<()> {
    match step {
        Step::Plain => {
            let device = login(ctx, said)?;
            succeed(ctx, device);
        }
        Step::First => {
            let first = ClientFirst::read(said)?;
            let device = device(first.for_whom.as_deref().unwrap_or_default(), &first.name)?;
            let device = device.to_owned();
            let (keys, nonce) = ctx.host.scram(&device)?;
            let (exchange, challenge) = Exchange::begin(&first, keys, &nonce);
            let proof = Step::Proof(Box::new(exchange), device);
            wait_for(ctx, proof, &STANDARD.encode(challenge));
        }
        Step::Proof(exchange, device) => {
            let keys = exchange.keys().clone();
            let signed = exchange.finish(said)?;
            // Removed or made anew since the challenge: the proof is of a password that counts no more.
            if ctx.host.scram(&device)?.0 != keys {
                return None;
            }
            let device = ctx.host.proved(&device)?;
            wait_for(ctx, Step::Proved(device), &STANDARD.encode(signed));
        }
        Step::Proved(device) if said.is_empty() => succeed(ctx, device),
        Step::Proved(_) => return None,
    }
    Some(())
}

/// `[authzid] NUL authcid NUL passwd` (RFC 4616, section 2). Nobody may act for another device.
fn login(ctx: &mut Context<'_>, plain: &str) -> Option<DeviceId> {
    let mut parts = plain.split('\0');
    let (for_whom, who, password) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let device = device(for_whom, who)?;
    ctx.host.login(device, password)
}

/// The device that a client says it is: `user@device` is the device, as with bouncers.
fn device<'a>(for_whom: &str, who: &'a str) -> Option<&'a str> {
    let device = who.rsplit_once('@').map_or(who, |(_, device)| device);
    (for_whom.is_empty() || for_whom == who).then_some(device)
}

fn succeed(ctx: &mut Context<'_>, device: DeviceId) {
    let source = match ctx.client.nick.is_empty() {
        true => format!("*!*@{SERVER}"),
        false => ctx.client.source(),
    };
    let text = format!("You are now logged in as {}", device.0);
    ctx.numeric(n::LOGGED_IN, &[&source, &device.0], &text);
    ctx.numeric(n::SASL_SUCCESS, &[], "SASL authentication successful");
    ctx.client.logged_in = true;
    device::is_device(ctx, device);
}

fn fail(ctx: &mut Context<'_>) {
    ctx.numeric(n::SASL_FAIL, &[], "SASL authentication failed");
}

const CHUNK: usize = 400;

/// Of all chunks together: a device's name and a password need far less.
const LONGEST: usize = 4000;
