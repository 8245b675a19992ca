//! Kept copies: what one causes that comes in, whoever sends it to us. Nobody looks whether it opens.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use iim::account::kept::{When, back_up, standing};
use iim::account::{Account, change_code, mail, new_code};
use iim::edge::clock::{Clock, TestClock};
use iim::edge::home::{Home, replace_file};
use iim::edge::mail::{MailSender, OutMail, Slow};
use iim::protocol::address::Address;
use iim::protocol::mail_form::By;
use iim::rules::event::{Act, Adding};
use iim::rules::kept::due::Fate;
use iim::rules::queue::choice::{Announcements, Round};
use iim::rules::queue::route::Handed;

use super::person::NOW;

/// Takes every mail.
#[derive(Default)]
struct Bag(Vec<OutMail>);

impl MailSender for Bag {
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        _within: Option<Duration>,
    ) -> Vec<Result<Handed, Slow>> {
        let taken = mails.iter().map(|_| Ok(Handed::Taken)).collect();
        self.0.extend(mails);
        taken
    }
}

struct World {
    dir: tempfile::TempDir,
    clock: TestClock,
}

impl World {
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    fn home(&self, name: &str) -> Home {
        Home::at(&self.dir.path().join(name), &self.dir.path().join("state"))
    }

    fn account(&self, name: &str) -> Account {
        let home = self.home(name);
        if !Path::new(&home.database()).exists() {
            home.create().unwrap();
            let text = format!("address = \"{}\"\n", address(name));
            replace_file(&home.config(), text.as_bytes()).unwrap();
            Account::create(&home, self.clock()).unwrap();
        }
        Account::open(home, self.clock()).unwrap()
    }
}

fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@example.org")).unwrap()
}

fn sent(account: &mut Account) -> Vec<OutMail> {
    let mut bag = Bag::default();
    let round = Round::without_irc(Announcements::Due);
    mail::send(account, &mut bag, &round).unwrap();
    bag.0
}

fn befriend(asker: &mut Account, asked: &mut Account, name: &str) {
    let adding = Adding {
        address: address(name),
        invite: None,
        name: None,
        note: None,
        hidden: false,
        verified: false,
    };
    asker.act(Act::Add(adding)).unwrap();
    carry(asker, asked);
    let accept = Act::Accept {
        address: address("alice"),
        name: None,
        hidden: false,
    };
    asked.act(accept).unwrap();
    carry(asked, asker);
    carry(asker, asked);
}

fn carry(from: &mut Account, to: &mut Account) {
    for mail in sent(from) {
        to.hear_mail_by(&mail.mail, By::Marker).unwrap();
    }
}

fn copy_of(account: &mut Account) -> String {
    let before = iim::account::code_key(account).unwrap();
    let key = before.unwrap_or_else(|| {
        let (_, key) = new_code(account);
        assert!(change_code(account, None, Some(&key)).unwrap());
        key
    });
    let mut bag = Bag::default();
    back_up(account, &key, When::Always, &mut bag).unwrap();
    String::from_utf8(bag.0.remove(0).mail).unwrap()
}

/// Each copy from each sender, and what comes of it.
pub(super) fn copies() -> Vec<(String, &'static str, String)> {
    let world = World {
        dir: tempfile::tempdir().unwrap(),
        clock: TestClock::at(NOW),
    };
    let mut alice = world.account("alice");
    for name in ["bob", "carol"] {
        befriend(&mut alice, &mut world.account(name), name);
    }
    alice.act(Act::Block(vec![address("carol")])).unwrap();
    let mallorys = copy_of(&mut world.account("mallory"));
    let mut all = Vec::new();
    for (standing, name) in [
        ("nobody", "mallory"),
        ("friend", "bob"),
        ("blocked friend", "carol"),
        ("ourselves", "alice"),
    ] {
        let old = copy_of(&mut alice);
        let last = copy_of(&mut alice);
        for (copy, mail) in [
            ("of another", mallorys.clone()),
            ("an old one of ours", old),
            ("the last of ours, changed", changed(&last)),
            ("the last of ours, cut", last[..last.len() / 2].to_owned()),
            ("the last of ours", last.clone()),
            ("the last of ours, again", last),
        ] {
            let came = outcome(&world, &mut alice, &from(&mail, name));
            all.push((format!("copy, {copy}"), standing, came));
        }
    }
    all
}

/// With another author.
fn from(mail: &str, name: &str) -> String {
    let (before, after) = mail.split_once("From: ").unwrap();
    let (_, after) = after.split_once("\r\n").unwrap();
    format!("{before}From: <{name}@example.org>\r\n{after}")
}

/// With another byte in what is sealed.
fn changed(mail: &str) -> String {
    let place = mail.rfind("\r\n\r\n--").unwrap() - 100;
    let (before, after) = mail.split_at(place);
    let other = if after.starts_with('A') { 'B' } else { 'A' };
    format!("{before}{other}{}", &after[1..])
}

fn outcome(world: &World, alice: &mut Account, mail: &str) -> String {
    let mut other = world.account("alice");
    let before = (fate(alice), unread(alice), other.data_version().unwrap());
    let arrived = alice.hear_mail_by(mail.as_bytes(), By::Marker).unwrap();
    let arrived = arrived.unwrap();
    other.take_edits().unwrap();
    let after = (fate(alice), unread(alice), other.data_version().unwrap());
    let mut words = vec![if arrived.done { "taken" } else { "stays" }.to_owned()];
    let mut add = |is: bool, word: &str| {
        if is {
            words.push(word.to_owned());
        }
    };
    add(
        before.0 != after.0 && after.0 == Some(Fate::Seen),
        "has come",
    );
    add(before.1 != after.1, "counted among the unread");
    let is_noted = before.0 != after.0 || before.1 != after.1;
    add(before.2 != after.2 && !is_noted, "something is written");
    add(!arrived.notices.is_empty(), "told");
    let leaving = sent(alice).len();
    add(leaving > 0, "something leaves");
    words.join(", ")
}

fn fate(account: &Account) -> Option<Fate> {
    standing(account).unwrap().last.map(|(_, fate)| fate)
}

fn unread(account: &mut Account) -> u64 {
    account.unread_mails().unwrap().count
}
