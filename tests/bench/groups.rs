//! Groups: what it costs to judge acts, to say something to fifty people, and to be in twenty groups.
//!
//! The people of a group are made here and put into the accounts' databases, with one friendship as people make it: what is in a
//! book is believed by whoever reads it again, so only the acts that are told and judged need signatures that hold.

use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use iim::edge::store::{Create, Store, Transaction};
use iim::protocol::address::Address;
use iim::protocol::codec::group::{encode_deed, encode_person};
use iim::protocol::group::letters::SaidHash;
use iim::protocol::group::{
    Act, ActId, Deed, Entry, Founding, GroupId, MemberId, Person, Signed, Title, What,
};
use iim::protocol::letter::{Keys, PublicKey, Signature};
use iim::protocol::time::Seconds;
use iim::rules::effect::Effect;
use iim::rules::group::book::Book;
use iim::rules::group::state::{Group, Member, Standing};
use iim::rules::view::View as _;
use serde_json::json;
use vodozemac::Ed25519SecretKey;

use super::agent::until_connected;
use super::database::DATABASE;
use super::figure;
use super::pairs::{median, memory};
use super::people::People;
use super::sink::Sink;
use super::support::account::Account;
use super::support::net::{Kind, Network};

const NETWORK: [&str; 2] = ["--network", "test=irc://127.0.0.1:6667"];

/// How many acts the founder does that are judged.
const JUDGED: usize = 120;

/// One group, as its acts are made.
struct Scene {
    founder: Ed25519SecretKey,
    acts: Vec<Act>,
}

/// Of people who are made here: by number.
fn keys(who: u8) -> Keys {
    Keys {
        curve25519: PublicKey([who; 32]),
        ed25519: PublicKey([who; 32]),
    }
}

fn person(name: &str, keys: Keys, group: Option<GroupId>) -> Person {
    Person {
        address: Address::parse(name).unwrap(),
        name: name.to_owned(),
        keys,
        prekey: keys.curve25519,
        counter: 0,
        group,
        ended: None,
    }
}

fn entry(value: Person) -> Entry {
    Signed {
        bytes: encode_person(&value),
        value,
        signature: Signature([0; 64]),
    }
}

impl Scene {
    fn new(number: u8) -> Self {
        let founder = Ed25519SecretKey::new();
        let keys = Keys {
            curve25519: PublicKey([200; 32]),
            ed25519: PublicKey(*founder.public_key().as_bytes()),
        };
        let deed = Deed {
            group: None,
            author: MemberId::of(keys.ed25519),
            parents: Vec::new(),
            depth: 0,
            time: Seconds(1_800_000_000),
            what: What::Found(Founding {
                entry: entry(person("founder@bench.example", keys, None)),
                title: Title {
                    name: format!("group {number}"),
                    topic: String::new(),
                },
                salt: [number; 16],
            }),
            before: None,
            number: 1,
        };
        let act = Signed {
            bytes: encode_deed(&deed),
            value: deed,
            signature: Signature([0; 64]),
        };
        Self {
            founder,
            acts: vec![act],
        }
    }

    fn id(&self) -> GroupId {
        GroupId::of(self.acts[0].id())
    }

    fn founds(&self) -> MemberId {
        self.acts[0].value.author
    }

    /// These people are added by the founder, whose the first so many acts are.
    fn with(number: u8, people: Vec<Person>) -> Self {
        let mut scene = Self::new(number);
        let id = scene.id();
        for person in people {
            let group = Some(id);
            scene.does(scene.founds(), What::Add(entry(Person { group, ..person })));
        }
        scene
    }

    /// Somebody does something, as whoever knows all that was done.
    fn does(&mut self, author: MemberId, what: What) {
        let last = self.acts.last().unwrap();
        let mut own = self.acts.iter().rev();
        let before = own.find(|act| act.value.author == author);
        let deed = Deed {
            group: Some(self.id()),
            author,
            parents: vec![last.id()],
            depth: last.value.depth + 1,
            time: Seconds(1_800_000_000),
            what,
            before: before.map(Act::id),
            number: before.map_or(0, |act| act.value.number) + 1,
        };
        let mut act = Signed {
            bytes: encode_deed(&deed),
            value: deed,
            signature: Signature([0; 64]),
        };
        if author == self.founds() {
            act.signature = Signature(self.founder.sign(&act.signed_bytes()).to_bytes());
        }
        self.acts.push(act);
    }

    /// Admins put people out and take them in again, until there are so many acts.
    fn goes_on(&mut self, count: usize, admins: &[u8]) {
        let id = self.id();
        let mut ends: Vec<Option<ActId>> = vec![None; 256];
        let mut out = [false; 256];
        for n in self.acts.len()..count {
            let author = MemberId::of(keys(admins[n % admins.len()]).ed25519);
            let whom = u8::try_from(30 + n / 2 % 10).unwrap();
            let at = usize::from(whom);
            if out[at] {
                let name = format!("member{whom}@bench.example");
                let back = person(&name, keys(whom), Some(id));
                let ended = ends[at];
                self.does(author, What::Add(entry(Person { ended, ..back })));
            } else {
                self.does(author, What::Remove(MemberId::of(keys(whom).ed25519)));
                ends[at] = Some(self.acts.last().unwrap().id());
            }
            out[at] = !out[at];
        }
    }

