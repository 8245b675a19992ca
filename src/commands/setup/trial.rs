//! Tries a mailbox before it is written down: logs in to both servers, sends a mail to ourselves, sees it come, and takes it
//! out again.

pub(crate) mod asked;
mod words;

use std::time::{Duration, Instant};

use crate::account::OsRng;
use crate::commands::explain::hinted;
use crate::edge::clock::{Clock as _, SystemClock};
use crate::edge::config::{Config, Fetch, MailOut, Protocol};
use crate::edge::mail::fetch::{Blocking, Imap, Pop3, Settings};
use crate::edge::mail::{BlockingMailer, MailSender as _, Mailer, OutMail};
use crate::edge::provider::table::Provider;
use crate::protocol::candidate::{self, Kind};
use crate::protocol::hex;
use crate::protocol::mail_form::{By, Envelope, read_by, write_probe};
use crate::protocol::part::Part;
use crate::rules::decision::Rng as _;
use crate::rules::fetch::mailbox::{Answer, Command, Discard, Features, Header, Uid};
use crate::rules::queue::route::Handed;
use asked::{Mailbox, PopBox};
pub(crate) use words::Words;

/// How the mail to ourselves came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// After this time.
    pub(crate) took: Duration,
    /// In this folder for spam, not where it belongs.
    pub(crate) in_junk: Option<String>,
    /// Without the header field by which such mails are known first.
    pub(crate) without_marker: bool,
}

/// How long the mail may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How long one wait for news is.
const LOOK: Duration = Duration::from_secs(2);
/// Of our own mail, in bytes.
const LARGEST: u32 = 64 * 1024;

/// Logs in to both servers, and has a mail go round. Where there are several mailboxes, it may come into any: one that cannot
/// be looked into is no matter while another one can.
pub(crate) fn run(config: &Config, provider: &ProviderOf<'_>) -> anyhow::Result<Seen> {
    let all = config.mail.fetch.iter();
    let all: Vec<Words<'_>> = all
        .map(|fetch| Words {
            fetch,
            provider: provider(fetch),
        })
        .collect();
    let (mut trials, mut trouble) = (Vec::new(), None);
    for words in &all {
        match open(words.fetch).and_then(|mailbox| Trial::begin(mailbox, words)) {
            Ok(trial) => trials.push(trial),
            Err(why) => trouble = trouble.or(Some(why)),
        }
    }
    let Some(first) = trials.first() else {
        return Err(trouble.unwrap_or_else(|| anyhow::anyhow!("no mailbox is configured")));
    };
    let token = send(config, first.words)?;
    let seen = wait(&mut trials, &token, LIMIT);
    for trial in &mut trials {
        trial.mailbox.ask(Command::Close);
    }
    seen
}

/// At whose server a mailbox is, if it is known.
type ProviderOf<'a> = dyn Fn(&Fetch) -> Option<&'a Provider> + 'a;

/// Waits for the mail in whichever it comes into, and takes it out again.
fn wait(trials: &mut [Trial<'_>], token: &[u8; 16], limit: Duration) -> anyhow::Result<Seen> {
    let begun = Instant::now();
    loop {
        let (mut trouble, mut never_came) = (None, None);
        for trial in trials.iter_mut().filter(|trial| !trial.failed) {
            match trial.look(token, begun, limit) {
                Ok(Some(seen)) => return Ok(seen),
                Ok(None) => never_came = never_came.or(Some(trial.words)),
                Err(why) => {
                    trial.failed = true;
                    trouble = trouble.or(Some(why));
                }
            }
        }
        match (never_came, trouble) {
            (Some(words), _) if begun.elapsed() >= limit => return Err(words.never_came(limit)),
            (Some(_), _) => {}
            (None, Some(why)) => return Err(why),
            (None, None) => anyhow::bail!("no mailbox can be looked into any more"),
        }
        for trial in trials.iter_mut().filter(|trial| !trial.failed) {
            trial.mailbox.ask(Command::Wait(LOOK));
        }
    }
}

/// The mailbox, not connected yet.
pub(crate) fn open(fetch: &Fetch) -> anyhow::Result<Box<dyn Mailbox>> {
    let settings = Settings::of(fetch);
    Ok(match fetch.protocol {
        Protocol::Imap => Box::new(Blocking::new(Imap::new(settings))?),
        Protocol::Pop3 => Box::new(PopBox::new(Blocking::new(Pop3::new(settings))?)),
    })
}

/// Sends the mail; gives the token by which it is known.
fn send(config: &Config, words: &Words<'_>) -> anyhow::Result<[u8; 16]> {
    let (mut token, mut id) = ([0; 16], [0; 16]);
    OsRng.fill(&mut token);
    OsRng.fill(&mut id);
    let address = &config.address;
    let envelope = Envelope {
        from: address,
        from_name: "",
        to: address,
        message_id: &format!("{}@{}", hex::encode(&id), address.domain()),
        date: SystemClock.now(),
    };
    let mail = OutMail {
        from: address.clone(),
        to: address.clone(),
        mail: write_probe(&envelope, token),
    };
    let mailer = Mailer::open(&config.mail).map_err(|why| hinted(why, words.no_password()))?;
    let mut ends = BlockingMailer::new(mailer)?.send_all(vec![mail], None);
    let why = match ends.pop() {
        Some(Ok(Handed::Taken)) => return Ok(token),
        Some(Ok(end)) => end.why().map(str::to_owned),
        Some(Err(_)) | None => None,
    };
    let why = why.unwrap_or_else(|| "it does not say why".to_owned());
    let by = match &config.mail.out {
        MailOut::Sendmail(_) => "the sendmail program takes no mail",
        MailOut::Smtp(_) => "no mail can be sent",
    };
    Err(hinted(format!("{by}: {why}"), words.cannot_send(&why)))
}

/// A mailbox in which a mail of ours is waited for.
struct Trial<'a> {
    mailbox: Box<dyn Mailbox + 'a>,
    words: &'a Words<'a>,
    features: Features,
    /// The first uid of what comes now, in the folder and in that for spam.
    next: Uid,
    junk: Option<(String, Uid)>,
    /// How often it was looked for there.
    junk_looks: usize,
    /// Its server does not answer as it should any more.
    failed: bool,
}

