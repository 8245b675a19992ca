//! Invite links.

use std::fmt;

/// The token of an invite: 16 random bytes. Never printed but in the link itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token(pub [u8; 16]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_hidden) = self;
        f.write_str("Token(…)")
    }
}
