//! A mailbox with half a million mails: its first look, and a look at all of them.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::Scene;
use crate::database::Database;
use crate::figure;
use crate::pairs::{median, peak_to_the_end};
use crate::support::mails::mail;

const MANY: u32 = 500_000;
const FEW: u32 = 100;
/// Mails that are one file under many names: a file system allows 65,000.
const LINKS: u32 = 50_000;
/// How often the first look and the last are measured.
const TIMES: usize = 5;

pub fn many() {
    let mut many = Mailbox::with(MANY);
    let first = median((0..TIMES).map(|_| many.first_look()));
    figure(
        &format!("first iim fetch, {MANY} mails: SELECT's OK to LOGOUT"),
        first.as_secs_f64() * 1e3,
        " ms",
        Some(50.0),
        false,
    );
    let whole = many.look_at_all();
    let mut few = Mailbox::with(FEW);
    few.first_look();
    let little = few.look_at_all();
    let what = format!("iim fetch --since, {MANY} mails");
    figure(
        &format!("{what}, the first time"),
        whole.cold.as_secs_f64(),
        " s",
        Some(25.0),
        false,
    );
    figure(
        &format!("{what}, again"),
        whole.warm.as_secs_f64(),
        " s",
        Some(5.0),
        false,
    );
    let again = many.asked_alone();
    many.forget_index();
    for (when, took) in [("the first time", many.asked_alone()), ("again", again)] {
        let what = format!("  the same asked by a bare client, {when}");
        figure(&what, took.as_secs_f64(), " s", None, false);
    }
    figure(
        &format!("  memory at most, {FEW} mails"),
        little.peak,
        " MB",
        None,
        false,
    );
    figure(
        &format!("  memory at most, {MANY} mails"),
        whole.peak,
        " MB",
        None,
        false,
    );
    figure(
        "  more memory",
        whole.peak - little.peak,
        " MB",
        Some(1.0),
        false,
    );
}

/// Looks at all mails of a mailbox.
struct Looks {
    /// How long the first took: three letters are heard, and the server reads every mail's file.
    cold: Duration,
    /// How long the others took, in the middle: the server has in its index what it is asked for.
    warm: Duration,
    /// The most memory of any, in MB.
    peak: f64,
}

/// A mailbox of alice's with so many mails, all of other people but three: the first, one in the middle, and the last.
struct Mailbox(Scene);

impl Mailbox {
    fn with(count: u32) -> Self {
        let scene = Scene::tapped(1);
        let letters = scene.letters(3);
        let alice = &scene.people.alice;
        let name = |number: u32| format!("Maildir/cur/{number:08}.own:2,S");
        for first in (0..count).step_by(LINKS as usize) {
            let original = alice.write(
                &name(first),
                mail(FIELDS, &"a line of the mail\n".repeat(100)),
            );
            for number in first + 1..count.min(first + LINKS) {
                fs::hard_link(&original, alice.home.join(name(number))).unwrap();
            }
        }
        for (number, letter) in [0, count / 2, count - 1].into_iter().zip(letters) {
            let path = alice.home.join(name(number));
            fs::remove_file(path).unwrap();
            alice.write(&name(number), letter);
        }
        Self(scene)
    }

    /// A first look, by `iim fetch`: from the server's answer to SELECT until all is done.
    fn first_look(&mut self) -> Duration {
        let Scene { tap, people, .. } = &mut self.0;
        Database::of(&people.alice).forget_mailboxes();
        let out = people.alice.ok(&["fetch"]);
        assert_eq!(out, "0 letters fetched\n");
        let asked = tap.until("SELECT", |line| line.contains(" SELECT "));
        let done = format!("{} OK", asked.line.split(' ').next().unwrap());
        let selected = tap.until("SELECT's OK", |line| line.starts_with(&done));
        let over = tap.until("LOGOUT", |line| line.ends_with(" LOGOUT"));
        over.at.duration_since(selected.at)
    }

    fn look_at_all(&self) -> Looks {
        let (cold, peak) = self.look_again(3);
        let again: Vec<(Duration, f64)> = (0..TIMES).map(|_| self.look_again(0)).collect();
        Looks {
            cold,
            warm: median(again.iter().map(|look| look.0)),
            peak: again.iter().map(|look| look.1).fold(peak, f64::max),
        }
    }

    /// By `iim fetch --since`, without the tap, which hears so many letters: how long it took, and its memory at most,
    /// in MB.
    fn look_again(&self, letters: u32) -> (Duration, f64) {
        let Scene {
            tap,
            dovecot,
            people,
            ..
        } = &self.0;
        self.0.fetch_at(dovecot.imap);
        let mut command = people.alice.command(&people.alice.program);
        command.args(["fetch", "--since", "3650d"]);
        let (took, peak, said) = peak_to_the_end(command);
        assert_eq!(said, format!("{letters} letters fetched\n"));
        self.0.fetch_at(tap.port());
        (took, peak)
    }
}

impl Mailbox {
    /// The server has to read every mail's file anew.
    fn forget_index(&self) {
        let index = "Maildir/dovecot.index.cache";
        fs::remove_file(self.0.people.alice.home.join(index)).unwrap();
    }

    /// What the server alone takes: it is asked as iim asks it, and its answers are read and thrown away.
    fn asked_alone(&self) -> Duration {
        let wire = TcpStream::connect(("127.0.0.1", self.0.dovecot.imap)).unwrap();
        wire.set_nodelay(true).unwrap();
        let mut answers = BufReader::new(wire.try_clone().unwrap());
        let mut ask = |command: &str| {
            (&wire)
                .write_all(format!("a {command}\r\n").as_bytes())
                .unwrap();
            let mut line = Vec::new();
            while !line.starts_with(b"a ") {
                line.clear();
                assert!(answers.read_until(b'\n', &mut line).unwrap() > 0);
            }
            assert!(line.starts_with(b"a OK"), "{command}");
        };
        let begun = Instant::now();
        ask("LOGIN alice secret");
        ask("SELECT INBOX");
        ask("UID SEARCH RETURN (MIN) SINCE 1-Jan-2017");
        for first in (1..MANY).step_by(STEP as usize) {
            let last = first + STEP - 1;
            ask(&format!(
                "UID FETCH {first}:{last} (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({ASKED})])"
            ));
        }
        begun.elapsed()
    }
}

/// How many mails iim asks for at once, and for which of their fields.
const STEP: u32 = 500;
const ASKED: &str = "IIM X-IIM SUBJECT CONTENT-TYPE FROM RETURN-PATH IN-REPLY-TO REFERENCES";

/// Of those header fields that are asked for, as ordinary mails have them.
const FIELDS: &str = "Return-Path: <carol@example.com>\nContent-Type: text/plain; charset=utf-8\n\
    In-Reply-To: <CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@mail.example.com>\n\
    References: <CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@mail.example.com>\n \
    <CBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB@mail.example.com>\n";
