//! `iim record`.

mod line;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value};

use super::context::Context;
use super::explain::hinted;
use super::output::Output;
use super::read::place::Places;
use super::run::Run;
use crate::account::record as kept;
use crate::edge::home::make_file;
use crate::edge::record::{self, Expected, Record as Written, RecordError, Scan};
use crate::edge::seal;
use crate::protocol::hex;
use crate::protocol::letter::PublicKey;
use crate::rules::words::{counted, rfc3339};
use line::{Id, as_line};

/// Appends to a file what has been said since, each line bound to the line before
///
/// A line is a JSON object with the SHA-256 of the line before it, and the last one, the head, is signed by a key that is made for
/// this file alone and kept with the account. So nobody can change, leave out or put in a line afterwards who does not have the
/// account. It says what was written down on this machine, no more: neither you nor a friend has signed any words. Nothing is marked
/// as seen. A run that is killed loses nothing: the next one goes on where the file was finished.
#[derive(Debug, clap::Args)]
pub(crate) struct Record {
    /// The file; it is made if it is not there
    file: PathBuf,
    /// Only looks through the file, on whatever machine, and names the first line that does not fit
    #[arg(long)]
    verify: bool,
    /// The key that the file must have, as printed when it was begun
    #[arg(long, value_name = "KEY", value_parser = key, requires = "verify")]
    key: Option<PublicKey>,
}

impl Record {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        match self.verify {
            true => verify(&context.output, &self.file, self.key),
            false => append(&mut Run::open(context)?, &self.file),
        }
    }
}

fn key(text: &str) -> Result<PublicKey, String> {
    let bytes = hex::decode(text).and_then(|bytes| bytes.try_into().ok());
    let key = bytes.map(PublicKey);
    key.ok_or_else(|| format!("{text:?} is no key of a record: 64 hexadecimal digits"))
}

fn verify(output: &Output, path: &Path, key: Option<PublicKey>) -> anyhow::Result<()> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
    let expected = Expected {
        key,
        known: None,
        verify: seal::verify,
    };
    let found = record::scan(BufReader::new(file), &expected, |_| ())?;
    match found {
        Scan {
            fault: None,
            key: Some(key),
            head: Some(head),
            signed,
            said,
        } => {
            let lines = counted(said, "line");
            output.line(format!("{lines}, signed {signed}"))?;
            output.line(format!("key  {}", hex::encode(&key.0)))?;
            output.line(format!("head {}", head.hash))
        }
        Scan { fault, head, .. } => {
            let fault = fault.unwrap_or(record::Fault::NoRecord);
            let good = head.map_or(0, |head| head.line);
            let what = format!("{name} does not fit: {fault}");
            match good {
                0 => Err(anyhow!(what)),
                line => Err(hinted(
                    what,
                    &format!("it is as it was signed up to line {line}"),
                )),
            }
        }
    }
}

fn append(run: &mut Run, path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        begin(run, path)?;
    }
    let key = key_of(path)?;
    let Some(known) = kept::known(&run.account, &key)? else {
        let what = format!("{} was not begun by this account", path.display());
        let hint = "give another file: a record is continued only by the account that has its key";
        return Err(hinted(what, hint));
    };
    let expected = Expected {
        key: Some(key),
        known: known.head.as_ref(),
        verify: seal::verify,
    };
    let mut so_far = SoFar::default();
    let opened = Written::open(path, &expected, |line| so_far.note(line));
    let mut file = opened.map_err(|error| refused(error, path))?;
    let mut row = so_far.goes_on_at(run)?;
    let (mut places, mut count) = (Places::default(), 0_usize);
    loop {
        let mut said = run
            .account
            .look(|tx| Ok(tx.texts().from_row(row, AT_ONCE)?))?;
        let Some((last, _)) = said.last() else { break };
        row = last.saturating_add(1);
        said.retain(|(_, message)| !so_far.written.contains(&Id::of(message)));
        let lines = said.iter().map(|(row, message)| {
            let place = places.of(&run.account, message.conversation)?;
            Ok(as_line(*row, message, place, run.account.settings()))
        });
        let lines = lines.collect::<anyhow::Result<Vec<_>>>()?;
        if lines.is_empty() {
            continue;
        }
        count = count.saturating_add(lines.len());
        let signed = rfc3339(run.account.now());
        let head = file.append(lines, &signed, |bytes| known.key.sign(bytes));
        let head = head.with_context(|| format!("cannot write {}", path.display()))?;
        kept::note_head(&run.account, &key, &head)?;
    }
    match count {
        0 => run.say("nothing has been said since"),
        _ => run.say(format!("{} written", counted(count, "line"))),
    }
}

/// Makes the file, with its first line and a head.
fn begin(run: &Run, path: &Path) -> anyhow::Result<()> {
    let key = kept::new_key(&run.account)?;
    let made = rfc3339(run.account.now());
    let of = run.account.settings().address.as_str();
    let (bytes, head) = record::begun(of, key.public(), &made, |bytes| key.sign(bytes));
    make_file(path, &bytes)?;
    kept::note_head(&run.account, &key.public(), &head)?;
    run.say(format!(
        "begun under the key {}",
        hex::encode(&key.public().0)
    ))
}

/// The key that the first line names.
fn key_of(path: &Path) -> anyhow::Result<PublicKey> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
    let mut line = Vec::new();
    let mut from = BufReader::new(file).take(LONGEST_FIRST);
    from.read_until(b'\n', &mut line)?;
    let first: Option<Value> = serde_json::from_slice(&line).ok();
    let named = first.as_ref().and_then(|first| first.get("key")?.as_str());
    let key = named.and_then(|named| key(named).ok());
    key.ok_or_else(|| {
        hinted(
            format!("{name} is no record"),
            "give another file: this one is left as it is",
        )
    })
}

fn refused(error: RecordError, path: &Path) -> anyhow::Error {
    let hint = match &error {
        RecordError::Io(_) => {
            return anyhow!(error).context(format!("cannot write {}", path.display()));
        }
        RecordError::Busy => "try again in a moment",
        RecordError::Changed(_) | RecordError::Shorter(_) => {
            "put it away as it is, and begin another file: that holds all that is kept"
        }
    };
    hinted(error, hint)
}

/// What stands in the file.
#[derive(Default)]
struct SoFar {
    written: HashSet<Id>,
    /// The highest row, and what has it.
    last: Option<(u64, Id)>,
}

impl SoFar {
    fn note(&mut self, line: &Map<String, Value>) {
        if let Some((row, id)) = Id::in_line(line) {
            if self.last.as_ref().is_none_or(|(last, _)| *last <= row) {
                self.last = Some((row, id.clone()));
            }
            self.written.insert(id);
        }
    }

    /// The first row that is looked at: the highest in the file, or, where that is another's now (a backup was put back), the first of
    /// all.
    fn goes_on_at(&self, run: &Run) -> anyhow::Result<u64> {
        let Some((row, id)) = &self.last else {
            return Ok(0);
        };
        let found = run.account.look(|tx| Ok(tx.texts().from_row(*row, 1)?))?;
        let is_there = found
            .first()
            .is_some_and(|(at, message)| at == row && Id::of(message) == *id);
        Ok(if is_there { *row } else { 0 })
    }
}

/// Lines that are written at once, with one head behind them.
const AT_ONCE: usize = 500;
/// Bytes of the first line of a record, at most.
const LONGEST_FIRST: u64 = 4096;
