//! Each place where bytes of the story can be seen, and the kinds of things that must not lie there.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;

use iim::protocol::mail_form;
use iim::protocol::part::{Part, Sealed};

use crate::capture::{CAPTURE, PASSWORD};
use crate::needles::{Found, Kind, Needle, Search};

/// Who reads IRC must learn nothing at all but nicknames.
const ON_IRC: &[Kind] = &[
    Kind::Secret,
    Kind::Token,
    Kind::Text,
    Kind::Epoch,
    Kind::Key,
    Kind::Person,
];
/// Addresses and names stand in the head of a mail; public keys in requests and pre-key messages.
const IN_MAILS: &[Kind] = &[
    Kind::Secret,
    Kind::Token,
    Kind::Nick,
    Kind::Text,
    Kind::Epoch,
];
/// A log names friends, and nothing else.
const IN_LOGS: &[Kind] = &[
    Kind::Secret,
    Kind::Token,
    Kind::Nick,
    Kind::Text,
    Kind::Epoch,
    Kind::Key,
];
/// What a command prints for its user is for them; but these are for nobody.
const PRINTED: &[Kind] = &[Kind::Secret, Kind::Nick];

/// All that lies in a place, each piece with its name.
struct Heap {
    place: &'static str,
    forbidden: &'static [Kind],
    pieces: Vec<(String, Vec<u8>)>,
}

fn needles(forbidden: &[Kind]) -> Vec<Needle> {
    let of_kind = |needle: &&Needle| forbidden.contains(&needle.kind);
    CAPTURE.needles.iter().filter(of_kind).cloned().collect()
}

impl Heap {
    #[track_caller]
    fn assert_clean(&self) {
        let needles = needles(self.forbidden);
        let search = Search::new(&needles);
        let bytes: usize = self.pieces.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(bytes > 0, "{} is empty", self.place);
        println!("{}: {bytes} bytes, {} needles", self.place, needles.len());
        for (name, bytes) in &self.pieces {
            let found = search.find(bytes);
            assert!(found.is_empty(), "{}, {name}: {found:#?}", self.place);
        }
        self.assert_would_be_found(&needles, &search);
    }

    /// The same look finds each needle in each of its forms when it is put into the middle of this heap.
    fn assert_would_be_found(&self, needles: &[Needle], search: &Search<'_>) {
        // All forms of some in one copy: a walk for each alone would take minutes.
        let (_, piece) = self
            .pieces
            .iter()
            .max_by_key(|(_, bytes)| bytes.len())
            .unwrap();
        let (before, behind) = piece.split_at(piece.len() / 2);
        for some in needles.chunks(50) {
            let planted = some.iter().flat_map(Needle::forms);
            let planted = planted.flat_map(|(_, bytes)| [b"\n\n", bytes.as_slice()].concat());
            let planted: Vec<u8> = planted.collect();
            let found = search.find(&[before, &planted, b"\n\n", behind].concat());
            let found: BTreeSet<(&str, &str)> = found
                .iter()
                .map(|f: &Found| (f.what.as_str(), f.form.as_str()))
                .collect();
            for needle in some {
                for (form, _) in needle.forms() {
                    let it = found.contains(&(needle.what.as_str(), form.as_str()));
                    assert!(
                        it,
                        "{}: {} as {form} was not found",
                        self.place, needle.what
                    );
                }
            }
        }
    }
}

/// The second network wants a password: it goes to the server in PASS, and nowhere else.
fn without_pass(bytes: &[u8]) -> Vec<u8> {
    let pass = format!("PASS :{PASSWORD}\r\n");
    match bytes.strip_prefix(pass.as_bytes()) {
        Some(rest) => rest.to_vec(),
        None => bytes.to_vec(),
    }
}

#[test]
fn irc_carries_nothing_in_clear() {
    let mut pieces: Vec<(String, Vec<u8>)> = Vec::new();
    for stream in &CAPTURE.irc {
        pieces.push((stream.name.clone(), without_pass(&stream.bytes)));
        for (number, frame) in frames(&stream.bytes).into_iter().enumerate() {
            pieces.push((format!("{}, frame {number}", stream.name), frame));
        }
    }
    let heap = Heap {
        place: "IRC",
        forbidden: ON_IRC,
        pieces,
    };
    heap.assert_clean();
}

/// The base64 of each frame of a stream, its pieces joined.
fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let mut frames: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| line.contains("PRIVMSG")) {
        let Some((head, frame)) = line.split_once("iim1 ") else {
            continue;
        };
        let to = head
            .split_whitespace()
            .find(|w| *w != "PRIVMSG")
            .unwrap_or_default();
        let mut words = frame.split(' ');
        let (tag, _, base64) = (words.next().unwrap(), words.next(), words.next().unwrap());
        let key = format!("{to} {tag}");
        match frames.iter_mut().find(|(known, _)| *known == key) {
            Some((_, whole)) => whole.push_str(base64),
            None => frames.push((key, base64.to_owned())),
        }
    }
    frames
        .into_iter()
        .map(|(_, base64)| base64.into_bytes())
        .collect()
}

