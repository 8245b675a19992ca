//! `iim recover --account`: looks through a mailbox for kept copies, and changes nothing in it.

use std::iter;
use std::path::Path;

use super::Setup;
use super::mailbox::{password, servers};
use super::trial::asked::Mailbox;
use super::trial::{Words, open};
use crate::commands::context::Context;
use crate::commands::explain::hinted;
use crate::edge::config::Config;
use crate::edge::provider::table::Provider;
use crate::protocol::address::Address;
use crate::protocol::candidate::{Kind, kind};
use crate::protocol::mail_form::MAX_MAIL;
use crate::rules::fetch::mailbox::{Answer, Command, FIRST, Header};

/// Whose mailbox, and where.
pub(crate) struct Asked<'a> {
    pub(crate) address: &'a Address,
    pub(crate) imap: Option<&'a str>,
    pub(crate) ca: Option<&'a Path>,
}

/// Takes each mail that bears our marker or title, of the inbox and the folder for spam.
pub(crate) fn each(
    asked: &Asked<'_>,
    context: &Context,
    take: &mut dyn FnMut(&[u8]),
) -> anyhow::Result<()> {
    // Nothing is sent: no server is looked for that would.
    let asking = Setup {
        account: Some(asked.address.clone()),
        imap: asked.imap.map(str::to_owned),
        ca: asked.ca.map(Path::to_owned),
        sendmail: asked.imap.map(|_| "true".to_owned()),
        ..Setup::default()
    };
    let say = |text: String| context.output.say(text);
    let (fetch, _) = servers(&asking, asked.address, &say)?;
    let provider = Provider::of(asked.address);
    let provider = provider.or_else(|| Provider::with_server(&fetch.server.host));
    if let Some(provider) = provider.filter(|provider| provider.token_only) {
        let what = format!("{} takes no password from other programs", provider.name);
        return Err(hinted(what, "save the mail as a file, and name that"));
    }
    let mut setup = asking.config()?;
    setup.fetch = Some(fetch.to_string());
    let mut config = Config::parse(&setup.template(), &context.home()?.config())?;
    config.mail.tell(&password(asked.address, provider, &say)?);
    let Some(fetch) = &config.mail.fetch else {
        anyhow::bail!("no mailbox is named");
    };
    let words = Words { fetch, provider };
    let mut mailbox = open(fetch)?;
    let answer = mailbox.ask(Command::Open);
    let Answer::Opened(features) = answer else {
        return Err(words.refused("the login", answer));
    };
    let junk = features.junk.filter(|_| fetch.junk);
    for folder in iter::once(fetch.folder.clone()).chain(junk) {
        look_into(mailbox.as_mut(), &folder, &words, take)?;
    }
    mailbox.ask(Command::Close);
    Ok(())
}

fn look_into(
    mailbox: &mut dyn Mailbox,
    folder: &str,
    words: &Words<'_>,
    take: &mut dyn FnMut(&[u8]),
) -> anyhow::Result<()> {
    let answer = mailbox.ask(Command::Select(folder.to_owned()));
    if let Answer::Refused(why) = &answer {
        return Err(words.no_folder(folder, why));
    }
    let Answer::Selected(_) = answer else {
        return Err(words.refused("looking into the folder", answer));
    };
    let answer = mailbox.ask(Command::Headers(FIRST, None));
    let Answer::Headers(headers) = answer else {
        return Err(words.refused("looking into the folder", answer));
    };
    for header in headers.into_iter().filter(may_be) {
        let answer = mailbox.ask(Command::Mail(header.uid));
        let Answer::Mail(mail) = answer else {
            return Err(words.refused("reading a mail", answer));
        };
        mail.as_deref().into_iter().for_each(&mut *take);
    }
    Ok(())
}

/// Whether it is ours, is no larger than any of ours, and its subject has the words of a copy.
fn may_be(header: &Header) -> bool {
    let is_ours = matches!(kind(&header.section), Some(Kind::Marked | Kind::Titled));
    let size = usize::try_from(header.size).unwrap_or(usize::MAX);
    let named = |words: &[u8]| words.eq_ignore_ascii_case(b"kept copy");
    is_ours && size <= MAX_MAIL && header.section.windows(9).any(named)
}