    /// The group is in an account, whose user holds so many of the acts.
    fn put(&self, account: &Account, held: usize, change: impl FnOnce(&mut Group)) {
        let store = Store::open(&account.home.join(DATABASE), Create::No).unwrap();
        store
            .transact(|tx| {
                let acts = self.acts[..held].to_vec();
                let mut group = group_of(tx, &acts);
                change(&mut group);
                let now = group.since;
                tx.apply(&Effect::Group(Box::new(group.clone())), now)?;
                tx.apply(&Effect::Acts(group.conversation, acts, Vec::new()), now)
            })
            .unwrap();
    }
}

/// The group as its book has it, in the account of one who is in.
fn group_of(tx: &Transaction<'_>, acts: &[Act]) -> Group {
    let book = Book::restored(acts.to_vec()).unwrap();
    let roster = book.roster();
    let ours = tx.account().unwrap().keys.ed25519;
    let us = MemberId::of(ours);
    assert!(roster.members.contains_key(&us), "the user is in");
    let mut members = Vec::new();
    for (id, member) in roster.members.iter().filter(|(id, _)| **id != us) {
        let address = &member.entry.value.address;
        let known = json!({
            "id": id,
            "contact": tx.ids_at(address).unwrap().contact,
            "name": address.local(),
            "entry": member.entry,
            "first": [1, member.by],
            "is_in": true,
            "rank": member.rank,
            "heads": [],
            "told": book.heads(),
            "acts_due": false,
            "entry_due": false,
            "heads_due": false,
            "within": null,
            "repaired_at": 0,
            "again": null,
            "got": null,
            "got_due": false,
            "fresh": false,
            "due": null,
            "since_told": 0,
            "new_sessions": [0, 0],
        });
        members.push(serde_json::from_value::<Member>(known).unwrap());
    }
    let title = roster.title.clone().unwrap();
    // As the store has it: what a later version adds it has by itself.
    let group = json!({
        "id": book.group(),
        "name": title.name,
        "title": title,
        "standing": Standing::In,
        "since": 1_800_000_000,
        "us": us,
        "heads": book.heads(),
        "members": members,
        "asked": [],
        "admin": false,
        "entry": null,
        "number": 0,
        "hash": SaidHash::default(),
        "last_sent": 0,
        "latest": 0,
        "muted": false,
    });
    Group {
        conversation: tx.group_conversation(book.group()).unwrap(),
        ..serde_json::from_value(group).unwrap()
    }
}

/// Who somebody is in a group.
fn own(account: &Account) -> Person {
    let store = Store::open(&account.home.join(DATABASE), Create::No).unwrap();
    let state = store.read(|tx| tx.account()).unwrap();
    person(&account.address, state.keys, None)
}

/// So many who are made here.
fn strangers(count: u8) -> Vec<Person> {
    let one = |who: u8| person(&format!("member{who}@bench.example"), keys(who), None);
    (1..=count).map(one).collect()
}

/// A mail with acts of the founder comes into a book of so many: each is verified and judged by all that is before it.
pub fn judge() {
    let plain = {
        let people = People::new(&NETWORK);
        agent_of_alice(&people);
        let time = |n: usize| {
            people.bob.ok(&["say", "alice", &format!("text {n}")]);
            deliver(&people)
        };
        median((0..20).map(time))
    };
    for (held, limit, at_most) in [
        (512 - JUDGED, 10.0, "a book of 512 acts"),
        (2_048 - JUDGED, 4.0, "a book of 2,048 acts"),
    ] {
        let time = |_| judged(held);
        let took = median((0..5).map(time)).saturating_sub(plain);
        let milliseconds = took.as_secs_f64() * 1e3;
        figure(
            &format!("iim deliver <{JUDGED} acts, {at_most}"),
            milliseconds,
            " ms",
            None,
            false,
        );
        #[allow(clippy::cast_precision_loss, reason = "a few")]
        figure(
            "  of that each act, and so each fold, at most",
            milliseconds / JUDGED as f64,
            " ms",
            Some(limit),
            false,
        );
    }
}

