//! What was noted for clients, as the gateway is told it: rows of the store in their order, each once.

use super::cursors::Fresh;
use super::events::Pending;
use super::host::AgentHost;
use crate::agent::Outside;
use crate::gateway::host::{Host as _, News, Query};
use crate::rules::conversation::{Rest, Stored};
use crate::rules::words;

impl<O: Outside> AgentHost<'_, O> {
    /// What was noted, as the gateway is told it.
    pub(super) fn news(&mut self, told: Pending) -> Vec<News> {
        match told {
            Pending::Rows => self.new_rows().into_iter().map(News::Stored).collect(),
            Pending::Row(stored) => self
                .new_row(*stored)
                .into_iter()
                .map(News::Stored)
                .collect(),
            Pending::People(Some(these)) => vec![News::These(these)],
            Pending::People(None) => vec![News::Contacts],
            Pending::Status => vec![News::Status],
            Pending::State(friend, id) => {
                let found = self.find(&friend, id).into_iter();
                found
                    .map(|found| News::State(Box::new(found.entry)))
                    .collect()
            }
            Pending::Rotated(to_tell) => {
                let per_day = self.agent.account.settings().per_day;
                vec![News::Notice(words::rotated(to_tell, per_day))]
            }
            Pending::News(news) => vec![*news],
        }
    }

    /// What is stored that nobody has told the clients of; at most as much as one page, the rest they read for
    /// themselves.
    fn new_rows(&mut self) -> Vec<Stored> {
        let rest = Rest {
            after: self.state.told,
            read_after: 0,
        };
        let page = self.read(Query::Rest(rest, PAGE)).unwrap_or_default();
        self.state.told = match page.last() {
            Some(last) if page.len() < PAGE => last.row,
            Some(_) | None => self.newest(),
        };
        page
    }

    /// A row that was just stored, if clients were told of all before it and not of itself; else what they were not told.
    fn new_row(&mut self, stored: Stored) -> Vec<Stored> {
        match Fresh::of(&stored, self.state.told) {
            Fresh::Known => Vec::new(),
            Fresh::Next => {
                self.state.told = stored.row;
                vec![stored]
            }
            Fresh::BehindOthers => self.new_rows(),
        }
    }
}

/// How many new rows are told at once.
const PAGE: usize = 100;
