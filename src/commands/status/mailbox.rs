//! How the mailboxes are that mail is fetched from.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::account::fetch;
use crate::commands::output::local;
use crate::commands::run::Run;
use crate::edge::config::Fetch;
use crate::edge::control::status::Status;
use crate::protocol::clean::one_line;
use crate::protocol::time::Seconds;
use crate::rules::words::{counted, rfc3339};

/// How it is; scripts get it as it is here.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Mailbox {
    name: String,
    /// There are others, too.
    #[serde(skip)]
    one_of_several: bool,
    /// Since when the agent watches it.
    #[serde(serialize_with = "time")]
    since: Option<Seconds>,
    /// Why no mail is fetched, or what else is wrong.
    trouble: Option<String>,
    /// How many letters came by it.
    letters: u64,
    /// When it was last known to be read to its end.
    #[serde(serialize_with = "time")]
    looked: Option<Seconds>,
    /// How many mails could not be fetched or handled, and are tried again.
    retries: usize,
    /// When the first of them is.
    #[serde(serialize_with = "time")]
    next_try: Option<Seconds>,
}

/// All of them; for scripts that know of one only, the first is named by itself.
#[derive(Debug)]
pub(super) struct Mailboxes(pub(super) Vec<Mailbox>);

impl Serialize for Mailboxes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("mailbox", &self.0.first())?;
        map.serialize_entry("mailboxes", &self.0)?;
        map.end()
    }
}

impl Mailbox {
    /// All that mail is fetched from.
    pub(super) fn all(run: &Run, agent: &Status) -> anyhow::Result<Vec<Self>> {
        let all = &run.account.config.mail.fetch;
        let each = all.iter().map(|fetch| Self::of(run, agent, fetch));
        each.collect()
    }

    fn of(run: &Run, agent: &Status, of: &Fetch) -> anyhow::Result<Self> {
        let kept = fetch::mailboxes(&run.account, of)?;
        let dues = fetch::tried_again(&run.account, of)?;
        let now = agent.mailboxes.iter().find(|it| it.key == of.key());
        let now = now.cloned().unwrap_or_default();
        Ok(Self {
            name: of.name.clone(),
            one_of_several: run.account.config.mail.fetch.len() > 1,
            since: now.since.map(Seconds),
            trouble: now.trouble,
            letters: kept.iter().map(|kept| u64::from(kept.letters)).sum(),
            looked: kept.iter().map(|kept| kept.cursor.looked).max(),
            retries: dues.len(),
            next_try: dues.into_iter().min(),
        })
    }

    /// One line for a person.
    pub(super) fn line(&self) -> String {
        let how = match (&self.trouble, self.since, self.looked) {
            (Some(why), Some(since), _) => {
                format!("watched since {}, but {}", local(since), one_line(why))
            }
            (Some(why), None, _) => format!("not watched: {}", one_line(why)),
            (None, Some(since), _) => format!("watched since {}", local(since)),
            (None, None, Some(looked)) => format!("not watched; looked at {}", local(looked)),
            (None, None, None) => "not looked at yet".to_owned(),
        };
        let letters = counted(self.letters, "letter");
        let name = match self.one_of_several {
            true => format!(" {}", one_line(&self.name)),
            false => String::new(),
        };
        let mut line = format!("mailbox{name}: {how}; {letters} came by it");
        if let Some(at) = self.next_try {
            let (mails, at) = (counted(self.retries, "mail"), local(at));
            line.push_str(&format!("; {mails} cannot be fetched, next try at {at}"));
        }
        line
    }
}

fn time<S: Serializer>(at: &Option<Seconds>, to: S) -> Result<S::Ok, S::Error> {
    at.map(rfc3339).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_that_cannot_be_fetched_are_named_while_that_lasts() {
        let at = Some(Seconds(1_767_225_600));
        let mailbox = |retries, next_try| Mailbox {
            name: "b@old.example".to_owned(),
            one_of_several: retries > 1,
            since: at,
            trouble: None,
            letters: 0,
            looked: at,
            retries,
            next_try,
        };
        let line = mailbox(2, at).line();
        assert!(line.starts_with("mailbox b@old.example: watched since "));
        let words = "; 0 letters came by it; 2 mails cannot be fetched, next try at 20";
        assert!(line.contains(words), "{line}");
        let line = mailbox(0, None).line();
        assert!(line.ends_with("; 0 letters came by it"), "{line}");
    }

    #[test]
    fn it_is_said_whether_it_is_watched_and_why_not() {
        let at = Some(Seconds(1_767_225_600));
        let refused = || Some("the login is refused".to_owned());
        for (since, trouble, looked, begins, ends) in [
            (
                at,
                None,
                at,
                "mailbox: watched since ",
                "; 2 letters came by it",
            ),
            (
                None,
                refused(),
                at,
                "mailbox: not watched: the login is refused;",
                "by it",
            ),
            (
                at,
                refused(),
                at,
                "mailbox: watched since ",
                "but the login is refused; 2 letters came by it",
            ),
            (None, None, at, "mailbox: not watched; looked at ", "by it"),
            (None, None, None, "mailbox: not looked at yet;", "by it"),
        ] {
            let letters = 2;
            let mailbox = Mailbox {
                name: "b@old.example".to_owned(),
                one_of_several: false,
                since,
                trouble,
                letters,
                looked,
                retries: 0,
                next_try: None,
            };
            let line = mailbox.line();
            assert!(line.starts_with(begins) && line.ends_with(ends), "{line}");
        }
    }
}
