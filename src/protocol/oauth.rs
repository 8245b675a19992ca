//! What a mail program says to log in: PLAIN (RFC 4616), and by an OAuth 2 token OAUTHBEARER (RFC 7628) or XOAUTH2, its
//! forerunner at Google and Microsoft. For SMTP, IMAP and POP3 alike.
//!
//! ```text
//! client   AUTH OAUTHBEARER n,a=user,^Ahost=…^Aport=…^Aauth=Bearer TOKEN^A^A     Mechanism::first
//! client   AUTH XOAUTH2 user=…^Aauth=Bearer TOKEN^A^A
//! server   done, or a challenge: {"status":"invalid_token", …}                    why
//! client   ^A, to XOAUTH2 an empty line                                           Mechanism::after_error
//! server   refused
//! ```
//!
//! What goes over the line is the Base64 of all of these. Each holds a secret: what it is written into must not print.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// User and password, as PLAIN takes them.
pub fn plain(user: &str, password: &str) -> String {
    format!("\0{user}\0{password}")
}

/// User and access token, as XOAUTH2 takes them (<https://developers.google.com/workspace/gmail/imap/xoauth2-protocol>).
pub fn xoauth2(user: &str, token: &str) -> String {
    format!("user={user}\x01auth=Bearer {token}\x01\x01")
}

/// User and access token, as OAUTHBEARER takes them, and the server that they are for (RFC 7628, section 3.1).
pub fn oauthbearer(user: &str, host: &str, port: u16, token: &str) -> String {
    // "saslname": `,` and `=` stand for something else there (RFC 5801, section 4).
    let user = user.replace('=', "=3D").replace(',', "=2C");
    format!("n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01")
}

/// What a client answers when an OAUTHBEARER server tells its fault as a challenge: "a dummy client response containing
/// %x01" (RFC 7628, section 3.2.3). To one of XOAUTH2 it answers nothing.
pub const OAUTHBEARER_FAILED: &str = "\x01";

/// A SASL mechanism that takes a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 7628.
    OAuthBearer,
    /// Google's, before there was an RFC; Microsoft's, too.
    XOAuth2,
}

impl Mechanism {
    /// The better one of those that the server offers, by their names in upper case.
    pub fn of(offered: impl Fn(&str) -> bool) -> Option<Self> {
        let known = [Self::OAuthBearer, Self::XOAuth2];
        known.into_iter().find(|known| offered(known.name()))
    }

    /// Its name in AUTH and AUTHENTICATE.
    pub fn name(self) -> &'static str {
        match self {
            Self::OAuthBearer => "OAUTHBEARER",
            Self::XOAuth2 => "XOAUTH2",
        }
    }

    /// What the client says first, not in Base64 yet. It holds the token: it is to be sent, and never shown.
    /// `None`: The token is none (RFC 6750, section 2.1), or the user holds control characters.
    pub fn first(self, user: &str, host: &str, port: u16, token: &str) -> Option<String> {
        if !is_token(token) || user.is_empty() || user.contains(char::is_control) {
            return None;
        }
        Some(match self {
            Self::OAuthBearer => oauthbearer(user, host, port, token),
            Self::XOAuth2 => xoauth2(user, token),
        })
    }

    /// What the client says to the server's error, so that the server may end the login; not in Base64 yet.
    pub fn after_error(self) -> &'static str {
        match self {
            Self::OAuthBearer => OAUTHBEARER_FAILED,
            Self::XOAuth2 => "",
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, and the few that others use besides: whatever
/// is seen and no space.
fn is_token(token: &str) -> bool {
    !token.is_empty() && token.chars().all(|c| c.is_ascii_graphic())
}

/// Why the server refuses the token, in words of ours, by the challenge that it sent (in Base64): a server's own might repeat
/// the token.
pub fn why(challenge: &str) -> &'static str {
    #[derive(Deserialize)]
    struct Refusal {
        status: String,
    }
    let challenge = challenge.trim();
    let json = Some(challenge).filter(|text| text.len() <= LONGEST);
    let json = json.and_then(|text| STANDARD.decode(text).ok());
    let refusal = json.and_then(|json| serde_json::from_slice::<Refusal>(&json).ok());
    // Codes of RFC 6750, section 3.1; servers of XOAUTH2 write HTTP's numbers.
    match refusal.as_ref().map_or("", |refusal| &refusal.status) {
        "invalid_token" | "401" => "the token is not valid, or no longer",
        "insufficient_scope" | "403" => "the token is not for mail",
        "invalid_request" | "400" => "the server cannot read the token, or it is for another user",
        _ => "the token is refused",
    }
}

