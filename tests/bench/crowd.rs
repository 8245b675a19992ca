//! Alice's friends on a network, played by the bench: each seals with a copy of the session that bob has with alice.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use iim::edge::seal::Ratchet;
use iim::protocol::irc_form::{Assembler, pieces};
use iim::protocol::letter::{
    Body, Here, Letter, LetterId, Receipt, ReceiptState, Secret, Status, Text,
};
use iim::protocol::time::{Millis, Seconds};
use iim::protocol::{codec, nick, padding};

use super::database::{Database, Known, numbered};
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
    /// That one of bob's sessions with which alice seals, once they have written.
    ratchets: Vec<Ratchet>,
    assembler: Assembler,
}

impl Crowd {
    /// All friends of alice, whom alice's agent has to look for on this network; or bob alone.
    pub fn of(people: &People, network: &Network, bob_alone: bool) -> Self {
        let alice = Database::of(&people.alice);
        let of_bob = alice.known("bob@example.net");
        let bob = nick_of(of_bob, &network.name);
        let others = (1..alice.people()).filter(|_| !bob_alone).map(|number| {
            let secret = numbered(&of_bob.secret.0, number);
            let secret = Secret(secret.try_into().unwrap());
            nick_of(Known { secret, ..of_bob }, &network.name)
        });
        let pickles = Database::of(&people.bob).irc_pickles();
        let friend = |nick| {
            let ratchets = pickles.iter().map(|p| Ratchet::from_pickle(p).unwrap());
            let friend = Friend {
                ratchets: ratchets.collect(),
                assembler: Assembler::default(),
            };
            (nick, friend)
        };
        Self {
            friends: others.chain([bob.clone()]).map(friend).collect(),
            bob,
            alice: String::new(),
            network: network.name.clone(),
            epoch: alice.epoch(),
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

    /// What a friend answers to a line that alice's agent writes to them, if it is a greeting.
    fn answer(&mut self, nick: &str, text: &str) -> Option<String> {
        let letter = self.open(nick, text)?;
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

    /// The letter that ends with this line of alice's agent.
    fn open(&mut self, nick: &str, text: &str) -> Option<Letter> {
        let friend = self.friends.get_mut(nick).unwrap();
        let sealed = friend.assembler.hear(nick, text, Seconds(0))?;
        let opens = |ratchet: &mut Ratchet| ratchet.open(&sealed).ok();
        let (at, bytes) = friend
            .ratchets
            .iter_mut()
            .enumerate()
            .find_map(|(at, ratchet)| Some((at, opens(ratchet)?)))
            .expect("sealed for them");
        friend.ratchets = vec![friend.ratchets.swap_remove(at)];
        Some(padding::decode_padded(&bytes).unwrap())
    }

    /// What bob's side answers to lines of alice's agent: each text is delivered. Says how many texts these were.
    pub fn take(&mut self, lines: impl IntoIterator<Item = (String, String)>) -> (usize, String) {
        let (mut texts, mut answers) = (0, String::new());
        for (nick, line) in lines {
            let Some(letter) = self.open(&nick, &line) else {
                continue;
            };
            if let Body::Text(_) = letter.body {
                let receipt = Receipt {
                    state: ReceiptState::Delivered,
                    ids: vec![letter.id],
                };
                answers.push_str(&self.lines(&nick, Body::Receipt(receipt)));
                texts += 1;
            }
        }
        (texts, answers)
    }

    /// The lines by which bob says something to alice, as the network hands them to alice's agent.
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
            sent: Millis(now_ms()),
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

fn nick_of(known: Known, network: &str) -> String {
    let nicks = nick::neighbours(
        &known.secret,
        network,
        known.window,
        Seconds(now_ms() / 1000),
    );
    nicks[0].to_string()
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// Bytes for the text of a line, about as with the longest names.
const ROOM: usize = 400;
