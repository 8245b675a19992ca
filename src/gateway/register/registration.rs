//! PASS, NICK, USER and what they lead to (RFC 2812, section 3.1; Modern, "Connection registration").

use super::{sasl, welcome};
use crate::gateway::caps::Cap;
use crate::gateway::client::{Client, Password, Stage};
use crate::gateway::contacts::LONGEST_NAME;
use crate::gateway::context::Talk;
use crate::gateway::host::DeviceId;
use crate::gateway::query::monitor;
use crate::gateway::render::backlog;
use crate::gateway::{SERVER, nick, numeric as n};
use crate::protocol::irc_line::{Line, Reply};

impl Talk<'_> {
    /// RFC 2812, section 3.1.1: before NICK and USER are both there.
    pub(in crate::gateway) fn pass(&mut self, line: &Line) {
        match line.given(0) {
            Some(password) => self.client.password = Some(Password(password.to_owned())),
            None => self.numeric(n::NEED_MORE_PARAMS, &["PASS"], "Not enough parameters"),
        }
    }

    /// RFC 2812, section 3.1.3. `name@device` names the device; else the name is the device.
    pub(in crate::gateway) fn user(&mut self, line: &Line) {
        let (Some(name), Some(real)) = (line.given(0), line.given(3)) else {
            return self.numeric(n::NEED_MORE_PARAMS, &["USER"], "Not enough parameters");
        };
        let (user, device) = name.rsplit_once('@').unwrap_or((name, name));
        self.client.user = nick::ident(user, LONGEST_USER);
        self.client.login = device.to_owned();
        self.client.real_name = cut(real);
    }

    /// RFC 2812, section 3.1.2: at any time. Whether a nick is free is said at the end of the registration: nobody else
    /// may find out whom the user knows, by what nicks are taken.
    pub(in crate::gateway) fn nick(&mut self, line: &Line) {
        let Some(wanted) = line.given(0).map(ToOwned::to_owned) else {
            return self.numeric(n::NO_NICK_GIVEN, &[], "No nickname given");
        };
        if !nick::is_legal(&wanted) {
            return self.numeric(n::ERRONEOUS_NICK, &[&wanted], "Erroneous nickname");
        }
        let registered = self.client.stage == Stage::Registered;
        if nick::is_reserved(&wanted) || (registered && self.is_friends(&wanted)) {
            return self.nick_in_use(&wanted);
        }
        if registered {
            self.rename(&wanted);
        } else {
            self.client.nick = wanted;
        }
    }

    fn nick_in_use(&mut self, wanted: &str) {
        self.numeric(n::NICK_IN_USE, &[wanted], "Nickname is already in use");
    }

    /// A friend has this nick. Clients of the user may share one, as with a bouncer: they are all the same person.
    fn is_friends(&self, wanted: &str) -> bool {
        self.shared.people.named(wanted).is_some()
    }

    /// Another client of the user has this nick. Who is not registered has none.
    fn is_shared(&self, nick: &str) -> bool {
        self.others.values().any(|other| other.is_called(nick))
    }

    /// Another connection of this device under this nick may be its ghost, cut without a word: it has to show soon that it
    /// is not.
    fn doubt_ghosts(&mut self) {
        let Some(device) = &self.client.device else {
            return;
        };
        let same = |other: &&mut Client| {
            other.device.as_ref() == Some(device) && other.is_called(&self.client.nick)
        };
        for other in self.others.values_mut().filter(same) {
            other.doubted = Some(self.shared.now);
            other.tell(Reply::new(SERVER, &["PING"], Some(SERVER)));
        }
    }

    fn rename(&mut self, wanted: &str) {
        if self.client.nick == wanted {
            return;
        }
        let old = std::mem::replace(&mut self.client.nick, wanted.to_owned());
        let source = format!("{old}!{}@{SERVER}", self.client.user);
        let line = Reply::new(&source, &["NICK", wanted], None);
        self.client.send(line);
        if nick::fold(&old) != nick::fold(wanted) {
            self.shared.past.note(&old, self.client);
            if !self.is_shared(&old) {
                monitor::nick_down(self.others, &old, &source, self.shared);
            }
            if !self.is_shared(wanted) {
                let source = self.client.source();
                monitor::nick_up(self.others, wanted, &source, self.shared);
            }
        }
    }

    /// IRCv3 `setname`.
    pub(in crate::gateway) fn set_name(&mut self, line: &Line) {
        let Some(name) = line.given(0).filter(|name| name.len() <= LONGEST_NAME) else {
            let text = "Realname is not valid";
            return self.fail(&["SETNAME", "INVALID_REALNAME"], text);
        };
        self.client.real_name = name.to_owned();
        let reply = Reply::new(&self.client.source(), &["SETNAME"], Some(name));
        self.client.send(reply.clone());
        monitor::tell_watchers(self.others, &self.client.nick, Cap::SetName, &reply);
    }
}