/// Of a challenge, in bytes.
const LONGEST: usize = 8192;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_first_words_are_those_of_the_specifications() {
        // RFC 7628, section 4.1.
        let bearer = Mechanism::OAuthBearer
            .first(
                "user@example.com",
                "server.example.com",
                143,
                "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
            )
            .unwrap();
        assert_eq!(
            STANDARD.encode(bearer),
            "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
        );
        // Google's description of XOAUTH2.
        let xoauth2 = Mechanism::XOAuth2
            .first(
                "someuser@example.com",
                "imap.gmail.com",
                993,
                "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
            )
            .unwrap();
        assert_eq!(
            STANDARD.encode(xoauth2),
            "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
        );
    }

    #[test]
    fn a_password_is_told_as_plain_wants_it() {
        // RFC 4616, section 4, without an authorization identity.
        assert_eq!(plain("tim", "tanstaaftanstaaf"), "\0tim\0tanstaaftanstaaf");
    }

    #[test]
    fn a_user_cannot_end_the_header_and_a_token_cannot_add_to_it() {
        let first = |user: &str, token: &str| Mechanism::OAuthBearer.first(user, "h", 1, token);
        assert!(
            first("a,b=c", "t")
                .unwrap()
                .starts_with("n,a=a=2Cb=3Dc,\x01")
        );
        for (user, token) in [
            ("bob", ""),
            ("bob", "t\x01auth=Bearer other"),
            ("bob", "two words"),
            ("bob", "tök"),
            ("", "t"),
            ("bob\x01", "t"),
            ("bob\r\n", "t"),
        ] {
            for mechanism in [Mechanism::OAuthBearer, Mechanism::XOAuth2] {
                let first = mechanism.first(user, "h", 1, token);
                assert_eq!(first, None, "{user:?} {token:?}");
            }
        }
    }

    #[test]
    fn the_better_mechanism_that_is_offered_is_taken() {
        for (offered, taken) in [
            (
                &["PLAIN", "XOAUTH2", "OAUTHBEARER"][..],
                Some(Mechanism::OAuthBearer),
            ),
            (&["XOAUTH2"], Some(Mechanism::XOAuth2)),
            (&["PLAIN", "LOGIN"], None),
        ] {
            assert_eq!(Mechanism::of(|name| offered.contains(&name)), taken);
        }
    }

    #[test]
    fn a_refusal_is_told_in_words_of_ours_alone() {
        for (json, words) in [
            (
                r#"{"status":"invalid_token","scope":"example_scope"}"#,
                "not valid, or no longer",
            ),
            (
                r#"{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}"#,
                "no longer",
            ),
            (r#"{"status":"insufficient_scope"}"#, "not for mail"),
            (r#"{"status":"400"}"#, "another user"),
            (r#"{"status":"hunter2"}"#, "the token is refused"),
            (r#"{"status":401}"#, "the token is refused"),
            ("hunter2", "the token is refused"),
            ("", "the token is refused"),
        ] {
            let said = why(&STANDARD.encode(json));
            assert!(
                said.contains(words) && !said.contains("hunter2"),
                "{json}: {said}"
            );
        }
        assert_eq!(why("hunter2 is no base64"), "the token is refused");
        let deep = format!("{{\"status\":{}", "[".repeat(4000));
        assert_eq!(why(&STANDARD.encode(deep)), "the token is refused");
        assert_eq!(why(&"A".repeat(1 << 20)), "the token is refused");
    }
}