/// "A pre-key message MUST NOT go over IRC: it shows the sender's identity key in clear" (our specification, 4.4).
#[test]
fn every_frame_on_irc_is_an_ordinary_message() {
    use base64::Engine as _;
    let mut count = 0;
    let mut lines = 0;
    for stream in CAPTURE.irc.iter().filter(|stream| stream.from_agent) {
        lines += String::from_utf8_lossy(&stream.bytes)
            .matches("PRIVMSG")
            .count();
        for frame in frames(&stream.bytes) {
            let part = base64::engine::general_purpose::STANDARD_NO_PAD
                .decode(frame)
                .unwrap();
            let sealed = Sealed::decode(&part).unwrap();
            assert!(!sealed.prekey, "{}", stream.name);
            count += 1;
        }
    }
    assert!(
        count >= 8 && lines > count,
        "{count} frames, {lines} lines: some of several pieces"
    );
}

/// Nothing that a person or program could read in the lines around the frames either.
#[test]
fn agents_say_only_what_the_protocol_needs() {
    for stream in CAPTURE.irc.iter().filter(|stream| stream.from_agent) {
        for line in String::from_utf8_lossy(&stream.bytes).lines() {
            let command = line.split(' ').next().unwrap();
            let known = [
                "PASS", "CAP", "NICK", "USER", "MODE", "ISON", "MONITOR", "PRIVMSG", "PING",
                "PONG", "QUIT", "TIME",
            ];
            assert!(known.contains(&command), "{}: {line}", stream.name);
            let frame = line.split_once(" :").map_or("", |(_, text)| text);
            assert!(command != "PRIVMSG" || frame.starts_with("iim1 "), "{line}");
        }
    }
}

#[test]
fn mails_hold_no_nick_secret_or_text() {
    let pieces = CAPTURE.mails.iter().enumerate();
    let pieces = pieces.map(|(number, mail)| (format!("mail {number}"), mail.bytes.clone()));
    Heap {
        place: "mails",
        forbidden: IN_MAILS,
        pieces: pieces.collect(),
    }
    .assert_clean();
}

/// What is sealed shows nothing at all; only a pre-key message shows the keys it is opened with.
#[test]
fn sealed_parts_show_nothing() {
    let mut pieces = Vec::new();
    let mut with_keys = 0;
    for (number, mail) in CAPTURE.mails.iter().enumerate() {
        let Part::Sealed(sealed) = mail_form::read(&mail.bytes).unwrap().part else {
            continue;
        };
        match sealed.prekey {
            true => with_keys += 1,
            false => pieces.push((format!("sealed mail {number}"), sealed.ciphertext)),
        }
    }
    assert!(with_keys >= 2, "{with_keys}");
    Heap {
        place: "sealed parts",
        forbidden: ON_IRC,
        pieces,
    }
    .assert_clean();
}

#[test]
fn logs_hold_nothing_secret() {
    let mut pieces = CAPTURE.logs.clone();
    for (args, out) in &CAPTURE.said {
        pieces.push((
            format!("errors of iim {}", args.join(" ")),
            out.stderr.clone(),
        ));
    }
    Heap {
        place: "logs and errors",
        forbidden: IN_LOGS,
        pieces,
    }
    .assert_clean();
}

#[test]
fn commands_print_no_secret() {
    let pieces = CAPTURE.said.iter();
    let pieces = pieces.map(|(args, out)| (format!("iim {}", args.join(" ")), out.stdout.clone()));
    Heap {
        place: "stdout",
        forbidden: PRINTED,
        pieces: pieces.collect(),
    }
    .assert_clean();
}

#[test]
fn other_users_see_nothing_in_the_list_of_processes() {
    let sight = &CAPTURE.sight;
    let all = |what: &str, them: &BTreeSet<Vec<u8>>| {
        (
            what.to_owned(),
            them.iter().flatten().copied().chain(*b"\n").collect(),
        )
    };
    let pieces = vec![
        all("arguments", &sight.arguments),
        all("environments", &sight.environments),
        all("open files", &sight.files),
    ];
    let seen = |word: &[u8]| {
        sight
            .arguments
            .iter()
            .any(|a| a.windows(word.len()).any(|w| w == word))
    };
    for program in ["agent", "told", "sendmail", "say", "deliver"] {
        assert!(seen(program.as_bytes()), "never seen: {program}");
    }
    Heap {
        place: "processes",
        forbidden: IN_LOGS,
        pieces,
    }
    .assert_clean();
}

#[test]
fn file_names_tell_nothing() {
    let bytes = CAPTURE
        .names
        .iter()
        .flat_map(|path| [path.as_os_str().as_bytes(), b"\n"].concat());
    let pieces = vec![("the accounts' homes".to_owned(), bytes.collect())];
    Heap {
        place: "file names",
        forbidden: IN_LOGS,
        pieces,
    }
    .assert_clean();
}
