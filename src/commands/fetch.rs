//! `iim fetch`.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::arguments::span;
use super::context::Context;
use super::explain::hinted;
use super::hook::say_where;
use super::run::Run;
use crate::account::{fetch, mail};
use crate::daemon::{Look, Told, fetch_once};
use crate::edge::clock::{Clock as _, SystemClock};
use crate::edge::control::status::Mailbox;
use crate::edge::control::{self, Request};
use crate::protocol::clean::one_line;
use crate::rules::words::counted;

/// Takes letters out of your mailbox, once, and sends what they caused
///
/// For cron, where no agent runs; one that runs is asked to look at once. Nothing is touched that is not iim's.
#[derive(Debug, clap::Args)]
pub(crate) struct Fetch {
    /// Look again at mails that came in so long a time (30d, 12h)
    #[arg(long, value_name = "TIME", value_parser = span)]
    since: Option<Duration>,

    /// Log in even if that was refused a short while ago
    #[arg(long)]
    now: bool,
}

impl Fetch {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        // What a panic says could be somebody's mail.
        std::panic::set_hook(Box::new(say_where));
        let mut run = Run::open(context)?;
        if run.has_moved_out()? {
            return Ok(());
        }
        if run.account.config.mail.fetch.is_none() {
            let what = "the configuration names no mailbox to fetch from";
            return Err(hinted(
                what,
                "`iim setup --account ADDRESS` finds it and asks",
            ));
        }
        match (self.since, asked(&run, self.now)) {
            (None, Some(before)) => return by_agent(&run, &before),
            (Some(_), Some(_)) => {
                let what = "the agent fetches from this mailbox";
                return Err(hinted(
                    what,
                    "end it, look at older mails, and start it again",
                ));
            }
            (_, None) => {}
        }
        let look = Look {
            since: self.since.map(|span| SystemClock.now().before(span)),
            at_once: self.now,
        };
        let home = run.account.home.clone();
        let output = run.output.clone();
        let progress = look.since.is_some() && output.is_terminal() && !output.quiet;
        let mut shown = Instant::now();
        let mut told = |told| match told {
            Told::Read(read, all) if progress && shown.elapsed() > Duration::from_millis(500) => {
                shown = Instant::now();
                output.error(&format!("{read} of {all} mails looked at"));
            }
            Told::Word(word) => output.error(&format!("iim: {}", one_line(&word))),
            Told::Heard | Told::State(_) | Told::Read(..) => {}
        };
        let heard = fetch_once(&home, Arc::new(SystemClock), look, &mut told).map_err(|why| {
            let hint = match fetch::refused(&run.account) {
                Ok(Some(_)) => "once that is mended, `iim fetch --now` tries at once",
                Ok(None) | Err(_) => "`iim doctor` looks at the mailbox",
            };
            hinted(one_line(&why.to_string()), hint)
        });
        let sent = mail::send_now(&mut run.account)?;
        run.tell(&sent.notices)?;
        run.say(format!("{} fetched", counted(heard?, "letter")))
    }
}

/// How the mailbox is of an agent that fetches, which is asked to look at once.
fn asked(run: &Run, at_once: bool) -> Option<Mailbox> {
    control::ask(run.account.home.sockets(), Request::Fetch { at_once }).ok()?
}

/// Waits for the agent's look.
fn by_agent(run: &Run, before: &Mailbox) -> anyhow::Result<()> {
    let until = Instant::now().checked_add(LONGEST);
    while until.is_none_or(|until| Instant::now() < until) {
        sleep(LOOK);
        let status: control::status::Status =
            control::ask(run.account.home.sockets(), Request::Status)?;
        let Some(mailbox) = status.mailbox else {
            break;
        };
        match came_of(before, &mailbox) {
            Some(Ok(letters)) => {
                let letters = counted(letters, "letter");
                return run.say(format!("{letters} fetched by the agent"));
            }
            Some(Err(trouble)) => {
                let what = format!("the agent fetches no mail: {trouble}");
                return Err(hinted(what, "`iim doctor` looks at the mailbox"));
            }
            None => {}
        }
    }
    Err(hinted(
        "the agent does not come to look",
        "`iim status` shows how it is",
    ))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wrong_before_the_look_does_not_end_it() {
        let mailbox = |since, trouble: Option<&str>, rounds, tries| Mailbox {
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
