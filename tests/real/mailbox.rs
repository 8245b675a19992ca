//! The IMAP client, and the POP3 client, against a real Dovecot: each way of looking, fetching, removing and waiting, with each capability
//! missing in turn, over TLS and STARTTLS; and nothing of the person's own mail is changed.

mod pop3;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU32;
use std::time::Duration;

use iim::edge::config::{MailLogin, Secret, Security};
use iim::edge::mail::fetch::{Imap, Settings};
use iim::protocol::time::Seconds;
use iim::rules::fetch::mailbox::{Answer, Command, Discard, Fault, Features, Folder, Uid};

use crate::support::account::{Account, Place};
use crate::support::dovecot::{Dovecot, SPECIAL, without};
use crate::support::mails::{forged, mail, ordinary};
use crate::support::process::{is_root, need};

/// A mailbox with mails of a person's own, and a client of it.
struct Scene {
    alice: Account,
    dovecot: Dovecot,
    imap: Imap,
    runtime: tokio::runtime::Runtime,
    _place: Place,
}

impl Scene {
    fn new(more: &str, security: Security) -> Self {
        let place = Place::new();
        let alice = Account::of_user(&place, "alice@example.org", 65_534);
        let dovecot =
            Dovecot::start_with(&place, &[&alice], "iim.sieve", &format!("{SPECIAL}{more}"));
        let imap = Imap::new(settings(&dovecot, security, "secret"));
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        Self {
            alice,
            dovecot,
            imap,
            runtime: runtime.enable_all().build().unwrap(),
            _place: place,
        }
    }

    fn ask(&mut self, command: Command) -> Answer {
        self.runtime.block_on(self.imap.carry_out(command)).answer
    }

    fn wait(&mut self, seconds: u64) -> bool {
        let command = Command::Wait(Duration::from_secs(seconds));
        let answered = self.runtime.block_on(self.imap.carry_out(command));
        assert_eq!(answered.answer, Answer::Done);
        answered.news
    }

    fn open(&mut self) -> Features {
        match self.ask(Command::Open) {
            Answer::Opened(features) => features,
            other => panic!("{other:?}"),
        }
    }

    fn select(&mut self) -> Folder {
        match self.ask(Command::Select("INBOX".to_owned())) {
            Answer::Selected(folder) => folder,
            other => panic!("{other:?}"),
        }
    }

    /// The uids of the mails with our marker, and how many others there are.
    fn marked(&mut self, first: u32, last: Option<u32>) -> (Vec<u32>, usize) {
        let command = Command::Headers(uid(first), last.map(uid));
        let Answer::Headers(headers) = self.ask(command) else {
            panic!("no headers");
        };
        let is_ours = |section: &[u8]| String::from_utf8_lossy(section).contains("IIM: 1");
        let (ours, others): (Vec<_>, Vec<_>) = headers.iter().partition(|it| is_ours(&it.section));
        assert!(headers.iter().all(|it| it.size > 0));
        (ours.iter().map(|it| it.uid.0.get()).collect(), others.len())
    }

    /// Every file of the mailbox with mails of the person's, by name (which holds its flags), but for what holds a mail
    /// of ours.
    fn own(&self) -> BTreeMap<String, Vec<u8>> {
        let mut own = BTreeMap::new();
        for folder in ["Maildir/cur", "Maildir/new"] {
            for entry in fs::read_dir(self.alice.home.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let bytes = fs::read(&path).unwrap();
                if !String::from_utf8_lossy(&bytes).contains("IIM: 1") {
                    own.insert(
                        path.file_name().unwrap().to_str().unwrap().to_owned(),
                        bytes,
                    );
                }
            }
        }
        own
    }
}

