//! `[mail.fetch]`, or several `[[mail.fetch]]`: the mailboxes that are looked into.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::mail_login::{MailLogin, login};
use super::mail_url::{FetchUrl, Protocol, Security, SmtpUrl};
use super::values::{Broken, Server, Span, Words, within, yes};
use crate::protocol::address::Address;
use crate::protocol::time::DAY;

/// A mailbox that is looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// What it is called among several.
    pub name: String,
    /// What its server speaks.
    pub protocol: Protocol,
    /// Host and port.
    pub server: Server,
    /// How the connection is protected.
    pub security: Security,
    /// Who logs in.
    pub user: String,
    /// How they log in.
    pub login: MailLogin,
    /// A PEM file with a certificate authority to trust besides the system's.
    pub ca: Option<PathBuf>,
    /// The folder that is watched, as a person writes it; always `INBOX` with POP3.
    pub folder: String,
    /// What becomes of a handled mail, unless [`Mail::keep`] leaves it.
    pub then: Then,
    /// Other folders of the same account that are watched, each as a mailbox of its own.
    pub others: Vec<String>,
    /// Whether the folder marked `\Junk` (RFC 6154) is looked into, too; IMAP only, and by one of each account.
    pub junk: bool,
    /// Between two looks, where the server does not tell by itself.
    pub poll: Duration,
}

/// What becomes of a handled mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// It is deleted.
    Delete,
    /// It is moved into this folder, which is made if it is not there; IMAP only.
    Move(String),
}

impl Fetch {
    /// Whose it is, `user@host`: what is kept of a mailbox says nothing of one of somebody else, or at another server.
    pub fn account(&self) -> String {
        format!("{}@{}", self.user, self.server.host)
    }

    /// By what it is known among several, whatever it is called.
    pub fn key(&self) -> String {
        format!("{}/{}", self.account(), self.folder)
    }

    /// Whether handled mails are moved to where another one is watched.
    fn moves_into(&self, other: &Self) -> bool {
        match &self.then {
            Then::Move(to) => self.is_folder(to, other),
            Then::Delete => false,
        }
    }

    /// Whether both are one folder: of an inbox the case does not matter, and by POP3 it is the inbox that is read.
    pub fn is_same_folder(&self, other: &Self) -> bool {
        self.is_folder(&self.folder, other)
    }

    fn is_folder(&self, folder: &str, other: &Self) -> bool {
        let both_inbox = is_inbox(folder) && is_inbox(&other.folder);
        self.account() == other.account() && (both_inbox || folder == other.folder)
    }
}

/// One table, or a list of them, each with where it stands.
pub(super) enum FetchTables {
    One(Box<FetchTable>),
    Several(Vec<toml::Spanned<FetchTable>>),
}

impl<'de> Deserialize<'de> for FetchTables {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OneOrSeveral)
    }
}

struct OneOrSeveral;

impl<'de> Visitor<'de> for OneOrSeveral {
    type Value = FetchTables;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[mail.fetch], or several [[mail.fetch]]")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FetchTables, A::Error> {
        let table = FetchTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(FetchTables::One(Box::new(table)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<FetchTables, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq)).map(FetchTables::Several)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FetchTable {
    name: Option<String>,
    server: FetchUrl,
    password_command: Option<Words>,
    password_file: Option<PathBuf>,
    token_command: Option<Words>,
    ca: Option<PathBuf>,
    folder: Option<String>,
    #[serde(default)]
    then: ThenWord,
    move_to: Option<String>,
    #[serde(default = "yes")]
    junk: bool,
    poll: Option<toml::Spanned<Span>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ThenWord {
    #[default]
    Delete,
    Move,
}

/// What `[mail]` says, which holds for a mailbox that does not say it for itself.
pub(super) struct OfMail<'a> {
    pub(super) address: &'a Address,
    pub(super) login: Option<&'a MailLogin>,
    pub(super) ca: Option<&'a PathBuf>,
    /// The way out, for which its login is, too.
    pub(super) smtp: Option<&'a SmtpUrl>,
}

impl OfMail<'_> {
    /// Whether its login is meant for that mailbox, one of several: one provider is not shown the password for another.
    fn is_for(&self, fetch: &Fetch) -> bool {
        let (local, of_address) = (self.address.local(), self.address.to_string());
        match self
            .smtp
            .and_then(|url| Some((url.user.as_ref()?, &url.server.host)))
        {
            // Without its domain a user may be somebody at each provider.
            Some((user, host)) => {
                *user == fetch.user
                    && (user.contains('@') || is_one_provider(host, &fetch.server.host))
            }
            None => fetch.user == of_address || fetch.user == local,
        }
    }
}