fn judged(held: usize) -> Duration {
    let people = People::new(&NETWORK);
    let (alice, bob) = (own(&people.alice), own(&people.bob));
    let alices = MemberId::of(alice.keys.ed25519);
    let mut all = strangers(40);
    let first = all.pop().unwrap();
    all.extend([alice, bob]);
    // One who is an admin takes the rest in: all that the founder may still do is judged.
    let by = MemberId::of(first.keys.ed25519);
    let mut scene = Scene::with(1, vec![first]);
    let id = scene.id();
    scene.does(scene.founds(), What::Admin(by, true));
    for person in all {
        let group = Some(id);
        scene.does(by, What::Add(entry(Person { group, ..person })));
    }
    let admins: Vec<u8> = (1..=20).collect();
    for admin in &admins {
        let who = MemberId::of(keys(*admin).ed25519);
        scene.does(by, What::Admin(who, true));
    }
    scene.goes_on(held, &admins);
    let told = scene.acts.last().unwrap().id();
    for n in 0..JUDGED {
        let title = Title {
            name: format!("title {n}"),
            topic: String::new(),
        };
        scene.does(scene.founds(), What::Title(title));
    }
    scene.put(&people.alice, held, |_| ());
    scene.put(&people.bob, held + JUDGED, |group| {
        let alice = group.member_mut(alices).unwrap();
        alice.told = vec![told];
        (alice.acts_due, alice.due) = (true, Some(Seconds(1)));
    });
    people.bob.ok(&["flush"]);
    agent_of_alice(&people);
    let took = deliver(&people);
    let held = {
        let store = Store::open(&people.alice.home.join(DATABASE), Create::No).unwrap();
        let acts = store.read(|tx| {
            let group = tx.group_of(id).unwrap().unwrap();
            Ok::<_, iim::edge::store::StoreError>(tx.acts(group.conversation).unwrap().0)
        });
        acts.unwrap().len()
    };
    assert_eq!(held, scene.acts.len(), "all were taken");
    took
}

/// In whose place somebody listens who does nothing: the hook leaves to them what is to be sent.
fn agent_of_alice(people: &People) {
    let socket = people.alice.home.join(".local/share/iim/agent.sock");
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
}

/// How long alice's hook takes for the mail that is on its way.
fn deliver(people: &People) -> Duration {
    let mail = people.post.take_one();
    let begun = Instant::now();
    let out = people.alice.iim_with(&["deliver"], &mail.bytes);
    let took = begun.elapsed();
    out.expect_code(0, "a letter");
    took
}

/// A text to a group of fifty, each copy sealed in a session that is there, committed and handed over by SMTP.
pub fn copies() {
    let people = People::new(&NETWORK);
    let mut all = strangers(47);
    all.extend([own(&people.alice), own(&people.bob)]);
    let scene = Scene::with(1, all);
    scene.put(&people.alice, scene.acts.len(), |_| ());
    let sink = Sink::start();
    let sendmail = format!("sendmail = \"{}\"", people.post.sendmail);
    let smtp = format!("smtp = \"smtp://127.0.0.1:{}\"", sink.port);
    people
        .alice
        .configure(&[(&sendmail, &smtp), ("#per_day = 200", "per_day = 0")]);
    // All copies are sealed and committed before the first leaves.
    let say = |n: usize| {
        let begun = Instant::now();
        people.alice.ok(&["say", "#group 1", &format!("text {n}")]);
        (sink.began().unwrap() - begun, begun.elapsed())
    };
    let first = say(0).0;
    let more: Vec<(Duration, Duration)> = (1..20).map(say).collect();
    let sealed = median(more.iter().map(|it| it.0));
    let sent = median(more.iter().map(|it| it.1));
    assert_eq!(sink.taken(), 20 * 49, "each got a copy of each");
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    figure(
        "iim say '#group', 50 members: 49 sessions opened",
        milliseconds(first),
        " ms",
        None,
        false,
    );
    figure(
        "  the next ones: 49 copies sealed and committed",
        milliseconds(sealed),
        " ms",
        Some(60.0),
        false,
    );
    figure(
        "  the whole command, 49 mails handed over by SMTP",
        milliseconds(sent),
        " ms",
        None,
        false,
    );
}

/// The agent with 20 groups of 10, in each of which something was said, against the same agent before.
pub fn idle() {
    let network = Network::start(Kind::Ngircd, "one");
    let people = People::new(&["--network", &network.url()]);
    people.befriend_alice(10);
    let settled = || {
        let mut agent = people.alice.agent();
        until_connected(&people, 1);
        std::thread::sleep(Duration::from_secs(20));
        let used = memory(agent.id(), "VmRSS:");
        assert!(agent.stop());
        used
    };
    let without = settled();
    for number in 0..20 {
        let mut all = strangers(8);
        all.push(own(&people.alice));
        let scene = Scene::with(number, all);
        scene.put(&people.alice, scene.acts.len(), |_| ());
        let name = format!("#group {number}");
        people.alice.ok(&["say", &name, "hello"]);
    }
    let with = settled();
    figure(
        "iim agent: memory without groups",
        without,
        " MB",
        None,
        false,
    );
    figure(
        "  with 20 groups of 10: more",
        with - without,
        " MB",
        Some(4.0),
        false,
    );
}
