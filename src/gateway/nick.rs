//! Names that clients see: the server's own; which nicks are legal, when two are the same, and what a friend's name
//! becomes.
//!
//! Letters and digits of all scripts are kept: a name stays as the user wrote it, and each client of the gateway has
//! to read UTF-8 anyway (`UTF8ONLY`). Only the letters A–Z are folded (`CASEMAPPING=ascii`).

use crate::protocol::clean;

/// The form in which two nicks or channel names that are the same are equal (`CASEMAPPING=ascii`).
pub(super) fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A nick: a letter or one of `[]\^_{|}` and the grave accent, then those, digits and `-`; at most [`LONGEST`] bytes
/// (RFC 2812, section 2.3.1, with letters and digits of all scripts).
pub(super) fn is_legal(nick: &str) -> bool {
    let mut chars = nick.chars();
    nick.len() <= LONGEST && chars.next().is_some_and(starts) && chars.all(follows)
}

/// Whether a nick is the gateway's own: never a client's, never a friend's.
pub(super) fn is_reserved(nick: &str) -> bool {
    RESERVED.contains(&fold(nick).as_str())
}

/// The nick of a target, which may be written as `nick!user@host` (RFC 2812, section 3.3.1).
pub(super) fn of_target(target: &str) -> &str {
    target.split(['!', '@']).next().unwrap_or(target)
}

/// What a friend's name becomes: characters that no nick can hold turn into `_`, the rest stays; cut to [`LONGEST`]
/// bytes. A nick that is taken gets `_2`, `_3` and so on.
pub(super) fn of_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    numbered(&legal(name), LONGEST, |nick| {
        is_reserved(nick) || taken(&fold(nick))
    })
}

fn legal(name: &str) -> String {
    let fit = |c| if follows(c) { c } else { '_' };
    let mut nick: String = name.trim().chars().map(fit).collect();
    if !nick.chars().next().is_some_and(starts) {
        nick.insert(0, '_');
    }
    nick.truncate(nick.floor_char_boundary(LONGEST));
    nick
}

/// What a group's name becomes: a `#` in front, and `_` for what no channel's name may hold (RFC 2812, section 1.3: space,
/// comma, colon, control characters), for what does not show, and for `*` and `?`, which would be a mask; cut to
/// [`LONGEST_CHANNEL`] bytes. A name that is taken gets `_2`, `_3` and so on.
pub(super) fn of_channel(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let fits = |c: char| clean::shows(c) && !" ,:*?".contains(c);
    let name = name.trim().trim_start_matches('#').chars();
    let name = name.map(|c| if fits(c) { c } else { '_' });
    let mut base: String = std::iter::once('#').chain(name).collect();
    base.truncate(base.floor_char_boundary(LONGEST_CHANNEL));
    if base == "#" {
        base.push('_');
    }
    numbered(&base, LONGEST_CHANNEL, |name| taken(&fold(name)))
}

/// A name, or the first of it with `_2`, `_3` and so on that is free.
fn numbered(base: &str, longest: usize, taken: impl Fn(&str) -> bool) -> String {
    let mut name = base.to_owned();
    let mut number = 2_u64;
    while taken(&name) {
        let end = format!("_{number}");
        let room = longest.saturating_sub(end.len());
        let kept = base.get(..base.floor_char_boundary(room));
        name = format!("{}{end}", kept.unwrap_or_default());
        number = number.saturating_add(1);
    }
    name
}

/// A user name or a host name in a source: nothing that could end it.
pub(super) fn ident(text: &str, longest: usize) -> String {
    let ok = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    let clean: String = text.chars().map(|c| if ok(c) { c } else { '_' }).collect();
    match clean.get(..clean.len().min(longest)) {
        Some("") | None => "_".to_owned(),
        Some(clean) => clean.to_owned(),
    }
}

fn starts(c: char) -> bool {
    c.is_alphabetic() || "[]\\`_^{|}".contains(c)
}

fn follows(c: char) -> bool {
    starts(c) || c.is_alphanumeric() || c == '-'
}

/// Whether a text matches a mask with `*` and `?`, both folded.
pub(super) fn matches(mask: &str, text: &str) -> bool {
    let (mask, text): (Vec<char>, Vec<char>) =
        (fold(mask).chars().collect(), fold(text).chars().collect());
    let (mut m, mut t, mut back) = (0_usize, 0_usize, None);
    while let Some(c) = text.get(t) {
        match mask.get(m) {
            Some('*') => {
                back = Some((m.saturating_add(1), t));
                m = m.saturating_add(1);
            }
            Some(want) if want == c || *want == '?' => {
                m = m.saturating_add(1);
                t = t.saturating_add(1);
            }
            _ => match back {
                Some((after, from)) => {
                    back = Some((after, from.saturating_add(1)));
                    m = after;
                    t = from.saturating_add(1);
                }
                None => return false,
            },
        }
    }
    mask.iter().skip(m).all(|c| *c == '*')
}

