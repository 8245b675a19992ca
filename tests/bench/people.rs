//! Accounts with many friends: one friendship is made as people make it, the others are copies of it.

use std::path::{Path, PathBuf};

use super::database::Database;
use super::support::account::{Account, Place};
use super::support::handshake::befriend;
use super::support::mails::Way;
use super::support::post::Post;

/// Two friends with the program as it is released, and the post office between them.
pub struct People {
    pub place: Place,
    pub post: Post,
    pub alice: Account,
    pub bob: Account,
}

/// The program that `tests/bench/run` built.
pub fn program() -> PathBuf {
    std::env::var_os("IIM_BENCH_PROGRAM").map_or_else(
        || PathBuf::from(super::support::account::PROGRAM),
        PathBuf::from,
    )
}

/// The program of before, if this one is measured in turn with it (`tests/bench/run … --against PROGRAM`).
pub fn against() -> Option<PathBuf> {
    std::env::var_os("IIM_BENCH_AGAINST").map(PathBuf::from)
}

impl People {
    /// Makes the two friends; `networks` are flags for `iim setup`.
    pub fn new(networks: &[&str]) -> Self {
        Self::by(&program(), networks)
    }

    /// Makes the two friends with this program.
    pub fn by(program: &Path, networks: &[&str]) -> Self {
        Self::of(program, networks, None)
    }

    /// Makes the two friends; alice is a user of their own, as a mail server wants it.
    pub fn with_a_user(networks: &[&str]) -> Self {
        Self::of(&program(), networks, Some(65_534))
    }

    fn of(program: &Path, networks: &[&str], alice: Option<u32>) -> Self {
        let place = Place::new();
        let post = Post::new(&place);
        let program = match alice {
            // Where every user can run it.
            Some(_) => {
                let copy = place.join("iim");
                std::fs::copy(program, &copy).unwrap();
                copy
            }
            None => program.to_owned(),
        };
        let account = |address, id| {
            let mut account = match id {
                Some(id) => Account::of_user(&place, address, id),
                None => Account::new(&place, address),
            };
            program.clone_into(&mut account.program);
            super::support::recipes::install_procmail(&account, "iim.rc", "");
            let mut flags = vec!["--sendmail", post.sendmail.as_str()];
            flags.extend(networks);
            account.setup(&flags);
            account
        };
        let alice = account("alice@example.org", alice);
        let bob = account("bob@example.net", None);
        befriend(&post, Way::Procmail, &alice, &bob);
        Self {
            place,
            post,
            alice,
            bob,
        }
    }

    /// Gives alice so many friends in all, each a copy of bob under another address, name, key and presence secret.
    pub fn befriend_alice(&self, count: usize) {
        let mut database = Database::of(&self.alice);
        let there = database.people();
        database.copy("bob@example.net", "bob", there..count);
    }
}
