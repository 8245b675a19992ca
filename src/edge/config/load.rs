//! From the file to the configuration.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Config, ConfigError, file};

impl Config {
    /// Reads `config.toml`.
    ///
    /// Paths in it that are not absolute are meant from its own folder; `~/` is the user's home.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| {
            let path = path.to_owned();
            match source.kind() == io::ErrorKind::NotFound {
                true => ConfigError::Missing(path),
                false => ConfigError::Read(path, source),
            }
        })?;
        Self::parse(&text, path)
    }

    /// Reads the text of a `config.toml` that lies at `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let mut config = file::read(text).map_err(|(at, what)| {
            let (line, column) = place(text, at);
            ConfigError::Wrong(path.to_owned(), line, column, what)
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for file in config.files() {
            *file = meant(file, folder);
        }
        Ok(config)
    }
}

/// Line and column of a byte offset, both from 1.
pub fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let last = before.rsplit('\n').next().unwrap_or("");
    (line, last.chars().count().saturating_add(1))
}

fn meant(file: &Path, folder: &Path) -> PathBuf {
    match (file.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => folder.join(file),
    }
}
