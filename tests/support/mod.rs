//! What the tests with real programs share: accounts, mail systems, programs in the background.
//!
//! Everything lives in a temporary folder, listens on loopback on a free port, and is ended by its own process id
//! when the test is over, however it ends.

pub mod account;
pub mod between;
pub mod clients;
pub mod cyrus;
pub mod dovecot;
pub mod hand;
pub mod handshake;
pub mod ircd;
pub mod mailbox;
pub mod mailboxes;
pub mod maildir;
pub mod mails;
pub mod net;
pub mod port;
pub mod post;
pub mod postfix;
pub mod process;
pub mod proxy;
pub mod recipes;
pub mod terminal;
