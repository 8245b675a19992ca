//! `iim status`.

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::account::Account;
use crate::edge::control::status::{ListenerStatus, NetworkStatus};
use crate::edge::store::UnreadMails;
use crate::protocol::address::Address;
use crate::protocol::letter::Status as Shown;
use crate::rules::account::AccountState;
use crate::rules::event::{Act, NewStatus};
use crate::rules::person::{Person, Standing};
use crate::rules::queue::budget::Class;

use super::acting;
use super::context::Context;
use super::friends::is_told;
use super::output::{Colour, local};
use super::presence::Presences;
use crate::protocol::clean::one_line;
use crate::rules::words;
use crate::rules::words::{counted, rfc3339};

/// Shows or sets your status, for all or for some friends
///
/// `invisible` takes you off every network under a name that friends know; texts go by mail then.
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// How you want to be found
    status: Option<Word>,
    /// A word to it ("" takes it away)
    text: Option<String>,
    /// Only for these friends
    #[arg(long = "for", value_name = "WHO", num_args = 1..)]
    friends: Vec<String>,
    /// Other ways to reach you that these friends are told (mailto:, tel:, xmpp:, https:; "" takes all away)
    #[arg(long = "way", value_name = "URI", num_args = 1..)]
    ways: Vec<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// A status as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Word {
    /// There
    Online,
    /// Not at the keyboard
    Away,
    /// Not to be disturbed
    Busy,
    /// Under no name that friends know
    Invisible,
}

