//! A mail on its way out: a sendmail program or SMTP.

mod blocking;
mod lane;
mod mail;
mod mailer;
mod round;
mod sendmail;
mod smtp;

pub use blocking::BlockingMailer;
pub use mail::{MailSender, OutMail, Slow};
pub use mailer::Mailer;
