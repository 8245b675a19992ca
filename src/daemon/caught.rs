//! A worker's round, whose panic ends that round alone: the thread goes on, and its user is told.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a round came to; an error or a panic as words for its user. What a panic may have left half done is a connection or a
/// transaction, and both are gone with it.
pub(super) fn caught<T, E: Display>(round: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(round)) {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_panic) => Err("a fault of iim's own; its log says where".to_owned()),
    }
}

/// For the tests of the workers.
#[cfg(test)]
pub(super) mod broken {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::sync::Arc;

    use crate::account::Account;
    use crate::edge::clock::{Clock, SystemClock};
    use crate::edge::config::{Config, Fetch};
    use crate::edge::home::{Home, replace_file};
    use crate::protocol::time::Millis;

    /// A clock that cannot be read, as a stand-in for whatever may panic.
    #[derive(Debug)]
    pub(in crate::daemon) struct Broken;

    impl Clock for Broken {
        fn now_ms(&self) -> Millis {
            panic!("a fault of the test's own");
        }
    }

    /// An account with a mailbox, in a folder that goes with the first.
    pub(in crate::daemon) fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"), &folder.path().join("state"));
        home.create().unwrap();
        let config = b"address = 'bob@example.org'\n[mail.fetch]\nserver = 'imap://127.0.0.1'\n\
            password_command = 'true'\n";
        replace_file(&home.config(), config).unwrap();
        Account::create(&home, Arc::new(SystemClock)).unwrap();
        (folder, home)
    }

    /// That mailbox.
    pub(in crate::daemon) fn mailbox(home: &Home) -> Fetch {
        let config = Config::load(&home.config()).unwrap();
        config.mail.fetch.into_iter().next().unwrap()
    }
}
