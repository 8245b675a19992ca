//! Records that are written, cut short, and tampered with.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "tests"
)]

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::edge::seal::{RecordKey, verify};

struct Scene {
    _folder: tempfile::TempDir,
    path: PathBuf,
    key: RecordKey,
    head: Place,
}

fn text(number: u64) -> Map<String, Value> {
    let line = json!({"what": "text", "row": number, "text": format!("text {number}")});
    line.as_object().unwrap().clone()
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record");
        let key = RecordKey::generate();
        let (bytes, head) = begun("alice@example.org", key.public(), "then", |it| key.sign(it));
        fs::write(&path, bytes).unwrap();
        Self {
            _folder: folder,
            path,
            key,
            head,
        }
    }

    fn expected(&self) -> Expected<'_> {
        Expected {
            key: Some(self.key.public()),
            known: Some(&self.head),
            verify,
        }
    }

    /// Opens it; which rows it holds.
    fn open(&self) -> Result<(Record, Vec<u64>), RecordError> {
        let mut rows = Vec::new();
        let note = |line: &Map<String, Value>| rows.push(line["row"].as_u64().unwrap());
        let record = Record::open(&self.path, &self.expected(), note)?;
        Ok((record, rows))
    }

    /// Writes what is not there of so many texts, as a run does.
    fn write(&mut self, texts: u64) {
        let (mut record, rows) = self.open().unwrap();
        let new = (1..=texts)
            .filter(|number| !rows.contains(number))
            .map(text);
        let key = &self.key;
        self.head = record
            .append(new.collect(), "now", |it| key.sign(it))
            .unwrap();
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    /// What anybody finds who has nothing but the file.
    fn verified(&self, bytes: &[u8]) -> Scan {
        let nothing = Expected {
            key: None,
            known: None,
            verify,
        };
        scan(bytes, &nothing, |_| ()).unwrap()
    }
}

#[test]
fn what_is_appended_fits() {
    let mut scene = Scene::new();
    for (texts, lines) in [(0, 3), (2, 6), (5, 10)] {
        scene.write(texts);
        let found = scene.verified(&scene.bytes());
        assert_eq!((found.fault, found.said), (None, texts), "{texts}");
        assert_eq!(found.head, Some(scene.head.clone()));
        assert_eq!(scene.head.line, lines);
        assert_eq!(scene.head.offset, scene.bytes().len() as u64);
        assert_eq!(scene.open().unwrap().1, (1..=texts).collect::<Vec<_>>());
    }
}

#[test]
fn a_run_that_is_killed_anywhere_loses_and_doubles_nothing() {
    let mut scene = Scene::new();
    scene.write(2);
    let (before, known) = (scene.bytes(), scene.head.clone());
    scene.write(4);
    let after = scene.bytes();
    for length in before.len()..=after.len() {
        // Cut short, or with what the disk had not got as zeros.
        for tail in [0, after.len() - length] {
            let mut bytes = after[..length].to_vec();
            bytes.resize(length + tail, 0);
            fs::write(&scene.path, &bytes).unwrap();
            scene.head = known.clone();
            let is_whole = bytes == after || bytes == before;
            let found = scene.verified(&bytes);
            assert_eq!(found.fault.is_none(), is_whole, "{length} {tail}");
            scene.write(5);
            let found = scene.verified(&scene.bytes());
            assert_eq!((found.fault, found.said), (None, 5), "{length} {tail}");
            assert_eq!(scene.open().unwrap().1, [1, 2, 3, 4, 5], "{length} {tail}");
        }
    }
}

#[test]
fn the_first_line_that_does_not_fit_is_named() {
    let mut scene = Scene::new();
    scene.write(3);
    let good = String::from_utf8(scene.bytes()).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(lines.len(), 6);
    let without = |at: usize| {
        let rest = lines.iter().enumerate().filter(|(line, _)| *line != at);
        rest.map(|(_, line)| format!("{line}\n"))
            .collect::<String>()
    };
    let mut other = Scene::new();
    other.write(3);
    let others = String::from_utf8(other.bytes()).unwrap();
    for (case, bytes, fault) in [
        ("as it is", good.clone(), None),
        (
            "other words",
            good.replace("text 2", "text 9"),
            Some(Fault::Chain(5)),
        ),
        (
            "other words at last",
            good.replace("text 3", "text 9"),
            Some(Fault::Chain(6)),
        ),
        ("a line is gone", without(3), Some(Fault::Chain(4))),
        ("the last head is gone", without(5), Some(Fault::Open(5))),
        (
            "another signature",
            good.replace("now", "yesterday"),
            Some(Fault::Signature(6)),
        ),
        (
            "no end of line",
            good.trim_end().to_owned(),
            Some(Fault::Open(6)),
        ),
        (
            "a line more",
            format!("{good}{{}}\n"),
            Some(Fault::Chain(7)),
        ),
        ("no object", format!("{good}[]\n"), Some(Fault::Garbage(7))),
        ("no JSON", format!("{good}x\n"), Some(Fault::Garbage(7))),
        ("nothing", String::new(), Some(Fault::NoRecord)),
        ("another file", "hello\n".to_owned(), Some(Fault::NoRecord)),
        ("whole but another's", others, None),
    ] {
        assert_eq!(scene.verified(bytes.as_bytes()).fault, fault, "{case}");
        // Whoever knows what was signed goes on only with that, and leaves all else as it is.
        fs::write(&scene.path, &bytes).unwrap();
        let goes_on = matches!(case, "as it is" | "a line more" | "no object" | "no JSON");
        assert_eq!(scene.open().is_ok(), goes_on, "{case}");
        assert_eq!(scene.bytes(), bytes.as_bytes(), "{case}");
    }
}

#[test]
fn what_was_signed_is_missed() {
    let mut scene = Scene::new();
    scene.write(2);
    let early = scene.bytes();
    scene.write(4);
    fs::write(&scene.path, &early).unwrap();
    match scene.open().map(drop) {
        Err(RecordError::Shorter(line)) => assert_eq!(line, scene.head.line),
        other => panic!("{other:?}"),
    }
    // With the key somebody could write the same lines anew, and other words.
    let known = scene.head.clone();
    scene.head = Place::default();
    let mut record = Record::open(&scene.path, &scene.expected(), |_| ()).unwrap();
    let key = &scene.key;
    record
        .append(vec![text(8), text(9)], "now", |it| key.sign(it))
        .unwrap();
    drop(record);
    scene.head = known;
    match scene.open().map(drop) {
        Err(RecordError::Changed(fault)) => assert_eq!(fault, Fault::NotKnown(scene.head.line)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_run_writes_at_a_time() {
    let scene = Scene::new();
    let open = scene.open().unwrap();
    assert!(matches!(scene.open().map(drop), Err(RecordError::Busy)));
    drop(open);
    assert!(scene.open().is_ok());
}
