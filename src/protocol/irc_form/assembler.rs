//! Puts the pieces of frames together again, in whatever order they come, within bounds.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{Piece, open};
use crate::protocol::part::Sealed;
use crate::protocol::time::Seconds;

/// The letters of which pieces are still missing, the oldest first.
///
/// ```text
/// first piece -> waiting -> last piece     -> the letter
///                        -> contradiction  -> dropped
///                        -> 120 s          -> dropped
///                        -> no room left   -> dropped, the oldest first
/// ```
#[derive(Debug, Default)]
pub struct Assembler {
    waiting: Vec<Partial>,
}

#[derive(Debug)]
struct Partial {
    nick: String,
    tag: String,
    since: Seconds,
    pieces: Vec<Option<String>>,
}

/// How long a letter may lack pieces.
const PATIENCE: Duration = Duration::from_mins(2);
/// The most unfinished letters from one nick.
const PER_NICK: usize = 4;
/// The most memory of all unfinished letters, in bytes.
pub const MAX_WAITING: usize = 256 * 1024;

impl Assembler {
    /// Takes the text of a PRIVMSG from a nick; gives the letter when it was the last piece missing.
    ///
    /// What is no frame or no well-formed one has no effect.
    pub fn hear(&mut self, nick: &str, text: &str, now: Seconds) -> Option<Sealed> {
        self.part(nick, text, now).and_then(|part| open(&part))
    }

    /// The same, with the bytes of the part, whatever it is.
    pub fn part(&mut self, nick: &str, text: &str, now: Seconds) -> Option<Vec<u8>> {
        self.sweep(now);
        let piece = Piece::parse(text)?;
        if piece.n == 1 {
            return STANDARD_NO_PAD.decode(piece.base64).ok();
        }
        let nick = nick.to_ascii_lowercase();
        let place = match self.place_of(&nick, &piece.tag) {
            Some(place) => place,
            None => self.begin(nick, &piece, now),
        };
        match self.waiting.get_mut(place)?.take(piece) {
            Taken::Waiting => {}
            Taken::Contradiction => drop(self.waiting.remove(place)),
            Taken::Whole => {
                return STANDARD_NO_PAD
                    .decode(self.waiting.remove(place).join())
                    .ok();
            }
        }
        self.make_room();
        None
    }

    /// Drops what has lacked pieces for more than two minutes.
    pub fn sweep(&mut self, now: Seconds) {
        self.waiting
            .retain(|partial| now.since(partial.since) <= PATIENCE);
    }

    /// About how much memory the unfinished letters take, in bytes: at most [`MAX_WAITING`].
    pub fn memory(&self) -> usize {
        self.waiting.iter().map(Partial::size).sum()
    }

    fn place_of(&self, nick: &str, tag: &str) -> Option<usize> {
        let same = |partial: &Partial| partial.nick == nick && partial.tag == tag;
        self.waiting.iter().position(same)
    }

    fn begin(&mut self, nick: String, piece: &Piece, now: Seconds) -> usize {
        let of_nick = |partial: &Partial| partial.nick == nick;
        if self.waiting.iter().filter(|p| of_nick(p)).count() >= PER_NICK
            && let Some(oldest) = self.waiting.iter().position(of_nick)
        {
            drop(self.waiting.remove(oldest));
        }
        self.waiting.push(Partial {
            nick,
            tag: piece.tag.clone(),
            since: now,
            pieces: vec![None; piece.n],
        });
        self.waiting.len().saturating_sub(1)
    }

    fn make_room(&mut self) {
        while self.memory() > MAX_WAITING {
            drop(self.waiting.remove(0));
        }
    }
}

enum Taken {
    Waiting,
    Whole,
    Contradiction,
}

impl Partial {
    fn take(&mut self, piece: Piece) -> Taken {
        if self.pieces.len() != piece.n {
            return Taken::Contradiction;
        }
        match self.pieces.get_mut(piece.k.saturating_sub(1)) {
            Some(place @ None) => *place = Some(piece.base64),
            Some(Some(there)) if *there == piece.base64 => {}
            Some(Some(_)) | None => return Taken::Contradiction,
        }
        if self.pieces.iter().all(Option::is_some) {
            Taken::Whole
        } else {
            Taken::Waiting
        }
    }

    fn join(self) -> String {
        self.pieces.into_iter().flatten().collect()
    }

