//! What is looked for, in every form in which it could lie in a heap of bytes, and the looking.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What a needle is of; each place has its own list of kinds that may not lie in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Presence secrets, private keys, ratchets, passwords.
    Secret,
    /// What an invite link proves.
    Token,
    /// A nickname of anybody's, of this window or beside it.
    Nick,
    /// What people wrote to each other, and their words to a status.
    Text,
    /// The number of a presence secret.
    Epoch,
    /// Public keys: who somebody is.
    Key,
    /// Addresses, names, notes.
    Person,
}

/// One thing that may not be found.
#[derive(Clone, Debug)]
pub struct Needle {
    pub kind: Kind,
    /// Whose it is, and what: for the failure message, which must not print the thing itself.
    pub what: String,
    forms: Vec<(String, Vec<u8>)>,
}

/// A needle was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub kind: Kind,
    pub what: String,
    pub form: String,
}

impl Needle {
    /// Bytes, such as a key.
    pub fn bytes(kind: Kind, what: &str, bytes: &[u8]) -> Self {
        let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>();
        let mut forms = encoded(bytes);
        forms.push(("raw".to_owned(), bytes.to_vec()));
        forms.push(("list".to_owned(), list.join(",").into_bytes()));
        forms.push(("spaced list".to_owned(), list.join(", ").into_bytes()));
        Self::of(kind, what, forms)
    }

    /// A text, found whatever its case is.
    pub fn text(kind: Kind, what: &str, text: &str) -> Self {
        let mut forms = encoded(text.as_bytes());
        let quoted = quoted_printable(text);
        if quoted != text {
            forms.push(("quoted-printable".to_owned(), quoted.into_bytes()));
        }
        forms.push(("raw".to_owned(), text.as_bytes().to_vec()));
        forms.push(("lower case".to_owned(), text.to_lowercase().into_bytes()));
        let reversed: String = text.to_lowercase().chars().rev().collect();
        forms.push(("reversed".to_owned(), reversed.into_bytes()));
        Self::of(kind, what, forms)
    }

    /// A number, in decimal digits and as CBOR writes it.
    pub fn number(kind: Kind, what: &str, number: u64) -> Self {
        let mut forms = encoded(number.to_string().as_bytes());
        forms.push(("decimal".to_owned(), number.to_string().into_bytes()));
        let cbor = match u32::try_from(number) {
            Ok(short) => [&[0x1a], short.to_be_bytes().as_slice()].concat(),
            Err(_) => [&[0x1b], number.to_be_bytes().as_slice()].concat(),
        };
        forms.push(("CBOR".to_owned(), cbor));
        Self::of(kind, what, forms)
    }

    fn of(kind: Kind, what: &str, mut forms: Vec<(String, Vec<u8>)>) -> Self {
        // Shorter ones would be found by chance.
        forms.retain(|(_, bytes)| bytes.len() >= 5);
        assert!(!forms.is_empty(), "{what} is too short to be looked for");
        Self {
            kind,
            what: what.to_owned(),
            forms,
        }
    }

    /// The forms that are looked for, each with its name.
    pub fn forms(&self) -> &[(String, Vec<u8>)] {
        &self.forms
    }
}

/// Hexadecimal and base64; of base64 what is the same whatever stands before and behind.
fn encoded(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        ("HEX".to_owned(), hex.to_uppercase().into_bytes()),
        ("hex".to_owned(), hex.into_bytes()),
    ];
    for (name, engine) in [
        ("base64", &STANDARD_NO_PAD),
        ("base64url", &URL_SAFE_NO_PAD),
    ] {
        for before in 0..3 {
            let whole = engine.encode([vec![0; before], bytes.to_vec()].concat());
            let from = (before * 8).div_ceil(6);
            let to = (before + bytes.len()) * 8 / 6;
            // Eight characters at least: less is found by chance in what is sealed.
            if to >= from + 8 {
                let form = whole.as_bytes()[from..to].to_vec();
                forms.push((format!("{name}, {before} before"), form));
            }
        }
    }
    forms
}

