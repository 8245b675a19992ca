//! Letters about a text that was sent before, and the one that says that somebody is writing.

use serde::{Deserialize, Serialize};

use super::id::LetterId;
use crate::protocol::debug::redacted_debug;

/// Another wording of a text of the sender's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Which text.
    pub of: LetterId,
    /// 1 byte to 64 KiB of UTF-8, in place of what it said.
    pub text: String,
}

/// Takes back a text of the sender's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retract {
    /// Which text.
    pub of: LetterId,
    /// Why: 1 byte to 1 KiB.
    #[serde(default)]
    pub why: Option<String>,
}

/// A small sign set to a text of either side, or taken off it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    /// Which text.
    pub to: LetterId,
    /// 1 to 64 bytes of UTF-8, mostly one emoji.
    pub emoji: String,
    /// Set (1), or taken off (0).
    pub on: bool,
}

/// Whether the sender is writing; worth nothing a few seconds later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Typing {
    /// They are. (1)
    Active,
    /// They were, and have not sent it. (2)
    Paused,
    /// They have given it up, or sent it. (3)
    Done,
}

// What people write to each other is in no log.
redacted_debug! { Edit { of, text: length } }
redacted_debug! { Retract { of, why: hidden } }
redacted_debug! { React { to, emoji: length, on } }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::letter::Body;

    #[test]
    fn debug_shows_neither_words_nor_signs() {
        let of = LetterId([1; 16]);
        let edit = Body::Edit(Edit {
            of,
            text: "between us".into(),
        });
        let react = Body::React(React {
            to: of,
            emoji: "👍".into(),
            on: true,
        });
        let retract = Body::Retract(Retract {
            of,
            why: Some("between you and me".into()),
        });
        let all = format!("{edit:?} {react:?} {retract:?}");
        assert!(!all.contains("between") && !all.contains('👍'), "{all}");
        assert!(all.contains("10 bytes") && all.contains("4 bytes"), "{all}");
    }
}
