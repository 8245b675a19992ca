//! Mail: in at the hook, out by a program or a server.

pub mod hook;
pub mod send;

pub use send::{BlockingMailer, MailSender, Mailer, OutMail, Slow};
