//! Mail: in at the hook, out by a program or a server.

mod headers;
pub mod incoming;
mod mailer;
pub mod sendmail;
pub mod smtp;

pub use mailer::{BlockingMailer, Mailer, OutMail, SendError};
