//! A mail to hand over, and whoever takes it.

use std::time::Duration;

use super::error::SendError;
use crate::protocol::address::Address;

/// One mail to hand over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutMail {
    /// The envelope's sender: our own address, so that bounces come back.
    pub from: Address,
    /// The envelope's one recipient.
    pub to: Address,
    /// The mail; its line ends may be LF or CRLF.
    pub mail: Vec<u8>,
}

/// Takes mails on their way: the mail system, or a test.
pub trait MailSender {
    /// Hands over mails, in `within` if given; the results stand in the same order.
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<(), SendError>>;

    /// How mails ended that were [`SendError::Slow`], by their numbers; waits so long for the first of them.
    fn late(&mut self, wait: Duration) -> Vec<(u64, Result<(), SendError>)> {
        let _none_is_slow = wait;
        Vec::new()
    }
}
