//! `iim fetch`.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;

use super::arguments::span;
use super::context::Context;
use super::explain::{Said, hinted};
use super::hook::say_where;
use super::run::Run;
use crate::account::{fetch, mail};
use crate::daemon::{Look, Looking, Told, fetch_once};
use crate::edge::clock::{Clock, SystemClock};
use crate::edge::config;
use crate::edge::control::status::Mailbox;
use crate::edge::control::{self, ControlError, Request};
use crate::protocol::clean::one_line;
use crate::rules::words::counted;

/// Takes letters out of your mailboxes, once, and sends what they caused
///
/// For cron, where no agent runs; one that runs is asked to look at once. Nothing is touched that is not iim's.
#[derive(Debug, clap::Args)]
pub(crate) struct Fetch {
    /// Out of this mailbox alone: its name, as `iim status` has it
    #[arg(long, value_name = "NAME")]
    from: Option<String>,

    /// Look again at mails that came in so long a time (30d, 12h)
    #[arg(long, value_name = "TIME", value_parser = span)]
    since: Option<Duration>,

    /// Log in even if that was refused a short while ago
    #[arg(long)]
    now: bool,

    /// Print JSON: what came of each mailbox
    #[arg(long)]
    json: bool,
}

/// What came of one mailbox.
#[derive(Debug, Serialize)]
struct Came {
    name: String,
    letters: u64,
    /// Why none is fetched.
    trouble: Option<String>,
    #[serde(skip)]
    by_agent: bool,
    /// What the user can try.
    #[serde(skip)]
    hint: &'static str,
}

