//! What is wrong in a `config.toml`, and where; and the rule that several of its tables share.

use std::path::PathBuf;

use super::secret::Password;
use super::values::Words;

/// What is wrong, and at which byte.
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: String,
}

/// A rule broken, and the byte where the value stands, if it stands anywhere.
pub(super) type Broken = (Option<usize>, String);

/// A password's program or file.
pub(super) fn password(
    command: Option<Words>,
    file: Option<PathBuf>,
) -> Result<Option<Password>, String> {
    match (command, file) {
        (Some(_), Some(_)) => Err("a password comes from a command or a file, not both".to_owned()),
        (Some(words), None) => Ok(Some(Password::Command(words.0))),
        (None, Some(file)) => Ok(Some(Password::File(file))),
        (None, None) => Ok(None),
    }
}
