//! A server's words for a person to read: cleaned, short, and without our login, which it knows and might repeat.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::edge::config::Secret;
use crate::protocol::clean;

/// What must not stand in what is told.
#[derive(Debug, Default)]
pub(super) struct Hidden(Vec<Secret>);

/// How much is told, and how much is looked at, in bytes.
const LONGEST: usize = 200;
const LOOKED_AT: usize = 8 * 1024;
/// A user's name that is shorter stands in too many words; the address is no secret.
const SHORTEST_NAME: usize = 4;

impl Hidden {
    /// From now on neither the secret, nor what was said of it, nor the user is told, also not in base64.
    pub(super) fn hide(&mut self, user: &str, secret: &str, said: &str) {
        let user = Some(user).filter(|user| user.len() >= SHORTEST_NAME);
        for text in [said, secret].into_iter().chain(user) {
            let base64 = STANDARD.encode(text);
            let cleaned = clean::line(text, LOOKED_AT);
            let forms = [
                text.to_owned(),
                cleaned,
                base64.trim_end_matches('=').to_owned(),
            ];
            let forms = forms.into_iter().filter(|form| !form.is_empty());
            self.0.extend(forms.map(Secret::new));
        }
        // What holds another comes first.
        self.0
            .sort_by_key(|form| std::cmp::Reverse(form.expose().len()));
    }

    /// The words as they may be told.
    pub(super) fn told(&self, words: &str) -> String {
        let mut told = clean::line(words, LOOKED_AT);
        for form in &self.0 {
            told = told.replace(form.expose(), "…");
        }
        match clean::line(&told, LONGEST) {
            nothing if nothing.is_empty() => "no reason given".to_owned(),
            told => told,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_repeats_the_login_is_cut_short() {
        let mut hidden = Hidden::default();
        hidden.hide("bob@example.org", "hunter2", "\0bob@example.org\0hunter2");
        for (words, told) in [
            ("no such user", "no such user"),
            (
                "bob@example.org has not the password hunter2",
                "… has not the password …",
            ),
            ("hun\u{200b}ter2", "…"),
            ("AGJvYkBleGFtcGxlLm9yZwBodW50ZXIy", "…"),
            ("got aHVudGVyMg==", "got …=="),
            (" \r\n", "no reason given"),
        ] {
            assert_eq!(hidden.told(words), told, "{words:?}");
        }
        assert_eq!(hidden.told(&"x".repeat(9000)).len(), LONGEST);
        assert!(!format!("{hidden:?}").contains("hunter2"));
    }
}
