//! News on their way to whoever listens, in a queue that says when it is too long.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::News;

/// News on their way to whoever listens.
#[derive(Debug)]
pub(super) struct Telling {
    waiting: VecDeque<News>,
    told: mpsc::Sender<News>,
}

impl Telling {
    /// News go into this channel.
    pub(super) fn new(told: mpsc::Sender<News>) -> Self {
        Self {
            waiting: VecDeque::new(),
            told,
        }
    }

    /// Adds one.
    pub(super) fn push(&mut self, news: News) {
        self.waiting.push_back(news);
    }

    /// Adds several.
    pub(super) fn extend(&mut self, news: Vec<News>) {
        self.waiting.extend(news);
    }

    /// Hands over what there is room for now.
    pub(super) fn deliver_some(&mut self) {
        while let Some(news) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(news)) = self.told.try_send(news) {
                self.waiting.push_front(news);
                return;
            }
        }
    }

    /// Something waits.
    pub(super) fn any(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Nothing is read from the server while this is false.
    pub(super) fn is_short(&self) -> bool {
        self.waiting.len() < MANY_NEWS
    }

    /// Orders are taken for longer: the agent must be able to leave a network that floods it.
    pub(super) fn bears_orders(&self) -> bool {
        self.waiting.len() < MANY_NEWS.saturating_mul(2)
    }

    /// Hands over one; safe to be dropped half-way.
    pub(super) async fn deliver(&mut self) {
        match self.told.reserve().await {
            Ok(place) => {
                if let Some(news) = self.waiting.pop_front() {
                    place.send(news);
                }
            }
            // Nobody listens any more; nobody misses them.
            Err(_) => self.waiting.clear(),
        }
    }
}

/// News that may wait besides, before nothing more is heard.
pub(super) const MANY_NEWS: usize = 256;
