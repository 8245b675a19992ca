//! The mailboxes that are looked into: the login, what its server can, what lies there, and whether a mail comes back.

use super::finding::Findings;
use crate::account::{Account, fetch};
use crate::commands::setup::trial::asked::Mailbox;
use crate::commands::setup::trial::{self, Seen, Words};
use crate::edge::config::{Config, Fetch, Protocol};
use crate::edge::control::status::Status;
use crate::edge::provider::table::Provider;
use crate::protocol::candidate::{self, Kind};
use crate::rules::fetch::mailbox::{Answer, Command, Features, Folder, Uid};
use crate::rules::fetch::plan::Kept;
use crate::rules::words::counted;

/// Logs in and looks around. Nothing is changed.
pub(crate) fn check(account: &Account, fetch: &Fetch, found: &mut Findings) {
    let provider = provider(&account.config, fetch);
    let words = Words { fetch, provider };
    match trial::open(fetch) {
        Ok(mut mailbox) => {
            look(mailbox.as_mut(), &words, found);
            mailbox.ask(Command::Close);
        }
        Err(error) => found.error(error, SETTINGS),
    }
    if let Some(provider) = provider {
        found.ok(provider.hint);
    }
    match fetch::mailboxes(account, fetch) {
        Ok(kept) => gone(&kept, found),
        Err(error) => found.error(error, "see what is said of the database"),
    }
}

/// Mails that somebody else took first.
fn gone(kept: &[Kept], found: &mut Findings) {
    let count: u64 = kept.iter().map(|kept| u64::from(kept.gone)).sum();
    if count > 0 {
        let mails = counted(count, "mail");
        found.warn(
            format!("gone from the mailbox before they were fetched: {mails}, since ever"),
            "another mail program, a rule of yours, or a second agent takes them; the senders send again after a day",
        );
    }
}

/// The provider whose mailbox it is, if it is a known one.
fn provider(config: &Config, fetch: &Fetch) -> Option<&'static Provider> {
    let by_server = Provider::with_server(&fetch.server.host);
    // A former mailbox may be at another one than the address.
    match config.mail.fetch.len() > 1 {
        true => by_server,
        false => Provider::of(&config.address).or(by_server),
    }
}

fn look(mailbox: &mut dyn Mailbox, words: &Words<'_>, found: &mut Findings) {
    let Fetch { server, folder, .. } = words.fetch;
    let answer = mailbox.ask(Command::Open);
    let Answer::Opened(features) = answer else {
        return found.error(words.refused("the login", answer), SETTINGS);
    };
    let answer = mailbox.ask(Command::Select(folder.clone()));
    let Answer::Selected(selected) = answer else {
        return found.error(
            words.refused("the folder that is watched", answer),
            SETTINGS,
        );
    };
    let mails = counted(
        usize::try_from(selected.exists).unwrap_or(usize::MAX),
        "mail",
    );
    let can = match words.fetch.protocol {
        Protocol::Imap => abilities(&features),
        Protocol::Pop3 => "it speaks POP3".to_owned(),
    };
    found.ok(format!("logged in to {server}: {mails} in {folder}; {can}"));
    if words.fetch.protocol == Protocol::Imap {
        lacks(words.fetch, &features, selected, found);
        // One of each account looks there.
        if words.fetch.junk || words.fetch.others.is_empty() {
            junk(mailbox, words, &features, found);
        }
    }
}

