//! What a mail program says to log in, before base64: PLAIN (RFC 4616), OAUTHBEARER (RFC 7628), and XOAUTH2, its
//! forerunner at Google and Microsoft.
//!
//! Each holds a secret: what it is written into must not print.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_as_its_specification_shows_it() {
        // RFC 4616, section 4, without an authorization identity.
        assert_eq!(plain("tim", "tanstaaftanstaaf"), "\0tim\0tanstaaftanstaaf");
        // The page of XOAUTH2, "The SASL XOAUTH2 Mechanism".
        assert_eq!(
            xoauth2(
                "someuser@example.com",
                "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
            ),
            "user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01"
        );
        // RFC 7628, section 4.1.
        assert_eq!(
            oauthbearer(
                "user@example.com",
                "server.example.com",
                143,
                "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="
            ),
            "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer \
             vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01"
        );
        assert!(oauthbearer("a=b,c", "h", 1, "t").starts_with("n,a=a=3Db=2Cc,\x01"));
    }
}
