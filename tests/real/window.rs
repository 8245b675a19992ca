//! A window ends: both move to the next nickname by themselves, and find each other again without a mail.
//!
//! The agents live in the test, with a clock that only the test turns.

use iim::protocol::time::Seconds;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use iim::edge::clock::{Clock, SystemClock, TestClock};
use iim::edge::home::Home;
use iim::protocol::nick;
use tokio::sync::oneshot;

use crate::support::account::{Account, Place};
use crate::support::handshake::befriend;
use crate::support::mails::Way;
use crate::support::net::{Kind, Network};
use crate::support::post::Post;
use crate::support::process::{need, try_until};

/// An hour.
const WINDOW: u32 = 3600;
/// So long both are waited for by small steps.
const PATIENCE: Duration = Duration::from_secs(60);

/// An agent in a thread of the test.
struct Inside {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Inside {
    fn start(account: &Account, clock: &TestClock) -> Self {
        let home = home(account);
        let clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let (end, ended) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                tokio::select! {
                    served = iim::daemon::serve(home, clock, |_, _, _| String::new()) => served.unwrap(),
                    _ = ended => {}
                }
            });
            runtime.shutdown_timeout(Duration::from_secs(1));
        });
        Self {
            end: Some(end),
            thread: Some(thread),
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the agent panicked");
        }
    }
}

pub fn home(account: &Account) -> Home {
    Home::from_env(None, |name| {
        (name == "HOME").then(|| account.home.clone().into_os_string())
    })
    .unwrap()
}

/// The nick that somebody should have at that time.
fn nick_at(account: &Account, network: &str, time: u64) -> String {
    let mut account =
        iim::account::Account::open_quietly(home(account), Arc::new(SystemClock)).unwrap();
    let secret = account.state().unwrap().secret;
    nick::derive(
        &secret,
        network,
        nick::window_at(&secret, WINDOW, Seconds(time)),
    )
    .as_str()
    .to_owned()
}

/// Asks the server which of these nicks are there.
fn there(network: &Network, nicks: &[&str]) -> Vec<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", network.port())).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // Another nick at each look: the server may not have noticed yet that the last one has gone.
    static LOOKS: AtomicU32 = AtomicU32::new(0);
    let nick = format!("look{}", LOOKS.fetch_add(1, Ordering::Relaxed));
    write!(stream, "NICK {nick}\r\nUSER looker 0 * :looker\r\n").unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut asked = false;
    loop {
        let line = lines.next().unwrap().unwrap();
        if let Some(token) = line.strip_prefix("PING ") {
            write!(stream, "PONG {token}\r\n").unwrap();
        }
        if line.contains(" 001 ") && !asked {
            asked = true;
            write!(stream, "ISON {}\r\n", nicks.join(" ")).unwrap();
        }
        if line.contains(" 303 ") {
            let found = line.rsplit_once(':').map_or("", |(_, rest)| rest);
            return found.split_whitespace().map(str::to_owned).collect();
        }
    }
}

/// Ends the ticking even when the test fails.
struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn window(kind: Kind) {
    need(&["procmail"]);
    let place = Place::new();
    let post = Post::new(&place);
    let network = Network::start(kind, "net0");
    let people: Vec<Account> = ["alice@example.org", "bob@example.net"]
        .iter()
        .map(|address| {
            let account = Way::Procmail.account(&place, address);
            account.setup(&["--sendmail", &post.sendmail, "--network", &network.url()]);
            account.configure(&[
                ("#poll = 15", "poll = 4"),
                ("#grace = 180", "grace = 5"),
                ("window = \"30d\"", "window = \"1h\""),
            ]);
            account
        })
        .collect();
    let (alice, bob) = (&people[0], &people[1]);
    for person in [alice, bob] {
        // The shorter window is a change that friends are told of by mail; so it is made known before there are any.
        person.ok(&["flush"]);
    }
    befriend(&post, Way::Procmail, alice, bob);
    let clock = TestClock::at(SystemClock.now().0);
    let _agents: Vec<Inside> = people
        .iter()
        .map(|account| Inside::start(account, &clock))
        .collect();
    alice.until_friend("bob", "presence", "online", 120);
    bob.until_friend("alice", "presence", "online", 120);
    let nicks_at = |time| [alice, bob].map(|person| nick_at(person, "net0", time));
    let nicks = || nicks_at(clock.now().0);
    let nicks_before = || nicks_at(clock.now().0 - u64::from(WINDOW));
    let old = nicks();
    assert_eq!(
        there(&network, &[&old[0], &old[1]]),
        old,
        "both are under the nicks of this window"
    );

    // Into the next window, past the quarter of an hour in which everybody moves, and past the pause after leaving:
    // a minute of theirs is less than a second of ours.
    clock.advance(u64::from(WINDOW));
    let mut step = 30;
    let begun = Instant::now();
    try_until("both to move to the nicks of the new window", 240, || {
        clock.advance(step);
        // Everybody's windows end at a moment of their own: the next may end meanwhile, and be moved into too.
        let (new, before) = (nicks(), nicks_before());
        let all: Vec<&str> = new.iter().chain(&before).map(String::as_str).collect();
        let found = there(&network, &all);
        if found == new && old[0] != new[0] && old[1] != new[1] {
            Ok(())
        } else {
            // All who must have left: what the first back says to the other is not to be too old before they can hear it.
            let left = !before.iter().any(|nick| found.contains(nick));
            // On a slow machine a look takes long, and ten minutes of theirs, which a nick may have to wait, longer.
            step = match left && begun.elapsed() < PATIENCE {
                true => 2,
                false => 30,
            };
            let states = [alice, bob].map(|person| person.iim(&["status"]).text());
            Err(format!("{found:?} for {new:?}; {states:?}"))
        }
    });
    // Time goes on as it does, or nobody would ever try anything again.
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_secs(1));
                clock.advance(1);
            }
        });
        let _end = SetAtEnd(&over);
        alice.until_friend("bob", "presence", "online", 90);
        bob.until_friend("alice", "presence", "online", 90);
    });
    let waiting = post.waiting();
    assert!(waiting.is_empty(), "no mail was needed: {waiting:?}");
    alice.ok(&["say", "bob", "a new day"]);
    bob.until_text("alice", "a new day", 20, |text| text["via"] == "irc");
}

#[test]
fn window_ends_on_ngircd() {
    window(Kind::Ngircd);
}

#[test]
fn window_ends_on_inspircd() {
    window(Kind::Inspircd);
}
