//! Why a mail is looked into, and why it is refused.

use super::MARKERS;
use crate::protocol::address::AddressError;
use crate::protocol::codec::CodecError;

/// What makes a reader look for a part in a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A marker in its header.
    Marker,
    /// Its subject, which ends as ours do: a relay may have dropped the markers.
    Subject,
    /// A person says so.
    Hand,
}

/// Why a mail is not a defined mail that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It has neither header field `IIM` nor `X-IIM` (nor a subject of ours, where that was looked for): an ordinary mail.
    #[error("not a defined mail: no header field {0}", MARKERS[0])]
    NoMarker,
    /// Its marker says something that no version says.
    #[error("its marker is damaged: {0}")]
    Marker(String),
    /// Its marker or its part is of a later version.
    #[error("written by a newer version ({0})")]
    Newer(String),
    /// Larger than any defined mail.
    #[error("too large for a defined mail: {0} bytes")]
    MailTooLarge(usize),
    /// Its header section is longer than that of any defined mail.
    #[error("the header is too long for a defined mail")]
    HeaderTooLarge,
    /// Its part is larger than any part.
    #[error("the iim part is too large: {0} bytes")]
    PartTooLarge(usize),
    /// It has none or several authors.
    #[error("{0} addresses in From instead of one")]
    From(usize),
    /// Its author's address is not a plain one.
    #[error("the address in From: {0}")]
    FromAddress(#[from] AddressError),
    /// Its top level is no multipart in which our part may stand.
    #[error("the top level is not multipart/mixed")]
    NotMixed,
    /// No part for us.
    #[error("no application/vnd.iim part")]
    NoPart,
    /// More than one part for us, and not copies of one.
    #[error("{0} application/vnd.iim parts instead of one")]
    ManyParts(usize),
    /// The part is not base64.
    #[error("the iim part is not base64, or cut short")]
    Base64,
    /// The part's bytes are no part.
    #[error("the iim part is damaged: {0}")]
    Part(CodecError),
    /// The mail parser failed; the mail is left alone.
    #[error("the mail cannot be parsed")]
    Parser,
}

impl MailError {
    /// Whether the mail holds a part for us, which is damaged, or there several times.
    pub fn has_our_part(&self) -> bool {
        match self {
            Self::NoMarker
            | Self::Marker(_)
            | Self::MailTooLarge(_)
            | Self::HeaderTooLarge
            | Self::NotMixed
            | Self::NoPart
            | Self::Parser => false,
            Self::Newer(_)
            | Self::PartTooLarge(_)
            | Self::From(_)
            | Self::FromAddress(_)
            | Self::ManyParts(_)
            | Self::Base64
            | Self::Part(_) => true,
        }
    }
}
