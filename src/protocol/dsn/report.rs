//! What a report says of one receiver.

use mail_parser::MessagePart;

use crate::protocol::address::Address;

/// What became of a mail for one of its receivers. Reports can be forged: take only one on a Message-ID of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The Message-IDs, without angle brackets, that the report names as those of the mail.
    pub original_message_ids: Vec<String>,
    /// The hashes (SHA-256) of parts of ours in the mails that it returns: some mail systems give mails other ids.
    pub returned: Vec<[u8; 32]>,
    /// The receiver, as we wrote it (`Original-Recipient`), else as the mail system did (`Final-Recipient`).
    pub recipient: Option<Address>,
    /// What the mail system did.
    pub action: Action,
    /// The status, as `5.1.1` (RFC 3463); empty when there is none.
    pub status: String,
    /// Whether trying again is of no use: it failed, and the status is not one of the passing ones (4.x.x).
    pub permanent: bool,
    /// Why, in one line that is safe to show.
    pub reason: String,
}

/// What a mail system did with a mail (RFC 3464, section 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Given up.
    Failed,
    /// Still trying.
    Delayed,
    /// Arrived.
    Delivered,
    /// Handed to a system that does not report.
    Relayed,
    /// Handed to several receivers in its place.
    Expanded,
}

/// Why a mail is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DsnError {
    /// Neither a `multipart/report` on a delivery nor a bounce in words.
    #[error("not a delivery report")]
    NotAReport,
    /// Its part for programs is missing, or names no receiver; or its words name no mail, or not what became of it.
    #[error("a delivery report without a delivery status")]
    NoStatus,
    /// Larger than what is read.
    #[error("the delivery report is too large: {0} bytes")]
    TooLarge(usize),
    /// The mail parser failed; the mail is left alone.
    #[error("the delivery report cannot be parsed")]
    Parser,
}

pub(super) fn lossy(part: &MessagePart<'_>) -> String {
    String::from_utf8_lossy(part.contents()).into_owned()
}

/// The first word that is a status code: a class of 2, 4 or 5 and two numbers.
pub(super) fn status(value: &str) -> Option<String> {
    let is_number =
        |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    let is_status = |word: &&str| {
        let numbers: Vec<_> = word.split('.').collect();
        matches!(numbers.as_slice(), ["2" | "4" | "5", b, c] if is_number(b) && is_number(c))
    };
    let mut words = value.split(|c: char| !c.is_ascii_digit() && c != '.');
    words.find(is_status).map(str::to_owned)
}

pub(super) fn is_id_field(name: &str) -> bool {
    ID_FIELDS
        .iter()
        .any(|field| name.trim().eq_ignore_ascii_case(field))
}

/// The fields of a mail in which its first Message-ID stands: Exchange and Gmail give mails another one, and keep ours.
const ID_FIELDS: [&str; 3] = [
    "message-id",
    "x-microsoft-original-message-id",
    "x-google-original-message-id",
];
/// The longest reason, in bytes.
pub(super) const MAX_REASON: usize = 300;
