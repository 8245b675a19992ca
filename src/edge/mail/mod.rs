//! Mail: in at the hook or from a mailbox, out by a program or a server.

pub mod fetch;
pub mod hook;
pub mod send;
pub mod stored;

pub use send::{BlockingMailer, MailSender, Mailer, OutMail, Slow};
