//! What is to be said in a channel, and waits for the link.

/// Lines that wait for the link.
pub(super) struct Waiting {
    pub(super) channel: String,
    pub(super) texts: Vec<String>,
    /// They say that we are there.
    pub(super) is_there: bool,
}
