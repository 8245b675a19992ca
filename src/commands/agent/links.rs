//! The agent's links to IRC networks: a task for each, and one channel for the news of all.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::edge::irc::{Link, NetworkSettings, News, Order};

/// News of one network.
pub(super) type Heard = (String, News);

/// The links, by the network's name.
pub(super) struct Links {
    heard: mpsc::Sender<Heard>,
    links: BTreeMap<String, Running>,
}

/// One link and the task that passes its news on.
struct Running {
    link: Link,
    forwarding: Option<JoinHandle<()>>,
}

impl Links {
    /// None yet; the news of all go to `heard`.
    pub(super) fn new(heard: mpsc::Sender<Heard>) -> Self {
        Self {
            heard,
            links: BTreeMap::new(),
        }
    }

    /// Starts a link, which waits for its first order.
    pub(super) fn open(&mut self, name: &str, settings: NetworkSettings) {
        let (link, news) = Link::spawn(settings, rand::make_rng());
        let forwarding = tokio::spawn(forward(name.to_owned(), news, self.heard.clone()));
        let running = Running {
            link,
            forwarding: Some(forwarding),
        };
        self.links.insert(name.to_owned(), running);
    }

    /// Ends a link; it quits by itself.
    pub(super) fn close(&mut self, name: &str) {
        self.links.remove(name);
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
        let all = async {
            // Every link is told before any is waited for.
            let ends: Vec<JoinHandle<()>> = links.into_values().filter_map(Running::end).collect();
            for end in ends {
                // A task that was aborted has ended as well.
                drop(end.await);
            }
        };
        drop(tokio::time::timeout(LEAVING, all).await);
    }
}

impl Running {
    /// Lets the link quit; its news end when it has.
    fn end(mut self) -> Option<JoinHandle<()>> {
        self.forwarding.take()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(forwarding) = &self.forwarding {
            forwarding.abort();
        }
    }
}

async fn forward(name: String, mut news: mpsc::Receiver<News>, heard: mpsc::Sender<Heard>) {
    while let Some(one) = news.recv().await {
        if heard.send((name.clone(), one)).await.is_err() {
            return;
        }
    }
}

/// How long all links together may take to quit.
const LEAVING: Duration = Duration::from_secs(2);
