//! Several mailboxes of one account: each is fetched from for itself, whatever the others do.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use iim::account::fetch;
use iim::daemon::{Look, Looking, fetch_once};
use iim::edge::clock::Clock;
use iim::edge::config::{Config, Fetch};
use iim::protocol::time::Millis;

use crate::mailbox::Mailbox;
use crate::world::World;

/// What a look into a mailbox came to, by its name, in the order in which they ended.
type Over = Vec<(String, Result<u32, String>)>;

const ONE: &str = "[mail]\nper_day = 0\n[mail.fetch]\nserver = \"imap://127.0.0.1:1143\"\npassword_command = \"true\"\n";

/// Bob by a hook, and alice, who fetches; they are friends.
fn world() -> World {
    let mut world = World::of(&["bob"]);
    world.settle_in("alice", "alice", ONE);
    world.befriend("alice", "bob");
    world
}

/// A table for each mailbox: name, protocol and port.
fn several(all: &[(&str, &str, u16)]) -> String {
    let table = |(name, protocol, port): &(&str, &str, u16)| {
        format!(
            "[[mail.fetch]]\nname = \"{name}\"\nserver = \"{protocol}://alice%40{name}.example@127.0.0.1:{port}\"\n\
             password_command = \"echo secret\"\n"
        )
    };
    all.iter().map(table).collect()
}

/// Alice's configuration is another one from now on.
fn configure(world: &mut World, tables: &str) -> Vec<Fetch> {
    let path = world.at("alice").home.config();
    let text = format!("address = \"alice@alice.example\"\n[mail]\nper_day = 0\n{tables}");
    let before = std::fs::read_to_string(&path).unwrap();
    let own: String = before.split("[mail]").next().unwrap().to_owned();
    let text = text.split_once("[mail]").unwrap().1;
    std::fs::write(&path, format!("{own}[mail]{text}")).unwrap();
    world.reopen("alice");
    Config::load(&path).unwrap().mail.fetch
}

fn look(world: &mut World, from: &[Fetch], ended: &mut dyn FnMut(&str)) -> Over {
    let home = world.at("alice").home.clone();
    let clock: Arc<dyn Clock> = Arc::new(Broken(world.clock()));
    let mut all = Over::new();
    fetch_once(&home, &clock, from, Look::default(), &mut |fetch, it| {
        if let Looking::Over(came) = it {
            ended(&fetch.name);
            all.push((fetch.name.clone(), came));
        }
    });
    all
}

fn came(over: &Over, name: &str) -> Result<u32, String> {
    let one = over.iter().find(|(of, _)| of == name);
    one.expect(name).1.clone()
}

/// A clock that cannot be read while mail is fetched from the mailbox "broken", as a stand-in for whatever may panic.
struct Broken(Arc<dyn Clock>);

impl Clock for Broken {
    fn now_ms(&self) -> Millis {
        let thread = thread::current();
        assert_ne!(thread.name(), Some("fetch broken"), "on purpose");
        self.0.now_ms()
    }
}

/// A server that greets and then says nothing until it is let go; it hangs up then.
fn silent(let_go: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"* OK hello\r\n").unwrap();
        for _ in 0..300 {
            if let_go.load(Ordering::SeqCst) {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
    port
}

/// A server that answers each line with what is no answer, as long as anybody listens.
fn lying() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream: TcpStream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap());
            let mut said = stream.write_all(b"* OK hello\r\n");
            for _line in lines.lines() {
                said = said.and_then(|()| stream.write_all(&b"* 1 EXISTS\r\n".repeat(10_000)));
                if said.is_err() {
                    break;
                }
            }
        }
    });
    port
}

