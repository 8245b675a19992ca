//! What the user is asked at their clients.

/// A question that is answered by `yes` or `no`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked, as a line for the user, without "yes or no?".
    pub text: String,
    /// The command that a yes runs.
    pub yes: String,
    /// The command that a no runs.
    pub no: String,
}
