//! The trips that are disturbed: each with what leads to it, the one call of alice's program, and what it is to do when
//! it is called again after an accident.

use std::fs;

use iim::account::Account;
use iim::rules::event::Act;

use crate::fetched::by_mailbox;
use crate::files::home;
use crate::scene::{Mail, NETWORK, Scene, now, texts};
use crate::support::mails::mail;

/// What alice's program is called for.
#[derive(Debug, Clone)]
pub struct Call {
    pub args: Vec<String>,
    pub input: Vec<u8>,
}

/// One trip.
#[derive(Clone, Copy)]
pub struct Trip {
    pub name: &'static str,
    /// Leads up to the call.
    pub prepare: fn() -> (Scene, Call),
    /// What follows an accident.
    pub again: Again,
}

/// What follows an accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The mail system brings the mail again; it must be taken.
    Mail,
    /// The user types the command again; it may say that it is done already.
    Command,
    /// The user types it again if the text is not in the history.
    Text,
    /// Cron runs it again.
    Fetch,
}

impl Again {
    /// Does it, without a fault.
    #[track_caller]
    pub fn run(self, scene: &Scene, call: &Call, what: &str) {
        if self == Self::Text && said(scene) > 0 {
            return;
        }
        let args: Vec<&str> = call.args.iter().map(String::as_str).collect();
        let out = scene.alice.iim_with(&args, &call.input);
        match self {
            Self::Mail | Self::Text | Self::Fetch => drop(out.expect_code(0, what)),
            Self::Command => assert!(matches!(out.code, Some(0 | 1)), "{what}: {out:?}"),
        }
    }
}

/// How often the text of a trip stands in alice's history.
pub fn said(scene: &Scene) -> usize {
    let all = texts(&scene.alice);
    all.iter().filter(|text| text["text"] == TEXT).count()
}

pub const TEXT: &str = "shall we climb?";

pub const TRIPS: [Trip; 25] = [
    trip("deliver a request", Again::Mail, deliver_request),
    trip("deliver an accept", Again::Mail, deliver_accept),
    trip("deliver a confirm", Again::Mail, deliver_confirm),
    trip("deliver a text", Again::Mail, deliver_text),
    trip("deliver a receipt", Again::Mail, deliver_receipt),
    trip("deliver a report", Again::Mail, deliver_report),
    trip("deliver a presence", Again::Mail, deliver_presence),
    trip("filter a text", Again::Mail, filter_text),
    trip("filter an ordinary mail", Again::Mail, filter_ordinary),
    trip("say", Again::Text, say),
    trip("setup", Again::Command, setup),
    trip("add", Again::Command, add),
    trip("accept", Again::Command, accept),
    trip("hide", Again::Command, || command("hide bob")),
    trip("show", Again::Command, show),
    trip("rotate", Again::Command, || command("rotate")),
    trip("block", Again::Command, || command("block bob")),
    trip("remove", Again::Command, || command("remove bob")),
    trip("flush", Again::Command, flush),
    trip("read", Again::Command, read),
    trip("a hand edit", Again::Command, hand_edit),
    trip("fetch a request", Again::Fetch, || {
        by_mailbox(deliver_request(), "imap")
    }),
    trip("fetch an accept", Again::Fetch, || {
        by_mailbox(deliver_accept(), "imap")
    }),
    trip("fetch a text", Again::Fetch, || {
        by_mailbox(deliver_text(), "imap")
    }),
    trip("fetch a text by POP3", Again::Fetch, || {
        by_mailbox(deliver_text(), "pop3")
    }),
];

const fn trip(name: &'static str, again: Again, prepare: fn() -> (Scene, Call)) -> Trip {
    Trip {
        name,
        prepare,
        again,
    }
}

/// The trip of this name.
pub fn find(name: &str) -> Trip {
    let found = TRIPS.iter().find(|trip| trip.name == name);
    *found.unwrap_or_else(|| panic!("no trip {name:?}"))
}

fn call(words: &str) -> Call {
    Call {
        args: words.split_whitespace().map(str::to_owned).collect(),
        input: Vec::new(),
    }
}

fn deliver(mail: Mail) -> Call {
    Call {
        args: vec!["deliver".to_owned()],
        input: mail.bytes,
    }
}

fn command(words: &str) -> (Scene, Call) {
    (Scene::of_friends(), call(words))
}

fn deliver_request() -> (Scene, Call) {
    let mut scene = Scene::new();
    scene.bob.ok(&["add", "alice@example.org"]);
    let mail = scene.take_one();
    (scene, deliver(mail))
}

fn deliver_accept() -> (Scene, Call) {
    let mut scene = Scene::new();
    scene.alice.ok(&["add", "bob@example.net"]);
    scene.carry();
    scene.bob.ok(&["accept", "alice"]);
    let mail = scene.take_one();
    (scene, deliver(mail))
}

