//! A mail on its way out: a sendmail program or SMTP.

pub(super) mod mailer;
pub mod sendmail;
pub mod smtp;
