//! The hook killed with SIGKILL in the middle of its work, at many moments: after the same mail has been tried
//! again, all is as if it had run once.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::window::home;
use crate::support::account::{Account, Place};
use crate::support::handshake::{befriend, carry};
use crate::support::mails::Way;
use crate::support::post::{Mail, Post};
use crate::support::process::{need, run};

const NETWORK: &str = "test=irc://127.0.0.1:6667";

struct World {
    place: Place,
    post: Post,
    alice: Account,
    bob: Account,
}

fn world() -> World {
    need(&["procmail"]);
    let place = Place::new();
    let post = Post::new(&place);
    let alice = Way::Procmail.account(&place, "alice@example.org");
    let bob = Way::Procmail.account(&place, "bob@example.net");
    for account in [&alice, &bob] {
        account.setup(&["--sendmail", &post.sendmail, "--network", NETWORK]);
    }
    World {
        place,
        post,
        alice,
        bob,
    }
}

#[test]
fn while_a_text_arrives() {
    let world = world();
    befriend(&world.post, Way::Procmail, &world.bob, &world.alice);
    world.bob.ok(&["say", "alice", "hello"]);
    let mail = world.post.take_one();
    let moments = Moments::of(&world, &mail);
    moments.try_all(80, |world| {
        // The receipt, however often it went, makes bob's text delivered and nothing else.
        carry(&world.post, Way::Procmail, &[&world.alice, &world.bob]);
        let texts = world.bob.texts("alice");
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert_eq!(texts[0]["state"], "delivered", "{texts:?}");
    });
}

#[test]
fn while_a_request_arrives() {
    let world = world();
    world.bob.ok(&["add", "alice@example.org"]);
    let mail = world.post.take_one();
    let moments = Moments::of(&world, &mail);
    moments.try_all(60, |world| {
        assert!(world.post.waiting().is_empty(), "a stranger gets no answer");
        world.alice.ok(&["accept", "bob@example.net"]);
        carry(&world.post, Way::Procmail, &[&world.alice, &world.bob]);
        assert_eq!(
            world.alice.of_friend("bob@example.net", "standing"),
            "friend"
        );
        assert_eq!(
            world.bob.of_friend("alice@example.org", "standing"),
            "friend"
        );
    });
}

#[test]
fn while_an_accept_arrives() {
    let world = world();
    world.alice.ok(&["add", "bob@example.net", "--name", "bob"]);
    carry(&world.post, Way::Procmail, &[&world.alice, &world.bob]);
    world
        .bob
        .ok(&["accept", "alice@example.org", "--name", "alice"]);
    let mail = world.post.take_one();
    let moments = Moments::of(&world, &mail);
    moments.try_all(60, |world| {
        carry(&world.post, Way::Procmail, &[&world.alice, &world.bob]);
        assert_eq!(world.bob.of_friend("alice", "standing"), "friend");
        world.alice.ok(&["say", "bob", "hello"]);
        world.bob.ok(&["say", "alice", "hello"]);
        carry(&world.post, Way::Procmail, &[&world.alice, &world.bob]);
        for (one, other) in [(&world.alice, "bob"), (&world.bob, "alice")] {
            let out = one
                .texts(other)
                .into_iter()
                .find(|t| t["direction"] == "out")
                .unwrap();
            assert_eq!(out["state"], "delivered", "{}: {out}", one.name);
        }
    });
}

/// A mail for alice, and how long their hook takes for it.
struct Moments<'a> {
    world: &'a World,
    mail: &'a Mail,
    start: PathBuf,
    took: Duration,
    expected: Value,
}

impl<'a> Moments<'a> {
    /// Runs the hook in peace and notes what it makes of the mail.
    fn of(world: &'a World, mail: &'a Mail) -> Self {
        let start = world.place.join("start");
        copy(&world.alice.home, &start.join("alice"));
        copy(&world.bob.home, &start.join("bob"));
        let mut moments = Self {
            world,
            mail,
            start,
            took: Duration::ZERO,
            expected: Value::Null,
        };
        let mut times: Vec<Duration> = (0..7).map(|_| moments.in_peace()).collect();
        times.sort();
        moments.took = times[3];
        moments.expected = state(&world.alice);
        moments
    }

    fn in_peace(&self) -> Duration {
        self.reset();
        let begun = Instant::now();
        let out = self.world.alice.iim_with(&["deliver"], &self.mail.bytes);
        let took = begun.elapsed();
        out.expect_code(0, "in peace");
        took
    }

    /// Kills the hook at so many moments (tenfold with `tests/run --long`), at random over its whole run.
    fn try_all(&self, count: u32, then: impl Fn(&World)) {
        let count = if std::env::var_os("IIM_TESTS_LONG").is_some() {
            count * 10
        } else {
            count
        };
        let mut killed = 0;
        let mut took = self.took;
        for moment in 0..count {
            self.reset();
            let delay = took.mul_f64(rand::random::<f64>());
            let in_time = self.kill_after(delay);
            killed += u32::from(in_time);
            // The machine may have become faster or slower meanwhile.
            took = took.mul_f64(if in_time { 1.01 } else { 0.96 });
            let what = format!("moment {moment} of {count}, after {delay:?}");
            let again = self.world.alice.iim_with(&["deliver"], &self.mail.bytes);
            again.expect_code(0, &format!("the retry, {what}"));
            assert_eq!(state(&self.world.alice), self.expected, "{what}");
            // What the killed one had still to send is sent at the next occasion, a minute later.
            self.a_minute_passes();
            self.world.alice.ok(&["flush"]);
            assert_eq!(
                state(&self.world.alice)["friends"],
                self.expected["friends"],
                "{what}"
            );
            then(self.world);
        }
        assert!(
            killed * 3 > count,
            "only {killed} of {count} were killed in time"
        );
    }

    fn reset(&self) {
        self.world.post.take();
        copy(&self.start.join("alice"), &self.world.alice.home);
        copy(&self.start.join("bob"), &self.world.bob.home);
        for account in [&self.world.alice, &self.world.bob] {
            iim::account::Account::take_for_granted(&home(account)).unwrap();
        }
    }

    /// A letter that somebody was about to send is theirs for a minute; the killed one's minute is over.
    fn a_minute_passes(&self) {
        let path = self.world.alice.home.join(".local/share/iim/iim.db");
        let database = rusqlite::Connection::open(path).unwrap();
        database
            .execute("UPDATE outbox SET claimed_until = 0", [])
            .unwrap();
    }

    /// Whether the hook was still running when it was killed.
    fn kill_after(&self, delay: Duration) -> bool {
        let mail = self.world.place.join("mail");
        std::fs::write(&mail, &self.mail.bytes).unwrap();
        let mut child = self
            .world
            .alice
            .command(&self.world.alice.program)
            .arg("deliver")
            .stdin(std::fs::File::open(&mail).unwrap())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(delay);
        let _ = child.kill();
        child.wait().unwrap().code().is_none()
    }
}

/// What a person sees of the account, but for when it was.
fn state(account: &Account) -> Value {
    let mut friends = account.friends();
    for friend in &mut friends {
        friend.as_object_mut().unwrap().remove("since");
    }
    let mut texts = Vec::new();
    for friend in &friends {
        let address = friend["address"].as_str().unwrap();
        texts.extend(
            account
                .iim(&["read", address, "--json"])
                .text()
                .lines()
                .map(str::to_owned),
        );
    }
    serde_json::json!({ "friends": friends, "texts": texts })
}

/// Makes `to` an exact copy of the folder `from`.
fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    run(Command::new("cp").arg("-a").arg(from).arg(to), b"").expect_code(0, "cp");
}
