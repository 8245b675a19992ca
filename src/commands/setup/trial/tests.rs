//! The trial against a mailbox that is played.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests")]

use std::num::NonZeroU32;
use std::path::Path;

use super::*;
use crate::protocol::address::Address;
use crate::protocol::time::Seconds;
use crate::rules::fetch::mailbox::{Fault, Folder};

const TOKEN: [u8; 16] = [7; 16];

fn uid(number: u32) -> Uid {
    Uid(NonZeroU32::new(number).unwrap())
}

/// A mail of ours to ourselves.
fn probe(token: [u8; 16]) -> Vec<u8> {
    let bob = Address::parse("bob@example.net").unwrap();
    let envelope = Envelope {
        from: &bob,
        from_name: "",
        to: &bob,
        message_id: "a@example.net",
        date: Seconds(1_800_000_000),
    };
    write_probe(&envelope, token)
}

fn without(mail: &[u8], field: &str) -> Vec<u8> {
    let text = String::from_utf8(mail.to_vec()).unwrap();
    let kept = text
        .split_inclusive('\n')
        .filter(|line| !line.starts_with(field));
    kept.collect::<String>().into_bytes()
}

/// Mails by their numbers.
type Mails = Vec<(u32, Vec<u8>)>;

/// Mails by their folders; each command that changes something, as it came.
#[derive(Default)]
struct Played {
    features: Features,
    folders: Vec<(&'static str, Mails)>,
    selected: String,
    open: Option<Answer>,
    changed: Vec<Command>,
}

impl Mailbox for &mut Played {
    fn ask(&mut self, command: Command) -> Answer {
        let mails = |name: &str| self.folders.iter().find(|(folder, _)| *folder == name);
        let folder = Folder {
            next: Some(uid(10)),
            ..Folder::default()
        };
        match command {
            Command::Open => match self.open.take() {
                Some(answer) => answer,
                None => Answer::Opened(self.features.clone()),
            },
            Command::Select(name) if mails(&name).is_none() => {
                Answer::Refused("no such mailbox".to_owned())
            }
            Command::Select(name) => {
                self.selected = name;
                Answer::Selected(folder)
            }
            Command::Status(_) => Answer::Status(folder),
            Command::Headers(from, None) => {
                let (_, mails) = mails(&self.selected).unwrap();
                let headers = mails.iter().map(|(number, mail)| Header {
                    uid: uid(*number),
                    size: u32::try_from(mail.len()).unwrap(),
                    section: mail.clone(),
                });
                // As servers do to `n:*`, the last mail is among them in any case.
                let _ = from;
                Answer::Headers(headers.collect())
            }
            Command::Mail(wanted) => {
                let (_, mails) = mails(&self.selected).unwrap();
                let mail = mails.iter().find(|(number, _)| uid(*number) == wanted);
                Answer::Mail(mail.map(|(_, mail)| mail.clone()))
            }
            Command::Wait(_) => Answer::Done,
            other => {
                self.changed.push(other);
                Answer::Done
            }
        }
    }
}

fn fetch() -> Fetch {
    let text = "address = 'bob@example.net'\n[mail]\npassword_file = 'x'\n[mail.fetch]\nserver = 'imaps://imap.example.net'";
    let config = Config::parse(text, Path::new("/x/config.toml")).unwrap();
    config.mail.fetch.into_iter().next().unwrap()
}

/// What comes of it, with the mailbox as it is then.
fn tried(mut played: Played) -> (Result<Seen, String>, Played) {
    let fetch = fetch();
    let words = Words {
        fetch: &fetch,
        provider: None,
    };
    let seen = Trial::begin(Box::new(&mut played), &words)
        .and_then(|trial| wait(&mut [trial], &TOKEN, Duration::ZERO));
    (seen.map_err(|why| format!("{why:#}")), played)
}

#[test]
fn our_own_mail_is_seen_and_taken_out_and_no_other() {
    let others = vec![
        (9, probe(TOKEN)),
        (10, b"Subject: hello\r\n\r\nIIM: 1\r\n".to_vec()),
        (11, probe([8; 16])),
        (12, probe(TOKEN)),
    ];
    for (features, discarded) in [
        (
            Features {
                uidplus: true,
                ..Features::default()
            },
            Discard::Expunge(None),
        ),
        (Features::default(), Discard::Mark(None)),
        (
            Features {
                gmail: true,
                moves: true,
                uidplus: true,
                trash: Some("[Gmail]/Bin".to_owned()),
                ..Features::default()
            },
            Discard::Move("[Gmail]/Bin".to_owned()),
        ),
    ] {
        let folders = vec![("INBOX", others.clone())];
        let (seen, played) = tried(Played {
            features,
            folders,
            ..Played::default()
        });
        let seen = seen.unwrap();
        assert_eq!((seen.in_junk, seen.without_marker), (None, false));
        assert_eq!(played.changed, [Command::Discard(vec![uid(12)], discarded)]);
    }
}

#[test]
fn spam_and_lost_markers_are_told() {
    let junk = Features {
        junk: Some("Spam".to_owned()),
        uidplus: true,
        ..Features::default()
    };
    let bare = without(&probe(TOKEN), "IIM:");
    let (seen, played) = tried(Played {
        features: junk,
        folders: vec![("INBOX", vec![]), ("Spam", vec![(12, bare)])],
        ..Played::default()
    });
    let seen = seen.unwrap();
    assert_eq!(
        (seen.in_junk.as_deref(), seen.without_marker),
        (Some("Spam"), true)
    );
    assert_eq!(played.changed.len(), 1);
}

#[test]
fn what_does_not_work_is_told_with_what_to_do() {
    let closed = |fault| Some(Answer::Closed(Some(fault)));
    let text = |text: &str| text.to_owned();
    for (open, folders, words) in [
        (
            None,
            vec![("INBOX", vec![])],
            &["did not come into INBOX", "for spam"][..],
        ),
        (
            None,
            vec![],
            &["no folder \"INBOX\"", "no such mailbox", "[mail.fetch]"],
        ),
        (
            closed(Fault::Login(text("wrong"))),
            vec![],
            &[
                "imap.example.net:993: the login is refused: wrong",
                "app password",
                "IMAP switched",
            ],
        ),
        (
            closed(Fault::Network(text("cannot reach x"))),
            vec![],
            &["cannot reach x", "--imap"],
        ),
        (
            closed(Fault::Tls(text("the certificate of x"))),
            vec![],
            &["the certificate of x"],
        ),
        (closed(Fault::Bye(text("too many"))), vec![], &["too many"]),
        (
            closed(Fault::NoPassword(text("no token"))),
            vec![],
            &["no token", "token_command"],
        ),
        (
            Some(Answer::Refused(text("not now"))),
            vec![],
            &["refuses the login: not now"],
        ),
        (
            Some(Answer::Done),
            vec![],
            &["something else than was asked"],
        ),
    ] {
        let (seen, played) = tried(Played {
            open,
            folders,
            ..Played::default()
        });
        let told = seen.unwrap_err();
        for words in words {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(played.changed.is_empty(), "{told}");
    }
}

/// Beside one that fails meanwhile, and one into which it does not come.
#[test]
fn the_mail_may_come_into_any_of_several() {
    let fetch = fetch();
    let words = Words {
        fetch: &fetch,
        provider: None,
    };
    let with = |mails: Mails| Played {
        features: Features {
            uidplus: true,
            ..Features::default()
        },
        folders: vec![("INBOX", mails)],
        ..Played::default()
    };
    let (mut failing, mut empty) = (with(vec![]), with(vec![]));
    let mut good = with(vec![(12, probe(TOKEN))]);
    let all: [Box<dyn Mailbox + '_>; 3] = [
        Box::new(Failing(&mut failing)),
        Box::new(&mut empty),
        Box::new(&mut good),
    ];
    let mut trials: Vec<_> = all
        .into_iter()
        .map(|mailbox| Trial::begin(mailbox, &words).unwrap())
        .collect();
    let seen = wait(&mut trials, &TOKEN, Duration::ZERO).unwrap();
    assert_eq!((seen.in_junk, seen.without_marker), (None, false));
    let failed: Vec<bool> = trials.iter().map(|trial| trial.failed).collect();
    assert_eq!(failed, [true, false, false]);
    drop(trials);
    assert_eq!(good.changed.len(), 1);
    assert!(failing.changed.is_empty() && empty.changed.is_empty());
}

/// Looks into nothing any more.
struct Failing<'a>(&'a mut Played);

impl Mailbox for Failing<'_> {
    fn ask(&mut self, command: Command) -> Answer {
        match command {
            Command::Headers(..) => Answer::Refused("not now".to_owned()),
            other => (&mut *self.0).ask(other),
        }
    }
}
