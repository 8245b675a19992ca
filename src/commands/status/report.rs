//! How the account stands, for people and for scripts.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::json;

use super::copy::Copy;
use super::groups::{self, Groups};
use super::mailbox::{Mailbox, Mailboxes};
use crate::account::{Account, elsewhere, mail};
use crate::commands::friends::{elsewhere_json, is_told};
use crate::commands::output::{Colour, Output, after, local};
use crate::commands::presence::{self, Presences};
use crate::commands::run::Run;
use crate::edge::control::status::{ListenerStatus, NetworkStatus};
use crate::edge::store::UnreadMails;
use crate::protocol::address::Address;
use crate::protocol::clean::one_line;
use crate::protocol::time::Seconds;
use crate::rules::account::AccountState;
use crate::rules::contact::{Contact, Standing};
use crate::rules::networks::Ours;
use crate::rules::queue::budget::Class;
use crate::rules::words::{self, counted, rfc3339};

/// How the account stands; scripts get it as it is here.
#[derive(Serialize)]
pub(crate) struct Report {
    address: String,
    fingerprint: String,
    /// What others see.
    status: &'static str,
    set: &'static str,
    text: String,
    agent: bool,
    networks: Vec<NetworkStatus>,
    /// Friends who are met on none of them.
    elsewhere: Vec<Away>,
    attached: Vec<String>,
    gateway: Vec<ListenerStatus>,
    /// How the mailboxes are that mail is fetched from.
    #[serde(flatten)]
    mailboxes: Mailboxes,
    /// The names of friends who may see us and do not have the present secret.
    untold: Vec<String>,
    done_by: Option<Time>,
    epoch: u64,
    rotated: Time,
    waiting: usize,
    /// Why what waits does not leave by mail.
    mail_trouble: Option<String>,
    /// Until when nothing is sent, because the mail system refuses all that is ours.
    mail_rests_until: Option<Time>,
    mails_spent: Vec<Spent>,
    unread: usize,
    requests: usize,
    kept_copy: Copy,
    #[serde(flatten)]
    groups: Groups,
    #[serde(serialize_with = "count_and_last")]
    unread_mails: UnreadMails,
    /// An agent runs that does not answer.
    #[serde(skip)]
    deaf: bool,
}

/// A time.
struct Time(Seconds);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        rfc3339(self.0).serialize(to)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&local(self.0))
    }
}

/// A share of the day's mails that is spent, in words, and until when.
#[derive(Serialize)]
struct Spent {
    share: String,
    until: Time,
}

/// A friend who is met on none of the user's networks: where, for scripts and in words.
#[derive(Serialize)]
struct Away {
    friend: String,
    #[serde(flatten)]
    at: serde_json::Value,
    #[serde(skip)]
    line: String,
}

impl Report {
    pub(super) fn of(run: &mut Run) -> anyhow::Result<Self> {
        let account = run.account.state()?;
        let people = run.account.people()?;
        let presences = Presences::ask(&run.account.home);
        let settings = run.account.settings().clone();
        let untold = untold(&people, &account);
        let done_by = (!untold.is_empty()).then(|| {
            let takes = words::telling(untold.len(), settings.per_day);
            Time(run.account.now().after(takes))
        });
        let waiting = run.account.waiting()?;
        let rests = mail::route::rests(&run.account)?.filter(|_| waiting > 0);
        let (mail_rests, refusal) = rests.unzip();
        // Whoever has tried last knows it: an agent, or a command or the hook where there is none.
        let own = mail::route::trouble(&run.account)?;
        let agent = presences.status;
        let mailboxes = Mailboxes(Mailbox::all(run, &agent)?);
        let networks = presence::networks(&agent, &settings.networks);
        let elsewhere = away(
            &run.account,
            &people,
            &presence::ours(&agent, &run.account.config),
        );
        let trouble = agent.mail_trouble.or(own).filter(|_| waiting > 0);
        let set = match account.invisible {
            true => "invisible",
            false => words::status(account.status),
        };
        Ok(Self {
            address: settings.address.to_string(),
            fingerprint: account.keys.ed25519.to_string(),
            status: in_truth(set, presences.agent),
            set,
            text: account.status_text,
            agent: presences.agent,
            deaf: presences.deaf,
            networks,
            elsewhere,
            attached: agent.attached,
            gateway: agent.gateway,
            mailboxes,
            untold,
            done_by,
            epoch: account.epoch,
            rotated: Time(account.rotated_at),
            waiting,
            mail_trouble: refusal.or(trouble),
            mail_rests_until: mail_rests.map(Time),
            mails_spent: spent(run, &people)?,
            unread: groups::unread(run)?,
            requests: people.iter().filter(|p| !p.requests().is_empty()).count(),
            kept_copy: Copy::of(run)?,
            groups: Groups::of(run)?,
            unread_mails: run.account.unread_mails()?,
        })
    }

