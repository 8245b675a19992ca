//! A multiline batch of a client while it is open (IRCv3 `draft/multiline`).

use crate::protocol::irc_line::Line;

/// A batch that is not yet complete.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) name: String,
    pub(super) target: String,
    /// The line that opened it, for its tags.
    pub(super) opening: Line,
    pub(super) label: Option<String>,
    pub(super) lines: Vec<Piece>,
    pub(super) bytes: usize,
    /// Its lines are NOTICEs, all of them.
    pub(super) notice: bool,
}

/// A line of a text, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// It goes on where the one before ended, without a line feed.
    pub(super) goes_on: bool,
}

impl Piece {
    pub(super) fn new(text: &str, goes_on: bool) -> Self {
        let text = text.to_owned();
        Self { text, goes_on }
    }
}

impl Batch {
    /// The lines joined: by a line feed, but for those that go on.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.bytes);
        for (at, piece) in self.lines.iter().enumerate() {
            if at > 0 && !piece.goes_on {
                text.push('\n');
            }
            text.push_str(&piece.text);
        }
        text
    }
}

/// Whether these two lines open and close one batch.
pub(super) fn is_one(first: &str, last: &str) -> bool {
    let name = |line: &str, mark: &str| {
        let (_, rest) = line.split_once(mark)?;
        rest.split(' ').next().map(ToOwned::to_owned)
    };
    let open = name(first, " BATCH +");
    open.is_some() && open == name(last, " BATCH -")
}
