//! The agent's links to IRC networks: a task for each, whose events are read in turn.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::edge::clock::{Clock as _, SystemClock};
use crate::edge::irc::{Link, LinkEvent, NetworkSettings, Order};

/// An event of one network.
pub(super) type NetworkEvent = (String, LinkEvent);

/// The links, by the network's name.
#[derive(Default)]
pub(super) struct Links {
    links: BTreeMap<String, Running>,
}

/// One link and what it tells.
struct Running {
    link: Link,
    events: mpsc::Receiver<LinkEvent>,
}

impl Links {
    /// Starts a link, which waits for its first order.
    pub(super) fn open(&mut self, settings: NetworkSettings, poll: Duration) {
        let name = settings.name.clone();
        let (link, events) = Link::spawn(settings, poll, rand::make_rng(), || SystemClock.now());
        self.links.insert(name, Running { link, events });
    }

    /// Ends a link; it quits by itself.
    pub(super) fn close(&mut self, name: &str) {
        self.links.remove(name);
    }

    /// Waits until a link has something to tell, and adds to `received` what all have to tell, up to [`TOGETHER`] of each;
    /// nothing is lost if this is dropped.
    pub(super) async fn receive(&mut self, received: &mut Vec<NetworkEvent>) {
        poll_fn(|cx| self.poll(cx, received)).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>, received: &mut Vec<NetworkEvent>) -> Poll<()> {
        for (name, running) in &mut self.links {
            for _ in 0..TOGETHER {
                match running.events.poll_recv(cx) {
                    Poll::Ready(Some(event)) => received.push((name.clone(), event)),
                    Poll::Ready(None) | Poll::Pending => break,
                }
            }
        }
        match received.is_empty() {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }

    /// Gives a link an order.
    pub(super) fn order(&self, name: &str, order: Order) {
        if let Some(Err(fault)) = self.links.get(name).map(|one| one.link.order(order)) {
            tracing::warn!(network = name, "{fault}");
        }
    }

    /// Quits all networks, saying nothing. A server that does not take the QUIT is left all the same.
    pub(super) async fn leave(&mut self) {
        let links = std::mem::take(&mut self.links);
        // Every link is told before any is waited for.
        let events: Vec<_> = links.into_values().map(|running| running.events).collect();
        let all = async {
            for mut events in events {
                // They end when the link has.
                while events.recv().await.is_some() {}
            }
        };
        drop(tokio::time::timeout(LEAVING, all).await);
    }
}

/// How much of what one link tells is heard at once, and committed together: as much as waits in its channel.
const TOGETHER: usize = 64;
/// How long all links together may take to quit.
const LEAVING: Duration = Duration::from_secs(2);
