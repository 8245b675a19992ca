//! Events on their way to whoever listens, in a queue that says when it is too long.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::LinkEvent;

/// Events on their way to whoever listens.
#[derive(Debug)]
pub(super) struct EventQueue {
    waiting: VecDeque<LinkEvent>,
    channel: mpsc::Sender<LinkEvent>,
}

impl EventQueue {
    /// Events go into this channel.
    pub(super) fn new(channel: mpsc::Sender<LinkEvent>) -> Self {
        Self {
            waiting: VecDeque::new(),
            channel,
        }
    }

    /// Adds one.
    pub(super) fn push(&mut self, event: LinkEvent) {
        self.waiting.push_back(event);
    }

    /// Adds several.
    pub(super) fn extend(&mut self, events: Vec<LinkEvent>) {
        self.waiting.extend(events);
    }

    /// Hands over what there is room for now.
    pub(super) fn deliver_some(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(event)) = self.channel.try_send(event) {
                self.waiting.push_front(event);
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
        self.waiting.len() < MANY_EVENTS
    }

    /// Orders are taken for longer: the agent must be able to leave a network that floods it.
    pub(super) fn bears_orders(&self) -> bool {
        self.waiting.len() < MANY_EVENTS.saturating_mul(2)
    }

    /// Hands over one; safe to be dropped half-way.
    pub(super) async fn deliver(&mut self) {
        match self.channel.reserve().await {
            Ok(place) => {
                if let Some(event) = self.waiting.pop_front() {
                    place.send(event);
                }
            }
            // Nobody listens any more; nobody misses them.
            Err(_) => self.waiting.clear(),
        }
    }
}

/// Events that may wait besides, before nothing more is heard.
pub(super) const MANY_EVENTS: usize = 256;
