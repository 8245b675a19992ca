//! What a client may ask about the server itself (RFC 2812, sections 3.4 and 3.8; Modern).

use crate::gateway::client::Stage;
use crate::gateway::context::Talk;
use crate::gateway::register::welcome;
use crate::gateway::{SERVER, nick, numeric as n, time};
use crate::protocol::irc_line::Line;

impl Talk<'_> {
    /// RFC 2812, section 3.4.1.
    pub(in crate::gateway) fn motd(&mut self, line: &Line) {
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

    /// RFC 2812, section 3.4.2; 265 and 266 as Modern has them. Clients are local users and invisible (their mode `i`),
    /// friends who are there global ones; the service is nobody, and who has quit is gone though his socket may linger.
    pub(in crate::gateway) fn lusers(&mut self, _line: &Line) {
        let count = |stages: &[Stage]| {
            let others = self.others.values().filter(|other| !other.is_closing());
            others.filter(|other| stages.contains(&other.stage)).count()
        };
        let waiting = count(&[Stage::Fresh, Stage::Negotiating]).to_string();
        let local = count(&[Stage::Registered]).saturating_add(1);
        let friends = self.shared.people.all().filter(|p| p.is_present()).count();
        let global = local.saturating_add(friends);
        let (most_local, most_global) = self.shared.count_users(local, global);
        let text = format!("There are {friends} users and {local} invisible on 1 servers");
        self.numeric(n::LUSER_CLIENT, &[], &text);
        self.numeric(n::LUSER_OP, &["0"], "operator(s) online");
        self.numeric(n::LUSER_UNKNOWN, &[&waiting], "unknown connection(s)");
        self.numeric(n::LUSER_CHANNELS, &["1"], "channels formed");
        let text = format!("I have {local} clients and 1 servers");
        self.numeric(n::LUSER_ME, &[], &text);
        self.users(n::LOCAL_USERS, "local", (local, most_local));
        self.users(n::GLOBAL_USERS, "global", (global, most_global));
    }

    fn users(&mut self, numeric: n::Numeric, which: &str, (now, most): (usize, usize)) {
        let text = format!("Current {which} users {now}, max {most}");
        self.numeric(numeric, &[&now.to_string(), &most.to_string()], &text);
    }

    /// RFC 2812, section 3.4.3; 005 follows (Modern).
    pub(in crate::gateway) fn version(&mut self, line: &Line) {
        if !self.is_this_server(line, 0) {
            return;
        }
        let version = format!("iim-{}", self.shared.settings.version);
        self.numeric(n::VERSION, &[&version, SERVER], "the gateway of iim");
        welcome::isupport(self);
    }

    /// RFC 2812, section 3.4.9.
    pub(in crate::gateway) fn admin(&mut self, line: &Line) {
        if !self.is_this_server(line, 0) {
            return;
        }
        let address = self.shared.account();
        self.numeric(n::ADMIN_ME, &[SERVER], "Administrative info");
        self.numeric(n::ADMIN_LOC1, &[], "The gateway of iim to this one person");
        self.numeric(n::ADMIN_LOC2, &[], "on their own machine");
        self.numeric(n::ADMIN_EMAIL, &[], &address);
    }

    /// RFC 2812, section 3.4.6.
    pub(in crate::gateway) fn time(&mut self, line: &Line) {
        if self.is_this_server(line, 0) {
            let now = time::words(self.host.now_ms());
            self.numeric(n::TIME, &[SERVER], &now);
        }
    }

    /// RFC 2812, section 3.4.10.
    pub(in crate::gateway) fn info(&mut self, line: &Line) {
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
    pub(in crate::gateway) fn links(&mut self) {
        self.numeric(n::LINKS, &[SERVER, SERVER], "0 the gateway of iim");
        self.numeric(n::END_OF_LINKS, &["*"], "End of /LINKS list");
    }

    /// RFC 2812, section 3.4.4: there is nothing to count.
    pub(in crate::gateway) fn stats(&mut self, line: &Line) {
        let query = line.param(0).to_owned();
        self.numeric(n::END_OF_STATS, &[&query], "End of /STATS report");
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
