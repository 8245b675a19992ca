//! How recipes, cron and systemd call this very program for this very account.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::commands::context::Context;

/// The words that run the program: its absolute path, and what names the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    words: Vec<String>,
}

/// The variables on which the places of an account hang; delivery, cron and systemd do not hand them on.
const PLACES: [&str; 3] = ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"];

impl Program {
    /// This program, for the account of this run.
    pub(crate) fn of(context: &Context) -> anyhow::Result<Self> {
        let path = std::env::current_exe().context("cannot tell where the program lies")?;
        let named = std::env::var_os("IIM_HOME").filter(|home| !home.is_empty());
        let home = context.home.clone().or(named.map(PathBuf::from));
        let home = home.map(std::path::absolute).transpose()?;
        let places = PLACES.iter();
        let places = places.filter_map(|name| Some((*name, std::env::var(name).ok()?)));
        let places = places.filter(|(_, value)| value.starts_with('/'));
        Ok(Self::new(path, home, places))
    }

    fn new(
        path: PathBuf,
        home: Option<PathBuf>,
        places: impl Iterator<Item = (&'static str, String)>,
    ) -> Self {
        let places = places.map(|(name, value)| format!("{name}={value}"));
        let mut words: Vec<String> = places.collect();
        if !words.is_empty() {
            words.insert(0, "/usr/bin/env".to_owned());
        }
        words.push(path.display().to_string());
        if let Some(home) = home {
            words.push("--home".to_owned());
            words.push(home.display().to_string());
        }
        Self { words }
    }

    /// As a shell reads it (procmail, the program of Sieve).
    pub(crate) fn for_shell(&self) -> String {
        shell_words::join(&self.words)
    }

    /// As cron reads it: a shell's words, with `%` escaped (crontab(5)).
    pub(crate) fn for_cron(&self) -> String {
        self.for_shell().replace('%', "\\%")
    }

    /// As systemd reads it: quoted words, `%` and `$` doubled (systemd.service(5), "COMMAND LINES").
    pub(crate) fn for_systemd(&self) -> String {
        let word = |word: &String| {
            let word = word.replace('%', "%%").replace('$', "$$");
            let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=%$+@:,".contains(c);
            if word.chars().all(plain) {
                return word;
            }
            format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
        };
        self.words.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(path: &str, home: Option<&str>) -> Program {
        Program::new(path.into(), home.map(PathBuf::from), std::iter::empty())
    }

    #[test]
    fn each_reader_gets_its_own_quoting() {
        let plain = program("/usr/bin/iim", None);
        assert_eq!(plain.for_shell(), "/usr/bin/iim");
        let odd = program("/opt/my iim", Some("/srv/50%"));
        assert_eq!(odd.for_shell(), "'/opt/my iim' --home '/srv/50%'");
        assert_eq!(odd.for_cron(), "'/opt/my iim' --home '/srv/50\\%'");
        assert_eq!(odd.for_systemd(), "\"/opt/my iim\" --home /srv/50%%");
    }

    #[test]
    fn places_of_the_environment_are_handed_on() {
        let places = [("XDG_STATE_HOME", "/var/s".to_owned())];
        let program = Program::new("/usr/bin/iim".into(), None, places.into_iter());
        assert_eq!(
            program.for_shell(),
            "/usr/bin/env 'XDG_STATE_HOME=/var/s' /usr/bin/iim"
        );
    }
}
