//! Groups: what it costs to judge acts, to say something to fifty people, and to be in twenty groups, in rooms or without.
//!
//! The people of a group are made here and put into the accounts' databases, with one friendship as people make it: what is in a
//! book is believed by whoever reads it again, so only the acts that are told and judged need signatures that hold.

pub mod rooms;
mod scene;

use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use iim::edge::store::{Create, Store};
use iim::protocol::group::{MemberId, Person, Title, What};
use iim::protocol::time::Seconds;
use iim::rules::view::View as _;

use scene::*;

use super::agent::until_connected;
use super::database::DATABASE;
use super::figure;
use super::pairs::{median, memory};
use super::people::People;
use super::sink::Sink;
use super::support::net::{Kind, Network};

const NETWORK: [&str; 2] = ["--network", "test=irc://127.0.0.1:6667"];

/// How many acts the founder does that are judged.
const JUDGED: usize = 120;
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