/// What the server can of what is of use here.
fn abilities(features: &Features) -> String {
    let Features {
        idle,
        moves,
        uidplus,
        ..
    } = *features;
    let all = [("IDLE", idle), ("MOVE", moves), ("UIDPLUS", uidplus)];
    let named = |has: bool| {
        let names = all.iter().filter(|(_, it)| *it == has);
        names.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    match (named(true), named(false)) {
        (can, none) if none.is_empty() => format!("it has {can}"),
        (none, lacks) if none.is_empty() => format!("it lacks {lacks}"),
        (can, lacks) => format!("it has {can}, and lacks {lacks}"),
    }
}

fn lacks(fetch: &Fetch, features: &Features, selected: Folder, found: &mut Findings) {
    if selected.read_only {
        let what = format!(
            "nothing can be taken out of {}: it is read-only",
            fetch.folder
        );
        found.warn(
            what,
            "handled mails stay there; see the rights of this folder at your provider",
        );
    }
    if !features.idle {
        let seconds = fetch.poll.as_secs();
        let what = format!("the mailbox is looked into every {seconds} s: its server has no IDLE");
        found.warn(what, "poll in [mail.fetch] says how often");
    }
    if !features.moves && !features.uidplus {
        let what = "handled mails are only marked as deleted: the server can take out no mail by its number";
        found.warn(
            what,
            "they are gone when your mail program tidies up (\"compact\", \"expunge\")",
        );
    }
}

/// Mails of ours among the newest in the folder for spam.
fn junk(mailbox: &mut dyn Mailbox, words: &Words<'_>, features: &Features, found: &mut Findings) {
    let Some(name) = &features.junk else {
        return;
    };
    let Answer::Selected(folder) = mailbox.ask(Command::Select(name.clone())) else {
        return;
    };
    let Some(Uid(next)) = folder.next.filter(|_| folder.exists > 0) else {
        return;
    };
    let first = next.get().saturating_sub(NEWEST);
    let first = Uid(std::num::NonZeroU32::new(first).unwrap_or(std::num::NonZeroU32::MIN));
    let Answer::Headers(headers) = mailbox.ask(Command::Headers(first, Some(Uid(next)))) else {
        return;
    };
    let ours = |section: &[u8]| candidate::kind(section) == Some(Kind::Marked);
    let count = headers
        .iter()
        .filter(|header| ours(&header.section))
        .count();
    if count > 0 {
        let mend = match words.fetch.junk {
            true => {
                "those of friends and of people you asked are taken out by themselves; requests of others stay: tell your \
                     provider that they are no spam, or move them"
            }
            false => "tell your provider that they are no spam, or set junk = true in [mail.fetch]",
        };
        let mails = counted(count, "mail");
        found.warn(
            format!("{name}, the folder for spam, holds {mails} of iim's"),
            mend,
        );
    }
}

/// A mail to ourselves, seen in the mailbox itself: nobody else takes it out while no agent runs.
pub(crate) fn round_trip(account: &Account, agent: Option<&Status>, found: &mut Findings) -> bool {
    if agent.is_some() || account.config.mail.fetch.is_empty() {
        return false;
    }
    match trial::run(&account.config, &|fetch| provider(&account.config, fetch)) {
        Ok(seen) => told(&seen, found),
        Err(error) => found.error(error, SETTINGS),
    }
    true
}

fn told(seen: &Seen, found: &mut Findings) {
    let seconds = seen.took.as_secs();
    found.ok(format!(
        "a mail to ourselves came into the mailbox after {seconds} s"
    ));
    if let Some(junk) = &seen.in_junk {
        found.warn(
            format!("the mail to ourselves came into {junk}, the folder for spam"),
            "tell your provider that such mails are no spam",
        );
    }
    if seen.without_marker {
        found.warn(
            "the provider takes the header field IIM out of mails",
            "nothing to do: they are known by the other markers",
        );
    }
}

const SETTINGS: &str = "see [mail.fetch] in config.toml";
/// So many of the newest mails are looked at.
const NEWEST: u32 = 500;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::finding::Level;
    use super::*;
    use crate::protocol::time::Seconds;
    use crate::rules::fetch::mailbox::FIRST;
    use crate::rules::fetch::plan::Cursor;

    #[test]
    fn mails_that_were_gone_before_they_were_fetched_are_counted() {
        for (counts, warnings) in [(vec![], 0), (vec![0, 0], 0), (vec![0, 2], 1)] {
            let kept: Vec<Kept> = counts
                .iter()
                .map(|gone| Kept {
                    cursor: Cursor {
                        name: "INBOX".to_owned(),
                        uidvalidity: 1,
                        next: FIRST,
                        looked: Seconds(0),
                    },
                    retries: Vec::new(),
                    letters: 5,
                    gone: *gone,
                })
                .collect();
            let mut found = Findings::default();
            gone(&kept, &mut found);
            assert_eq!(found.count(Level::Warn), warnings, "{counts:?}");
        }
    }

    #[test]
    fn what_is_found_of_one_of_several_names_it() {
        let mut found = Findings::default();
        for name in ["old", "new"] {
            found.is_of(Some(format!("mailbox {name}")));
            found.warn("the server has no IDLE", "nothing");
        }
        found.is_of(None);
        found.ok("all is sent");
        let what: Vec<&str> = found.all.iter().map(|one| one.what.as_str()).collect();
        let expected = [
            "mailbox old: the server has no IDLE",
            "mailbox new: the server has no IDLE",
            "all is sent",
        ];
        assert_eq!(what, expected);
    }

    #[test]
    fn what_the_server_can_is_named() {
        for (idle, moves, uidplus, words) in [
            (true, true, true, "it has IDLE, MOVE, UIDPLUS"),
            (false, true, false, "it has MOVE, and lacks IDLE, UIDPLUS"),
            (false, false, false, "it lacks IDLE, MOVE, UIDPLUS"),
        ] {
            let features = Features {
                idle,
                moves,
                uidplus,
                ..Features::default()
            };
            assert_eq!(abilities(&features), words);
        }
    }
}