impl Fetch {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        // What a panic says could be somebody's mail.
        std::panic::set_hook(Box::new(say_where));
        let mut run = Run::open(context)?;
        if run.has_moved_out()? {
            return Ok(());
        }
        let from = self.mailboxes(&run)?;
        let before = self.asked(&run, &from)?;
        if self.since.is_some() && !before.is_empty() {
            let what = "the agent fetches from this mailbox";
            let hint = "end it, look at older mails, and start it again";
            return Err(hinted(what, hint));
        }
        // The agent may not have read the configuration again.
        let is_asked = |one: &config::Fetch| before.iter().any(|it| it.key == one.key());
        let (asked, own): (Vec<_>, Vec<_>) = from.iter().cloned().partition(is_asked);
        if let (false, Some(one)) = (asked.is_empty(), own.first()) {
            run.output.error(&format!(
                "iim: the agent does not watch {}: SIGHUP has it read its configuration again",
                one_line(&one.name)
            ));
        }
        let mut came = by_agent(&run, before)?;
        if !own.is_empty() {
            came.extend(self.look(&mut run, &own)?);
        }
        came.sort_by_key(|came| from.iter().position(|fetch| fetch.name == came.name));
        self.told(&run, &came)
    }

    /// Those that are configured, or the one that is named.
    fn mailboxes(&self, run: &Run) -> anyhow::Result<Vec<config::Fetch>> {
        let all = &run.account.config.mail.fetch;
        if all.is_empty() {
            let what = "the configuration names no mailbox to fetch from";
            let hint = "`iim setup --account ADDRESS` finds it and asks";
            return Err(hinted(what, hint));
        }
        let Some(name) = &self.from else {
            return Ok(all.clone());
        };
        let named = |one: &&config::Fetch| one.name.to_lowercase() == name.to_lowercase();
        let Some(one) = all.iter().find(named) else {
            let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
            let what = format!(
                "no mailbox is called {name:?}: there is {}",
                names.join(", ")
            );
            return Err(hinted(what, "`iim status` shows how each is"));
        };
        Ok(vec![one.clone()])
    }

    /// How those of the mailboxes are from which an agent fetches, which is asked to look at once.
    fn asked(&self, run: &Run, from: &[config::Fetch]) -> anyhow::Result<Vec<Mailbox>> {
        let one = from.first().filter(|_| self.from.is_some());
        let request = Request::Fetch {
            at_once: self.now,
            from: one.map(config::Fetch::key),
        };
        let mut asked = match control::ask::<Vec<Mailbox>>(run.account.home.sockets(), request) {
            Ok(asked) => asked,
            Err(ControlError::Garbled) => {
                let what = "the agent is of an older version, and fetches from one mailbox alone";
                return Err(hinted(what, "end it, and start it again"));
            }
            // Without one, or beside one that does not answer: whatever it holds, its locks say.
            Err(_) => Vec::new(),
        };
        // As they are called here.
        asked.retain_mut(|it| {
            let one = from.iter().find(|one| one.key() == it.key);
            one.is_some_and(|one| {
                it.name.clone_from(&one.name);
                true
            })
        });
        Ok(asked)
    }

    /// Looks into each; what one caused is sent as soon as it is done, however long another takes.
    fn look(&self, run: &mut Run, from: &[config::Fetch]) -> anyhow::Result<Vec<Came>> {
        let look = Look {
            since: self.since.map(|span| SystemClock.now().before(span)),
            at_once: self.now,
        };
        let home = run.account.home.clone();
        let output = run.output.clone();
        let progress = look.since.is_some() && output.is_terminal() && !output.quiet;
        let mut shown = Instant::now();
        let (mut all, mut sent) = (Vec::new(), Ok(()));
        let mut told = |fetch: &config::Fetch, it| {
            let of = match from.len() {
                1 => String::new(),
                _ => format!("{}: ", one_line(&fetch.name)),
            };
            match it {
                Looking::Told(Told::Read(read, all))
                    if progress && shown.elapsed() > Duration::from_millis(500) =>
                {
                    shown = Instant::now();
                    output.error(&format!("{of}{read} of {all} mails looked at"));
                }
                Looking::Told(Told::Word(word)) => {
                    output.error(&format!("iim: {of}{}", one_line(&word)));
                }
                Looking::Told(_) => {}
                Looking::Over(came) => {
                    all.push(came_of_look(run, fetch, came));
                    let now = send(run);
                    sent = std::mem::replace(&mut sent, Ok(())).and(now);
                }
            }
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        fetch_once(&home, &clock, from, look, &mut told);
        sent?;
        Ok(all)
    }

    /// Says what came of each.
    fn told(&self, run: &Run, all: &[Came]) -> anyhow::Result<()> {
        let several = all.len() > 1;
        let letters: u64 = all.iter().map(|came| came.letters).sum();
        if self.json {
            run.output
                .json(&json!({ "letters": letters, "mailboxes": all }))?;
        }
        for came in all
            .iter()
            .filter(|came| came.trouble.is_none() && !self.json)
        {
            let of = match several {
                true => format!("{}: ", one_line(&came.name)),
                false => String::new(),
            };
            let by = if came.by_agent { " by the agent" } else { "" };
            let letters = counted(came.letters, "letter");
            run.say(format!("{of}{letters} fetched{by}"))?;
        }
        let troubles = all
            .iter()
            .filter_map(|came| Some((came, came.trouble.as_ref()?)));
        let mut hint: Option<&str> = None;
        for (came, trouble) in troubles {
            // That of those before it, if it is another one.
            if let Some(hint) = hint.take().filter(|hint| *hint != came.hint) {
                run.output.error(&format!("hint: {hint}"));
            }
            let what = match several {
                true => format!("{}: {trouble}", one_line(&came.name)),
                false => trouble.clone(),
            };
            run.output.error(&format!("iim: {what}"));
            hint = Some(came.hint);
        }
        let Some(hint) = hint else {
            return Ok(());
        };
        run.output.error(&format!("hint: {hint}"));
        Err(Said.into())
    }
}

