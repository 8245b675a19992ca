//! Which device of the user a client is: by a password, by a proof, or by its word where the gateway is open.

use crate::edge::config::Login;
use crate::gateway::client::Stage;
use crate::gateway::context::Context;
use crate::gateway::host::DeviceId;
use crate::gateway::numeric as n;
use crate::gateway::render::backlog;

/// By PASS, or without a password where the gateway is open.
pub(crate) fn log_in(ctx: &mut Context<'_>) -> bool {
    let device = ctx.client.login.clone();
    let password = ctx.client.password.take();
    let given = password.is_some();
    let known = password.and_then(|password| by_password(ctx, &device, password.expose()));
    if let Some(device) = known {
        ctx.client.device = Some(device);
        ctx.client.logged_in = true;
        return true;
    }
    if ctx.state.settings.gateway.login == Login::Open {
        ctx.client.device = ctx.host.guest(&device);
        return true;
    }
    if given {
        ctx.client.wrong_password = true;
    }
    let text = match given {
        true => "Password incorrect",
        false => "Password needed: iim device add NAME",
    };
    ctx.numeric(n::WRONG_PASSWORD, &[], text);
    ctx.client.close("Access denied");
    false
}

/// The client has proved to be this device: at once, or, where it had come in without a password, afterwards (IRCv3
/// `sasl` 3.2). Then it gets what this device has missed.
pub(crate) fn is_device(ctx: &mut Context<'_>, device: DeviceId) {
    let was = ctx.client.device.as_ref() == Some(&device);
    if ctx.client.stage != Stage::Registered || was {
        ctx.client.device = Some(device);
        return;
    }
    backlog::keep_cursor(ctx.client, ctx.host);
    ctx.client.device = Some(device);
    know_device(ctx);
    backlog::begin_texts(ctx);
}

/// What the user says of the client's device.
pub(crate) fn know_device(ctx: &mut Context<'_>) {
    let device = ctx.client.device.as_ref();
    let tags = device.and_then(|DeviceId(name)| ctx.state.settings.gateway.tags.get(name));
    ctx.client.tags_shown = tags.copied();
}

/// The password alone, or with the device in front as bouncers have it: `device:password`.
fn by_password(ctx: &mut Context<'_>, device: &str, password: &str) -> Option<DeviceId> {
    let known = ctx.host.login(device, password);
    known.or_else(|| {
        let (device, password) = password.split_once(':')?;
        ctx.host.login(device, password)
    })
}