/// The server's name, in sources and numerics.
pub(crate) const SERVER: &str = "iim.local";

/// The control channel.
pub(crate) const CHANNEL: &str = "&friends";

/// The service's nick.
pub(crate) const SERVICE: &str = "iim";

/// Of a nick, in bytes.
pub(super) const LONGEST: usize = 30;

/// Of a channel's name, in bytes (`CHANNELLEN`).
pub(super) const LONGEST_CHANNEL: usize = 64;

/// Of a user name, in bytes (`USERLEN`).
pub(super) const LONGEST_USER: usize = 20;

/// Of a host name, in bytes (`HOSTLEN`).
pub(super) const LONGEST_HOST: usize = 63;

/// The service's nick, names that would be mistaken for it, and names that servers' own services bear.
const RESERVED: [&str; 9] = [
    "iim",
    "iim_local",
    "friends",
    "nickserv",
    "chanserv",
    "histserv",
    "server",
    "you",
    "anonymous",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_become_nicks() {
        for (name, taken, nick) in [
            ("bob", "", "bob"),
            ("Bob Smith", "", "Bob_Smith"),
            ("Bob", "bob", "Bob_2"),
            ("iim", "", "iim_2"),
            ("IIM", "", "IIM_2"),
            ("1st", "", "_1st"),
            ("-x", "", "_-x"),
            ("", "", "_"),
            ("Jürgen", "", "Jürgen"),
            ("田中さん", "", "田中さん"),
            ("a:b,c!d@e#f&g", "", "a_b_c_d_e_f_g"),
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ),
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaa_2",
            ),
        ] {
            assert_eq!(of_name(name, |nick| nick == taken), nick, "{name}");
        }
    }

    #[test]
    fn names_become_channels() {
        let long = "a".repeat(64);
        for (name, taken, channel) in [
            ("climbing", "", "#climbing"),
            ("#climbing", "", "#climbing"),
            ("Climbing on Sundays", "", "#Climbing_on_Sundays"),
            ("Climbing", "#climbing", "#Climbing_2"),
            (":a,b\u{7}c\r\nd*?", "", "#_a_b_c__d__"),
            ("\u{200b}x\u{202e}", "", "#_x_"),
            ("", "", "#_"),
            ("&friends", "", "#&friends"),
            ("Über 山", "", "#Über_山"),
            (&long, "", &format!("#{}", "a".repeat(63))),
            (
                &long,
                &format!("#{}", "a".repeat(63)),
                &format!("#{}_2", "a".repeat(61)),
            ),
        ] {
            let got = of_channel(name, |name| name == taken);
            assert_eq!(got, channel, "{name:?}");
        }
    }

    #[test]
    fn nicks_are_checked() {
        for nick in ["bob", "Bob[x]", "_1", "a-b", "ü", "`"] {
            assert!(is_legal(nick), "{nick}");
        }
        for nick in [
            "", "1a", "-a", "a b", "a!b", "a@b", "a,b", "#a", "&a", "a:b", "a*", "a.b", "💥",
        ] {
            assert!(!is_legal(nick), "{nick}");
        }
        assert!(!is_legal(&"a".repeat(31)));
    }

    #[test]
    fn masks_match() {
        for (mask, text, yes) in [
            ("*", "bob", true),
            ("b*", "Bob", true),
            ("B?b", "bob", true),
            ("*o*", "bob", true),
            ("*x*", "bob", false),
            ("bob", "bobby", false),
            ("", "bob", false),
            ("**", "", true),
        ] {
            assert_eq!(matches(mask, text), yes, "{mask} {text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_name_becomes_a_legal_nick(name in "\\PC{0,60}|[a-z]{25,40}") {
            let first = of_name(&name, |_| false);
            let second = of_name(&name, |nick| nick == fold(&first));
            prop_assert!(is_legal(&first) && is_legal(&second), "{} {}", first, second);
            prop_assert_ne!(fold(&first), fold(&second));
        }

        #[test]
        fn any_name_becomes_a_channel(name in "\\PC{0,60}|.{0,30}|[a-z]{60,80}") {
            let first = of_channel(&name, |_| false);
            let second = of_channel(&name, |name| name == fold(&first));
            for channel in [&first, &second] {
                prop_assert!(channel.starts_with('#') && channel.len() > 1 && channel.len() <= LONGEST_CHANNEL);
                prop_assert!(!channel.contains([' ', ',', ':', '\u{7}', '\r', '\n', '\0']), "{}", channel);
            }
            prop_assert_ne!(fold(&first), fold(&second));
        }

        #[test]
        fn masks_end(mask in "[a*?]{0,12}", text in "a{0,40}b") {
            let _ = matches(&mask, &text);
        }
    }
}
