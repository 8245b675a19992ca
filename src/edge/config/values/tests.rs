//! Tables of cases: what each grammar takes, and what it refuses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
use super::*;

#[test]
fn servers() {
    for (text, server) in [
        ("irc.example.org:6697", Some("irc.example.org:6697")),
        ("IRC.Example.org:6697", Some("irc.example.org:6697")),
        ("[::1]:6667", Some("[::1]:6667")),
        ("127.0.0.1:6667", Some("127.0.0.1:6667")),
        ("irc.example.org", None),
        ("irc.example.org:0", None),
        ("irc.example.org:70000", None),
        ("irc example.org:1", None),
        ("::1:6667", None),
        ("[::1]6667", None),
        (":6667", None),
        ("", None),
    ] {
        let read = Server::try_from(text.to_owned()).map(|s| s.to_string());
        assert_eq!(read.ok().as_deref(), server, "{text}");
    }
}

#[test]
fn networks_of_setup() {
    for (text, name, server, tls) in [
        (
            "ircs://irc.libera.chat",
            "irc.libera.chat",
            "irc.libera.chat:6697",
            true,
        ),
        (
            "Libera=ircs://irc.libera.chat:7000/",
            "libera",
            "irc.libera.chat:7000",
            true,
        ),
        ("irc://127.0.0.1", "127.0.0.1", "127.0.0.1:6667", false),
    ] {
        let read: NetworkUrl = text.parse().unwrap();
        assert_eq!(
            (
                read.name.as_str(),
                read.server.to_string().as_str(),
                read.tls
            ),
            (name, server, tls)
        );
    }
    for text in [
        "irc.libera.chat",
        "http://x",
        "=ircs://x",
        "a b=ircs://x",
        "ircs://",
    ] {
        assert!(text.parse::<NetworkUrl>().is_err(), "{text}");
    }
}

#[test]
fn globs() {
    for (written, folded) in [
        ("*@Example.ORG", "*@example.org"),
        ("*@bücher.example", "*@xn--bcher-kva.example"),
        ("Bob@example.org", "bob@example.org"),
        ("*@*.Bücher.example", "*@*.xn--bcher-kva.example"),
        ("*.x*@s*am.example", "*.x*@s*am.example"),
    ] {
        assert_eq!(
            Glob::try_from(written.to_owned()).unwrap().0,
            folded,
            "{written}"
        );
    }
    for wrong in [
        "*",
        "example.org",
        "@example.org",
        "*@",
        "a b@example.org",
        "a@b@example.org",
        "*@[a-z].example",
        "*@b*ü.example",
        "*,b@example.org",
        ".*@example.org",
        "*@example..org",
    ] {
        assert!(Glob::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}

#[test]
fn spans_of_time() {
    for (text, read) in [
        ("90", Some(90)),
        ("30s", Some(30)),
        ("15m", Some(900)),
        ("1h", Some(3600)),
        ("30d", Some(2_592_000)),
        ("1 d", Some(86_400)),
        ("1w", None),
        ("-1d", None),
        ("1.5h", None),
        ("d", None),
        ("99999999999999999999d", None),
        ("999999999999999999d", None),
    ] {
        assert_eq!(span(text).map(|span| span.as_secs()), read, "{text}");
    }
}

#[test]
fn a_local_server_is_told_from_one_of_the_internet() {
    for (host, is_local) in [
        ("irc.oftc.net", false),
        ("192.0.2.7", false),
        ("2001:db8::7", false),
        ("100.128.0.1", false),
        ("xn--h1alffa9f.xn--p1ai", false),
        ("198.20.0.1", false),
        ("192.0.1.1", false),
        ("64:ff9c::1", false),
        ("2001:4860::1", false),
        ("a.box", false),
        ("192.0.0.8", true),
        ("198.19.0.1", true),
        ("240.0.0.1", true),
        ("64:ff9b::a00:1", true),
        ("64:ff9b:1::a00:1", true),
        ("2002:a00:1::1", true),
        ("fec0::1", true),
        ("abc.onion", true),
        ("abc.i2p", true),
        ("x.alt", true),
        ("x.test", true),
        ("x.invalid", true),
        ("x.intranet", true),
        ("x.corp", true),
        ("x.private", true),
        ("fritz.box", true),
        ("irc.fritz.box", true),
        ("127.0.0.1", true),
        ("127.1", true),
        ("2130706433", true),
        ("0x7f000001", true),
        ("0.0.0.0", true),
        ("10.1.2.3", true),
        ("172.16.0.1", true),
        ("192.168.1.1", true),
        ("169.254.169.254", true),
        ("100.64.0.1", true),
        ("224.0.0.1", true),
        ("::1", true),
        ("::", true),
        ("::ffff:192.168.1.1", true),
        ("fe80::1", true),
        ("fd00::1", true),
        ("localhost", true),
        ("router", true),
        ("router.lan", true),
        ("printer.local.", true),
        ("x.localhost", true),
        ("a.home.arpa", true),
    ] {
        let server = Server {
            host: host.to_owned(),
            port: 6697,
        };
        assert_eq!(server.is_local(), is_local, "{host}");
    }
}

#[test]
fn a_name_is_the_same_with_the_root_behind_it() {
    let server = Server::parse("irc.example.org.:6697", None).unwrap();
    assert_eq!(server.to_string(), "irc.example.org:6697");
    for wrong in [".:6697", ":6697"] {
        assert!(Server::parse(wrong, None).is_err(), "{wrong}");
    }
}
