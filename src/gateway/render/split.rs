//! Something said, cut into lines: several for several lines or a long one, or one multiline batch.

use crate::gateway::batch::Piece;
use crate::gateway::caps::{Cap, MULTILINE_LINES};
use crate::gateway::client::Client;
use crate::gateway::render::ends::Ends;
use crate::gateway::tags::MULTILINE_CONCAT;
use crate::protocol::clean;
use crate::protocol::irc_line::{LONGEST_BODY, Reply};

/// Something that somebody says to somebody, before it is cut into lines.
#[derive(Debug, Clone)]
pub(crate) struct Privmsg<'a> {
    pub(crate) source: String,
    pub(crate) target: String,
    /// `/me ` in front makes it a CTCP ACTION, if it is no notice.
    pub(crate) text: &'a str,
    pub(crate) notice: bool,
    /// Tags of each line.
    pub(crate) all: Vec<(String, String)>,
    /// Tags of the first line alone.
    pub(crate) first: Vec<(String, String)>,
    /// It answers what the client said.
    pub(crate) answers: bool,
}

impl<'a> Privmsg<'a> {
    /// Of this text between these ends.
    pub(crate) fn of(ends: Ends, text: &'a str) -> Self {
        let account = ends.account.map(|account| ("account".to_owned(), account));
        Self {
            source: ends.source,
            target: ends.target,
            text,
            notice: false,
            all: account.into_iter().collect(),
            first: Vec::new(),
            answers: false,
        }
    }

    /// In one line, in several, or as a multiline batch to a client that takes it (IRCv3 `draft/multiline`).
    pub(crate) fn write(self, client: &mut Client) {
        let around = self.source.len().saturating_add(self.target.len());
        let room = LONGEST_BODY.saturating_sub(around.saturating_add(AROUND));
        let room = room.max(LEAST_ROOM);
        if let Some(action) = self.text.strip_prefix(ACTION)
            && !action.contains('\n')
            && !self.notice
        {
            let pieces = cut(action, room.saturating_sub(ACTION_AROUND));
            let actions = pieces.into_iter().map(|piece| Piece {
                text: format!("\u{1}ACTION {}\u{1}", piece.text),
                ..piece
            });
            return self.lines(client, actions.collect());
        }
        let mut pieces = cut(self.text, room);
        shorten(&mut pieces);
        self.write_pieces(client, pieces);
    }

    /// The same of what is cut already.
    pub(crate) fn write_pieces(self, client: &mut Client, pieces: Vec<Piece>) {
        if pieces.len() > 1 && client.has(Cap::Multiline) && client.has(Cap::Batch) {
            self.batch(client, pieces);
        } else {
            self.lines(client, pieces);
        }
    }

    /// "Servers MUST NOT send blank lines to clients that have not negotiated the multiline capability"; "Servers MUST
    /// only include a message ID on the first message of a batch when sending a fallback".
    fn lines(mut self, client: &mut Client, mut pieces: Vec<Piece>) {
        pieces.retain(|piece| !piece.text.trim().is_empty());
        if pieces.is_empty() {
            pieces.push(Piece::new(" ", false));
        }
        let mut pieces = pieces.into_iter().peekable();
        while let Some(piece) = pieces.next() {
            let mut reply = self.line(&piece.text);
            reply.tags = match pieces.peek() {
                Some(_) => self.all.clone(),
                None => std::mem::take(&mut self.all),
            };
            reply.tags.append(&mut self.first);
            client.push(reply, self.answers);
        }
    }

    fn batch(&self, client: &mut Client, pieces: Vec<Piece>) {
        let mut batch = client.batch(&self.source, &["draft/multiline", &self.target]);
        batch.open.tags = self.all.iter().chain(&self.first).cloned().collect();
        client.push(batch.open, self.answers);
        for piece in pieces {
            let mut reply = self.line(&piece.text).tag("batch", &batch.name);
            if piece.goes_on {
                reply = reply.tag(MULTILINE_CONCAT, "");
            }
            client.push(reply, self.answers);
        }
        let outer = self.all.iter().filter(|(key, _)| key == "batch").cloned();
        batch.close.tags.extend(outer);
        client.push(batch.close, self.answers);
    }

    fn line(&self, text: &str) -> Reply {
        let words = [command(self.notice), &self.target];
        Reply::new(&self.source, &words, Some(text))
    }
}