fn is_one_provider(one: &str, other: &str) -> bool {
    let domain = |host: &str| host.split_once('.').map(|(_, domain)| domain.to_owned());
    one == other || domain(one).is_some_and(|it| Some(it) == domain(other))
}

impl FetchTables {
    /// The mailboxes; `at` is where all of it begins.
    pub(super) fn check(self, at: usize, mail: &OfMail<'_>) -> Result<Vec<Fetch>, Broken> {
        let tables = match self {
            Self::One(table) => {
                return table.check(at, mail, None).map(|fetch| vec![fetch]);
            }
            Self::Several(tables) => tables,
        };
        let (mut all, mut borrowers) = (Vec::new(), Vec::new());
        let several = tables.len() > 1;
        let none = OfMail {
            login: None,
            ca: None,
            ..*mail
        };
        for table in tables {
            let at = table.span().start;
            let table = table.into_inner();
            let borrows = table.has_no_login();
            let called = format!("[[mail.fetch]] {:?}", table.called(mail.address));
            let broken = |what: &str| Err((Some(at), format!("{called} {what}")));
            if all.len() == MOST {
                return broken(&format!("is one too many: {MOST} are possible"));
            }
            let lender = if several && !borrows { &none } else { mail };
            let fetch = table.check(at, lender, Some(&called))?;
            if let Err(what) = beside(&all, &fetch) {
                return broken(&what);
            }
            if several && borrows {
                borrowers.push((all.len(), at, called));
            }
            all.push(fetch);
        }
        for (place, at, called) in borrowers {
            if let Some(why) = may_not_borrow(&all, place, mail) {
                return Err((
                    Some(at),
                    format!("{called} {NEEDS_LOGIN} of its own: {why}"),
                ));
            }
        }
        share(&mut all);
        Ok(all)
    }
}

/// What is wrong with a mailbox beside those before it.
fn beside(all: &[Fetch], fetch: &Fetch) -> Result<(), String> {
    if let Some(other) = all.iter().find(|other| other.is_same_folder(fetch)) {
        let (folder, account, name) = (&fetch.folder, fetch.account(), &other.name);
        return Err(format!(
            "and {name:?} name the same folder: {folder} of {account}"
        ));
    }
    let moves = |other: &&Fetch| other.moves_into(fetch) || fetch.moves_into(other);
    if let Some(other) = all.iter().find(moves) {
        // What both heard would go to and fro, or be heard twice.
        let what = "one moves handled mails into the folder that the other watches";
        return Err(format!("and {:?}: {what}", other.name));
    }
    if all
        .iter()
        .any(|other| is_same_name(&other.name, &fetch.name))
    {
        let what = "is called as another one: give each a name of its own (name = \"…\")";
        return Err(what.to_owned());
    }
    Ok(())
}

/// Why the login of `[mail]` is not for that one of several which names none, wherever it stands in the file.
fn may_not_borrow(all: &[Fetch], place: usize, mail: &OfMail<'_>) -> Option<String> {
    let fetch = all.get(place)?;
    let is_lent = |other: &Fetch| mail.login == Some(&other.login);
    if !mail.is_for(fetch) {
        return Some("that of [mail] is not known to be for this user at this server".to_owned());
    }
    let mut others = all.iter().filter(|other| other.user == fetch.user);
    let other = others.find(|other| !is_lent(other) || other.account() != fetch.account());
    other.map(|it| format!("that of [mail] may be for {:?} or for this one", it.name))
}

/// Of the folders of one account each knows the others, and one of them looks into that for spam: that which watches the
/// inbox, if it may, for it is always there.
fn share(all: &mut [Fetch]) {
    let before: Vec<Fetch> = all.to_vec();
    for fetch in all {
        let account = || before.iter().filter(|it| it.account() == fetch.account());
        let others = account().filter(|it| !it.is_same_folder(fetch));
        let first = account()
            .filter(|it| it.junk)
            .min_by_key(|it| !is_inbox(&it.folder));
        let junk = first.is_some_and(|it| it.is_same_folder(fetch));
        fetch.others = others.map(|it| it.folder.clone()).collect();
        fetch.junk = junk;
    }
}

