//! Whether a kept copy lies where it gives the account back.

use super::finding::Findings;
use crate::commands::run::Run;
use crate::commands::status::copy::Copy;

pub(crate) fn check(run: &Run, found: &mut Findings) -> anyhow::Result<()> {
    let copy = Copy::of(run)?;
    match copy.line() {
        Some(line) if copy.is_amiss() => found.warn(line, AGAIN),
        Some(line) => found.ok(line),
        None => found.ok(NONE),
    }
    Ok(())
}

const AGAIN: &str = "look for it in your mailbox, with the subject \"Kept copy (iim)\"; `iim backup --again` mails another";
const NONE: &str = "no kept copy has left: if all is lost here, friends see other keys (`iim backup --code` makes a code for paper, and a copy)";
