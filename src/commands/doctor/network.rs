//! The IRC networks: can they be reached, do they take a nickname of ours whole, and is the clock right?

use std::time::Duration;

use rand::rngs::StdRng;
use tokio::runtime::Builder;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use crate::account::{Account, OsRng};
use crate::commands::presence::Presences;
use crate::daemon::network_settings;
use crate::edge::config::Network;
use crate::edge::control::status::NetworkStatus;
use crate::edge::irc::{Link, News, Order};
use crate::rules::decision::Rng as _;
use crate::rules::words::span;

use super::finding::Finding;

/// Asks the agent how it stands on each network; where none runs, registers there under a random name.
pub(crate) fn check(account: &Account) -> Vec<Finding> {
    let networks = &account.config.networks;
    if networks.is_empty() {
        return vec![Finding::warn(
            "no IRC network is named: everything goes by mail, and nobody sees that you are there",
            "name one in config.toml, in a section [[network]]",
        )];
    }
    let presences = Presences::ask(&account.home);
    if !presences.agent {
        return networks
            .iter()
            .flat_map(|network| probe(account, network))
            .collect();
    }
    let mut findings: Vec<Finding> = presences
        .networks(&account.settings().networks)
        .iter()
        .map(by_agent)
        .collect();
    findings.extend(presences.status.mail_trouble.map(|trouble| {
        let mend = "look into the mail system's log, and at [mail] in config.toml";
        Finding::fault(format!("the agent cannot send mail: {trouble}"), mend)
    }));
    findings
}

/// What the agent says of a network.
fn by_agent(network: &NetworkStatus) -> Finding {
    let NetworkStatus {
        name,
        state,
        server,
        reason,
    } = network;
    if state == "connected" {
        let server = server.as_deref().unwrap_or("a server");
        return Finding::ok(format!("{name}: the agent is connected to {server}"));
    }
    let reason = reason.as_ref().map(|reason| format!(": {reason}"));
    let what = format!("{name}: {state}{}", reason.unwrap_or_default());
    if state == "connecting" || state == "away" {
        return Finding::warn(what, "it keeps trying; look again in a minute");
    }
    if state == "nick taken" {
        let mend = "somebody holds your nickname: iim rotate, if it stays so for ten minutes";
        return Finding::fault(what, mend);
    }
    let mend = "the agent's log says more (journalctl --user -u iim-agent); it keeps trying";
    Finding::fault(what, mend)
}

/// Registers on a network under a random name that nobody knows, and leaves again.
fn probe(account: &Account, network: &Network) -> Vec<Finding> {
    let settings = match network_settings::of(network, account.config.presence.poll) {
        Ok(settings) => settings,
        Err(error) => {
            let mend = "see server_password and sasl of this network in config.toml";
            return vec![Finding::error(error, mend)];
        }
    };
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return vec![Finding::error(error, "the system refuses what is needed")],
    };
    let nick = random_nick();
    let mut probe = Probe::default();
    runtime.block_on(async {
        let (link, mut news) = Link::spawn(settings, rand::make_rng::<StdRng>());
        // That the link has ended already is seen in its news.
        let _ended = link.order(Order::Connect { nick: nick.clone() });
        // Time being up shows in what was seen.
        let _time_is_up = timeout(LIMIT, probe.listen(&mut news, network.servers.len())).await;
        if link.order(Order::Leave).is_ok() {
            let _time_is_up = timeout(TIME, until_left(&mut news)).await;
        }
    });
    // A look-up of a name that hangs must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    probe.findings(&network.name, &nick, account.now())
}

/// A quit that was said is better manners than a connection that breaks.
async fn until_left(news: &mut Receiver<News>) {
    while let Some(one) = news.recv().await {
        if matches!(one, News::Left) {
            return;
        }
    }
}

/// What was seen of a network.
#[derive(Debug, Default)]
struct Probe {
    /// Why servers could not be used.
    lost: Vec<String>,
    /// The server of the last try.
    tried: String,
    registered: Option<Registered>,
    /// What the server's clock says, in seconds since 1970.
    time: Option<u64>,
}

#[derive(Debug)]
struct Registered {
    nick: String,
    server: String,
    nicklen: Option<usize>,
}

impl Probe {
    /// Listens until registered and told the time, or until each server has failed once.
    async fn listen(&mut self, news: &mut Receiver<News>, servers: usize) {
        while self.lost.len() < servers {
            let patience = match self.registered {
                Some(_) => TIME,
                None => LIMIT,
            };
            let Ok(Some(one)) = timeout(patience, news.recv()).await else {
                return;
            };
            self.take(one);
            if self.registered.is_some() && self.time.is_some() {
                return;
            }
        }
    }

    fn take(&mut self, one: News) {
        match one {
            News::Registered {
                nick,
                server,
                nicklen,
                server_time,
                ..
            } => {
                self.time = server_time;
                self.registered = Some(Registered {
                    nick,
                    server,
                    nicklen,
                });
            }
            News::ServerTime { at } => self.time = Some(at),
            News::Lost { reason, .. }
            | News::ThrownOut { reason, .. }
            | News::NickRejected { reason } => self.lost.push(reason),
            News::Connecting { server } => self.tried = server,
            News::NickChanged { now_is } => {
                self.registered = Some(Registered {
                    nick: now_is,
                    server: self.tried.clone(),
                    nicklen: None,
                });
            }
            News::NickInUse
            | News::Left
            | News::Up { .. }
            | News::Down { .. }
            | News::WatchReset
            | News::Message { .. }
            | News::Room
            | News::Written { .. }
            | News::Undeliverable { .. } => {}
        }
    }