fn deliver_confirm() -> (Scene, Call) {
    let mut scene = Scene::new();
    scene.bob.ok(&["add", "alice@example.org"]);
    scene.carry();
    scene.alice.ok(&["accept", "bob"]);
    let accept = scene.take_one();
    scene
        .bob
        .iim_with(&["deliver"], &accept.bytes)
        .expect_code(0, "bob takes the accept");
    let mail = scene.take_one();
    (scene, deliver(mail))
}

fn deliver_text() -> (Scene, Call) {
    let mut scene = Scene::of_friends();
    scene.bob.ok(&["say", "alice", TEXT]);
    let mail = scene.take_one();
    (scene, deliver(mail))
}

fn filter_text() -> (Scene, Call) {
    let (scene, call) = deliver_text();
    let args = vec!["filter".to_owned()];
    (scene, Call { args, ..call })
}

/// Longer than a pipe holds, so that it passes in pieces.
fn filter_ordinary() -> (Scene, Call) {
    let call = Call {
        args: vec!["filter".to_owned()],
        input: mail("", &"How are you?\n".repeat(20_000)),
    };
    (Scene::of_friends(), call)
}

fn deliver_receipt() -> (Scene, Call) {
    let mut scene = Scene::of_friends();
    scene.alice.ok(&["say", "bob", TEXT]);
    let text = scene.take_one();
    scene
        .bob
        .iim_with(&["deliver"], &text.bytes)
        .expect_code(0, "bob takes the text");
    let mail = scene.take_one();
    (scene, deliver(mail))
}

fn deliver_report() -> (Scene, Call) {
    let mut scene = Scene::of_friends();
    scene.alice.ok(&["say", "bob", TEXT]);
    let text = String::from_utf8(scene.take_one().bytes).unwrap();
    let id = text
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "))
        .unwrap();
    let bytes = format!(
        "From: MAILER-DAEMON@example.net\nTo: alice@example.org\nAuto-Submitted: auto-replied\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\n\
         Status: 5.1.1\nDiagnostic-Code: smtp; 550 no such user here\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nFrom: alice@example.org\nMessage-ID: {id}\n\n--b--\n"
    );
    let call = Call {
        args: vec!["deliver".to_owned()],
        input: bytes.into_bytes(),
    };
    (scene, call)
}

fn deliver_presence() -> (Scene, Call) {
    let mut scene = Scene::of_friends();
    scene.bob.ok(&["rotate"]);
    scene.bob.ok(&["flush"]);
    let mail = scene.take_one();
    (scene, deliver(mail))
}

fn say() -> (Scene, Call) {
    let mut call = call("say bob");
    call.args.push(TEXT.to_owned());
    (Scene::of_friends(), call)
}

/// Alice has no account yet.
fn setup() -> (Scene, Call) {
    let scene = Scene::new();
    for entry in fs::read_dir(&scene.alice.home).unwrap() {
        fs::remove_dir_all(entry.unwrap().path()).unwrap();
    }
    let mut call = call("setup --address alice@example.org --name alice");
    let sendmail = scene.sendmail();
    let flags = ["--network", NETWORK, "--sendmail", &sendmail];
    call.args.extend(flags.map(str::to_owned));
    (scene, call)
}

fn show() -> (Scene, Call) {
    let mut scene = Scene::of_friends();
    scene.alice.ok(&["hide", "bob"]);
    scene.settle("hiding");
    (scene, call("show bob"))
}

fn add() -> (Scene, Call) {
    (Scene::new(), call("add bob@example.net"))
}

fn accept() -> (Scene, Call) {
    let mut scene = Scene::new();
    scene.bob.ok(&["add", "alice@example.org"]);
    scene.carry();
    (scene, call("accept bob"))
}

/// Three texts and an announcement wait.
fn flush() -> (Scene, Call) {
    let scene = Scene::of_friends();
    let mut account = Account::open(home(&scene.alice), now()).unwrap();
    for text in [TEXT, "on Sunday", "at ten"] {
        let say = Act::Say {
            to: account.who("bob@example.net").unwrap().id,
            text: text.to_owned(),
            reply_to: None,
        };
        account.act(say).unwrap();
    }
    account.act(Act::Rotate { if_older: None }).unwrap();
    drop(account);
    (scene, call("flush"))
}

/// Two texts that were not read yet.
fn read() -> (Scene, Call) {
    let mut scene = Scene::of_friends();
    for text in [TEXT, "on Sunday"] {
        scene.bob.ok(&["say", "alice", text]);
    }
    scene.carry();
    (scene, call("read bob"))
}

/// A new name, a note, and bob may see them no more.
fn hand_edit() -> (Scene, Call) {
    let scene = Scene::of_friends();
    let path = scene.alice.home.join(".local/share/iim/roster.toml");
    let mut text = fs::read_to_string(&path).unwrap();
    for (old, new) in [
        ("name = \"bob\"", "name = \"robert\""),
        ("note = \"\"", "note = \"likes tea\""),
        ("visible = true\nblocked", "visible = false\nblocked"),
    ] {
        assert!(text.contains(old), "{old} in {text}");
        text = text.replace(old, new);
    }
    fs::write(&path, text).unwrap();
    (scene, call("friends"))
}
