//! Looks through mailboxes that are played.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "tests"
)]

use super::*;
use crate::rules::fetch::mailbox::{Fault, Features, Folder};

const COPY: &[u8] = b"IIM: 1\r\nSubject: Kept copy (iim)\r\n\r\n";

/// Mails by their numbers; what breaks the connection, and what is refused.
#[derive(Default)]
struct Played {
    folders: Vec<(&'static str, Vec<u32>)>,
    copies: Vec<u32>,
    next: u32,
    breaks: Vec<u32>,
    refused: Vec<u32>,
    selected: Option<usize>,
    asked: u32,
    opened: u32,
}

impl Played {
    fn lost(&mut self) -> Answer {
        self.selected = None;
        Answer::Closed(Some(Fault::Malformed(
            "the server's answer has no end".to_owned(),
        )))
    }

    fn headers(&mut self, first: u32, last: u32) -> Answer {
        let (_, mails) = &self.folders[self.selected.unwrap()];
        let wanted = |uid: &&u32| (first..=last).contains(*uid);
        let shown: Vec<u32> = mails.iter().filter(wanted).copied().collect();
        if shown.len() > 4000 || shown.iter().any(|uid| self.breaks.contains(uid)) {
            return self.lost();
        }
        let header = |uid: u32| Header {
            uid: Uid(NonZeroU32::new(uid).unwrap()),
            size: 100,
            section: match self.copies.contains(&uid) {
                true => COPY.to_vec(),
                false => b"Subject: hello\r\n\r\n".to_vec(),
            },
        };
        Answer::Headers(shown.into_iter().map(header).collect())
    }
}

impl Mailbox for Played {
    fn ask(&mut self, command: Command) -> Answer {
        self.asked += 1;
        match command {
            Command::Open => {
                self.opened += 1;
                Answer::Opened(Features::default())
            }
            Command::Select(name) => {
                self.selected = self.folders.iter().position(|(folder, _)| *folder == name);
                match self.selected {
                    None => Answer::Refused("no such mailbox".to_owned()),
                    Some(_) => Answer::Selected(Folder::default()),
                }
            }
            Command::Next => Answer::Next(Uid(NonZeroU32::new(self.next).unwrap())),
            Command::Headers(first, last) => {
                self.headers(first.0.get(), last.map_or(u32::MAX, |last| last.0.get()))
            }
            Command::Mail(uid) if self.refused.contains(&uid.0.get()) => {
                Answer::Refused("not now".to_owned())
            }
            Command::Mail(uid) => Answer::Mail(Some(uid.0.get().to_string().into_bytes())),
            other => panic!("{other:?}"),
        }
    }
}

/// The numbers of the copies in the order in which they come, and what was passed over.
fn seen(played: &mut Played) -> (Vec<u32>, PassedOver) {
    let text = "address = 'bob@example.net'\n[mail]\npassword_file = 'x'\n[mail.fetch]\nserver = 'imaps://imap.example.net'";
    let config = Config::parse(text, Path::new("/x/config.toml")).unwrap();
    let words = Words {
        fetch: config.mail.fetch.first().unwrap(),
        provider: None,
    };
    let mut all = Vec::new();
    let mut take = |mail: &[u8]| all.push(String::from_utf8_lossy(mail).parse().unwrap());
    let folders = ["INBOX", "Junk"].map(str::to_owned).into_iter();
    let passed = through(played, &words, folders, &mut take);
    (all, passed)
}

#[test]
fn of_more_mails_than_an_answer_holds_each_is_looked_at() {
    let mut played = Played {
        folders: vec![("INBOX", (1..=20_000).collect()), ("Junk", Vec::new())],
        copies: vec![1, 500, 501, 7_777, 20_000],
        next: 20_001,
        ..Played::default()
    };
    let (all, passed) = seen(&mut played);
    assert_eq!(all, [20_000, 7_777, 501, 500, 1]);
    assert_eq!((passed.count, played.opened), (0, 0));
}

#[test]
fn numbers_that_no_mail_has_cost_little() {
    let few = [1, 3_000_000_000, 3_000_000_001, 4_000_000_000];
    let dense = 2_000_000_000..2_000_006_000;
    let mails: Vec<u32> = few[..1]
        .iter()
        .copied()
        .chain(dense)
        .chain(few[1..].iter().copied())
        .collect();
    let mut played = Played {
        folders: vec![("INBOX", mails), ("Junk", Vec::new())],
        copies: [few.as_slice(), &[2_000_000_000, 2_000_005_999]].concat(),
        next: u32::MAX,
        ..Played::default()
    };
    let (mut all, passed) = seen(&mut played);
    all.sort_unstable();
    assert_eq!(
        all,
        [
            1,
            2_000_000_000,
            2_000_005_999,
            3_000_000_000,
            3_000_000_001,
            4_000_000_000
        ]
    );
    assert_eq!(passed.count, 0);
    assert!(played.asked < 500, "{}", played.asked);
}

#[test]
fn what_cannot_be_looked_at_holds_up_nothing_else() {
    let mut played = Played {
        folders: vec![("INBOX", (1..=1_000).collect())],
        copies: vec![10, 20, 30, 999],
        next: 1_001,
        breaks: vec![25, 700],
        refused: vec![20],
        ..Played::default()
    };
    let (all, passed) = seen(&mut played);
    assert_eq!(all, [999, 30, 10]);
    // Two headers, a mail, and a folder for spam that is not there.
    assert_eq!(passed.count, 4);
    let mut dead = Played {
        folders: vec![("INBOX", (1..=1_000).collect())],
        next: 1_001,
        breaks: (1..=1_000).collect(),
        ..Played::default()
    };
    let (all, passed) = seen(&mut dead);
    assert!(all.is_empty() && passed.first.is_some() && dead.asked < 1_000);
}