/// What a look came to.
fn came_of_look(run: &Run, of: &config::Fetch, came: Result<u32, String>) -> Came {
    let (letters, trouble) = match came {
        Ok(letters) => (u64::from(letters), None),
        Err(why) => (0, Some(one_line(&why))),
    };
    Came {
        name: of.name.clone(),
        letters,
        trouble,
        by_agent: false,
        hint: match fetch::refused(&run.account, of) {
            Ok(Some(_)) => "once that is mended, `iim fetch --now` tries at once",
            Ok(None) | Err(_) => LOOKS,
        },
    }
}

/// Sends what was caused.
fn send(run: &mut Run) -> anyhow::Result<()> {
    let sent = mail::send_now(&mut run.account)?;
    run.tell(&sent.notices)
}

/// Waits for the agent's look into each.
fn by_agent(run: &Run, before: Vec<Mailbox>) -> anyhow::Result<Vec<Came>> {
    let until = Instant::now().checked_add(LONGEST);
    let mut waiting: Vec<(Mailbox, Option<Came>)> =
        before.into_iter().map(|mailbox| (mailbox, None)).collect();
    while waiting.iter().any(|(_, came)| came.is_none())
        && until.is_none_or(|until| Instant::now() < until)
    {
        sleep(LOOK);
        let status: control::status::Status =
            control::ask(run.account.home.sockets(), Request::Status)?;
        for (before, came) in waiting.iter_mut().filter(|(_, came)| came.is_none()) {
            let now = status.mailboxes.iter().find(|it| it.key == before.key);
            let now = now.and_then(|now| came_of(before, now));
            *came = now.map(|now| by_agent_came(before, now));
        }
    }
    let all = waiting.into_iter().map(|(before, came)| {
        came.unwrap_or_else(|| Came {
            name: before.name,
            letters: 0,
            trouble: Some("the agent does not come to look".to_owned()),
            by_agent: true,
            hint: "`iim status` shows how it is",
        })
    });
    Ok(all.collect())
}

fn by_agent_came(before: &Mailbox, came: Result<u64, String>) -> Came {
    let (letters, trouble) = match came {
        Ok(letters) => (letters, None),
        Err(why) => (0, Some(format!("the agent fetches no mail: {why}"))),
    };
    Came {
        name: before.name.clone(),
        letters,
        trouble,
        by_agent: true,
        hint: LOOKS,
    }
}

/// What came of the agent's look, once it has looked: so many letters, or why it could not. What was wrong before is not:
/// it may be over, and is tried now. One that is watched is looked into, whatever else is wrong.
fn came_of(before: &Mailbox, now: &Mailbox) -> Option<Result<u64, String>> {
    if now.rounds > before.rounds {
        return Some(Ok(now.letters.saturating_sub(before.letters)));
    }
    let is_new = now.tries != before.tries && now.since.is_none();
    let trouble = now.trouble.clone().filter(|_| is_new);
    trouble.map(Err)
}

/// How long the agent may take.
const LONGEST: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: &str = "`iim doctor` looks at the mailbox";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wrong_before_the_look_does_not_end_it() {
        let mailbox = |since, trouble: Option<&str>, rounds, tries| Mailbox {
            name: "a".to_owned(),
            key: "a@b.example/INBOX".to_owned(),
            since,
            trouble: trouble.map(str::to_owned),
            rounds,
            tries,
            letters: rounds,
        };
        let before = mailbox(None, Some("cut"), 7, 3);
        for (now, expected) in [
            (mailbox(None, Some("cut"), 7, 3), None),
            (mailbox(None, None, 7, 3), None),
            (
                mailbox(None, Some("cut"), 7, 4),
                Some(Err("cut".to_owned())),
            ),
            (mailbox(Some(9), Some("letters stay"), 7, 4), None),
            (mailbox(Some(9), None, 9, 3), Some(Ok(2))),
            (mailbox(Some(9), Some("letters stay"), 8, 3), Some(Ok(1))),
        ] {
            assert_eq!(came_of(&before, &now), expected, "{now:?}");
        }
    }
}
