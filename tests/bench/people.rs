//! Accounts with many friends: one friendship is made as people make it, the others are copies of it.

use std::path::{Path, PathBuf};

use iim::rules::person::Person;
use rusqlite::{Connection, params};

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
        let place = Place::new();
        let post = Post::new(&place);
        let account = |address| {
            let mut account = Account::new(&place, address);
            program.clone_into(&mut account.program);
            super::support::recipes::install_procmail(&account, "iim.rc", "");
            let mut flags = vec!["--sendmail", post.sendmail.as_str()];
            flags.extend(networks);
            account.setup(&flags);
            account
        };
        let (alice, bob) = (account("alice@example.org"), account("bob@example.net"));
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
        let path = self.alice.home.join(".local/share/iim/iim.db");
        let mut database = Connection::open(path).unwrap();
        let bob: String = database
            .query_row(
                "SELECT state FROM friend WHERE address = 'bob@example.net'",
                [],
                |r| r.get(0),
            )
            .unwrap();
        let peer: Vec<u8> = database
            .query_row("SELECT peer FROM session LIMIT 1", [], |r| r.get(0))
            .unwrap();
        let person: Person = serde_json::from_str(&bob).unwrap();
        let secret = person.presence.unwrap().presence.secret.unwrap().0;
        let there: i64 = database
            .query_row("SELECT count(*) FROM friend", [], |r| r.get(0))
            .unwrap();
        let turn = database.transaction().unwrap();
        for number in usize::try_from(there).unwrap()..count {
            let address = format!("friend{number}@bench.example");
            let name = format!("friend{number}");
            let (mut key, mut own_secret) = (peer.clone(), secret);
            key[..8].copy_from_slice(&(number as u64).to_be_bytes());
            own_secret[..8].copy_from_slice(&(number as u64).to_be_bytes());
            let state = bob
                .replace("bob@example.net", &address)
                .replace("\"bob\"", &format!("\"{name}\""))
                .replace(&hex(&peer), &hex(&key))
                .replace(&hex(&secret), &hex(&own_secret));
            for part in [hex(&key), hex(&own_secret)] {
                assert!(state.contains(&part), "key and secret stand in the state");
            }
            turn.execute(
                "INSERT INTO friend SELECT NULL, ?1, ?2, ?2, since, standing, visible, blocked, verified, pending, \
                 next_at, announce_since, announce_mail_at, ?3 FROM friend WHERE address = 'bob@example.net'",
                params![address, name, state],
            )
            .unwrap();
            turn.execute(
                "INSERT INTO session (friend, peer, transport, session_id, pickle, ours, opened_at, created_at, ready, \
                 retired) SELECT (SELECT id FROM friend WHERE address = ?3), ?1, transport, session_id, pickle, ours, \
                 opened_at, created_at, ready, retired FROM session WHERE peer = ?2",
                params![key, peer, address],
            )
            .unwrap();
        }
        turn.commit().unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