/// Welcomes the client once it has said all that is needed, or sends it away.
pub(in crate::gateway) fn complete(talk: &mut Talk<'_>) {
    let client = &*talk.client;
    let ready = client.stage == Stage::Fresh && !client.nick.is_empty() && !client.user.is_empty();
    if !ready || client.is_closing() {
        return;
    }
    // "If the client completes registration … while the SASL authentication is still in progress, the server SHOULD
    // abort it and send a 906 numeric, then register the client without authentication" (IRCv3 SASL).
    if client.sasl.is_some() {
        sasl::give_up(talk);
        talk.numeric(n::SASL_ABORTED, &[], "SASL authentication aborted");
    }
    if talk.client.device.is_none() && !log_in(talk) {
        return;
    }
    if talk.is_friends(&talk.client.nick) {
        let wanted = std::mem::take(&mut talk.client.nick);
        return talk.nick_in_use(&wanted);
    }
    talk.client.stage = Stage::Registered;
    talk.client.password = None;
    know_device(talk);
    talk.client.note_admitted();
    let (nick, source) = (talk.client.nick.clone(), talk.client.source());
    talk.doubt_ghosts();
    welcome::welcome(talk);
    if !talk.is_shared(&nick) {
        monitor::nick_up(talk.others, &nick, &source, talk.shared);
    }
}

/// By PASS, or without a password where the gateway is open.
fn log_in(talk: &mut Talk<'_>) -> bool {
    let device = talk.client.login.clone();
    let password = talk.client.password.take();
    let given = password.is_some();
    let known = password.and_then(|Password(password)| by_password(talk, &device, &password));
    if let Some(device) = known {
        talk.client.device = Some(device);
        talk.client.logged_in = true;
        return true;
    }
    if talk.shared.settings.open {
        talk.client.device = talk.host.guest(&device);
        return true;
    }
    if given {
        talk.client.note_wrong_password();
    }
    let text = match given {
        true => "Password incorrect",
        false => "Password needed: iim device add NAME",
    };
    talk.numeric(n::WRONG_PASSWORD, &[], text);
    talk.client.close("Access denied");
    false
}

/// The client has proved to be this device: at once, or, where it had come in without a password, afterwards (IRCv3
/// `sasl` 3.2). Then it gets what this device has missed.
pub(in crate::gateway) fn is_device(talk: &mut Talk<'_>, device: DeviceId) {
    let was = talk.client.device.as_ref() == Some(&device);
    if talk.client.stage != Stage::Registered || was {
        talk.client.device = Some(device);
        return;
    }
    backlog::keep_cursor(talk.client, talk.host);
    talk.client.device = Some(device);
    know_device(talk);
    welcome::begin_texts(talk);
}

/// What the user says of the client's device.
fn know_device(talk: &mut Talk<'_>) {
    let device = talk.client.device.as_ref();
    let tags = device.and_then(|DeviceId(name)| talk.shared.settings.tags.get(name));
    talk.client.tags_shown = tags.copied();
}

/// The password alone, or with the device in front as bouncers have it: `device:password`.
fn by_password(talk: &mut Talk<'_>, device: &str, password: &str) -> Option<DeviceId> {
    let known = talk.host.login(device, password);
    known.or_else(|| {
        let (device, password) = password.split_once(':')?;
        talk.host.login(device, password)
    })
}

/// Closes who does not register or does not answer; asks who is silent.
pub(in crate::gateway) fn time_out(client: &mut Client, now: u64) {
    let silent = now.saturating_sub(client.heard);
    if client.stage != Stage::Registered {
        if now.saturating_sub(client.since) > REGISTER_WITHIN {
            client.close("Registration timed out");
        }
        return;
    }
    let is_ghost = |doubted: u64| now.saturating_sub(doubted) > GHOST_AFTER;
    if client.doubted.is_some_and(is_ghost) {
        client.close("Ghost: this device has logged in again");
    } else if silent > PING_AFTER.saturating_add(ANSWER_WITHIN) && client.pinged {
        client.close("Ping timeout");
    } else if silent > PING_AFTER && !client.pinged {
        client.pinged = true;
        client.tell(Reply::new(SERVER, &["PING"], Some(SERVER)));
    }
}

fn cut(name: &str) -> String {
    let end = name.floor_char_boundary(LONGEST_NAME);
    name.get(..end).unwrap_or_default().to_owned()
}

/// Of a user name, in bytes (`USERLEN`).
pub(in crate::gateway) const LONGEST_USER: usize = 20;

const REGISTER_WITHIN: u64 = 60_000;
const PING_AFTER: u64 = 120_000;
const ANSWER_WITHIN: u64 = 120_000;
/// Within this a connection answers whose device has logged in again.
const GHOST_AFTER: u64 = 10_000;
