//! Groups of real accounts, whose mails go through procmail.

mod by_mail;
mod over_irc;
mod rooms;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::account::{Account, PROGRAM, Place};
use crate::support::hand::Hand;
use crate::support::mails::Way;
use crate::support::post::Post;
use crate::support::process::try_until;

/// An account whose programs all believe this clock. Mails have no limit yet.
fn by_the_clock(place: &Place, post: &Post, hand: &Hand, name: &str, network: &str) -> Account {
    let text = format!("#!/bin/sh\nexec {} {PROGRAM} \"$@\"\n", hand.words());
    let mut account = Account::new(place, &format!("{name}@example.org"));
    account.program = place.script(&format!("iim-of-{name}"), &text);
    Way::Procmail.install(&account);
    account.setup(&["--sendmail", &post.sendmail, "--network", network]);
    account
}

/// From now on a day has 200 mails, and what is said in groups is gathered.
fn count_mails(person: &Account) {
    person.configure(&[("per_day = 0 # instead of #per_day = 200", "#per_day = 200")]);
}

/// Time passes, as `turn` says, every second, until all is right.
#[track_caller]
fn until_passed(what: &str, turn: impl Fn(), right: impl Fn() -> Result<(), String>) {
    let mut turned = Instant::now();
    try_until(what, 300, || {
        right().inspect_err(|_| {
            if turned.elapsed() >= Duration::from_secs(1) {
                turned = Instant::now();
                turn();
            }
        })
    });
}

/// What they have read in the group, and the last of each one's own: how often each text is there, by who said it.
fn heard(account: &Account, group: &str) -> BTreeMap<(String, String), usize> {
    let mut heard = BTreeMap::new();
    for text in account.texts(group) {
        let from = match &text["from"] {
            Value::Null => account.name.clone(),
            from => from["name"].as_str().unwrap().to_owned(),
        };
        let text = text["text"].as_str().unwrap().to_owned();
        *heard.entry((from, text)).or_default() += 1;
    }
    heard
}

/// How far each of their own texts in the group has come, by its words: how many have it, of how many.
fn delivered(account: &Account, group: &str) -> BTreeMap<String, (u64, u64)> {
    let count = |text: &Value, key: &str| text[key].as_u64().unwrap();
    let texts = account.texts(group);
    let own = texts.iter().filter(|text| text["direction"] == "out");
    own.map(|text| {
        let words = text["text"].as_str().unwrap().to_owned();
        (words, (count(text, "delivered"), count(text, "of")))
    })
    .collect()
}