    pub(super) fn show(&self, output: &Output) -> anyhow::Result<()> {
        let status = output.paint(Colour::Strong, self.status);
        let text = after(": ", Some(&one_line(&self.text)));
        output.line(format!("{} is {status}{text}", self.address))?;
        let online = self.online(output);
        for line in online.into_iter().chain(self.remarks()) {
            output.line(line)?;
        }
        if output.verbose {
            output.line(format!("key {}", self.fingerprint))?;
            output.line(format!("presence secret made {}", self.rotated))?;
        }
        Ok(())
    }

    /// How the agent, its networks and its gateway are, one line each.
    fn online(&self, output: &Output) -> Vec<String> {
        let warned = |word: &str, more: &str| {
            let word = output.paint(Colour::Warn, word);
            format!("{word}: {more}")
        };
        if !self.agent {
            let (what, more) = match self.deaf {
                true => (
                    "the agent does not answer",
                    "one runs; look again in a minute",
                ),
                false => ("no agent runs", "you are on no network (`iim agent`)"),
            };
            return vec![warned(what, more)];
        }
        let mut lines: Vec<String> = self.networks.iter().map(on_network).collect();
        let reasons = self.gateway.iter().filter_map(|one| one.reason.as_ref());
        let again = reasons.map(|why| format!("{why}; the agent tries again"));
        lines.extend(again.map(|more| warned("the gateway is not open", &more)));
        if !self.attached.is_empty() {
            lines.push(format!("attached: {}", self.attached.join(", ")));
        }
        lines
    }

    /// What waits, one line each.
    fn remarks(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.mailboxes.0.iter().map(Mailbox::line).collect();
        let away = self.elsewhere.iter().map(|one| one.line.clone());
        lines.extend(elsewhere::few(away.collect()));
        if let Some(by) = &self.done_by {
            let untold = counted(self.untold.len(), "friend");
            let yet = format!("not told of your presence yet; by {by} at the latest");
            lines.push(format!("{untold} {yet}"));
        }
        for (count, noun, hint) in [
            (self.unread, "new text", "iim read --new"),
            (self.requests, "request", "iim friends"),
            (self.waiting, "letter", "iim flush"),
        ] {
            if count > 0 {
                lines.push(format!("{} waiting (`{hint}`)", counted(count, noun)));
            }
        }
        lines.extend(self.groups.lines());
        let spent = self.mails_spent.iter();
        lines.extend(spent.map(|Spent { share, until }| {
            format!("the day's mails for {share} are spent until {until}")
        }));
        if let Some(why) = &self.mail_trouble {
            let until = self.mail_rests_until.as_ref();
            let rests = until.map_or_else(String::new, |at| format!(" (tried again after {at})"));
            lines.push(format!("mail does not leave: {}{rests}", one_line(why)));
        }
        lines.extend(self.kept_copy.line());
        lines.extend(could_not_be_read(&self.unread_mails));
        lines
    }
}

fn away(account: &Account, people: &[Contact], ours: &[Ours]) -> Vec<Away> {
    let all = elsewhere::all(account, people, ours).into_iter();
    all.map(|(person, there)| Away {
        friend: person.address.to_string(),
        at: elsewhere_json(&there),
        line: there.line(&person.name),
    })
    .collect()
}

fn count_and_last<S: Serializer>(mails: &UnreadMails, to: S) -> Result<S::Ok, S::Error> {
    let last = mails.last.as_ref();
    let (why, at) = last.map(|(why, at)| (one_line(why), rfc3339(*at))).unzip();
    json!({"count": mails.count, "last": why, "at": at}).serialize(to)
}

/// How many mails with our marker could not be read, and why the last of them.
pub(crate) fn could_not_be_read(mails: &UnreadMails) -> Option<String> {
    let (why, at) = mails.last.as_ref()?;
    let (count, last) = (counted(mails.count, "mail"), local(*at));
    let last = format!("last, {last}: {}", one_line(why));
    Some(format!("{count} with our marker could not be read; {last}"))
}

