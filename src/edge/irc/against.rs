//! What a server's last words mean: whether it threw us out, and whether that was meant for us.

use std::time::Duration;

use super::session::End;

/// An ERROR that came `settled_for` after we were on the network; `None`: we were not yet.
pub(super) fn end_of_error(words: String, settled_for: Option<Duration>) -> End {
    let soon = settled_for.is_none_or(|held| held < SOON);
    if has_any(&words, &COLLISIONS) {
        return End::NickInUse;
    }
    if has_any(&words, &BANS) {
        return End::ThrownOut(words);
    }
    if !soon || has_any(&words, &HARMLESS) {
        return End::Lost(words);
    }
    match settled_for {
        None => End::Refused(words),
        Some(_) => End::ThrownOut(words),
    }
}

/// A KILL of ours.
pub(super) fn end_of_kill(words: String) -> End {
    if has_any(&words, &COLLISIONS) {
        return End::NickInUse;
    }
    End::ThrownOut(words)
}

fn has_any(words: &str, signs: &[&str]) -> bool {
    let words = words.to_ascii_lowercase();
    signs.iter().any(|sign| words.contains(sign))
}

/// Two held one nick when a split healed: that is nobody's will.
const COLLISIONS: [&str; 2] = ["collision", "nick collide"];
/// Words of bans and of kills, as InspIRCd, UnrealIRCd, Solanum, ircd-hybrid, ngircd and services say them.
const BANS: [&str; 21] = [
    "banned",
    "kill line",
    "k-line",
    "k:line",
    "kline",
    "g-line",
    "g:line",
    "gline",
    "z-line",
    "z:line",
    "zline",
    "d-line",
    "d:line",
    "dline",
    "q-line",
    "q:line",
    "akill",
    "autokill",
    "killed",
    "dnsbl",
    "not welcome",
];
/// What happens to everybody on a server.
const HARMLESS: [&str; 5] = [
    "shutdown",
    "shutting down",
    "restart",
    "going down",
    "ping timeout",
];
/// So soon after joining an ERROR is meant for us.
const SOON: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_understood() {
        type Ending = fn(&str) -> End;
        let thrown_out: Ending = |words| End::ThrownOut(words.to_owned());
        let lost: Ending = |words| End::Lost(words.to_owned());
        let refused: Ending = |words| End::Refused(words.to_owned());
        let cases: [(&str, Option<u64>, Ending); 13] = [
            ("Closing Link: 1.2.3.4 (K-Lined)", None, thrown_out),
            ("Closing Link: x (G:Lined: no bots)", Some(62), thrown_out),
            ("Closing Link: x (Z-Lined)", Some(90_000), thrown_out),
            ("You have been banned", None, thrown_out),
            ("Closing Link: x (Kill line active: bot)", None, thrown_out),
            (
                "Closing Link: x (Killed (oper (bye)))",
                Some(9000),
                thrown_out,
            ),
            ("Closing Link: x (go away)", Some(62), thrown_out),
            ("Closing Link: x (go away)", Some(200), lost),
            ("Closing Link: x (Server shutdown)", Some(1), lost),
            ("Closing Link: x (Ping timeout: 120 s)", Some(119), lost),
            ("Trying to reconnect too fast", None, refused),
            ("Too many connections from your host", None, refused),
            ("Killed (nickname collision)", Some(5), |_| End::NickInUse),
        ];
        for (words, held, end) in cases {
            let got = end_of_error(words.to_owned(), held.map(Duration::from_secs));
            assert_eq!(got, end(words), "{words} after {held:?}");
        }
        assert_eq!(end_of_kill("Nick collision".into()), End::NickInUse);
        assert_eq!(end_of_kill("spam".into()), thrown_out("spam"));
    }
}