/// A port at which nobody listens.
fn down() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_mailbox_that_is_down_or_lies_or_panics_holds_up_no_other() {
    let mut world = world();
    let (good, broken, let_go) = (Mailbox::start(), Mailbox::start(), Arc::default());
    let ports = [
        ("silent", "imap", silent(Arc::clone(&let_go))),
        ("down", "imap", down()),
        ("lying", "imap", lying()),
        ("broken", "imap", broken.imap),
    ];
    for bad in &ports {
        let name = bad.0;
        let tables = several(&[*bad, ("good", "imap", good.imap)]);
        let from = configure(&mut world, &tables);
        let first = look(&mut world, &from[1..], &mut |_| {});
        assert!(came(&first, "good").is_ok(), "{first:?}");
        let text = format!("beside {name}");
        world.say("bob", "alice", &text);
        for mail in world.outgoing("bob") {
            good.folder().comes(&mail.mail);
        }
        let over = look(&mut world, &from, &mut |ended| {
            // Only once the good one is through.
            if ended == "good" {
                let_go.store(true, Ordering::SeqCst);
            }
        });
        assert_eq!(came(&over, "good"), Ok(1), "{over:?}");
        let why = came(&over, name).unwrap_err();
        assert_eq!(
            why.contains("a fault of iim's own"),
            name == "broken",
            "{why}"
        );
        assert_eq!(world.heard("alice", "bob").last(), Some(&text));
        assert!(good.folder().mails.is_empty());
        if name == "silent" {
            assert_eq!(over[0].0, "good", "it waited for the silent one: {over:?}");
        }
    }
}

#[test]
fn what_an_alias_brings_into_both_is_heard_once() {
    let mut world = world();
    let (old, new) = (Mailbox::start(), Mailbox::start());
    let tables = several(&[("old", "imap", old.imap), ("new", "pop3", new.pop3)]);
    let from = configure(&mut world, &tables);
    look(&mut world, &from, &mut |_| {});
    world.say("bob", "alice", "to both");
    for mail in world.outgoing("bob") {
        old.folder().comes(&mail.mail);
        new.folder().comes(&mail.mail);
    }
    let over = look(&mut world, &from, &mut |_| {});
    assert_eq!((came(&over, "old"), came(&over, "new")), (Ok(1), Ok(1)));
    let heard = world.heard("alice", "bob");
    assert_eq!(heard, ["to both"]);
    assert!(old.folder().mails.is_empty() && new.folder().mails.is_empty());
}

/// A letter that was there before the first look is not read, and would be by whoever does not know any more how far it was.
#[test]
fn each_goes_on_where_it_was_when_one_is_added_put_first_renamed_or_taken_away() {
    let mut world = world();
    let (old, new) = (Mailbox::start(), Mailbox::start());
    world.say("bob", "alice", "before the first look");
    let before = world.outgoing("bob");
    for mail in &before {
        old.folder().comes(&mail.mail);
    }
    let first =
        |name| several(&[(name, "imap", old.imap)]).replace("[[mail.fetch]]", "[mail.fetch]");
    let from = configure(&mut world, &first("old"));
    assert_eq!(came(&look(&mut world, &from, &mut |_| {}), "old"), Ok(0));
    let (one, two) = (("old", "imap", old.imap), ("new", "imap", new.imap));
    let renamed = |table: String| table.replace("name = \"old\"", "name = \"former\"");
    for (n, tables) in [
        several(&[one, two]),
        several(&[two, one]),
        renamed(several(&[two, one])),
        renamed(several(&[one])),
        first("old"),
        several(&[two]),
        several(&[one, two]),
    ]
    .into_iter()
    .enumerate()
    {
        let from = configure(&mut world, &tables);
        let text = format!("text {n}");
        world.say("bob", "alice", &text);
        let mails = world.outgoing("bob");
        let is_asked = |port: u16| from.iter().any(|fetch| fetch.server.port == port);
        let into = if is_asked(old.imap) { &old } else { &new };
        if is_asked(new.imap) && n == 0 {
            // The new one has not been looked into before.
            look(&mut world, &from, &mut |_| {});
        }
        for mail in &mails {
            into.folder().comes(&mail.mail);
        }
        for (name, came) in look(&mut world, &from, &mut |_| {}) {
            assert!(came.is_ok(), "{name}: {came:?}");
        }
        assert_eq!(world.heard("alice", "bob").last(), Some(&text));
        assert_eq!(old.folder().mails.len(), before.len(), "{n}");
        assert!(new.folder().mails.is_empty(), "{n}");
    }
    let config = world.at("alice").config.mail.fetch.clone();
    for fetch in &config {
        let kept = fetch::mailboxes(world.at("alice"), fetch).unwrap();
        let letters: u32 = kept.iter().map(|kept| kept.letters).sum();
        assert_eq!(
            letters,
            if fetch.name == "old" { 6 } else { 1 },
            "{}",
            fetch.name
        );
    }
}

