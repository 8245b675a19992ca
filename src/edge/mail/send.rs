//! A mail on its way out: a sendmail program or SMTP.

mod blocking;
mod error;
mod lane;
mod mail;
mod mailer;
mod round;
mod sendmail;
mod smtp;

pub use blocking::BlockingMailer;
pub use error::SendError;
pub use mail::{MailSender, OutMail};
pub use mailer::Mailer;
