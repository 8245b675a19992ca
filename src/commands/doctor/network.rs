//! The IRC networks: can they be reached, do they take a nickname of ours whole, and is the clock right?

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use super::finding::Findings;
use super::mailbox::SET_BY_NTP;
use crate::account::{Account, OsRng, elsewhere};
use crate::commands::output::{after, local};
use crate::commands::presence;
use crate::edge::clock::{Clock as _, SystemClock};
use crate::edge::config::Network;
use crate::edge::control::status::{NetworkStatus, RoomNetwork, Rooms, Status};
use crate::edge::control::{self, Request};
use crate::edge::irc::{End, Link, LinkEvent, Order, Registered};
use crate::protocol::nick::EDGE;
use crate::protocol::time::Seconds;
use crate::rules::decision::Rng as _;
use crate::rules::queue::irc::Ended;
use crate::rules::words::span;

/// Looks how the agent stands on each network; where none runs, registers there under a random name.
pub(crate) fn check(account: &mut Account, agent: Option<&Status>, found: &mut Findings) {
    match agent {
        _ if account.config.networks.is_empty() => {
            let what = "no IRC network is named: everything goes by mail, and nobody sees that you are there";
            found.warn(what, "name one in config.toml, in a section [[network]]");
        }
        None => {
            let networks = account.config.networks.iter();
            networks.for_each(|network| probe(account, network, found));
        }
        Some(agent) => of_agent(account, agent, found),
    }
    elsewhere(account, agent, found);
}

/// What the agent says.
fn of_agent(account: &Account, agent: &Status, found: &mut Findings) {
    for network in presence::networks(agent, &account.settings().networks) {
        by_agent(&network, found);
    }
    if let Ok(all) = control::ask(account.home.sockets(), Request::Rooms) {
        rooms(&all, found);
    }
    if let Some(trouble) = &agent.mail_trouble {
        let mend = "look into the mail system's log, and at [mail] in config.toml";
        found.fault(format!("the agent cannot send mail: {trouble}"), mend);
    }
}

/// Friends who are met on none of our networks. What cannot be read of them is said elsewhere.
fn elsewhere(account: &mut Account, agent: Option<&Status>, found: &mut Findings) {
    let unknown = Status::default();
    let ours = presence::ours(agent.unwrap_or(&unknown), &account.config);
    let people = account.people().unwrap_or_default();
    let all = elsewhere::all(account, &people, &ours).into_iter();
    let lines = all.map(|(person, there)| there.line(&person.name));
    for line in elsewhere::few(lines.collect()) {
        found.warn(line, NOT_SEEN);
    }
}

/// What the agent says of a network.
fn by_agent(network: &NetworkStatus, found: &mut Findings) {
    let (name, state) = (&network.name, network.state.as_str());
    let reason = after(": ", network.reason.as_deref());
    let what = format!("{name}: {state}{reason}");
    match state {
        "connected" => {
            let server = network.server.as_deref().unwrap_or("a server");
            found.ok(format!("{name}: the agent is connected to {server}"));
        }
        "connecting" | "away" => found.warn(what, "it keeps trying; look again in a minute"),
        _ => {
            let mend = match state {
                "nick taken" => {
                    "somebody holds your nickname: iim rotate, if it stays so for ten minutes"
                }
                _ => "the agent's log says more (journalctl --user -u iim-agent); it keeps trying",
            };
            found.fault(what, mend);
        }
    }
}

/// Groups have their rooms on a second connection, which a network may not want.
fn rooms(all: &Rooms, found: &mut Findings) {
    let each = || all.values().flat_map(|room| &room.networks);
    let names: BTreeSet<&str> = each().map(|one| one.name.as_str()).collect();
    for name in names {
        let is_in = |one: &RoomNetwork| one.name == name && one.state == "in";
        let until = each()
            .filter(|one| one.name == name)
            .find_map(|one| one.until);
        match until.map(Seconds).map(local) {
            _ if each().any(is_in) => {
                found.ok(format!("{name}: groups meet there in rooms, over a second connection"));
            }
            Some(until) => found.warn(
                format!("{name}: no second connection, for the rooms of groups, before {until}"),
                "groups live by mail meanwhile; if it stays so, set groups = false for this network in config.toml",
            ),
            None => {}
        }
    }
}

