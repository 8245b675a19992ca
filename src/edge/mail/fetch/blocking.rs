//! A mailbox for those who do not live in tokio: commands.

use std::io;

use tokio::runtime::Runtime;

use super::{Imap, Pop3};
use crate::edge::runtime::runtime;
use crate::rules::fetch::mailbox::{Answered, Command};
use crate::rules::fetch::pop3_box;

/// A mailbox with a runtime of its own.
#[derive(Debug)]
pub struct Blocking<M> {
    mailbox: M,
    runtime: Runtime,
}

impl<M> Blocking<M> {
    /// Takes a mailbox and makes a runtime for it.
    pub fn new(mailbox: M) -> io::Result<Self> {
        let runtime = runtime()?;
        Ok(Self { mailbox, runtime })
    }
}

impl Blocking<Imap> {
    /// Carries out one command.
    pub fn carry_out(&mut self, command: Command) -> Answered {
        self.runtime.block_on(self.mailbox.carry_out(command))
    }
}

impl Blocking<Pop3> {
    /// Carries out one command.
    pub fn carry_out(&mut self, command: pop3_box::Command) -> pop3_box::Answer {
        self.runtime.block_on(self.mailbox.carry_out(command))
    }
}