/// A server that refuses each login; how many there were.
fn refusing(logins: Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let logins = Arc::clone(&logins);
            thread::spawn(move || {
                let mut stream: TcpStream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap());
                let mut said = stream.write_all(b"* OK hello\r\n");
                for line in lines.lines().map_while(Result::ok) {
                    let (tag, command) = line.split_once(' ').unwrap_or_default();
                    let answer = match command.to_uppercase() {
                        it if it.starts_with("CAPABILITY") => {
                            format!("* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n")
                        }
                        it if it.starts_with("LOGIN") || it.starts_with("AUTHENTICATE") => {
                            logins.fetch_add(1, Ordering::SeqCst);
                            thread::sleep(Duration::from_millis(300));
                            format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n")
                        }
                        _ => format!("{tag} BAD what\r\n"),
                    };
                    said = said.and_then(|()| stream.write_all(answer.as_bytes()));
                    if said.is_err() {
                        break;
                    }
                }
            });
        }
    });
    port
}

/// Servers lock out whoever tries often.
#[test]
fn a_password_that_is_refused_is_not_tried_for_each_folder_of_the_account() {
    let mut world = world();
    let logins = Arc::new(AtomicUsize::new(0));
    let port = refusing(Arc::clone(&logins));
    let tables: String = ["INBOX", "A", "B", "C"]
        .iter()
        .map(|folder| {
            format!(
                "[[mail.fetch]]\nname = \"{folder}\"\nfolder = \"{folder}\"\nserver = \"imap://alice@127.0.0.1:{port}\"\n\
                 password_command = \"echo wrong\"\n"
            )
        })
        .collect();
    let from = configure(&mut world, &tables);
    let over = look(&mut world, &from, &mut |_| {});
    assert_eq!(over.len(), 4);
    for (name, came) in &over {
        assert!(
            came.as_ref().unwrap_err().contains("refused"),
            "{name}: {came:?}"
        );
    }
    assert_eq!(logins.load(Ordering::SeqCst), 1, "{over:?}");
}

/// As from cron, again and again.
#[test]
fn a_look_that_takes_long_keeps_no_other_program_from_the_other_mailboxes() {
    let mut world = world();
    let (good, let_go) = (Mailbox::start(), Arc::default());
    let silent = silent(Arc::clone(&let_go));
    let from = configure(
        &mut world,
        &several(&[("silent", "imap", silent), ("good", "imap", good.imap)]),
    );
    let (home, clock) = (world.at("alice").home.clone(), world.clock());
    thread::scope(|scope| {
        let (home, clock, all) = (&home, &clock, &from);
        let slow = scope.spawn(move || {
            fetch_once(home, clock, &all[..1], Look::default(), &mut |_, _| {});
        });
        thread::sleep(Duration::from_secs(1));
        let over = look(&mut world, &from[1..], &mut |_| {});
        assert_eq!(came(&over, "good"), Ok(0));
        let over = look(&mut world, &from[..1], &mut |_| {});
        assert!(
            came(&over, "silent")
                .unwrap_err()
                .contains("another program")
        );
        assert!(!slow.is_finished());
        let_go.store(true, Ordering::SeqCst);
    });
}