/// Registers on a network under a random name that nobody knows, and leaves again.
fn probe(account: &Account, network: &Network, found: &mut Findings) {
    let settings = match network.open() {
        Ok(settings) => settings,
        Err(error) => {
            let mend = "see server_password and sasl of this network in config.toml";
            return found.error(error, mend);
        }
    };
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return found.error(error, "the system refuses what is needed"),
    };
    let nick = random_nick();
    let mut probe = Probe::default();
    runtime.block_on(async {
        let poll = account.config.presence.poll;
        let (link, mut events) =
            Link::spawn(settings, poll, rand::make_rng(), || SystemClock.now());
        // That the link has ended already is seen in its events.
        let _ended = link.order(Order::Connect(nick.clone()));
        // Time being up shows in what was seen.
        let _time_is_up = timeout(LIMIT, probe.listen(&mut events, network.servers.len())).await;
        if link.order(Order::Leave).is_ok() {
            let _time_is_up = timeout(TIME, until_left(&mut events)).await;
        }
    });
    // A look-up of a name that hangs must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    probe.tell(&network.name, &nick, account.now(), found);
}

/// What is done about friends whom we cannot see.
const NOT_SEEN: &str = "you never see them online; texts go by mail (follow = \"never\" in [presence] keeps this quiet)";

/// A quit that was said is better manners than a connection that breaks.
async fn until_left(events: &mut Receiver<LinkEvent>) {
    let is_more = |one: &LinkEvent| !matches!(one, LinkEvent::Left);
    while events.recv().await.as_ref().is_some_and(is_more) {}
}

/// What was seen of a network.
#[derive(Debug, Default)]
struct Probe {
    /// Why servers could not be used.
    lost: Vec<String>,
    /// The server of the last try.
    tried: String,
    registered: Option<Registered>,
    /// What the server's clock says.
    time: Option<Seconds>,
}

impl Probe {
    /// Listens until registered and told the time, or until each server has failed once.
    async fn listen(&mut self, events: &mut Receiver<LinkEvent>, servers: usize) {
        while self.lost.len() < servers {
            let patience = match self.registered {
                Some(_) if self.time.is_some() => return,
                Some(_) => TIME,
                None => LIMIT,
            };
            let Ok(Some(one)) = timeout(patience, events.recv()).await else {
                return;
            };
            self.take(one);
        }
    }

    fn take(&mut self, one: LinkEvent) {
        match one {
            LinkEvent::Registered(on) => self.registered = Some(on),
            LinkEvent::ServerTime(at) => self.time = Some(at),
            LinkEvent::Connecting(server) => self.tried = server,
            LinkEvent::Over(End { how, words }, _) => match how {
                Ended::Renamed => {
                    self.registered = Some(Registered {
                        nick: words,
                        server: self.tried.clone(),
                        ..Registered::default()
                    });
                }
                Ended::NickInUse => {}
                Ended::Unreached
                | Ended::Lost
                | Ended::Refused
                | Ended::NickRejected
                | Ended::ThrownOut => self.lost.push(words),
            },
            LinkEvent::Left
            | LinkEvent::Up(_)
            | LinkEvent::Down(_)
            | LinkEvent::Message { .. }
            | LinkEvent::Room
            | LinkEvent::Written(_)
            | LinkEvent::Undeliverable { .. }
            | LinkEvent::Entered { .. }
            | LinkEvent::Came { .. }
            | LinkEvent::Gone { .. }
            | LinkEvent::Shut { .. }
            | LinkEvent::Heard { .. } => {}
        }
    }

