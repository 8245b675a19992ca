//! CAP: which capabilities a client takes (IRCv3 capability negotiation).

use crate::gateway::caps::{Cap, Caps};
use crate::gateway::client::Stage;
use crate::gateway::context::Talk;
use crate::gateway::{SERVER, caps, numeric as n};
use crate::protocol::irc_line::{LONGEST_BODY, Line, Reply};

impl Talk<'_> {
    /// CAP LS, LIST, REQ, END.
    pub(in crate::gateway) fn cap(&mut self, line: &Line) {
        let sub = line.param(0).to_ascii_uppercase();
        match sub.as_str() {
            "LS" => self.cap_ls(line.param(1).parse().unwrap_or(0)),
            "LIST" => self.cap_list(),
            "REQ" => self.cap_request(line.param(1)),
            "END" => self.cap_end(),
            "" => self.numeric(n::NEED_MORE_PARAMS, &["CAP"], "Not enough parameters"),
            _ => self.numeric(n::INVALID_CAP, &[line.param(0)], "Invalid CAP command"),
        }
    }

    /// "If the client supports version 302, cap-notify is enabled implicitly", and values and several lines may be
    /// sent.
    fn cap_ls(&mut self, version: u32) {
        self.negotiate();
        if version >= 302 {
            self.client.cap_302 = true;
            self.client.caps.set(Cap::Notify, true);
        }
        let offered = caps::offered(version);
        let words: Vec<&str> = offered.iter().map(String::as_str).collect();
        let several = version >= 302;
        self.cap_lines("LS", &words, several);
    }

    /// "If no capabilities are active, an empty parameter must be sent."
    fn cap_list(&mut self) {
        let names = self.client.caps.names();
        self.cap_lines("LIST", &names, true);
    }

    fn cap_lines(&mut self, sub: &str, words: &[&str], several: bool) {
        let room = LONGEST_BODY.saturating_sub(ROOM_AROUND);
        let mut rest = words;
        loop {
            let mut text = String::new();
            while let Some((word, after)) = rest.split_first() {
                let longer = text.len().saturating_add(word.len()).saturating_add(1);
                if several && !text.is_empty() && longer > room {
                    break;
                }
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(word);
                rest = after;
            }
            self.cap_line(sub, &text, !rest.is_empty());
            if rest.is_empty() {
                return;
            }
        }
    }

    fn cap_line(&mut self, sub: &str, text: &str, more: bool) {
        let name = self.client.name().to_owned();
        let mut words = vec!["CAP", name.as_str(), sub];
        if more {
            words.push("*");
        }
        self.client.send(Reply::new(SERVER, &words, Some(text)));
    }

    /// The answer bears the list as it came: ACK for the whole of it, or NAK for the whole of it. `cap-notify` "MAY NOT
    /// be disabled if the client requests CAP LS with a version of 302 or newer".
    fn cap_request(&mut self, list: &str) {
        self.negotiate();
        let list = list.trim();
        let keeps = |caps: &Caps| caps.has(Cap::Notify) || !self.client.cap_302;
        match self.client.caps.request(list).filter(keeps) {
            Some(caps) => {
                self.cap_line("ACK", list, false);
                self.client.caps = caps;
            }
            None => self.cap_line("NAK", list, false),
        }
    }

    /// "If the client sends CAP END without a prior LS or REQ, or once it is registered, it has no effect."
    fn cap_end(&mut self) {
        self.client.cap_ended = true;
        if self.client.stage == Stage::Negotiating {
            self.client.stage = Stage::Fresh;
        }
    }

    /// Who has ended it once is not held up again: after a nick that was refused, clients ask anew and do not end it.
    fn negotiate(&mut self) {
        if self.client.stage == Stage::Fresh && !self.client.cap_ended {
            self.client.stage = Stage::Negotiating;
        }
    }
}

/// What stands before the list in a line, at most: `:iim.local CAP nick LIST * :`.
const ROOM_AROUND: usize = 70;