fn quoted_printable(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'=' => "=3D".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("={byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// All needles, ready to be looked for in one walk.
pub struct Search<'a> {
    needles: &'a [Needle],
    /// By its first four bytes: the needle and the form.
    starts: HashMap<[u8; 4], Vec<(usize, usize)>>,
}

impl<'a> Search<'a> {
    pub fn new(needles: &'a [Needle]) -> Self {
        let mut starts: HashMap<[u8; 4], Vec<(usize, usize)>> = HashMap::new();
        for (n, needle) in needles.iter().enumerate() {
            for (f, (_, bytes)) in needle.forms.iter().enumerate() {
                let start = bytes[..4].try_into().unwrap();
                starts.entry(start).or_default().push((n, f));
            }
        }
        Self { needles, starts }
    }

    /// What lies in these bytes: as they are, and with each usual wrapping undone.
    pub fn find(&self, hay: &[u8]) -> BTreeSet<Found> {
        let mut found = BTreeSet::new();
        for view in views(hay) {
            self.walk(&view, &mut found);
        }
        found
    }

    fn walk(&self, hay: &[u8], found: &mut BTreeSet<Found>) {
        for at in 0..hay.len().saturating_sub(3) {
            let start: [u8; 4] = hay[at..at + 4].try_into().unwrap();
            let Some(candidates) = self.starts.get(&start) else {
                continue;
            };
            for (n, f) in candidates {
                let needle = &self.needles[*n];
                let (form, bytes) = &needle.forms[*f];
                if hay[at..].starts_with(bytes) {
                    found.insert(Found {
                        kind: needle.kind,
                        what: needle.what.clone(),
                        form: form.clone(),
                    });
                }
            }
        }
    }
}

/// The bytes, in lower case, without line ends, with quoted-printable undone, and all base64 in them undone.
fn views(hay: &[u8]) -> Vec<Vec<u8>> {
    let joined: Vec<u8> = hay
        .iter()
        .copied()
        .filter(|b| *b != b'\r' && *b != b'\n')
        .collect();
    let mut views = vec![
        hay.to_vec(),
        hay.to_ascii_lowercase(),
        unquoted(hay),
        unwrapped(hay, &STANDARD),
    ];
    if joined.len() < hay.len() {
        views.push(unwrapped(&joined, &STANDARD));
        views.push(joined);
    }
    views
}

fn unquoted(hay: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = hay;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'=');
        let byte = digits.and_then(|d| u8::from_str_radix(std::str::from_utf8(d).ok()?, 16).ok());
        match (byte, after) {
            (Some(byte), _) => {
                out.push(byte);
                rest = &after[2..];
            }
            (None, [b'\r', b'\n', behind @ ..] | [b'\n', behind @ ..]) if *first == b'=' => {
                rest = behind;
            }
            (None, _) => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// Every run of base64 decoded, from each of its first four characters on.
fn unwrapped(hay: &[u8], engine: &GeneralPurpose) -> Vec<u8> {
    let plain = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    let hay: Vec<u8> = hay.iter().map(plain).collect();
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || *b == b'+' || *b == b'/';
    let mut out = Vec::new();
    for run in hay.split(|b| !is_base64(b)).filter(|run| run.len() >= 16) {
        for from in 0..4 {
            let whole = (run.len() - from) / 4 * 4;
            out.extend(engine.decode(&run[from..from + whole]).unwrap_or_default());
            out.push(b'\n');
        }
    }
    out
}

#[test]
fn needles_are_found_however_they_are_wrapped() {
    let needles = [
        Needle::bytes(Kind::Secret, "a key", &[0xfb; 32]),
        Needle::text(Kind::Text, "a text", "grüße = alles"),
        Needle::number(Kind::Epoch, "an epoch", 1_795_258_177),
    ];
    let search = Search::new(&needles);
    let noise = "Some words before, and some behind: nothing to be found. ".repeat(3);
    assert!(search.find(noise.as_bytes()).is_empty());
    for needle in &needles {
        for (form, bytes) in needle.forms() {
            let hay = [noise.as_bytes(), bytes, noise.as_bytes()].concat();
            let found = search.find(&hay);
            let it = found.iter().any(|f| f.what == needle.what);
            assert!(it, "{} as {form}: {found:?}", needle.what);
            // In a part of a mail, folded; at any place in what is encoded.
            for before in 0..3 {
                let inner = [&noise.as_bytes()[..30 + before], bytes, noise.as_bytes()].concat();
                let text = STANDARD.encode(inner);
                let lines: Vec<&str> = (0..text.len())
                    .step_by(76)
                    .map(|at| &text[at..text.len().min(at + 76)])
                    .collect();
                let found = search.find(format!("\r\n\r\n{}\r\n", lines.join("\r\n")).as_bytes());
                let it = found.iter().any(|f| f.what == needle.what);
                assert!(it, "{} as {form}, in base64: {found:?}", needle.what);
            }
        }
    }
}
