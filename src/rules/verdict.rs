//! What becomes of a letter that was heard.

/// What becomes of a letter that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was handled.
    Yes,
    /// It causes nothing, and the mail is done with: a double, a blocked person's, one whose time is over.
    Dropped(&'static str),
    /// It causes nothing, no session it opened is kept, and the mail stays where it is.
    Left(&'static str),
}
