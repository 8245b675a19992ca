//! What a server's words must not hold when they are logged or shown: many servers repeat what they were told.

use super::NetworkSettings;
use super::end::End;
use super::registration::encoded_login;
use crate::edge::config::Sasl;
use crate::protocol::irc_line::MOST_WORDS;
use crate::rules::queue::irc::Ended;

/// The end of a connection, with our nick and our passwords taken out of the server's words.
pub(super) fn scrubbed(end: End, nick: &str, settings: &NetworkSettings) -> End {
    if end.how == Ended::Renamed {
        return end;
    }
    let mut secrets = secrets(settings);
    secrets.push(nick.to_owned());
    // The longest first: one may stand in another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let real = secrets.iter().filter(|secret| !secret.is_empty());
    // Spaces around them were cut off, too.
    let cut = end.words.chars().count() >= MOST_WORDS / 2;
    let words = real.fold(end.words, |words, secret| {
        let words = without(&words, secret);
        match cut {
            true => without_beginning(words, secret),
            false => words,
        }
    });
    End::new(end.how, words)
}

/// The words with each whole word of them that is the secret left out: a short one may be part of any word.
fn without(words: &str, secret: &str) -> String {
    let mut left = String::new();
    let mut rest = words;
    while let Some((before, behind)) = rest.split_once(secret) {
        left.push_str(before);
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let part = inside(left.chars().next_back()) || inside(behind.chars().next());
        left.push_str(if part { secret } else { "…" });
        rest = behind;
    }
    left + rest
}

/// Words that were cut, without a secret of which they end with the beginning.
fn without_beginning(words: String, secret: &str) -> String {
    let beginnings = secret.char_indices().map(|(at, _)| secret.split_at(at).0);
    let mut longest_first = beginnings.rev().filter(|part| !part.is_empty());
    let found = longest_first.find_map(|part| words.strip_suffix(part));
    found.map(|left| format!("{left}…")).unwrap_or(words)
}

fn secrets(settings: &NetworkSettings) -> Vec<String> {
    let password = settings.server_password.iter();
    let mut secrets: Vec<String> = password.map(|p| p.expose().to_owned()).collect();
    if let Some(sasl @ Sasl::Plain { password, .. }) = &settings.sasl {
        secrets.push(password.expose().to_owned());
        secrets.push(encoded_login(sasl));
    }
    secrets
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use crate::edge::config::Secret;
    use crate::protocol::irc_line::clean;

    #[test]
    fn the_server_may_repeat_what_it_was_told() {
        let mut settings = NetworkSettings::new("net", Vec::new());
        settings.server_password = Some(Secret::new("open".to_owned()));
        settings.sasl = Some(Sasl::Plain {
            user: "alice".to_owned(),
            password: Secret::new("open sesame".to_owned()),
        });
        for (words, left) in [
            (
                "Closing Link: abcdefghi[localhost]",
                "Closing Link: …[localhost]",
            ),
            ("no open here", "no … here"),
            ("not open sesame", "not …"),
            ("bad AGFsaWNlAG9wZW4gc2VzYW1l!", "bad …!"),
            ("no opening, reopen", "no opening, reopen"),
            ("go away", "go away"),
        ] {
            for how in [
                Ended::Unreached,
                Ended::Lost,
                Ended::NickRejected,
                Ended::Refused,
                Ended::ThrownOut,
            ] {
                let scrubbed = scrubbed(End::new(how, words), "abcdefghi", &settings);
                assert_eq!(scrubbed, End::new(how, left), "{words}");
            }
        }
    }

    #[test]
    fn a_secret_that_was_cut_off_leaves_no_beginning() {
        let mut settings = NetworkSettings::new("net", Vec::new());
        settings.server_password = Some(Secret::new("open sesame".to_owned()));
        for before in 180..205 {
            let said = format!("{}open sesame is wrong", "x ".repeat(before));
            let words = clean(said.get(before..).unwrap());
            let refused = End::new(Ended::Refused, words);
            let left = scrubbed(refused, "abcdefghi", &settings).words;
            assert!(!left.contains("op"), "{left}");
        }
    }
}