impl Status {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let mut account = context.open()?;
        if self.status.is_some() || !self.ways.is_empty() || !self.friends.is_empty() {
            return self.set(context, &mut account);
        }
        let report = Report::of(context, &mut account)?;
        if self.json {
            context.output.json(&report.as_json())?;
        } else {
            report.show(context)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn set(self, context: &Context, account: &mut Account) -> anyhow::Result<ExitCode> {
        let people = acting::people(account, &self.friends)?;
        let whom = match people.is_empty() {
            true => "for all".to_owned(),
            false => format!("for {}", acting::names(&people)),
        };
        let given = |way: &String| !way.is_empty();
        let ways = (!self.ways.is_empty()).then(|| self.ways.into_iter().filter(given).collect());
        let act = Act::Status {
            status: self.status.map(Word::meaning),
            text: self.text,
            friends: acting::addresses(&people),
            ways,
        };
        acting::act(context, account, act)?;
        let word = self.status.map_or("changed", Word::said);
        let when = match Presences::ask(&context.home()?).agent {
            true => "",
            false => ", once the agent runs",
        };
        context.output.say(&format!("{word} {whom}{when}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Word {
    fn meaning(self) -> NewStatus {
        match self {
            Self::Online => NewStatus::Shown(Shown::Online),
            Self::Away => NewStatus::Shown(Shown::Away),
            Self::Busy => NewStatus::Shown(Shown::Busy),
            Self::Invisible => NewStatus::Invisible,
        }
    }

    fn said(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::Busy => "busy",
            Self::Invisible => "invisible",
        }
    }
}

/// How the account stands.
struct Report {
    account: AccountState,
    address: String,
    agent: bool,
    deaf: bool,
    networks: Vec<NetworkStatus>,
    attached: Vec<String>,
    /// Where the gateway listens, or should.
    gateway: Vec<ListenerStatus>,
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
    fn of(context: &Context, account: &mut Account) -> anyhow::Result<Self> {
        let state = account.state()?;
        let people = account.people()?;
        let presences = Presences::ask(&context.home()?);
        let settings = account.settings().clone();
        let untold = untold(&people, &state);
        let done_at = (!untold.is_empty()).then(|| {
            let takes = words::telling(untold.len(), settings.per_day);
            context.now().saturating_add(takes)
        });
        let waiting = account.waiting()?;
        let rests = account.route_rests()?.filter(|_| waiting > 0);
        let (mail_rests, refusal) = rests.unzip();
        // Whoever has tried last knows it: an agent, or a command or the hook where there is none.
        let trouble = presences.status.mail_trouble.clone();
        let trouble = trouble.or(account.mail_trouble()?).filter(|_| waiting > 0);
        Ok(Self {
            agent: presences.agent,
            deaf: presences.deaf,
            networks: presences.networks(&settings.networks),
            attached: presences.status.attached,
            gateway: presences.status.gateway,
            untold,
            done_at,
            mail_trouble: refusal.or(trouble),
            mail_rests,
            spent: spent(account, &people)?,
            waiting,
            unread: account.entries(None, true)?.len(),
            unread_mails: account.unread_mails()?,
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
        in_truth(self.set(), self.agent)
    }

    fn as_json(&self) -> Value {
        let networks: Vec<Value> = self
            .networks
            .iter()
            .map(|n| json!({"name": n.name, "state": n.state, "server": n.server, "reason": n.reason}))
            .collect();
        let gateway: Vec<Value> = self
            .gateway
            .iter()
            .map(|place| json!({"listen": place.listen, "reason": place.reason}))
            .collect();
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
            "agent": self.agent,
            "networks": networks,
            "attached": self.attached,
            "gateway": gateway,
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

    fn show(&self, context: &Context) -> anyhow::Result<()> {
        let output = &context.output;
        let text = match one_line(&self.account.status_text) {
            text if text.is_empty() => text,
            text => format!(": {text}"),
        };
        let status = output.paint(Colour::Strong, self.status());
        output.line(&format!("{} is {status}{text}", self.address))?;
        if self.agent {
            for network in &self.networks {
                output.line(&on_network(network))?;
            }
            for why in self
                .gateway
                .iter()
                .filter_map(|place| place.reason.as_ref())
            {
                let word = output.paint(Colour::Warn, "the gateway is not open");
                output.line(&format!("{word}: {why}; the agent tries again"))?;
            }
            if !self.attached.is_empty() {
                output.line(&format!("attached: {}", self.attached.join(", ")))?;
            }
        } else if self.deaf {
            let word = output.paint(Colour::Warn, "the agent does not answer");
            output.line(&format!("{word}: one runs; look again in a minute"))?;
        } else {
            let word = output.paint(Colour::Warn, "no agent runs");
            output.line(&format!("{word}: you are on no network (`iim agent`)"))?;
        }
        for line in self.remarks() {
            output.line(&line)?;
        }
        if output.verbose {
            output.line(&format!("key {}", self.account.keys.ed25519))?;
            let made = local(self.account.rotated_at);
            output.line(&format!("presence secret made {made}"))?;
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
fn spent(account: &mut Account, people: &[Person]) -> anyhow::Result<Vec<(String, u64)>> {
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
    Ok(account.shares_spent()?.into_iter().map(share).collect())
}

fn on_network(network: &NetworkStatus) -> String {
    let NetworkStatus {
        name,
        state,
        server,
        reason,
        watched: _,
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
fn untold(people: &[Person], account: &AccountState) -> Vec<String> {
    let may_see = |person: &&Person| {
        person.visible
            && !person.blocked
            && matches!(person.standing, Standing::Friend(_))
            && !is_told(person, account)
    };
    let name = |person: &Person| one_line(&person.name);
    people.iter().filter(may_see).map(name).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::protocol::address::Address;
    use crate::protocol::letter::{Keys, PublicKey, Secret};

    /// An account in this epoch.
    pub(crate) fn account(epoch: u64) -> AccountState {
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
            status: Shown::Online,
            status_text: String::new(),
            invisible: false,
            restored: false,
            announced: (Vec::new(), 86_400),
            automatic: (0, 0),
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
            let mut person = Person::new(address, name.to_owned(), 0);
            (person.visible, person.blocked, person.standing) = (visible, blocked, standing);
            people.push(person);
        }
        assert_eq!(untold(&people, &account(7)), ["a"]);
    }
}
