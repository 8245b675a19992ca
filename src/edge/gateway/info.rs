//! What a client may ask about the server itself (RFC 2812, sections 3.4 and 3.8; Modern).

use super::client::Stage;
use super::line::Line;
use super::talk::Talk;
use super::{CHANNEL, SERVER, SERVICE, nick, numeric as n, time, welcome};

impl Talk<'_> {
    /// RFC 2812, section 3.4.1.
    pub(super) fn motd(&mut self, line: &Line) {
        if !self.is_this_server(line, 0) {
            return;
        }
        let text = format!("- {SERVER} Message of the day -");
        self.numeric(n::MOTD_START, &[], &text);
        for text in MOTD {
            self.numeric(n::MOTD, &[], text);
        }
        self.numeric(n::END_OF_MOTD, &[], "End of /MOTD command");
    }

    /// RFC 2812, section 3.4.2; 265 and 266 as Modern has them.
    pub(super) fn lusers(&mut self, _line: &Line) {
        let registered = |stage: Stage| stage == Stage::Registered;
        let clients = self
            .others
            .values()
            .filter(|c| registered(c.stage))
            .count()
            .saturating_add(1);
        let waiting = self.others.len().saturating_add(1).saturating_sub(clients);
        let friends = self.shared.people.all().filter(|p| p.is_present()).count();
        let users = clients
            .saturating_add(friends)
            .saturating_add(1)
            .to_string();
        let text = format!("There are {users} users and 0 invisible on 1 servers");
        self.numeric(n::LUSER_CLIENT, &[], &text);
        self.numeric(n::LUSER_OP, &["0"], "operator(s) online");
        let waiting = waiting.to_string();
        self.numeric(n::LUSER_UNKNOWN, &[&waiting], "unknown connection(s)");
        self.numeric(n::LUSER_CHANNELS, &["1"], "channels formed");
        let text = format!("I have {clients} clients and 1 servers");
        self.numeric(n::LUSER_ME, &[], &text);
        let text = format!("Current local users {users}, max {users}");
        self.numeric(n::LOCAL_USERS, &[&users, &users], &text);
        let text = format!("Current global users {users}, max {users}");
        self.numeric(n::GLOBAL_USERS, &[&users, &users], &text);
    }

    /// RFC 2812, section 3.4.3; 005 follows (Modern).
    pub(super) fn version(&mut self, line: &Line) {
        if !self.is_this_server(line, 0) {
            return;
        }
        let version = format!("iim-{}", self.shared.settings.version);
        self.numeric(n::VERSION, &[&version, SERVER], "the gateway of iim");
        welcome::isupport(self);
    }

    /// RFC 2812, section 3.4.9.
    pub(super) fn admin(&mut self, line: &Line) {
        if !self.is_this_server(line, 0) {
            return;
        }
        let address = self.shared.account();
        self.numeric(n::ADMIN_ME, &[SERVER], "Administrative info");
        self.numeric(n::ADMIN_LOC1, &[], "The gateway of iim to this one person");
        self.numeric(n::ADMIN_LOC2, &[], "on his own machine");
        self.numeric(n::ADMIN_EMAIL, &[], &address);
    }

    /// RFC 2812, section 3.4.6.
    pub(super) fn time(&mut self, line: &Line) {
        if self.is_this_server(line, 0) {
            let now = time::words(self.host.now_ms());
            self.numeric(n::TIME, &[SERVER], &now);
        }
    }

    /// RFC 2812, section 3.4.10.
    pub(super) fn info(&mut self, line: &Line) {
        if !self.is_this_server(line, 0) {
            return;
        }
        let version = format!("iim {}", self.shared.settings.version);
        self.numeric(n::INFO, &[], &version);
        for text in INFO {
            self.numeric(n::INFO, &[], text);
        }
        self.numeric(n::END_OF_INFO, &[], "End of /INFO list");
    }

    /// RFC 2812, section 3.4.5.
    pub(super) fn links(&mut self) {
        self.numeric(n::LINKS, &[SERVER, SERVER], "0 the gateway of iim");
        self.numeric(n::END_OF_LINKS, &["*"], "End of /LINKS list");
    }

    /// RFC 2812, section 3.4.4: there is nothing to count.
    pub(super) fn stats(&mut self, line: &Line) {
        let query = line.param(0).to_owned();
        self.numeric(n::END_OF_STATS, &[&query], "End of /STATS report");
    }

    /// Modern, "HELP message".
    pub(super) fn help(&mut self, line: &Line) {
        let subject = line.given(0).unwrap_or("index").to_owned();
        if !subject.eq_ignore_ascii_case("index") {
            return self.numeric(n::HELP_NOT_FOUND, &[&subject], "No help on this subject");
        }
        self.numeric(n::HELP_START, &[&subject], "iim: help for IRC clients");
        let text = format!("Write to a friend by /query NICK; friends are in {CHANNEL}.");
        self.numeric(n::HELP_TEXT, &[&subject], &text);
        let text = format!("Commands of iim: /msg {SERVICE} help");
        self.numeric(n::END_OF_HELP, &[&subject], &text);
    }

    /// Whether the server that is asked, if one is named, is this one.
    fn is_this_server(&mut self, line: &Line, index: usize) -> bool {
        let Some(server) = line.given(index).map(ToOwned::to_owned) else {
            return true;
        };
        let known = nick::matches(&server, SERVER) || self.card(&server).is_some();
        if !known {
            self.numeric(n::NO_SUCH_SERVER, &[&server], "No such server");
        }
        known
    }
}

const MOTD: [&str; 3] = [
    "- Your friends are in &friends: with + online, without away.",
    "- Write to them by name; who is offline gets it by mail.",
    "- Commands: /msg iim help",
];

const INFO: [&str; 2] = [
    "Instant messaging made of a mailbox and the public IRC networks.",
    "This server has one user: you.",
];