    /// About what it takes in memory.
    fn size(&self) -> usize {
        let texts: usize = self.pieces.iter().flatten().map(|p| p.len()).sum();
        let frame = self.pieces.len().saturating_mul(32).saturating_add(128);
        texts.saturating_add(self.nick.len()).saturating_add(frame)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "tests"
    )]
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::irc_form::pieces;

    fn letter(size: usize) -> Sealed {
        Sealed {
            prekey: false,
            ciphertext: (0..size).map(|i| u8::try_from(i % 251).unwrap()).collect(),
        }
    }

    fn lines(tag: &str) -> Vec<String> {
        let lines = pieces(&letter(700), tag, 300).unwrap();
        assert_eq!(lines.len(), 4);
        lines
    }

    fn hear_all<'a>(
        assembler: &mut Assembler,
        lines: impl IntoIterator<Item = &'a String>,
    ) -> Vec<Sealed> {
        let lines = lines.into_iter();
        lines
            .filter_map(|line| assembler.hear("bob", line, Seconds(0)))
            .collect()
    }

    #[test]
    fn pieces_may_come_in_any_order_and_twice() {
        let mut assembler = Assembler::default();
        let lines = lines("aaaaaaaa");
        let order = [3, 1, 1, 0, 3, 2].map(|i| &lines[i]);
        assert_eq!(hear_all(&mut assembler, order), [letter(700)]);
        assert!(assembler.waiting.is_empty());
    }

    #[test]
    fn letters_of_two_nicks_or_tags_do_not_mix() {
        let mut assembler = Assembler::default();
        let (a, b) = (lines("aaaaaaaa"), lines("bbbbbbbb"));
        for i in 0..3 {
            assert_eq!(assembler.hear("bob", &a[i], Seconds(0)), None);
            assert_eq!(assembler.hear("BOB", &b[i], Seconds(0)), None);
        }
        assert_eq!(assembler.hear("eve", &a[3], Seconds(0)), None);
        assert_eq!(assembler.hear("Bob", &a[3], Seconds(0)), Some(letter(700)));
        assert_eq!(assembler.hear("bob", &b[3], Seconds(0)), Some(letter(700)));
    }

    #[test]
    fn a_contradiction_ends_the_letter() {
        let mut assembler = Assembler::default();
        let lines = lines("aaaaaaaa");
        for bad in ["iim1 aaaaaaaa 2/5 AAAA", "iim1 aaaaaaaa 1/4 AAAA"] {
            assert_eq!(hear_all(&mut assembler, &lines[..2]), []);
            assert_eq!(assembler.hear("bob", bad, Seconds(0)), None);
            assert!(assembler.waiting.is_empty(), "{bad}");
        }
    }

    #[test]
    fn patience_ends_after_two_minutes() {
        let mut assembler = Assembler::default();
        let lines = lines("aaaaaaaa");
        assert_eq!(hear_all(&mut assembler, &lines[..3]), []);
        assembler.sweep(Seconds(120));
        assert_eq!(assembler.waiting.len(), 1);
        assert_eq!(assembler.hear("bob", &lines[3], Seconds(121)), None);
        assert_eq!(assembler.waiting[0].since, Seconds(121));
    }

    #[test]
    fn a_fifth_letter_pushes_out_the_oldest_of_its_nick() {
        let mut assembler = Assembler::default();
        let tags = ["aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd", "eeeeeeee"];
        assembler.hear("eve", "iim1 zzzzzzzz 1/2 AAAA", Seconds(0));
        for tag in tags {
            assert_eq!(hear_all(&mut assembler, &lines(tag)[..3]), []);
        }
        assert_eq!(assembler.waiting.len(), 5);
        assert_eq!(
            assembler.hear("bob", &lines("aaaaaaaa")[3], Seconds(0)),
            None
        );
        assert_eq!(
            assembler.hear("bob", &lines("eeeeeeee")[3], Seconds(0)),
            Some(letter(700))
        );
    }

    #[test]
    fn ten_thousand_never_ending_letters_stay_within_bounds() {
        let mut assembler = Assembler::default();
        for i in 0..10_000 {
            let line = format!("iim1 {i:08} 1/8 {}", "A".repeat(i % 3000 + 1));
            assert_eq!(
                assembler.hear(&format!("nick{}", i % 4000), &line, Seconds(0)),
                None
            );
        }
        assert!(assembler.memory() <= MAX_WAITING);
    }

    #[test]
    fn memory_is_counted_and_used_to_the_last_byte() {
        let mut assembler = Assembler::default();
        // Text, nick, 32 for each piece, 128 for the letter.
        assembler.hear("bob", "iim1 aaaaaaaa 1/2 AAAA", Seconds(0));
        assert_eq!(assembler.memory(), 4 + 3 + 64 + 128);
        assembler.hear("bob", "iim1 bbbbbbbb 1/3 AAAAAAAA", Seconds(0));
        assert_eq!(assembler.memory(), 199 + 8 + 3 + 96 + 128);
        for (size, left) in [(262_144, 1), (262_145, 0)] {
            assembler.waiting = vec![Partial {
                nick: "n".repeat(size - 128),
                tag: String::new(),
                since: Seconds(0),
                pieces: Vec::new(),
            }];
            assembler.make_room();
            assert_eq!(assembler.waiting.len(), left, "{size}");
        }
    }

    #[test]
    fn a_pre_key_message_is_not_taken() {
        let mut assembler = Assembler::default();
        // [1, 0, h'010203']
        assert_eq!(
            assembler.hear("bob", "iim1 abcdef12 1/1 gwEAQwECAw", Seconds(0)),
            None
        );
        assert!(
            assembler
                .hear("bob", "iim1 abcdef12 1/1 gwEBQwECAw", Seconds(0))
                .is_some()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_cut_is_joined(size in 0_usize..1500, room in 280_usize..500) {
            let mut assembler = Assembler::default();
            let lines = pieces(&letter(size), "abcdef12", room).unwrap();
            prop_assert_eq!(hear_all(&mut assembler, lines.iter().rev()), [letter(size)]);
        }

        #[test]
        fn no_text_panics(texts in prop::collection::vec("(iim1 [a-b]{8} [0-9]/[0-9] [A-D=]{0,9}|\\PC{0,20})", 0..20)) {
            let mut assembler = Assembler::default();
            for text in texts {
                let _ = assembler.hear("bob", &text, Seconds(0));
            }
        }
    }
}
