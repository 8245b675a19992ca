//! What an account must keep to itself, read out of its own database.

use iim::protocol::letter::Secret;
use iim::protocol::nick;
use iim::protocol::time::Seconds;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::needles::{Kind, Needle};
use crate::support::account::Account;

/// All that lies in the database now; what it says of networks is `networks`.
pub fn of(account: &Account, networks: &[&str]) -> Vec<Needle> {
    let path = account.home.join(".local/share/iim/iim.db");
    let database = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut sample = Sample {
        whose: account.name.clone(),
        networks: networks.iter().map(|n| (*n).to_owned()).collect(),
        needles: Vec::new(),
    };
    for json in texts(&database, "SELECT state FROM account") {
        sample.account(&json);
    }
    for json in texts(&database, "SELECT pickle FROM keyring") {
        sample.keyring(&json);
    }
    for json in texts(&database, "SELECT state FROM roster") {
        sample.friend(&json);
    }
    for json in texts(&database, "SELECT pickle FROM session") {
        sample.session(&json);
    }
    for hex in rows(&database, "SELECT hex(token) FROM invite") {
        sample.bytes(Kind::Token, "invite token", &unhex(&hex));
    }
    for text in rows(&database, "SELECT text FROM message WHERE text != ''") {
        let needle = Needle::text(Kind::Text, "a text", &text);
        sample.needles.push(needle);
    }
    sample.needles
}

struct Sample {
    whose: String,
    networks: Vec<String>,
    needles: Vec<Needle>,
}

impl Sample {
    fn account(&mut self, account: &Value) {
        for key in ["curve25519", "ed25519"] {
            self.hex(Kind::Key, key, &account["keys"][key]);
        }
        for key in ["secret", "decoy"] {
            self.presence(key, &account[key]);
        }
        self.epoch("epoch", &account["epoch"]);
    }

    fn friend(&mut self, friend: &Value) {
        let of = friend["name"].as_str().unwrap().to_owned();
        let keys = &friend["standing"]["Friend"];
        for key in ["curve25519", "ed25519"] {
            self.hex(Kind::Key, &format!("{key} of {of}"), &keys[key]);
        }
        for side in ["ours", "theirs"] {
            for way in ["mail", "irc"] {
                let what = format!("one-time key for {of}, {side}, {way}");
                self.hex(Kind::Key, &what, &friend[side][way]);
            }
        }
        for (what, told) in [
            ("shown to", &friend["shown"]),
            ("held of", &friend["presence"]["presence"]),
        ] {
            self.presence(&format!("secret {what} {of}"), &told["secret"]);
            self.epoch(&format!("epoch {what} {of}"), &told["epoch"]);
        }
    }

    fn keyring(&mut self, pickle: &Value) {
        self.list("private signing key", &pickle["signing_key"]["Normal"]);
        self.list("private key", &pickle["diffie_hellman_key"]);
        let keys = pickle["one_time_keys"]["private_keys"].as_object().unwrap();
        for (number, key) in keys {
            self.list(&format!("private one-time key {number}"), key);
        }
        assert!(self.needles.len() >= 2, "what a pickle looks like changed");
    }

    fn session(&mut self, pickle: &Value) {
        let ratchet = &pickle["sending_ratchet"];
        let active = &ratchet["active_ratchet"];
        self.list("root key", &active["root_key"]);
        self.list("private ratchet key", &active["ratchet_key"]);
        self.list("sending chain", &ratchet["symmetric_key_ratchet"]["key"]);
        let chains = pickle["receiving_chains"]["inner"].as_array().unwrap();
        for chain in chains {
            self.list("receiving chain", &chain["hkdf_ratchet"]["key"]);
        }
    }

    /// A presence secret, and the nicknames that come of it around now.
    fn presence(&mut self, what: &str, hex: &Value) {
        let Some(hex) = hex.as_str() else { return };
        let bytes = unhex(hex);
        self.bytes(Kind::Secret, what, &bytes);
        let secret = Secret(bytes.try_into().unwrap());
        let now = jiff::Timestamp::now().as_second().unsigned_abs();
        for (day, time) in [
            ("yesterday", now - 86_400),
            ("today", now),
            ("tomorrow", now + 86_400),
        ] {
            let window = nick::window_at(&secret, 86_400, Seconds(time));
            for network in self.networks.clone() {
                let nick = nick::derive(&secret, &network, window);
                let what = format!("{}: nick by {what}, {network}, {day}", self.whose);
                self.needles
                    .push(Needle::text(Kind::Nick, &what, nick.as_str()));
            }
        }
    }

    fn epoch(&mut self, what: &str, number: &Value) {
        if let Some(number) = number.as_u64().filter(|n| *n > 0) {
            let what = format!("{}: {what}", self.whose);
            self.needles
                .push(Needle::number(Kind::Epoch, &what, number));
        }
    }

    fn hex(&mut self, kind: Kind, what: &str, hex: &Value) {
        if let Some(hex) = hex.as_str() {
            self.bytes(kind, what, &unhex(hex));
        }
    }

    fn list(&mut self, what: &str, list: &Value) {
        let Some(list) = list.as_array() else { return };
        let bytes: Vec<u8> = list
            .iter()
            .map(|n| u8::try_from(n.as_u64().unwrap()).unwrap())
            .collect();
        self.bytes(Kind::Secret, what, &bytes);
    }

    fn bytes(&mut self, kind: Kind, what: &str, bytes: &[u8]) {
        let what = format!("{}: {what}", self.whose);
        self.needles.push(Needle::bytes(kind, &what, bytes));
    }
}

fn rows(database: &Connection, query: &str) -> Vec<String> {
    let mut statement = database.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn texts(database: &Connection, query: &str) -> Vec<Value> {
    let rows = rows(database, query);
    rows.iter()
        .map(|json| serde_json::from_str(json).unwrap())
        .collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}
