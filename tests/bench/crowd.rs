//! Alice's friends on a network, played by the bench: each seals with a copy of the session that bob has with her.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use iim::edge::seal::Ratchet;
use iim::protocol::irc_form::{Assembler, pieces};
use iim::protocol::letter::{Body, Here, Letter, LetterId, Status, Text};
use iim::protocol::{codec, nick, padding};
use iim::rules::account::AccountState;
use iim::rules::person::Person;
use rusqlite::Connection;

use super::irc::Network;
use super::people::People;

/// The friends, by nick.
pub struct Crowd {
    friends: BTreeMap<String, Friend>,
    /// The nick of bob, who writes.
    bob: String,
    /// The nick of alice.
    alice: String,
    network: String,
    /// The epoch of the presence that alice told them all.
    epoch: u64,
    letters: u64,
}

struct Friend {
    /// That one of bob's sessions with which alice seals, once she has written.
    ratchets: Vec<Ratchet>,
    assembler: Assembler,
}

impl Crowd {
    /// All friends of alice, whom her agent has to look for on this network.
    pub fn of(people: &People, network: &Network) -> Self {
        let database = Connection::open(people.alice.home.join(DATABASE)).unwrap();
        let account: String = one(&database, "SELECT state FROM account");
        let account: AccountState = serde_json::from_str(&account).unwrap();
        let states = column(&database, "SELECT state FROM friend");
        let database = Connection::open(people.bob.home.join(DATABASE)).unwrap();
        let pickles = column(
            &database,
            "SELECT pickle FROM session WHERE transport = 'irc'",
        );
        let mut bob = String::new();
        let friends = states.iter().map(|state| {
            let person: Person = serde_json::from_str(state).unwrap();
            let nick = nick_of(&person, &network.name);
            if person.address == bob_address() {
                bob.clone_from(&nick);
            }
            let ratchets = pickles.iter().map(|p| Ratchet::from_pickle(p).unwrap());
            let friend = Friend {
                ratchets: ratchets.collect(),
                assembler: Assembler::default(),
            };
            (nick, friend)
        });
        let friends: BTreeMap<String, Friend> = friends.collect();
        assert_eq!(friends.len(), states.len(), "each has a nick of his own");
        Self {
            friends,
            bob,
            alice: String::new(),
            network: network.name.clone(),
            epoch: account.epoch,
            letters: 0,
        }
    }

    /// How many they are.
    pub fn size(&self) -> usize {
        self.friends.len()
    }

    /// All come to the network, and prove to alice's agent who they are.
    pub fn come(&mut self, network: &Network) {
        let (alice, mut wire) = network.agent();
        self.alice = alice;
        for nick in self.friends.keys() {
            network.come(nick);
        }
        let mut greeted = 0;
        while greeted < self.friends.len() {
            let patience = Duration::from_secs(30);
            let (nick, text) = network.written.recv_timeout(patience).expect("a greeting");
            if let Some(answer) = self.answer(&nick, &text) {
                std::io::Write::write_all(&mut wire, answer.as_bytes()).unwrap();
                greeted += 1;
            }
        }
    }

    /// What a friend answers to a line that alice's agent writes to him, if it is a greeting.
    fn answer(&mut self, nick: &str, text: &str) -> Option<String> {
        let friend = self.friends.get_mut(nick).unwrap();
        let sealed = friend.assembler.hear(nick, text, 0)?;
        let opens = |ratchet: &mut Ratchet| ratchet.open(&sealed).ok();
        let (at, bytes) = friend
            .ratchets
            .iter_mut()
            .enumerate()
            .find_map(|(at, ratchet)| Some((at, opens(ratchet)?)))
            .expect("sealed for him");
        friend.ratchets = vec![friend.ratchets.swap_remove(at)];
        let letter = padding::decode_padded(&bytes).unwrap();
        let Body::Here(Here { echo: None, .. }) = letter.body else {
            return None;
        };
        let here = Here {
            nick: nick.to_owned(),
            network: self.network.clone(),
            status: Status::Online,
            status_text: None,
            capabilities: Vec::new(),
            echo: Some(letter.id),
        };
        Some(self.lines(nick, Body::Here(here)))
    }

    /// The lines by which bob says something to alice, as the network hands them to her agent.
    pub fn text(&mut self, text: &str) -> String {
        let body = Body::Text(Text {
            text: text.to_owned(),
            reply_to: None,
            notice: false,
        });
        self.lines(&self.bob.clone(), body)
    }

    fn lines(&mut self, nick: &str, body: Body) -> String {
        self.letters += 1;
        let mut id = [0x5a; 16];
        id[8..].copy_from_slice(&self.letters.to_be_bytes());
        let letter = Letter {
            id: LetterId(id),
            sent: now_ms(),
            body,
            holds: Some(self.epoch),
            presence: None,
            one_time_keys: None,
            irc: None,
        };
        let bytes = padding::pad(codec::encode(&letter));
        let friend = self.friends.get_mut(nick).unwrap();
        let sealed = friend.ratchets[0].seal(&bytes).unwrap();
        let tag = format!("{:08}", self.letters);
        let lines = pieces(&sealed, &tag, ROOM).unwrap().into_iter();
        let line = |piece| format!(":{nick}!u@host PRIVMSG {} :{piece}\r\n", self.alice);
        lines.map(line).collect()
    }
}

fn nick_of(person: &Person, network: &str) -> String {
    let presence = &person.presence.as_ref().unwrap().presence;
    let (secret, window) = (presence.secret.unwrap(), presence.window.unwrap());
    let nicks = nick::neighbours(&secret, network, window, now_ms() / 1000);
    nicks[0].to_string()
}

fn bob_address() -> iim::protocol::address::Address {
    iim::protocol::address::Address::parse("bob@example.net").unwrap()
}

fn one(database: &Connection, sql: &str) -> String {
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn column(database: &Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// The database under an account's home.
pub const DATABASE: &str = ".local/share/iim/iim.db";

/// Bytes for the text of a line, about as with the longest names.
const ROOM: usize = 400;
