//! Many at once, and one who holds the lock: everybody is served in time, or told in words why not.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use iim::account::Account;
use iim::rules::event::Act;

use crate::files::home;
use crate::scene::{Scene, now, send, texts};
use crate::support::process::{Out, free_port, until};
use crate::trips::{TEXT, find};

/// No mail waits longer: Pigeonhole gives a program ten seconds.
const LONGEST: Duration = Duration::from_secs(8);
const CROWD: usize = 100;

/// As many texts of bob's: the mails, in their order.
fn say(scene: &Scene, numbers: std::ops::Range<usize>) -> Vec<Vec<u8>> {
    let mut account = Account::open(home(&scene.bob), now()).unwrap();
    for number in numbers {
        let say = Act::Say {
            to: account.who(&scene.alice.address).unwrap().id,
            text: format!("text {number}"),
            reply_to: None,
        };
        account.act(say).unwrap();
    }
    let mails = send(&mut account);
    mails.into_iter().map(|mail| mail.bytes).collect()
}

/// A hundred texts of bob's that wait for alice's hook. Olm keeps the keys of 40 skipped messages in each chain of a
/// ratchet, so they stand in four chains: alice answers in between.
fn a_crowd(scene: &mut Scene) -> Vec<Vec<u8>> {
    let mut waiting = Vec::new();
    for part in 0..CHAINS {
        let first = part * CROWD / CHAINS + part;
        let mut mails = say(scene, first..first + 1 + CROWD / CHAINS);
        let out = scene.alice.iim_with(&["deliver"], &mails.remove(0));
        out.expect_code(0, "the first of a chain");
        scene.carry();
        waiting.extend(mails);
    }
    assert_eq!(waiting.len(), CROWD);
    waiting
}

const CHAINS: usize = 4;

/// What a command did, how it ended, and how long it took.
struct Served {
    what: String,
    out: Out,
    took: Duration,
}

fn serve(scene: &Scene, args: &[&str], input: &[u8]) -> Served {
    let begun = Instant::now();
    let out = scene.alice.iim_with(args, input);
    Served {
        what: args.join(" "),
        out,
        took: begun.elapsed(),
    }
}

/// What a user types meanwhile, again and again.
fn user(scene: &Scene, over: &AtomicBool) -> Vec<Served> {
    let mut served = Vec::new();
    for round in 0.. {
        let said = format!("word {round}");
        for args in [
            &["say", "bob", &said][..],
            &["friends"],
            &["read", "bob"],
            &["hide", "bob"],
            &["show", "bob"],
        ] {
            served.push(serve(scene, args, b""));
        }
        if over.load(Ordering::SeqCst) {
            break;
        }
    }
    served
}

#[test]
fn a_hundred_mails_beside_an_agent_and_a_user() {
    let mut scene = Scene::of_friends();
    let nobody = format!("127.0.0.1:{}", free_port());
    // Who hides and shows a friend all day long has soon mailed as much as a day allows.
    scene.alice.configure(&[
        ("127.0.0.1:6667", &nobody),
        ("#per_day = 200", "per_day = 0"),
    ]);
    let mails = a_crowd(&mut scene);
    scene.keep();
    let mut agent = scene.alice.agent();
    until("the agent", 20, || {
        agent.log().contains("the agent runs").then_some(())
    });
    let begun = Instant::now();
    let over = Arc::new(AtomicBool::new(false));
    let delivered = Mutex::new(Vec::new());
    let scene = &scene;
    let commands = thread::scope(|scope| {
        let typing = scope.spawn(|| user(scene, &over));
        thread::scope(|scope| {
            for mail in &mails {
                scope.spawn(|| {
                    let served = serve(scene, &["deliver"], mail);
                    delivered.lock().unwrap().push(served);
                });
            }
        });
        over.store(true, Ordering::SeqCst);
        typing.join().unwrap()
    });
    let all = begun.elapsed();
    agent.assert_alive();
    assert!(agent.stop(), "the agent ends in peace");
    let delivered = delivered.into_inner().unwrap();
    assert_eq!(delivered.len(), CROWD);
    check_served("hooks", &delivered);
    check_served("commands", &commands);
    eprintln!("all of it: {:.1} s", all.as_secs_f32());
    let end = scene.end(scene.take(), "the crowd");
    let of = |person: usize, direction: &str| -> Vec<String> {
        let texts = end[person]["texts"].as_array().unwrap().iter();
        texts
            .filter(|text| text["direction"] == direction)
            .inspect(|text| assert_ne!(text["state"], "Failed", "{text}"))
            .map(|text| text["text"].as_str().unwrap().to_owned())
            .collect()
    };
    // Each once; in which order depends on the clocks, which the scene turns.
    let wanted: BTreeSet<String> = (0..CROWD + CHAINS).map(|n| format!("text {n}")).collect();
    let came = of(0, "In");
    assert_eq!(came.len(), wanted.len(), "each once");
    assert_eq!(BTreeSet::from_iter(came), wanted);
    let said: Vec<String> = (0..commands.len() / 5)
        .map(|n| format!("word {n}"))
        .collect();
    assert_eq!(of(0, "Out"), said);
    assert_eq!(of(1, "In"), said);
}