fn settings(dovecot: &Dovecot, security: Security, password: &'static str) -> Settings {
    let port = match security {
        Security::Tls => dovecot.imaps,
        Security::StartTls | Security::Plain => dovecot.imap,
    };
    Settings {
        server: format!("127.0.0.1:{port}").try_into().unwrap(),
        security,
        user: "alice".to_owned(),
        login: Box::new(move || Ok(MailLogin::Password(Secret::new(password.to_owned())))),
        ca: Some(dovecot.ca.clone()),
    }
}

fn uid(n: u32) -> Uid {
    Uid(NonZeroU32::new(n).unwrap())
}

fn uids(numbers: &[u32]) -> Vec<Uid> {
    numbers.iter().copied().map(uid).collect()
}

/// The whole way of a mail of ours, whatever the server can.
fn whole_way(more: &str, security: Security, expected: &Features) {
    let mut scene = Scene::new(more, security);
    for at in 0..20 {
        let text = mail("", &format!("mail {at}\n"));
        let flags = ["", "S", "FS", "T", "D"][at % 5];
        scene
            .alice
            .write(&format!("Maildir/cur/{}.own:2,{flags}", 100 + at), text);
    }
    scene.alice.deliver("200.ours", &forged());
    scene.alice.deliver("201.own", &ordinary());
    scene.alice.deliver("202.ours", &forged());

    let features = scene.open();
    assert_eq!(&features, expected, "{more}");
    let folder = scene.select();
    assert_eq!((folder.exists, folder.read_only), (23, false));
    let next = folder.next.unwrap().0.get();
    assert_eq!(scene.ask(Command::Next), Answer::Next(uid(next)));
    let own = scene.own();
    let (ours, others) = scene.marked(1, Some(next));
    assert_eq!((ours.len(), others), (2, 21));
    assert_eq!(scene.marked(next, None), (vec![], 0));
    let Answer::Mail(Some(whole)) = scene.ask(Command::Mail(uid(ours[0]))) else {
        panic!("no mail");
    };
    let crlf = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    assert_eq!(crlf(&whole), crlf(&forged()));
    assert_eq!(scene.ask(Command::Mail(uid(next + 7))), Answer::Mail(None));
    let long_ago = Command::Since(Seconds(1_000_000_000));
    assert_eq!(scene.ask(long_ago), Answer::Lowest(Some(uid(1))));
    let some_day = Command::Since(Seconds(4_000_000_000));
    assert_eq!(scene.ask(some_day), Answer::Lowest(None));

    // Each way in which mails leave.
    let first = match (features.moves, features.uidplus) {
        (true, _) => {
            assert!(matches!(
                scene.ask(Command::Discard(
                    uids(&ours[..1]),
                    Discard::Move("IIM/täglich".to_owned())
                )),
                Answer::Refused(_)
            ));
            assert_eq!(
                scene.ask(Command::Create("IIM/täglich".to_owned())),
                Answer::Done
            );
            assert_eq!(
                scene.ask(Command::Create("IIM/täglich".to_owned())),
                Answer::Done
            );
            Discard::Move("IIM/täglich".to_owned())
        }
        (false, true) => Discard::Expunge(Some("Trash".to_owned())),
        (false, false) => Discard::Mark(Some("Trash".to_owned())),
    };
    assert_eq!(
        scene.ask(Command::Discard(uids(&ours[..1]), first)),
        Answer::Done
    );
    let second = if features.uidplus {
        Discard::Expunge(None)
    } else {
        Discard::Mark(None)
    };
    assert_eq!(
        scene.ask(Command::Discard(uids(&ours[1..]), second)),
        Answer::Done
    );
    let left = match (features.moves, features.uidplus) {
        (_, true) => 0,
        (true, false) => 1,
        (false, false) => 2,
    };
    assert_eq!(scene.marked(1, None).0.len(), left, "{more}");
    assert_eq!(
        scene.own(),
        own,
        "{more}: something of the person's own was changed"
    );
    let target = if features.moves {
        "IIM/täglich"
    } else {
        "Trash"
    };
    let Answer::Status(there) = scene.ask(Command::Status(target.to_owned())) else {
        panic!("no status");
    };
    assert_eq!((there.exists, there.next), (1, Some(uid(2))));

    // Mails come.
    scene.alice.deliver("300.ours", &forged());
    assert!(scene.wait(if features.idle { 30 } else { 1 }), "{more}");
    let (ours, _) = scene.marked(next, None);
    assert_eq!(ours, [next]);
    assert!(!scene.wait(1));
    assert_eq!(scene.ask(Command::Close), Answer::Closed(None));
    assert!(matches!(
        scene.ask(Command::Next),
        Answer::Closed(Some(Fault::Network(_)))
    ));
}

