//! The agent's links to IRC networks: a task for each, whose events are read in turn.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::edge::irc::{Link, NetworkSettings, News, Order};

/// An event of one network.
pub(super) type LinkEvent = (String, News);

/// The links, by the network's name.
#[derive(Default)]
pub(super) struct Links {
    links: BTreeMap<String, Running>,
}

/// One link and what it tells.
struct Running {
    link: Link,
    news: mpsc::Receiver<News>,
}

impl Links {
    /// Starts a link, which waits for its first order.
    pub(super) fn open(&mut self, name: &str, settings: NetworkSettings) {
        let (link, news) = Link::spawn(settings, rand::make_rng());
        self.links.insert(name.to_owned(), Running { link, news });
    }

    /// Ends a link; it quits by itself.
    pub(super) fn close(&mut self, name: &str) {
        self.links.remove(name);
    }

    /// Waits until a link has something to tell, and adds to `heard` what all have to tell, up to [`TOGETHER`] of each;
    /// nothing is lost if this is dropped.
    pub(super) async fn hear(&mut self, heard: &mut Vec<LinkEvent>) {
        poll_fn(|cx| self.poll(cx, heard)).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>, heard: &mut Vec<LinkEvent>) -> Poll<()> {
        for (name, running) in &mut self.links {
            for _ in 0..TOGETHER {
                match running.news.poll_recv(cx) {
                    Poll::Ready(Some(news)) => heard.push((name.clone(), news)),
                    Poll::Ready(None) | Poll::Pending => break,
                }
            }
        }
        match heard.is_empty() {
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
        let news: Vec<_> = links.into_values().map(|running| running.news).collect();
        let all = async {
            for mut news in news {
                // They end when the link has.
                while news.recv().await.is_some() {}
            }
        };
        drop(tokio::time::timeout(LEAVING, all).await);
    }
}

/// How much of what one link tells is heard at once, and committed together: as much as waits in its channel.
const TOGETHER: usize = 64;
/// How long all links together may take to quit.
const LEAVING: Duration = Duration::from_secs(2);
