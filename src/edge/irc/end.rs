//! How a connection ends, and what a server's last words mean: whether it threw us out, and whether that was meant for us.

use std::time::Duration;

use crate::protocol::irc_line::clean;
use crate::rules::queue::irc::Ended;

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// What it came to.
    pub how: Ended,
    /// Why, in the server's words, cleaned, or ours; of another nick that the server gave us, that one.
    pub words: String,
}

impl End {
    /// It came to this, in these words.
    pub fn new(how: Ended, words: impl Into<String>) -> Self {
        let words = words.into();
        Self { how, words }
    }

    /// The connection broke, for a reason that may hold a server's words.
    pub(super) fn lost(why: &impl ToString) -> Self {
        Self::new(Ended::Lost, clean(&why.to_string()))
    }
}

/// An ERROR, to us under this nick, that came `settled_for` after we were on the network; `None`: we were not yet.
pub(super) fn end_of_error(words: String, nick: &str, settled_for: Option<Duration>) -> End {
    let soon = settled_for.is_none_or(|held| held < SOON);
    let reason = Reason::of(&words, nick);
    let how = if reason.has_any(COLLISIONS) {
        Ended::NickInUse
    } else if reason.is_ban() {
        Ended::ThrownOut
    } else if !soon || reason.has_any(HARMLESS) {
        Ended::Lost
    } else if settled_for.is_none() {
        Ended::Refused
    } else {
        Ended::ThrownOut
    };
    End::new(how, words)
}

/// A KILL of ours.
pub(super) fn end_of_kill(words: String, nick: &str) -> End {
    match Reason::of(&words, nick).has_any(COLLISIONS) {
        true => End::new(Ended::NickInUse, words),
        false => End::new(Ended::ThrownOut, words),
    }
}

/// A server's words in lower case, each between spaces, without those that name us: what our host or nick is called
/// means nothing.
struct Reason(String);

impl Reason {
    fn of(words: &str, nick: &str) -> Self {
        let (words, nick) = (words.to_ascii_lowercase(), nick.to_ascii_lowercase());
        let mut reason = " ".to_owned();
        for word in without_us(&words)
            .split(|c: char| c.is_whitespace() || "()[]<>{}\"'`,;*".contains(c))
            .map(|word| word.trim_matches(|c: char| ".:!?-".contains(c)))
            .filter(|word| !word.is_empty() && *word != nick)
        {
            reason.push_str(word);
            reason.push(' ');
        }
        Self(reason)
    }

    fn has_any(&self, signs: &str) -> bool {
        let mut signs = signs.split(", ");
        signs.any(|sign| self.0.contains(&format!(" {sign} ")))
    }

    fn is_ban(&self) -> bool {
        self.has_any(BANS) || self.0.split(' ').any(|word| is_line(word) || is_list(word))
    }
}

/// The words behind `Closing Link: HOST`, where servers say whom they close: as `host`, `nick[user@host]`, `(user@host)`.
fn without_us(words: &str) -> &str {
    let closing = ["closing link:", "closing link"];
    let rest = closing.iter().find_map(|begin| words.strip_prefix(begin));
    rest.and_then(|rest| rest.trim_start().split_once(' '))
        .map_or(words, |(_us, reason)| reason)
}

/// The lists of servers that bar hosts and nicks: `K-Lined`, `G:Line`, `zline`, `GZ:Lined` and so on.
fn is_line(word: &str) -> bool {
    let ends = ["lined", "lines", "line"];
    let kind = ends.iter().find_map(|end| word.strip_suffix(end));
    kind.is_some_and(|kind| LINES.contains(&kind.trim_end_matches(['-', ':'])))
}

/// A list of hosts in the DNS, by itself or as the name of one.
fn is_list(word: &str) -> bool {
    word.split('.').any(|label| label == "dnsbl")
}

/// Two held one nick when a split healed: that is nobody's will.
const COLLISIONS: &str = "collision, collisions, nick-collision, nick collide, nick collided, nickname collide, \
     nickname collided";
/// Words of bans and of kills, as InspIRCd, UnrealIRCd, Solanum, ircd-hybrid, ngircd and services say them.
const BANS: &str = "banned, auto-banned, kill line, akill, akilled, autokill, autokilled, auto-kill, \
     auto-killed, killed, not welcome";
/// The letters of [`is_line`].
const LINES: [&str; 9] = ["k", "g", "z", "d", "q", "x", "r", "gz", "g-z"];
/// What happens to everybody on a server.
const HARMLESS: &str = "shutdown, shut down, shutting down, restart, restarts, restarted, restarting, going down, \
     ping timeout";
/// So soon after joining an ERROR is meant for us.
const SOON: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_understood() {
        let (thrown_out, lost, refused) = (Ended::ThrownOut, Ended::Lost, Ended::Refused);
        let cases: [(&str, Option<u64>, Ended); 27] = [
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
            ("Killed (nickname collision)", Some(5), Ended::NickInUse),
            ("Closing Link: x (you are banned.)", None, thrown_out),
            ("Closing link: (u@h) [G-lined: no]", None, thrown_out),
            ("Closing Link: me[x] (User is banned)", None, thrown_out),
            ("Closing Link: x (*** GZ:Lined, bots)", None, thrown_out),
            ("Closing Link: x (KLINE active)", None, thrown_out),
            ("Closing Link: x (AKILLed: spam)", None, thrown_out),
            ("Closing Link: x (in dnsbl.example.org)", None, thrown_out),
            ("Closing Link: banned.example (bye)", Some(9000), lost),
            ("Closing Link: kline (bye)", Some(9000), lost),
            ("Closing Link: killed[u@k-line.x] (bye)", Some(9000), lost),
            ("Closing link: (u@gline) [Quit: bye]", Some(9000), lost),
            ("Closing Link: collision.example (bye)", Some(9000), lost),
            ("Closing Link: x (me online, unbanned)", Some(9000), lost),
            ("Closing Link: restart.example (no)", Some(5), thrown_out),
        ];
        for (words, held, how) in cases {
            let got = end_of_error(words.to_owned(), "me", held.map(Duration::from_secs));
            assert_eq!(got, End::new(how, words), "{words} after {held:?}");
        }
        let named = "Closing Link: x (Killed: bye)";
        let got = end_of_error(named.to_owned(), "Killed", Some(SOON));
        assert_eq!(got.how, lost, "our own nick");
        let killed = |words: &str| end_of_kill(words.to_owned(), "me").how;
        assert_eq!(killed("Nick collision"), Ended::NickInUse);
        assert_eq!(killed("spam"), thrown_out);
    }
}
