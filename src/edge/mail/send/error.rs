//! Why a mail was not handed over, in words that may be shown.

use crate::rules::queue::verdict::Verdict;

/// Why a mail was not handed over. The words are one clean line, and hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may work later: try again.
    #[error("{0}")]
    Transient(String),
    /// It will never work for this mail and recipient.
    #[error("{0}")]
    Permanent(String),
    /// That, unless another recipient is refused so, too: then it is about us.
    #[error("{0}")]
    Perhaps(String),
    /// It is about us: every other mail would be refused as well.
    #[error("{0}")]
    OfUs(String),
    /// Nobody saw the end: it may have been taken.
    #[error("{0}")]
    Unseen(String),
    /// The time was up before it was begun.
    #[error("not handed over in the time there was")]
    Unsent,
    /// It is handed over, and the answer takes long: [`super::mailer::Mailer::late`] will have it, under this number.
    #[error("the answer takes long")]
    Slow(u64),
}

impl SendError {
    /// A refusal as it was judged.
    pub(in crate::edge::mail) fn of(verdict: Verdict, why: String) -> Self {
        match verdict {
            Verdict::Later => Self::Transient(why),
            Verdict::Receiver => Self::Permanent(why),
            Verdict::Perhaps => Self::Perhaps(why),
            Verdict::Route => Self::OfUs(why),
        }
    }
}

/// One line of printable text out of what a program or server said, at most 200 characters.
pub(in crate::edge::mail) fn clean(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let printable = words.join(" ");
    let printable = printable.chars().filter(|c| is_plain(*c));
    printable.take(200).collect()
}

/// No control characters, and none that turn the direction of writing.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
