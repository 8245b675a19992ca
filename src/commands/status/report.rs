//! How the account stands, for people and for scripts.

use serde_json::{Value, json};

use crate::account::mail;
use crate::commands::friends::is_told;
use crate::commands::output::{Colour, Output, local};
use crate::commands::presence::Presences;
use crate::commands::run::Run;
use crate::edge::control::status::NetworkStatus;
use crate::edge::store::UnreadMails;
use crate::protocol::address::Address;
use crate::protocol::clean::one_line;
use crate::rules::account::AccountState;
use crate::rules::contact::{Contact, Standing};
use crate::rules::queue::budget::Class;
use crate::rules::words::{self, counted, rfc3339};

/// How the account stands.
pub(crate) struct Report {
    account: AccountState,
    address: String,
    presences: Presences,
    networks: Vec<NetworkStatus>,
    untold: Vec<String>,
    done_at: Option<u64>,
    waiting: usize,
    /// Why what waits does not leave by mail.
    mail_trouble: Option<String>,
    /// Until when nothing is sent, because the mail system refuses all that is ours.
    mail_rests: Option<u64>,
    /// Shares of the day's mails that are spent, and until when.
    spent: Vec<(String, u64)>,
    unread: usize,
    requests: usize,
    /// Mails with our marker that could not be read.
    unread_mails: UnreadMails,
}

impl Report {
    pub(super) fn of(run: &mut Run) -> anyhow::Result<Self> {
        let state = run.account.state()?;
        let people = run.account.people()?;
        let presences = Presences::ask(&run.account.home);
        let settings = run.account.settings().clone();
        let untold = untold(&people, &state);
        let done_at = (!untold.is_empty()).then(|| {
            let takes = words::telling(untold.len(), settings.per_day);
            run.account.now().saturating_add(takes)
        });
        let waiting = run.account.waiting()?;
        let rests = mail::route::rests(&run.account)?.filter(|_| waiting > 0);
        let (mail_rests, refusal) = rests.unzip();
        // Whoever has tried last knows it: an agent, or a command or the hook where there is none.
        let own = mail::route::trouble(&run.account)?;
        let trouble = presences.status.mail_trouble.clone().or(own);
        let trouble = trouble.filter(|_| waiting > 0);
        Ok(Self {
            networks: presences.networks(&settings.networks),
            presences,
            untold,
            done_at,
            mail_trouble: refusal.or(trouble),
            mail_rests,
            spent: spent(run, &people)?,
            waiting,
            unread: run.account.entries(None, true)?.len(),
            unread_mails: run.account.unread_mails()?,
            requests: people.iter().filter(|p| !p.requests().is_empty()).count(),
            address: settings.address.to_string(),
            account: state,
        })
    }

    /// What is set.
    fn set(&self) -> &'static str {
        if self.account.invisible {
            "invisible"
        } else {
            words::status(self.account.status)
        }
    }

    fn status(&self) -> &'static str {
        in_truth(self.set(), self.presences.agent)
    }

    pub(super) fn as_json(&self) -> Value {
        let spent: Vec<Value> = self
            .spent
            .iter()
            .map(|(share, until)| json!({"share": share, "until": rfc3339(*until)}))
            .collect();
        json!({
            "address": self.address,
            "fingerprint": self.account.keys.ed25519.to_string(),
            "status": self.status(),
            "set": self.set(),
            "text": self.account.status_text,
            "agent": self.presences.agent,
            "networks": self.networks,
            "attached": self.presences.status.attached,
            "gateway": self.presences.status.gateway,
            "untold": self.untold,
            "done_by": self.done_at.map(rfc3339),
            "epoch": self.account.epoch,
            "rotated": rfc3339(self.account.rotated_at),
            "waiting": self.waiting,
            "mail_trouble": self.mail_trouble,
            "mail_rests_until": self.mail_rests.map(rfc3339),
            "mails_spent": spent,
            "unread": self.unread,
            "requests": self.requests,
            "unread_mails": unread_mails(&self.unread_mails),
        })
    }

    pub(super) fn show(&self, output: &Output) -> anyhow::Result<()> {
        let text = match one_line(&self.account.status_text) {
            text if text.is_empty() => text,
            text => format!(": {text}"),
        };
        let status = output.paint(Colour::Strong, self.status());
        output.line(format!("{} is {status}{text}", self.address))?;
        if self.presences.agent {
            for network in &self.networks {
                output.line(on_network(network))?;
            }
            let listeners = self.presences.status.gateway.iter();
            for why in listeners.filter_map(|listener| listener.reason.as_ref()) {
                let word = output.paint(Colour::Warn, "the gateway is not open");
                output.line(format!("{word}: {why}; the agent tries again"))?;
            }
            let attached = &self.presences.status.attached;
            if !attached.is_empty() {
                output.line(format!("attached: {}", attached.join(", ")))?;
            }
        } else if self.presences.deaf {
            let word = output.paint(Colour::Warn, "the agent does not answer");
            output.line(format!("{word}: one runs; look again in a minute"))?;
        } else {
            let word = output.paint(Colour::Warn, "no agent runs");
            output.line(format!("{word}: you are on no network (`iim agent`)"))?;
        }
        for line in self.remarks() {
            output.line(&line)?;
        }
        if output.verbose {
            output.line(format!("key {}", self.account.keys.ed25519))?;
            let made = local(self.account.rotated_at);
            output.line(format!("presence secret made {made}"))?;
        }
        Ok(())
    }

    /// What waits, one line each.
    fn remarks(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(at) = self.done_at {
            let who = counted(self.untold.len(), "friend");
            let by = local(at);
            lines.push(format!(
                "{who} not told of your presence yet; by {by} at the latest"
            ));
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
        let trouble = self.mail_trouble.iter();
        for (share, until) in &self.spent {
            let until = local(*until);
            lines.push(format!(
                "the day's mails for {share} are spent until {until}"
            ));
        }
        let until = self.mail_rests.map(local);
        let rests = until.map_or_else(String::new, |until| format!(" (tried again after {until})"));
        lines.extend(trouble.map(|why| format!("mail does not leave: {}{rests}", one_line(why))));
        lines.extend(could_not_be_read(&self.unread_mails));
        lines
    }
}

