//! Mail in from an ordinary mailbox: what IMAP and POP3 servers are asked, and what they answer.
//!
//! Thin: bytes on one side, the commands and answers of `rules/fetch` on the other. Which mails are looked at, and what
//! becomes of them, is decided there.

mod blocking;
mod hidden;
pub mod imap;
pub mod pop3;
mod settings;
mod wire;

pub use blocking::Blocking;
pub use imap::Imap;
pub use pop3::Pop3;
pub use settings::Settings;
