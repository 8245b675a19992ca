//! A person on IRC: a link, what it tells, and what may be waited for.

use iim::edge::clock::{Clock as _, SystemClock};
use iim::edge::irc::{Link, LinkEvent, NetworkSettings, Order, Registered, WatchChange};
use std::collections::BTreeSet;
use std::time::Duration;

use iim::rules::queue::irc::Ended;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// A link under test, and what it told and nobody asked for yet.
pub struct Person {
    pub link: Link,
    pub news: mpsc::Receiver<LinkEvent>,
    pub told: Vec<LinkEvent>,
}

impl Person {
    pub fn new(settings: NetworkSettings) -> Self {
        let poll = Duration::from_secs(1);
        let (link, news) = Link::spawn(settings, poll, rand::make_rng(), || SystemClock.now());
        Self {
            link,
            news,
            told: Vec::new(),
        }
    }

    /// Somebody on the network under this nick.
    pub async fn on(settings: NetworkSettings, nick: &str) -> Self {
        let mut person = Self::new(settings);
        person.connect(nick);
        person.registered().await;
        person
    }

    pub fn connect(&self, nick: &str) {
        let nick = nick.to_owned();
        self.link.order(Order::Connect(nick)).unwrap();
    }

    pub fn watch(&self, nicks: &[&str]) {
        let more = nicks.iter().map(|n| (*n).to_owned()).collect();
        let less = BTreeSet::new();
        self.link
            .order(Order::Watch(WatchChange { more, less }))
            .unwrap();
    }

    pub fn send(&self, ticket: u64, to: &str, texts: &[&str]) {
        self.link
            .order(Order::Send {
                ticket,
                to: to.to_owned(),
                texts: texts.iter().map(|t| (*t).to_owned()).collect(),
            })
            .unwrap();
    }

    /// The next news of which `take` makes something; what it passes over is forgotten but for failures' messages.
    pub async fn until<T>(
        &mut self,
        what: &str,
        mut take: impl FnMut(&LinkEvent) -> Option<T>,
    ) -> T {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let Ok(Some(news)) = timeout_at(end, self.news.recv()).await else {
                panic!("no {what}, but {:#?}", self.told);
            };
            if let Some(got) = take(&news) {
                return got;
            }
            self.told.push(news);
        }
    }

    pub async fn registered(&mut self) -> Registered {
        let is = |n: &LinkEvent| match n {
            LinkEvent::Registered(on) => Some(on.clone()),
            _ => None,
        };
        self.until("Registered", is).await
    }

    pub async fn told(&mut self, wanted: LinkEvent) {
        let what = format!("{wanted:?}");
        self.until(&what, |n| (*n == wanted).then_some(())).await;
    }

    pub async fn text(&mut self) -> (String, String) {
        let is = |n: &LinkEvent| match n {
            LinkEvent::Message { from, text } => Some((from.clone(), text.clone())),
            _ => None,
        };
        self.until("Message", is).await
    }

    pub async fn lost(&mut self) -> String {
        self.over(&[Ended::Unreached, Ended::Refused, Ended::Lost])
            .await
    }

    /// The connection ends in one of these ways; gives the words.
    pub async fn over(&mut self, ends: &[Ended]) -> String {
        let is = |n: &LinkEvent| match n {
            LinkEvent::Over(end, _) if ends.contains(&end.how) => Some(end.words.clone()),
            _ => None,
        };
        self.until("Over", is).await
    }

    /// Nothing more is told for a while.
    pub async fn silence(&mut self, millis: u64, unlike: impl Fn(&LinkEvent) -> bool) {
        let end = Instant::now() + Duration::from_millis(millis);
        while let Ok(Some(news)) = timeout_at(end, self.news.recv()).await {
            assert!(!unlike(&news), "{news:?}");
        }
    }
}
