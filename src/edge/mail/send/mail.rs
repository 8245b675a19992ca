//! A mail to hand over, and whoever takes it.

use std::time::Duration;

use crate::protocol::address::Address;
use crate::rules::queue::route::Handed;

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

/// A mail was handed over whole, and the answer takes long: [`MailSender::late`] will have it, under this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slow(pub u64);

/// Takes mails on their way: the mail system, or a test.
pub trait MailSender {
    /// Hands over mails, in `within` if given; the results stand in the same order.
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<Handed, Slow>>;

    /// How mails ended that were [`Slow`], by their numbers; waits so long for the first of them.
    fn late(&mut self, wait: Duration) -> Vec<(u64, Handed)> {
        let _none_is_slow = wait;
        Vec::new()
    }
}