/// Whether nobody could tell two names apart.
fn is_same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

impl FetchTable {
    fn has_no_login(&self) -> bool {
        self.password_command.is_none()
            && self.password_file.is_none()
            && self.token_command.is_none()
    }

    fn user(&self, address: &Address) -> String {
        let user = self.server.user.clone();
        user.unwrap_or_else(|| address.to_string())
    }

    /// Its name, or who logs in there and, if it is not the inbox, the folder.
    fn called(&self, address: &Address) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let mut name = self.user(address);
        if !name.contains('@') {
            name = format!("{name}@{}", self.server.server.host);
        }
        match self.folder.as_ref().filter(|folder| !is_inbox(folder)) {
            Some(folder) => format!("{name}/{folder}"),
            None => name,
        }
    }

    /// `called` is which of several it is.
    fn check(self, at: usize, mail: &OfMail<'_>, called: Option<&str>) -> Result<Fetch, Broken> {
        let broken = |what: String| {
            let what = match called {
                Some(called) => format!("{called}: {what}"),
                None => what,
            };
            (Some(at), what)
        };
        let (name, user) = (self.called(mail.address), self.user(mail.address));
        if self.name.as_ref().is_some_and(|name| !is_name(name, 64)) {
            return Err(broken(
                "a name is 1 to 64 bytes long and holds no control characters".to_owned(),
            ));
        }
        let url = self.server;
        let login = login(
            self.password_command,
            self.password_file,
            self.token_command,
        );
        let login = login.map_err(broken)?.or_else(|| mail.login.cloned());
        // However it is written, it is one.
        let folder = self.folder.filter(|folder| !is_inbox(folder));
        let folder = folder.unwrap_or_else(|| INBOX.to_owned());
        let then = then(self.then, self.move_to).map_err(broken)?;
        folders(url.protocol, &folder, &then).map_err(broken)?;
        let usual = match url.protocol {
            Protocol::Imap => Duration::from_secs(60),
            Protocol::Pop3 => Duration::from_secs(300),
        };
        Ok(Fetch {
            name,
            protocol: url.protocol,
            server: url.server,
            security: url.security,
            user,
            login: login.ok_or_else(|| {
                (
                    Some(at),
                    format!("{} {NEEDS_LOGIN}", called.unwrap_or("[mail.fetch]")),
                )
            })?,
            ca: self.ca.or_else(|| mail.ca.cloned()),
            folder,
            then,
            others: Vec::new(),
            junk: self.junk && url.protocol == Protocol::Imap,
            poll: within(self.poll, usual, "poll", Duration::from_secs(1)..=DAY)?,
        })
    }
}

fn is_name(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len()) && !name.contains(char::is_control)
}

fn then(word: ThenWord, move_to: Option<String>) -> Result<Then, String> {
    match (word, move_to) {
        (ThenWord::Delete, None) => Ok(Then::Delete),
        (ThenWord::Delete, Some(_)) => Err("move_to goes with then = \"move\"".to_owned()),
        (ThenWord::Move, folder) => Ok(Then::Move(folder.unwrap_or_else(|| "IIM".to_owned()))),
    }
}

fn is_inbox(folder: &str) -> bool {
    folder.eq_ignore_ascii_case(INBOX)
}

/// A folder has a name; POP3 has no folders; and what is moved into the watched folder would be found there again.
fn folders(protocol: Protocol, folder: &str, then: &Then) -> Result<(), String> {
    let target = match then {
        Then::Delete => None,
        Then::Move(target) => Some(target.as_str()),
    };
    if !is_name(folder, 255) || target.is_some_and(|target| !is_name(target, 255)) {
        return Err(
            "a folder's name is 1 to 255 bytes long and holds no control characters".to_owned(),
        );
    }
    if protocol == Protocol::Pop3 && (!is_inbox(folder) || target.is_some()) {
        return Err(
            "POP3 knows no folders: use imaps:// for folder and then = \"move\"".to_owned(),
        );
    }
    if target == Some(folder) || target.is_some_and(|target| is_inbox(target) && is_inbox(folder)) {
        return Err("move_to is the folder that is watched".to_owned());
    }
    Ok(())
}

const INBOX: &str = "INBOX";
/// So many mailboxes at most: each has a thread and a connection.
const MOST: usize = 4;
const NEEDS_LOGIN: &str = "needs password_command, password_file or token_command";