    fn findings(&self, name: &str, asked: &str, now: u64) -> Vec<Finding> {
        let mut findings = Vec::new();
        let Some(registered) = &self.registered else {
            let why = match self.lost.last() {
                Some(reason) => reason.clone(),
                None => format!("no answer within {} s", LIMIT.as_secs()),
            };
            let mend = "check servers, tls, ca and proxy of this network in config.toml, and the way to the net";
            return vec![Finding::fault(
                format!("{name} cannot be used: {why}"),
                mend,
            )];
        };
        for reason in &self.lost {
            let mend =
                "another server answered; take the failing one out of config.toml if it stays so";
            findings.push(Finding::warn(format!("{name}: {reason}"), mend));
        }
        let server = &registered.server;
        findings.push(Finding::ok(format!("{name}: {server} lets us in")));
        findings.extend(nick_length(name, asked, registered));
        findings.extend(self.time.and_then(|time| clock(name, time, now)));
        findings
    }
}

/// A server that cuts our nicknames makes us invisible to friends.
fn nick_length(name: &str, asked: &str, registered: &Registered) -> Option<Finding> {
    let mend = "leave this network out, or ask its operators for nicknames of nine characters";
    if registered.nick != asked {
        let len = registered.nick.chars().count();
        return Some(Finding::fault(
            format!(
                "{name}: the server changes nicknames (to {len} characters): friends cannot find you there"
            ),
            mend,
        ));
    }
    let short = registered.nicklen.filter(|len| *len < asked.len());
    short.map(|len| {
        Finding::warn(
            format!(
                "{name}: the server promises nicknames of {len} characters only, but took nine"
            ),
            mend,
        )
    })
}

/// A clock that is off derives other nicknames than the friends' clocks do.
fn clock(name: &str, theirs: u64, ours: u64) -> Option<Finding> {
    let off = theirs.abs_diff(ours);
    let which = if ours > theirs { "ahead of" } else { "behind" };
    let what = format!(
        "the clock of this machine is {} {which} that of {name}",
        span(off)
    );
    let mend = "have the clock set by NTP (timedatectl set-ntp true)";
    match off {
        0..=TOLERANCE => None,
        _ if off < 2 * 3600 => Some(Finding::warn(what, mend)),
        _ => Some(Finding::fault(what, mend)),
    }
}

/// Nine characters like those of a derived nickname.
fn random_nick() -> String {
    let mut bytes = [0; 9];
    OsRng.fill(&mut bytes);
    let letters = bytes
        .iter()
        .map(|byte| char::from(b'a'.saturating_add(byte % 26)));
    letters.collect()
}

/// How long one network may take to let us in.
const LIMIT: Duration = Duration::from_secs(30);
/// How long the server may take to tell the time.
const TIME: Duration = Duration::from_secs(3);
/// How far clocks may be apart, in seconds.
const TOLERANCE: u64 = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::Level;

    fn levels(probe: &Probe) -> Vec<Level> {
        let findings = probe.findings("home", "abcdefghi", 1_000_000);
        findings.iter().map(|finding| finding.level).collect()
    }

    fn registered(nick: &str, nicklen: Option<usize>) -> Option<Registered> {
        Some(Registered {
            nick: nick.to_owned(),
            server: "irc.example.net".to_owned(),
            nicklen,
        })
    }

    #[test]
    fn what_a_visit_shows() {
        use Level::{Fault, Ok, Warn};
        let lost = || vec!["refused".to_owned()];
        for (lost, registered, time, expected) in [
            (vec![], None, None, vec![Fault]),
            (lost(), None, None, vec![Fault]),
            (
                vec![],
                registered("abcdefghi", Some(30)),
                Some(1_000_010),
                vec![Ok],
            ),
            (
                lost(),
                registered("abcdefghi", Some(9)),
                None,
                vec![Warn, Ok],
            ),
            (
                vec![],
                registered("abcdefgh", Some(8)),
                None,
                vec![Ok, Fault],
            ),
            (
                vec![],
                registered("abcdefghi", Some(8)),
                None,
                vec![Ok, Warn],
            ),
            (
                vec![],
                registered("abcdefghi", None),
                Some(1_000_600),
                vec![Ok, Warn],
            ),
            (
                vec![],
                registered("abcdefghi", None),
                Some(900_000),
                vec![Ok, Fault],
            ),
        ] {
            let probe = Probe {
                tried: String::new(),
                lost,
                registered,
                time,
            };
            assert_eq!(levels(&probe), expected, "{probe:?}");
        }
    }

    #[test]
    fn the_random_nickname_looks_like_any_other() {
        let nick = random_nick();
        assert!(
            nick.len() == 9 && nick.bytes().all(|b| b.is_ascii_lowercase()),
            "{nick}"
        );
        assert_ne!(nick, random_nick());
    }
}