#[test]
fn a_mail_is_seen_fetched_and_removed_whatever_the_server_can() {
    need(&["dovecot"]);
    if !is_root("a_mail_is_seen_fetched_and_removed_whatever_the_server_can") {
        return;
    }
    let all = Features {
        idle: true,
        moves: true,
        uidplus: true,
        gmail: false,
        junk: Some("Junk".to_owned()),
        trash: Some("Trash".to_owned()),
    };
    for (words, security) in [
        (vec![], Security::Tls),
        (vec!["IDLE"], Security::Tls),
        (vec!["MOVE"], Security::StartTls),
        (vec!["UIDPLUS"], Security::Tls),
        (vec!["MOVE", "UIDPLUS"], Security::Tls),
        (vec!["SASL-IR"], Security::StartTls),
        (vec!["LITERAL+"], Security::Plain),
        (vec!["ESEARCH", "LIST-EXTENDED", "ID"], Security::Plain),
    ] {
        let more = match words.as_slice() {
            [] => String::new(),
            words => without(words),
        };
        let expected = Features {
            idle: !words.contains(&"IDLE"),
            moves: !words.contains(&"MOVE"),
            uidplus: !words.contains(&"UIDPLUS"),
            ..all.clone()
        };
        whole_way(&more, security, &expected);
    }
}

/// What a person can act on, and nothing that repeats the login.
#[test]
fn why_there_is_no_connection_is_said_in_words() {
    need(&["dovecot"]);
    if !is_root("why_there_is_no_connection_is_said_in_words") {
        return;
    }
    let scene = Scene::new("", Security::Tls);
    let dovecot = &scene.dovecot;
    let open = |settings: Settings| {
        let mut imap = Imap::new(settings);
        let answered = scene.runtime.block_on(imap.carry_out(Command::Open));
        match answered.answer {
            Answer::Closed(Some(fault)) => fault,
            other => panic!("{other:?}"),
        }
    };
    let tls = |security| settings(dovecot, security, "secret");
    let at = |port: u16, security| Settings {
        server: format!("127.0.0.1:{port}").try_into().unwrap(),
        ..tls(security)
    };
    let unknown = |security| Settings {
        ca: None,
        ..tls(security)
    };
    let told = |fault: Fault| match fault {
        Fault::Tls(words) | Fault::Login(words) | Fault::Network(words) => words,
        other => panic!("{other:?}"),
    };
    let untrusted = told(open(unknown(Security::Tls)));
    assert!(
        untrusted.contains("is signed by nobody whom this machine trusts"),
        "{untrusted}"
    );
    let untrusted = told(open(unknown(Security::StartTls)));
    assert!(untrusted.contains("-starttls imap"), "{untrusted}");
    let plain = told(open(at(dovecot.imap, Security::Tls)));
    assert!(plain.contains("speaks no TLS there"), "{plain}");
    let refused = open(settings(dovecot, Security::Tls, "wrongpass"));
    assert!(
        matches!(&refused, Fault::Login(words) if !words.contains("wrongpass")),
        "{refused:?}"
    );
    let nobody = told(open(at(crate::support::port::free_port(), Security::Tls)));
    assert!(nobody.contains("cannot reach 127.0.0.1"), "{nobody}");
    dovecot.change_password(&[&scene.alice], "other");
    assert!(matches!(open(tls(Security::Tls)), Fault::Login(_)));
}
