//! Pieces of frames from many nicks: what is put together is what was cut, and memory has its bounds.
//!
//! The input is a game: who sends what, in which order, what is lost, and how the clock goes.
#![no_main]

use std::collections::BTreeMap;

use iim::protocol::irc_form::{Assembler, MAX_PIECES, MAX_WAITING, pieces};
use iim::protocol::part::Sealed;
use iim::protocol::time::Seconds;
use libfuzzer_sys::fuzz_target;

/// A letter on its way: from whom, what, and its pieces.
struct Sending {
    nick: String,
    sealed: Sealed,
    lines: Vec<String>,
}

fuzz_target!(|bytes: &[u8]| {
    let mut game = bytes;
    let mut assembler = Assembler::default();
    let mut sendings: Vec<Sending> = Vec::new();
    let (mut now, mut floods) = (Seconds(1_000), 100);
    while let Some((&act, rest)) = game.split_first() {
        game = rest;
        match act % 6 {
            0 if sendings.len() < 16 => sendings.extend(begin(&mut game, &sendings)),
            0 => {}
            1 | 2 => {
                let (Some(which), Some(piece)) = (byte(&mut game), byte(&mut game)) else {
                    break;
                };
                let Some(sending) = at(&sendings, which) else {
                    continue;
                };
                let Some(line) = at(&sending.lines, piece) else {
                    continue;
                };
                let heard = assembler.hear(&sending.nick, line, now);
                check(heard, &sending.nick, &sendings);
            }
            3 => now.0 += u64::from(byte(&mut game).unwrap_or(0)),
            4 => {
                // A stranger's words, whatever they are. (Their nick is nobody's who sends letters here.)
                let length = usize::from(byte(&mut game).unwrap_or(0)).min(game.len());
                let (words, rest) = game.split_at(length);
                game = rest;
                let text = String::from_utf8_lossy(words);
                if let Some(sealed) = assembler.hear("eve", &text, now) {
                    assert!(!sealed.prekey);
                }
            }
            _ => flood(
                &mut assembler,
                &mut floods,
                byte(&mut game).unwrap_or(0),
                now,
            ),
        }
        assert!(
            assembler.memory() <= MAX_WAITING,
            "{} bytes wait",
            assembler.memory()
        );
    }
    if let Some(sending) = sendings.last() {
        alone(sending, bytes);
    }
    assembler.sweep(Seconds(now.0 + 121));
    assert_eq!(
        assembler.memory(),
        0,
        "nothing waits for more than two minutes"
    );
});

/// Cuts a new letter of the size and for the room that the input says.
fn begin(game: &mut &[u8], before: &[Sending]) -> Option<Sending> {
    let (nick, size, room) = (byte(game)?, byte(game)?, byte(game)?);
    let (nick, number) = (format!("nick{}", nick % 5), before.len());
    let size = usize::from(size) * 4;
    let sealed = Sealed {
        prekey: false,
        ciphertext: (0..size).map(|i| (i % 253 + number) as u8).collect(),
    };
    // Two nicks may well have chosen the same tag; one does not choose it twice.
    let of_nick = before.iter().filter(|sending| sending.nick == nick).count();
    let tag = format!("tag{of_nick:05}");
    let lines = pieces(&sealed, &tag, 19 + usize::from(room) * 2).ok()?;
    assert!(!lines.is_empty() && lines.len() <= MAX_PIECES);
    assert!(
        lines
            .iter()
            .all(|line| line.len() <= 19 + usize::from(room) * 2)
    );
    Some(Sending {
        nick,
        sealed,
        lines,
    })
}

/// What comes out was sent by that nick.
fn check(heard: Option<Sealed>, nick: &str, sendings: &[Sending]) {
    if let Some(sealed) = heard {
        assert!(!sealed.prekey);
        let known = sendings
            .iter()
            .any(|s| s.nick == nick && s.sealed == sealed);
        assert!(known, "{nick} did not send what was put together");
    }
}

/// A letter whose pieces all come, in any order and some twice, is put together once.
fn alone(sending: &Sending, rng: &[u8]) {
    let mut order: BTreeMap<(u8, usize), &String> = BTreeMap::new();
    for (i, line) in sending.lines.iter().enumerate() {
        order.insert((rng.get(i).copied().unwrap_or(0), i), line);
    }
    let mut assembler = Assembler::default();
    let twice = sending.lines.len() > 1;
    let mut whole = Vec::new();
    let first = order.values().next().copied().filter(|_| twice);
    for line in first.into_iter().chain(order.values().copied()) {
        whole.extend(assembler.hear(&sending.nick.to_uppercase(), line, Seconds(7)));
    }
    assert_eq!(whole, [sending.sealed.clone()]);
    assert_eq!(assembler.memory(), 0);
}

/// Many nicks begin letters that never end.
fn flood(assembler: &mut Assembler, count: &mut usize, size: u8, now: Seconds) {
    // Most are short, for speed; the longest soon reach the bound.
    let length = if size > 250 {
        2_000
    } else {
        usize::from(size) / 8 + 1
    };
    let piece = "A".repeat(length);
    for _ in 0..4 {
        *count += 1;
        let (nick, line) = (
            *count % 97,
            format!("iim1 flood{:03} 2/8 {piece}", *count % 1000),
        );
        assert_eq!(assembler.hear(&format!("flood{nick}"), &line, now), None);
    }
}

fn byte(game: &mut &[u8]) -> Option<u8> {
    let (&first, rest) = game.split_first()?;
    *game = rest;
    Some(first)
}

fn at<T>(list: &[T], which: u8) -> Option<&T> {
    list.get(usize::from(which).checked_rem(list.len())?)
}
