//! Alice, whose hook is tried, bob, who is alice's friend, and a sendmail that records what leaves.

use std::fs;
use std::path::Path;

use crate::support::account::{Account, Place};
use crate::support::post::{Mail, Post};
use crate::support::process::Out;

pub struct People {
    pub place: Place,
    pub post: Post,
    pub alice: Account,
    pub bob: Account,
}

impl People {
    /// Two accounts that have made friends by mail.
    #[track_caller]
    pub fn friends() -> Self {
        let people = Self::strangers();
        people.bob.ok(&["add", "alice@example.org"]);
        people.carry();
        people.alice.ok(&["accept", "bob@example.net"]);
        people.carry();
        for (one, other) in [(&people.alice, &people.bob), (&people.bob, &people.alice)] {
            assert_eq!(one.of_friend(&other.address, "standing"), "friend");
        }
        people
    }

    /// Two accounts that know nothing of each other.
    #[track_caller]
    pub fn strangers() -> Self {
        let place = Place::new();
        let post = Post::new(&place);
        let people = Self {
            alice: Account::new(&place, "alice@example.org"),
            bob: Account::new(&place, "bob@example.net"),
            place,
            post,
        };
        for account in [&people.alice, &people.bob] {
            people.set_up(account);
        }
        people
    }

    #[track_caller]
    pub fn set_up(&self, account: &Account) {
        account.setup(&["--sendmail", &self.post.sendmail]);
    }

    /// Brings every mail to its receiver's hook until none is left.
    #[track_caller]
    pub fn carry(&self) {
        for _ in 0..10 {
            let mails = self.post.take();
            for mail in &mails {
                let to = [&self.alice, &self.bob]
                    .into_iter()
                    .find(|a| a.address == mail.to);
                let to = to.unwrap_or_else(|| panic!("a mail to nobody: {mail:?}"));
                deliver(to, &mail.bytes).expect_code(0, &mail.text());
            }
            if mails.is_empty() {
                return;
            }
        }
        panic!("the mails never end");
    }

    /// Bob says something; the mail that leaves for alice.
    #[track_caller]
    pub fn text_of_bob(&self, text: &str) -> Mail {
        self.bob.ok(&["say", "alice@example.org", text]);
        self.post.take_one()
    }

    /// Whom the mails go to that have left by now.
    pub fn left(&self) -> Vec<String> {
        self.post.take().into_iter().map(|mail| mail.to).collect()
    }
}

/// A mail at the account's hook.
pub fn deliver(account: &Account, mail: &[u8]) -> Out {
    account.iim_with(&["deliver"], mail)
}

/// A row of `expected.txt`: the file's name, and the columns.
pub type Row = [String; 4];

/// The rows of one section of `expected.txt`.
pub fn rows(section: &str) -> Vec<Row> {
    let text = fs::read_to_string(folder().join("expected.txt")).unwrap();
    let start = text.find(&format!("[{section}]\n")).unwrap() + section.len() + 3;
    let rest = &text[start..];
    let rest = &rest[..rest.find("\n[").unwrap_or(rest.len())];
    let row = |line: &str| -> Row {
        let cells: Vec<String> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
        cells
            .try_into()
            .unwrap_or_else(|_| panic!("not four columns: {line}"))
    };
    rest.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(row)
        .collect()
}

/// The names of the mails, without `.eml`.
pub fn names() -> Vec<String> {
    let entries = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mails = entries.filter(|path| path.extension().is_some_and(|end| end == "eml"));
    let mut names: Vec<String> = mails
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

pub fn mail(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.eml"))).unwrap()
}

fn folder() -> &'static Path {
    Path::new("tests/mail")
}

/// What `iim filter` must write: the mail without status fields of others, and its own on top.
pub fn filtered(mail: &[u8], status: Option<&str>) -> Vec<u8> {
    let mut lines = mail.split_inclusive(|&b| b == b'\n').peekable();
    let end = if lines.peek().is_some_and(|line| line.ends_with(b"\r\n")) {
        "\r\n"
    } else {
        "\n"
    };
    let mut out = Vec::new();
    if mail.starts_with(b"From ") {
        out.extend(lines.next().unwrap());
    }
    if let Some(status) = status {
        out.extend(format!("IIM-Status: {status}{end}").bytes());
    }
    let (mut in_header, mut dropping) = (true, false);
    for line in lines {
        if in_header && !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|&b| b == b':').next().unwrap().trim_ascii_end();
            dropping = name.len() < line.len() && name.eq_ignore_ascii_case(b"IIM-Status");
        }
        in_header = in_header && !line.trim_ascii_end().is_empty();
        if !(in_header && dropping) {
            out.extend(line);
        }
    }
    out
}
