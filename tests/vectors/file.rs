//! A vector's file: fields, an empty line, the input.

use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) struct Vector {
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

/// The files of a folder, in the order of their names.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

impl Vector {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let end = bytes
            .windows(2)
            .position(|two| two == b"\n\n")
            .expect("an empty line");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let field = |line: &str| {
            let (name, value) = line.split_once(':').expect("name: value");
            let value = value.strip_prefix(' ').unwrap_or(value);
            (name.to_owned(), value.to_owned())
        };
        Self {
            fields: head.lines().map(field).collect(),
            body: bytes[end + 2..].to_vec(),
        }
    }

    /// Whether what came is what the vector expects.
    pub(crate) fn judge(&self, came: Result<(), String>) -> Result<(), String> {
        let expected = self.field("expect");
        match (expected.strip_prefix("error "), came) {
            (None, came) => came,
            (Some(_), Ok(())) => Err(format!("taken instead of {expected}")),
            (Some(error), Err(came)) if came == error => Ok(()),
            (Some(_), Err(came)) => Err(format!("{came} instead of {expected}")),
        }
    }

    pub(crate) fn field(&self, name: &str) -> &str {
        self.may(name).unwrap_or_else(|| panic!("no field {name}"))
    }

    pub(crate) fn may(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(n, _)| n == name)?;
        Some(value)
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        self.field(name).parse().unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        expanded(serde_json::from_str(self.field(name)).unwrap())
    }

    /// The input as bytes: hexadecimal lines, `61 * 5` for five times the byte 61.
    pub(crate) fn hex(&self) -> Vec<u8> {
        let lines = self.text().lines();
        lines
            .flat_map(|line| match line.split_once(" * ") {
                Some((byte, times)) => unhex(byte).repeat(times.parse().unwrap()),
                None => unhex(line),
            })
            .collect()
    }

    /// The input as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The input as a mail, with the line ends and the filling that the fields ask for.
    pub(crate) fn mail(&self) -> Vec<u8> {
        let mut text = self.text().to_owned();
        if let Some(count) = self.may("fill") {
            text = text.replace("@FILL@", &"A".repeat(count.parse().unwrap()));
        }
        if self.may("lines") == Some("crlf") {
            text = text.replace('\n', "\r\n");
        }
        text.into_bytes()
    }
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(pair).collect()
}

pub(crate) fn array<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().unwrap()
}

/// `{"repeat": "a", "times": 5}` is the text `aaaaa`.
fn expanded(value: Value) -> Value {
    let Value::Object(map) = value else {
        return value;
    };
    if let (Some(text), Some(times)) = (map.get("repeat"), map.get("times")) {
        let times = usize::try_from(times.as_u64().unwrap()).unwrap();
        return text.as_str().unwrap().repeat(times).into();
    }
    map.into_iter().map(|(k, v)| (k, expanded(v))).collect()
}
