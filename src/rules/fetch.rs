//! Fetching mail out of a mailbox: what is asked of its server, and what follows from the answers.

pub mod fetcher;
mod link;
mod look;
pub mod mailbox;
mod place;
pub mod plan;
pub mod pop3;
pub mod pop3_box;
pub mod pop3_mails;
mod step;
#[cfg(test)]
mod tests;
