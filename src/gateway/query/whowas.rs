//! WHOWAS: who was here, by a nick that is free again (RFC 2812, section 3.6.3).

use std::collections::VecDeque;

use super::who::Kind;
use crate::gateway::client::Client;
use crate::gateway::context::Talk;
use crate::gateway::{SERVER, nick, numeric as n};
use crate::protocol::irc_line::Line;

/// Clients that have left or changed their nick, the last one first.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Past(VecDeque<Left>);

#[derive(Debug, Clone)]
struct Left {
    nick: String,
    user: String,
    host: String,
    real_name: String,
}

impl Past {
    /// Keeps who had this nick.
    pub(in crate::gateway) fn note(&mut self, nick: &str, client: &Client) {
        self.0.truncate(MOST_KEPT.saturating_sub(1));
        self.0.push_front(Left {
            nick: nick.to_owned(),
            user: client.user.clone(),
            host: SERVER.to_owned(),
            real_name: client.real_name.clone(),
        });
    }
}

impl Talk<'_> {
    /// `WHOWAS <nick>[,<nick>…] [<count>]`. "The history is searched backward, returning the most recent entry first";
    /// a friend, who is known whether he is there or not, comes last.
    pub(in crate::gateway) fn whowas(&mut self, line: &Line) {
        let Some(names) = line.given(0).map(ToOwned::to_owned) else {
            return self.numeric(n::NO_NICK_GIVEN, &[], "No nickname given");
        };
        let count = line.param(1).parse().ok().filter(|count| *count > 0);
        for name in names.split(',').take(MOST_NAMES) {
            self.whowas_one(name, count.unwrap_or(usize::MAX));
        }
    }

    fn whowas_one(&mut self, name: &str, count: usize) {
        let past = self.shared.past.0.iter();
        let left = past.filter(|left| nick::matches(name, &left.nick)).cloned();
        let all: Vec<Left> = left.chain(self.friend_named(name)).take(count).collect();
        for left in &all {
            let words = [left.nick.as_str(), &left.user, &left.host, "*"];
            self.numeric(n::WHOWAS_USER, &words, &left.real_name);
        }
        if all.is_empty() {
            self.numeric(n::WAS_NO_SUCH_NICK, &[name], "There was no such nickname");
        }
        self.numeric(n::END_OF_WHOWAS, &[name], "End of WHOWAS");
    }

    fn friend_named(&self, name: &str) -> Option<Left> {
        let card = self.card(name)?;
        matches!(card.kind, Kind::Friend(_)).then_some(Left {
            nick: card.nick,
            user: card.user,
            host: card.host,
            real_name: card.real_name,
        })
    }
}

const MOST_KEPT: usize = 100;

/// Of one command: each has an end of its own.
const MOST_NAMES: usize = 8;
