//! Two people with nothing but a mailbox each at a Dovecot.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use iim::daemon::{Look, Looking, fetch_once};
use iim::edge::clock::Clock;
use iim::edge::config::Config;
use iim::edge::home::Home;

use super::account::{Account, Place};
use super::dovecot::Dovecot;
use super::mails::mail;

/// Puts a mail into the mailbox of whom it is for, as a provider does.
const POST: &str = "#!/bin/sh\nfor to; do :; done\nbox=@PLACE@/${to%@*}/Maildir\n\
    name=$(date +%s%N).$$\ncat >$box/tmp/$name && mv $box/tmp/$name $box/new/$name\n";

/// Alice and bob; each has a mailbox with mails of other people in it.
pub struct Scene {
    pub alice: Account,
    pub bob: Account,
    pub dovecot: Dovecot,
    pub place: Place,
}

impl Scene {
    /// At a Dovecot with more settings, as for [`Dovecot::start_with`].
    pub fn new(more: &str) -> Self {
        let place = Place::new();
        let alice = Account::of_user(&place, "alice@example.org", 65_534);
        let bob = Account::of_user(&place, "bob@example.org", 65_534);
        let dovecot = Dovecot::start_with(&place, &[&alice, &bob], "iim.sieve", more);
        let text = POST.replace("@PLACE@", &place.path().display().to_string());
        let post = place.script("post", &text);
        for person in [&alice, &bob] {
            for (n, flags) in ["S", "RS", "", "DS", "FT"].iter().enumerate() {
                person.write(&format!("Maildir/cur/{n}.own:2,{flags}"), mail("", "hi\n"));
            }
            person.setup(&["--sendmail", &post.display().to_string()]);
            let url = format!("imap://{}@127.0.0.1:{}", person.name, dovecot.imap);
            person.fetches_from(&url, "");
        }
        Self {
            alice,
            bob,
            dovecot,
            place,
        }
    }

    /// Both fetch until bob is alice's friend and alice bob's.
    pub fn befriend(&self) {
        self.alice.ok(&["fetch"]);
        self.bob.ok(&["fetch"]);
        self.alice.ok(&["add", "bob@example.org"]);
        assert_eq!(self.bob.ok(&["fetch"]), "1 letter fetched\n");
        self.bob.ok(&["accept", "alice"]);
        self.alice.ok(&["fetch"]);
        self.bob.ok(&["fetch"]);
        for (person, friend) in [(&self.alice, "bob"), (&self.bob, "alice")] {
            assert_eq!(person.of_friend(friend, "standing"), "friend");
        }
    }
}

/// What is in a mailbox, with each mail's flags.
pub fn whole(person: &Account) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for part in ["cur", "new"] {
        for entry in fs::read_dir(person.home.join("Maildir").join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let (unique, flags) = name.split_once(":2,").unwrap_or((&name, ""));
            let unique = unique.split(',').next().unwrap();
            all.insert(format!("{unique} {flags}"), fs::read(&path).unwrap());
        }
    }
    all
}

/// Looks once into the one mailbox that is configured, as `iim fetch` does, by another clock.
pub fn look_once(home: &Home, clock: Arc<dyn Clock>) -> Result<u32, String> {
    let mailboxes = Config::load(&home.config()).unwrap().mail.fetch;
    let mut came = None;
    fetch_once(home, &clock, &mailboxes, Look::default(), &mut |_, it| {
        if let Looking::Over(over) = it {
            came = Some(over);
        }
    });
    came.unwrap()
}