    fn tell(&self, name: &str, asked: &str, now: Seconds, found: &mut Findings) {
        let Some(registered) = &self.registered else {
            let late = || format!("no answer within {} s", LIMIT.as_secs());
            let why = self.lost.last().cloned().unwrap_or_else(late);
            let mend = "check servers, tls, ca and proxy of this network in config.toml, and the way to the net";
            return found.fault(format!("{name} cannot be used: {why}"), mend);
        };
        let mend =
            "another server answered; take the failing one out of config.toml if it stays so";
        for reason in &self.lost {
            found.warn(format!("{name}: {reason}"), mend);
        }
        found.ok(format!("{name}: {} lets us in", registered.server));
        nick_length(name, asked, registered, found);
        if let Some(time) = self.time {
            clock(name, time, now, found);
        }
    }
}

/// A server that cuts our nicknames makes us invisible to friends.
fn nick_length(name: &str, asked: &str, registered: &Registered, found: &mut Findings) {
    let mend = "leave this network out, or ask its operators for nicknames of nine characters";
    if registered.nick != asked {
        let len = registered.nick.chars().count();
        let changes = format!("changes nicknames (to {len} characters)");
        let what = format!("{name}: the server {changes}: friends cannot find you there");
        found.fault(what, mend);
    } else if let Some(len) = registered.nicklen.filter(|len| *len < asked.len()) {
        let what = format!("the server promises nicknames of {len} characters only");
        found.warn(format!("{name}: {what}, but took nine"), mend);
    }
}

/// A clock that is off derives other nicknames than the friends' clocks do.
fn clock(name: &str, theirs: Seconds, ours: Seconds, found: &mut Findings) {
    let off = theirs.apart(ours);
    let which = if ours > theirs { "ahead of" } else { "behind" };
    let how = span(off);
    let what = format!("the clock of this machine is {how} {which} that of {name}");
    match off {
        _ if off <= TOLERANCE => {}
        _ if off < EDGE => found.warn(what, SET_BY_NTP),
        _ => found.fault(what, SET_BY_NTP),
    }
}

/// Nine characters like those of a derived nickname.
fn random_nick() -> String {
    let mut bytes = [0; 9];
    OsRng.fill(&mut bytes);
    let letter = |byte: u8| char::from(b'a'.saturating_add(byte % 26));
    bytes.map(letter).iter().collect()
}

/// How long one network may take to let us in.
const LIMIT: Duration = Duration::from_secs(30);
/// How long the server may take to tell the time.
const TIME: Duration = Duration::from_secs(3);
/// How far clocks may be apart.
const TOLERANCE: Duration = Duration::from_mins(2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::Level;
    use crate::edge::control::status::Room;

    fn levels(probe: &Probe) -> Vec<Level> {
        let mut found = Findings::default();
        probe.tell("home", "abcdefghi", Seconds(1_000_000), &mut found);
        found.all.iter().map(|finding| finding.level).collect()
    }

    fn registered(nick: &str, nicklen: Option<usize>) -> Option<Registered> {
        Some(Registered {
            nick: nick.to_owned(),
            server: "irc.example.net".to_owned(),
            nicklen,
            ..Registered::default()
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
                time: time.map(Seconds),
            };
            assert_eq!(levels(&probe), expected, "{probe:?}");
        }
    }

    #[test]
    fn whether_rooms_can_be_joined_is_said() {
        let levels = |states: &[(&str, Option<u64>)]| {
            let network = |(state, until): &(&str, _)| RoomNetwork {
                name: "home".to_owned(),
                state: (*state).to_owned(),
                until: *until,
            };
            let networks = states.iter().map(network).collect();
            let room = Room {
                networks,
                ..Room::default()
            };
            let mut found = Findings::default();
            rooms(&Rooms::from([("00".to_owned(), room)]), &mut found);
            found.all.iter().map(|one| one.level).collect::<Vec<_>>()
        };
        assert_eq!(levels(&[("in", None), ("closed", None)]), [Level::Ok]);
        assert_eq!(levels(&[("closed", Some(1_000_000))]), [Level::Warn]);
        assert_eq!(levels(&[("joining", None)]), []);
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