fn unread_mails(mails: &UnreadMails) -> Value {
    let last = mails.last.as_ref();
    json!({
        "count": mails.count,
        "last": last.map(|(why, _)| one_line(why)),
        "at": last.map(|(_, at)| rfc3339(*at)),
    })
}

/// How many mails with our marker could not be read, and why the last of them.
pub(crate) fn could_not_be_read(mails: &UnreadMails) -> Option<String> {
    let (why, at) = mails.last.as_ref()?;
    let count = counted(mails.count, "mail");
    let (why, at) = (one_line(why), local(*at));
    Some(format!(
        "{count} with our marker could not be read; last, {at}: {why}"
    ))
}

/// What is set; but nobody is online where no agent is.
fn in_truth(set: &'static str, agent: bool) -> &'static str {
    match (set, agent) {
        ("online", false) => "offline",
        (set, _) => set,
    }
}

/// The shares of the day's mails that are spent, in words, and until when.
fn spent(run: &mut Run, people: &[Contact]) -> anyhow::Result<Vec<(String, u64)>> {
    let name = |to: &Address| {
        let found = people.iter().find(|person| person.address == *to);
        found.map_or_else(|| to.to_string(), |person| one_line(&person.name))
    };
    let share = |(class, to, until): (Class, Option<Address>, u64)| {
        let what = match (class, to) {
            (Class::Text, _) => "all letters".to_owned(),
            (Class::Receipt, None) => "receipts".to_owned(),
            (Class::Receipt, Some(to)) => format!("receipts to {}", name(&to)),
            (Class::Hiding | Class::Announcement, _) => "announcements".to_owned(),
        };
        (what, until)
    };
    Ok(run.account.shares_spent()?.into_iter().map(share).collect())
}

fn on_network(network: &NetworkStatus) -> String {
    let NetworkStatus {
        name,
        state,
        server,
        reason,
    } = network;
    let server = server.as_ref().map(|server| format!(" to {server}"));
    let reason = reason.as_ref().map(|reason| format!(": {reason}"));
    format!(
        "network {name}: {state}{}{}",
        server.unwrap_or_default(),
        reason.unwrap_or_default()
    )
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
            rotated_at: 0,
            leave_by: None,
            status: Status::Online,
            status_text: String::new(),
            invisible: false,
            restored: false,
            announced: (Vec::new(), 86_400),
            automatic: (0, 0),
        }
    }

    #[test]
    fn told_is_the_present_secret_not_a_decoy_or_an_old_one() {
        let account = account(7);
        let address = Address::parse("bob@example.net").unwrap();
        let mut person = Contact::new(address, "bob".to_owned(), 0);
        assert!(!is_told(&person, &account));
        for (epoch, real, told) in [(7, true, true), (7, false, false), (6, true, false)] {
            person.shown = Some(Shown {
                epoch,
                secret: Secret([0; 32]),
                real,
                at: 0,
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
            ("a", true, false, Standing::Friend(keys)),
            ("b", false, false, Standing::Friend(keys)),
            ("c", true, true, Standing::Friend(keys)),
            ("d", true, false, Standing::Asking(Vec::new())),
        ] {
            let address = Address::parse(&format!("{name}@example.net")).unwrap();
            let mut person = Contact::new(address, name.to_owned(), 0);
            (person.visible, person.blocked, person.standing) = (visible, blocked, standing);
            people.push(person);
        }
        assert_eq!(untold(&people, &account(7)), ["a"]);
    }
}