/// Mails that come in an order which the ratchet does not bear are left in the mailbox; without a receipt their texts
/// go again after a day.
#[test]
fn sixty_mails_in_the_wrong_order() {
    let mut scene = Scene::of_friends();
    scene.keep();
    let mut left = 0;
    for mail in say(&scene, 0..60).iter().rev() {
        let out = scene.alice.iim_with(&["deliver"], mail);
        assert!(matches!(out.code, Some(0 | 1)), "{out:?}");
        left += usize::from(out.code == Some(1));
    }
    assert!(left < 20, "{left} were not opened");
    let end = scene.end_after(86_400 + 60, scene.take(), "after a day");
    let texts = end[0]["texts"].as_array().unwrap();
    // Each once; in which order depends on the clocks, which the scene turns.
    let mut words: Vec<&str> = texts.iter().map(|t| t["text"].as_str().unwrap()).collect();
    let mut wanted: Vec<String> = (0..60).map(|number| format!("text {number}")).collect();
    words.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(words, wanted);
}

/// All ended well and in time; says what the slowest took.
#[track_caller]
fn check_served(who: &str, all: &[Served]) {
    for served in all {
        served.out.expect_code(0, &served.what);
    }
    let worst = all.iter().max_by_key(|served| served.took).unwrap();
    let mut times: Vec<Duration> = all.iter().map(|served| served.took).collect();
    times.sort();
    eprintln!(
        "{} {who}: worst {:?} ({}), median {:?}",
        all.len(),
        worst.took,
        worst.what,
        times[times.len() / 2]
    );
    assert!(worst.took < LONGEST, "{}: {:?}", worst.what, worst.took);
}

/// Somebody holds the write lock for longer than anybody waits: the mail comes again, the user is told, and who only
/// reads is not held up.
#[test]
fn behind_a_lock_that_is_held_for_long() {
    let (scene, call) = (find("deliver a text").prepare)();
    let lock =
        rusqlite::Connection::open(scene.alice.home.join(".local/share/iim/iim.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let scene = &scene;
    let (hook, say, friends, read) = thread::scope(|scope| {
        let hook = scope.spawn(|| serve(scene, &["deliver"], &call.input));
        let say = scope.spawn(|| serve(scene, &["say", "bob", "while it is locked"], b""));
        let friends = scope.spawn(|| serve(scene, &["friends"], b""));
        let read = scope.spawn(|| serve(scene, &["read", "bob"], b""));
        (
            hook.join().unwrap(),
            say.join().unwrap(),
            friends.join().unwrap(),
            read.join().unwrap(),
        )
    });
    for served in [&hook, &say, &friends, &read] {
        let (what, took) = (&served.what, served.took);
        assert!(took < Duration::from_secs(10), "{what}: {took:?}");
    }
    assert_eq!(hook.out.code, Some(75), "{:?}", hook.out);
    assert_eq!(say.out.code, Some(1), "{:?}", say.out);
    let words = "iim: the database is in use by another program\nhint: try again in a moment\n";
    assert_eq!(say.out.errors(), words);
    friends.out.expect_code(0, "friends");
    read.out.expect_code(0, "read");
    assert!(friends.took < Duration::from_secs(4), "{:?}", friends.took);
    lock.execute_batch("ROLLBACK").unwrap();
    serve(scene, &["deliver"], &call.input)
        .out
        .expect_code(0, "when it is free");
    let texts = texts(&scene.alice);
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert_eq!(texts[0]["text"], TEXT);
}
