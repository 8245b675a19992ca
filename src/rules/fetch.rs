//! Fetching mail out of a mailbox: what is asked of its server, and what follows from the answers.

pub mod fetcher;
mod link;
mod look;
pub mod mailbox;
mod place;
pub mod plan;
pub mod pop3;
pub mod pop3_box;
mod step;
#[cfg(test)]
mod tests;
