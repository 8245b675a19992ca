//! CTCP in what a client says (Modern, "CTCP"): ACTION is a text, the rest is answered here and never sent on.

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ctcp<'a> {
    /// No CTCP.
    Plain(&'a str),
    /// What its writer does.
    Action(&'a str),
    /// Any other command, with what follows it.
    Request(&'a str, &'a str),
}

/// Reads a text. "The final `\x01` MAY be missing".
pub(super) fn read(text: &str) -> Ctcp<'_> {
    let Some(inside) = text.strip_prefix('\u{1}') else {
        return Ctcp::Plain(text);
    };
    let inside = inside.strip_suffix('\u{1}').unwrap_or(inside);
    let (command, rest) = inside.split_once(' ').unwrap_or((inside, ""));
    match command.eq_ignore_ascii_case("ACTION") {
        true => Ctcp::Action(rest),
        false => Ctcp::Request(command, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_apart() {
        for (text, what) in [
            ("hi", Ctcp::Plain("hi")),
            ("\u{1}ACTION waves\u{1}", Ctcp::Action("waves")),
            ("\u{1}action waves", Ctcp::Action("waves")),
            ("\u{1}VERSION\u{1}", Ctcp::Request("VERSION", "")),
            ("\u{1}PING 1 2\u{1}", Ctcp::Request("PING", "1 2")),
            ("\u{1}", Ctcp::Request("", "")),
        ] {
            assert_eq!(read(text), what, "{text:?}");
        }
    }
}