impl<'a> Trial<'a> {
    /// Logs in, and looks what is there before the mail is sent.
    fn begin(mut mailbox: Box<dyn Mailbox + 'a>, words: &'a Words<'a>) -> anyhow::Result<Self> {
        let answer = mailbox.ask(Command::Open);
        let Answer::Opened(features) = answer else {
            return Err(words.refused("the login", answer));
        };
        let junk = features.junk.clone().filter(|_| words.fetch.junk);
        let junk = junk.and_then(|name| {
            let Answer::Status(folder) = mailbox.ask(Command::Status(name.clone())) else {
                return None;
            };
            Some((name, folder.next?))
        });
        let next = select(mailbox.as_mut(), words, &words.fetch.folder)?;
        Ok(Self {
            mailbox,
            words,
            features,
            next,
            junk,
            junk_looks: 0,
            failed: false,
        })
    }

    /// Looks for the mail, and takes it out again.
    fn look(
        &mut self,
        token: &[u8; 16],
        begun: Instant,
        limit: Duration,
    ) -> anyhow::Result<Option<Seen>> {
        if let Some((uid, without_marker)) = self.find(token, self.next)? {
            self.remove(uid);
            return Ok(Some(Seen {
                took: begun.elapsed(),
                in_junk: None,
                without_marker,
            }));
        }
        // Spam filters take their time, too; selecting another folder costs two commands.
        let part = |of| limit.checked_div(of).unwrap_or(limit);
        let looks = [part(4), part(2), limit];
        match looks.get(self.junk_looks) {
            Some(at) if begun.elapsed() >= *at => {
                self.junk_looks = self.junk_looks.saturating_add(1);
                self.find_in_junk(token, begun)
            }
            Some(_) | None => Ok(None),
        }
    }

    fn find_in_junk(&mut self, token: &[u8; 16], begun: Instant) -> anyhow::Result<Option<Seen>> {
        let Some((name, next)) = self.junk.clone() else {
            return Ok(None);
        };
        select(self.mailbox.as_mut(), self.words, &name)?;
        if let Some((uid, without_marker)) = self.find(token, next)? {
            self.remove(uid);
            return Ok(Some(Seen {
                took: begun.elapsed(),
                in_junk: Some(name),
                without_marker,
            }));
        }
        select(self.mailbox.as_mut(), self.words, &self.words.fetch.folder)?;
        Ok(None)
    }

    /// The mail among those from this uid on, and whether its marker is gone.
    fn find(&mut self, token: &[u8; 16], from: Uid) -> anyhow::Result<Option<(Uid, bool)>> {
        let answer = self.mailbox.ask(Command::Headers(from, None));
        let Answer::Headers(headers) = answer else {
            return Err(self.words.refused("looking for it", answer));
        };
        let may_be = |header: &Header| header.uid >= from && header.size <= LARGEST;
        for header in headers.into_iter().filter(may_be) {
            let by = match candidate::kind(&header.section) {
                Some(Kind::Marked) => By::Marker,
                Some(Kind::Titled) => By::Subject,
                Some(Kind::Report | Kind::Bounce | Kind::Unreturnable) | None => continue,
            };
            let answer = self.mailbox.ask(Command::Mail(header.uid));
            let Answer::Mail(mail) = answer else {
                return Err(self.words.refused("reading it", answer));
            };
            let Some(mail) = mail else {
                continue;
            };
            let is_it = read_by(&mail, by).is_ok_and(|read| read.part == Part::Probe(*token));
            if is_it {
                return Ok(Some((header.uid, !has_marker(&header.section))));
            }
        }
        Ok(None)
    }

    /// Takes the mail out of the folder. One that stays is only untidy.
    fn remove(&mut self, uid: Uid) {
        let features = &self.features;
        let how = match (
            &features.trash,
            features.gmail && features.moves,
            features.uidplus,
        ) {
            (Some(trash), true, _) => Discard::Move(trash.clone()),
            (_, _, true) => Discard::Expunge(None),
            (_, _, false) => Discard::Mark(None),
        };
        self.mailbox.ask(Command::Discard(vec![uid], how));
    }
}

/// Whether the first marker is there: the field `IIM`.
fn has_marker(section: &[u8]) -> bool {
    let mut lines = section.split(|byte| *byte == b'\n');
    lines.any(|line| {
        line.get(..4)
            .is_some_and(|begin| begin.eq_ignore_ascii_case(b"iim:"))
    })
}

/// Selects a folder; gives the uid that its next mail will have.
fn select(mailbox: &mut dyn Mailbox, words: &Words<'_>, folder: &str) -> anyhow::Result<Uid> {
    let answer = mailbox.ask(Command::Select(folder.to_owned()));
    if let Answer::Refused(why) = &answer {
        return Err(words.no_folder(folder, why));
    }
    let Answer::Selected(selected) = answer else {
        return Err(words.refused("looking into the folder", answer));
    };
    if let Some(next) = selected.next {
        return Ok(next);
    }
    let answer = mailbox.ask(Command::Next);
    let Answer::Next(next) = answer else {
        return Err(words.refused("looking into the folder", answer));
    };
    Ok(next)
}

#[cfg(test)]
mod tests;
