//! A mailer for those who do not live in tokio: commands and the hook.

use std::io;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::mail::{MailSender, OutMail, Slow};
use super::mailer::Mailer;
use crate::edge::runtime::runtime;
use crate::rules::queue::route::Handed;

/// A [`Mailer`] with a runtime of its own.
#[derive(Debug)]
pub struct BlockingMailer {
    mailer: Mailer,
    /// There until this is dropped.
    runtime: Option<Runtime>,
}

impl BlockingMailer {
    /// Takes a mailer and makes a runtime for it.
    pub fn new(mailer: Mailer) -> io::Result<Self> {
        let runtime = Some(runtime()?);
        Ok(Self { mailer, runtime })
    }
}

impl MailSender for BlockingMailer {
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<Handed, Slow>> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.mailer.send_all(mails, within)),
            None => mails.iter().map(|_| Ok(Handed::Unsent)).collect(),
        }
    }

    fn late(&mut self, wait: Duration) -> Vec<(u64, Handed)> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.mailer.late(wait)),
            None => Vec::new(),
        }
    }
}

impl Drop for BlockingMailer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.block_on(self.mailer.close());
            // A look-up of a name that hangs must hold up nobody.
            runtime.shutdown_background();
        }
    }
}
