//! Why something stored is shown to a client, and which tags it bears for that.

use crate::gateway::tags::REPLY_TAGS;
use crate::gateway::time;
use crate::protocol::time::Millis;

/// Why something is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// It has just been stored.
    Live,
    /// It was stored before the client came.
    Replay,
    /// The client has just said it, and takes `echo-message`; with these tags, as it sent them.
    Echo(&'a [(String, String)]),
    /// The client asked for it; in this batch, if it takes batches.
    History(Option<&'a str>),
}

impl Origin<'_> {
    /// Whether it answers what the client said.
    pub(crate) fn answers(self) -> bool {
        matches!(self, Origin::Echo(_) | Origin::History(_))
    }

    /// The tags of each line.
    pub(crate) fn tags(self, arrival: Millis) -> Vec<(String, String)> {
        let mut tags = vec![("time".to_owned(), time::tag(arrival))];
        if let Origin::History(Some(batch)) = self {
            tags.push(("batch".to_owned(), batch.to_owned()));
        }
        tags
    }

    /// What the client sent with it stays on its own echo, in place of the same in other words.
    pub(crate) fn as_sent(self, tags: &mut Vec<(String, String)>) {
        let Origin::Echo(sent) = self else {
            return;
        };
        let names = |tag: &(String, String)| REPLY_TAGS.contains(&tag.0.as_str());
        if sent.iter().any(names) {
            tags.retain(|tag| !names(tag));
        }
        tags.retain(|(key, _)| sent.iter().all(|(name, _)| name != key));
        tags.extend(sent.iter().cloned());
    }
}
