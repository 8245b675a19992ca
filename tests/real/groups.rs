//! Groups of real accounts, whose mails go through procmail.

mod by_mail;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::account::Account;

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