/// By which command a text is said.
pub(crate) fn command(notice: bool) -> &'static str {
    match notice {
        true => "NOTICE",
        false => "PRIVMSG",
    }
}

/// Words in as few texts as have room for them; at least one, perhaps empty.
pub(crate) fn pack(words: &[impl AsRef<str>], separator: char, room: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    for word in words.iter().map(AsRef::as_ref) {
        match all.last_mut() {
            Some(text) if text.is_empty() => text.push_str(word),
            Some(text) if text.len().saturating_add(word.len()) < room => {
                text.push(separator);
                text.push_str(word);
            }
            Some(_) | None => all.push(word.to_owned()),
        }
    }
    all
}

/// Cuts a text at its line feeds, and longer lines after a space if there is one in their second half; never within a
/// character.
pub(crate) fn cut(text: &str, room: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for line in text.split('\n') {
        let mut rest = line;
        let mut goes_on = false;
        while rest.len() > room {
            let (head, tail) = rest.split_at(end_of_piece(rest, room));
            pieces.push(Piece::new(head, goes_on));
            (rest, goes_on) = (tail, true);
        }
        pieces.push(Piece::new(rest, goes_on));
    }
    pieces
}

/// A friend could write more lines than a client can bear: of too many, the rest is named.
fn shorten(pieces: &mut Vec<Piece>) {
    let more = pieces.len().saturating_sub(MULTILINE_LINES);
    if more > 0 {
        pieces.truncate(MULTILINE_LINES.saturating_sub(1));
        let text = format!("[{} lines more: iim read]", more.saturating_add(1));
        pieces.push(Piece::new(&text, false));
    }
}

fn end_of_piece(rest: &str, room: usize) -> usize {
    let most = rest.floor_char_boundary(room);
    let head = rest.get(..most).unwrap_or_default();
    let space = head.rfind(' ').map(|at| at.saturating_add(1));
    let end = space
        .filter(|at| *at > room.wrapping_div(2))
        .unwrap_or(most);
    // A room smaller than a character would never end.
    end.max(rest.chars().next().map_or(1, char::len_utf8))
}

/// The first words of a text, to name it by.
pub(crate) fn quote(text: &str) -> String {
    let line = clean::line(text, usize::MAX);
    let end = line.floor_char_boundary(QUOTED);
    match line.get(..end) {
        Some(head) if end < line.len() => format!("{head}…"),
        Some(_) | None => line,
    }
}

/// In front of a text that says what its writer does.
pub(crate) const ACTION: &str = "/me ";

/// `:` ` PRIVMSG ` ` :`
const AROUND: usize = 13;

/// `\x01ACTION ` and `\x01`.
const ACTION_AROUND: usize = 9;

/// Whatever the names, so much text fits in a line.
const LEAST_ROOM: usize = 100;

/// Bytes of a quoted text.
const QUOTED: usize = 40;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_cut_after_spaces_and_between_characters() {
        for (text, room, pieces) in [
            ("a", 10, vec![("a", false)]),
            ("a\nb", 10, vec![("a", false), ("b", false)]),
            (
                "hello big world",
                10,
                vec![("hello big ", false), ("world", true)],
            ),
            (
                "aaaaaaaaaaaa",
                10,
                vec![("aaaaaaaaaa", false), ("aa", true)],
            ),
            ("ääääää", 5, vec![("ää", false), ("ää", true), ("ää", true)]),
            ("a\n\nb", 10, vec![("a", false), ("", false), ("b", false)]),
        ] {
            let got: Vec<(String, bool)> = cut(text, room)
                .into_iter()
                .map(|p| (p.text, p.goes_on))
                .collect();
            let want: Vec<(String, bool)> =
                pieces.into_iter().map(|(t, g)| (t.to_owned(), g)).collect();
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn quotes_are_short() {
        assert_eq!(quote("a\nb"), "a b");
        assert_eq!(quote(&"ä".repeat(30)), format!("{}…", "ä".repeat(20)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn pieces_join_to_the_text(text in "[a-z \näö💥]{0,80}", room in 1_usize..20) {
            let mut joined = String::new();
            for (at, piece) in cut(&text, room).into_iter().enumerate() {
                prop_assert!(piece.text.len() <= room.max(4));
                if at > 0 && !piece.goes_on {
                    joined.push('\n');
                }
                joined.push_str(&piece.text);
            }
            prop_assert_eq!(joined, text);
        }
    }
}