/// What is set; but nobody is online where no agent is.
fn in_truth(set: &'static str, agent: bool) -> &'static str {
    match (set, agent) {
        ("online", false) => "offline",
        (set, _) => set,
    }
}

fn spent(run: &mut Run, people: &[Contact]) -> anyhow::Result<Vec<Spent>> {
    let name = |to: &Address| {
        let found = people.iter().find(|person| person.address == *to);
        found.map_or_else(|| to.to_string(), |person| one_line(&person.name))
    };
    let share = |(class, to, until): (Class, Option<Address>, Seconds)| Spent {
        share: match (class, to) {
            (Class::Text, _) => "all letters".to_owned(),
            (Class::Receipt, None) => "receipts".to_owned(),
            (Class::Receipt, Some(to)) => format!("receipts to {}", name(&to)),
            (Class::Hiding | Class::Announcement, _) => "announcements".to_owned(),
            (Class::Copy, _) => "kept copies".to_owned(),
            (Class::Act, _) => "acts in groups".to_owned(),
            (Class::Group, _) => "what is said in groups".to_owned(),
            (Class::Answer, None) => "answers in groups".to_owned(),
            (Class::Answer, Some(to)) => format!("answers in groups to {}", name(&to)),
        },
        until: Time(until),
    };
    Ok(run.account.shares_spent()?.into_iter().map(share).collect())
}

fn on_network(network: &NetworkStatus) -> String {
    let server = after(" to ", network.server.as_deref());
    let reason = after(": ", network.reason.as_deref());
    let (name, state) = (&network.name, &network.state);
    format!("network {name}: {state}{server}{reason}")
}

/// The names of friends who may see us and do not have the present secret.
fn untold(people: &[Contact], account: &AccountState) -> Vec<String> {
    let may_see = |person: &&Contact| {
        person.visible
            && !person.blocked
            && matches!(person.standing, Standing::Friend(_))
            && !is_told(person, account)
    };
    let name = |person: &Contact| one_line(&person.name);
    people.iter().filter(may_see).map(name).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::protocol::letter::{Keys, PublicKey, Secret, Status};
    use crate::rules::contact::Shown;
    use crate::rules::conversation::Ids;
    use crate::rules::handshake::Handshake;

    /// An account in this epoch.
    fn account(epoch: u64) -> AccountState {
        AccountState {
            keys: Keys {
                curve25519: PublicKey([1; 32]),
                ed25519: PublicKey([1; 32]),
            },
            epoch,
            secret: Secret([0; 32]),
            decoy: Secret([1; 32]),
            rotated_at: Seconds(0),
            leave_by: None,
            status: Status::Online,
            status_text: String::new(),
            invisible: false,
            restored: false,
            moved_out: None,
            announced: (Vec::new(), 86_400),
            automatic: (0, 0),
            prekey: None,
        }
    }

    #[test]
    fn told_is_the_present_secret_not_a_decoy_or_an_old_one() {
        let account = account(7);
        let address = Address::parse("bob@example.net").unwrap();
        let mut person = Contact::new(Ids::new(1, 1), address, "bob".to_owned(), Seconds(0));
        assert!(!is_told(&person, &account));
        for (epoch, real, told) in [(7, true, true), (7, false, false), (6, true, false)] {
            person.shown = Some(Shown {
                epoch,
                secret: Secret([0; 32]),
                real,
                at: Seconds(0),
                by_mail: true,
            });
            assert_eq!(is_told(&person, &account), told, "{epoch} {real}");
        }
    }

    #[test]
    fn nobody_is_online_where_no_agent_is() {
        for (set, agent, said) in [
            ("online", true, "online"),
            ("online", false, "offline"),
            ("away", true, "away"),
            ("away", false, "away"),
        ] {
            assert_eq!(in_truth(set, agent), said, "{set} {agent}");
        }
    }

    #[test]
    fn only_visible_friends_are_to_be_told() {
        let keys = account(7).keys;
        let mut people = Vec::new();
        for (name, visible, blocked, standing) in [
            ("a", true, false, Standing::friend(keys)),
            ("b", false, false, Standing::friend(keys)),
            ("c", true, true, Standing::friend(keys)),
            (
                "d",
                true,
                false,
                Standing::Handshake(Handshake::Asking(Vec::new())),
            ),
        ] {
            let address = Address::parse(&format!("{name}@example.net")).unwrap();
            let mut person = Contact::new(Ids::new(1, 1), address, name.to_owned(), Seconds(0));
            (person.visible, person.blocked, person.standing) = (visible, blocked, standing);
            people.push(person);
        }
        assert_eq!(untold(&people, &account(7)), ["a"]);
    }
}
