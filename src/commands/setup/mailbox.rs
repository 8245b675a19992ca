//! `iim setup --account`: finds a mailbox's servers, asks for the password, and tries both before anything is written.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::Context as _;

use super::Setup;
use super::arguments;
use super::report::Report;
use super::trial::{self, Seen};
use crate::commands::ask::{secret, until};
use crate::commands::context::Context;
use crate::commands::explain::hinted;
use crate::daemon::{Look, Looking, fetch_once};
use crate::edge::clock::{Clock, SystemClock};
use crate::edge::config::{self, Config, FetchUrl, Protocol, Secret, Security, SmtpUrl};
use crate::edge::home::{Home, make_file};
use crate::edge::provider::table::Provider;
use crate::edge::provider::{self, Found, Source};
use crate::protocol::address::Address;
use crate::protocol::clean::one_line;

/// A mailbox that was seen to work.
pub(super) struct Proved {
    /// What becomes the configuration.
    pub(super) setup: config::Setup,
    /// The password, where there is one; it is in no file yet.
    password: Option<Secret>,
    /// How the mail to ourselves came.
    seen: Seen,
    /// The servers, in words.
    servers: String,
}

/// Mails a day that leave by themselves where nobody says how many may.
const USUAL_PER_DAY: u32 = 100;

/// Finds, asks and tries. Errors: what does not work, with what to do about it; nothing has been written.
pub(super) fn prove(asked: &Setup, context: &Context, home: &Home) -> anyhow::Result<Proved> {
    let mut setup = asked.config()?;
    let address = setup.address.clone();
    let say = |text: String| context.output.say(text);
    let (fetch, smtp) = servers(asked, &address, &say)?;
    let provider = Provider::of(&address).or_else(|| Provider::with_server(&fetch.server.host));
    if let Some(provider) = provider.filter(|it| it.token_only && asked.token_command.is_none()) {
        return Err(hinted(
            format!("{} takes no password from other programs", provider.name),
            provider.hint,
        ));
    }
    let servers = match &smtp {
        Some(smtp) => format!("{} and {}", fetch.server, smtp.server),
        None => fetch.server.to_string(),
    };
    setup.fetch = Some(fetch.to_string());
    setup.smtp = smtp.map(|smtp| smtp.to_string());
    setup.per_day = Some(per_day(provider));
    let password = match asked.token_command {
        Some(_) => None,
        None => {
            is_free(&setup, home)?;
            Some(password(&address, provider, &say)?)
        }
    };
    let mut config = Config::parse(&setup.template(), &home.config())
        .context("what was given makes no configuration")?;
    if let Some(password) = &password {
        config.mail.tell(password);
    }
    say(format!(
        "logging in to {servers}, and sending a mail to {address} …"
    ))?;
    let seen = trial::run(&config, &|_| provider)?;
    Ok(Proved {
        setup,
        password,
        seen,
        servers,
    })
}

/// A password file that is there is somebody's: it is not written over.
fn is_free(setup: &config::Setup, home: &Home) -> anyhow::Result<()> {
    let file = setup.password_file();
    let file = file.map(|name| home.config().with_file_name(name));
    match file.filter(|file| file.symlink_metadata().is_ok()) {
        None => Ok(()),
        Some(file) => Err(hinted(
            format!(
                "{} is there already, and is not written over",
                file.display()
            ),
            "move it away, or remove it if nobody needs it, and try again",
        )),
    }
}

/// Half of what the provider allows: the person sends mails, too.
fn per_day(provider: Option<&Provider>) -> u32 {
    let limit = provider.and_then(|provider| provider.limit);
    limit.map_or(USUAL_PER_DAY, |limit| limit / 2)
}

/// Both servers, each as it was given, else as it is found; without the second a sendmail program was given.
pub(super) fn servers(
    asked: &Setup,
    address: &Address,
    say: &dyn Fn(String) -> anyhow::Result<()>,
) -> anyhow::Result<(FetchUrl, Option<SmtpUrl>)> {
    // Not by the parser of arguments: it repeats what is wrong, and here that may be a password.
    let read = |name: &str, text: &Option<String>, protocol| {
        let read = text.as_deref().map(|text| arguments::fetch(text, protocol));
        read.transpose()
            .map_err(|why| anyhow::anyhow!("--{name}: {why}"))
    };
    let fetch =
        read("imap", &asked.imap, Protocol::Imap)?.or(read("pop", &asked.pop, Protocol::Pop3)?);
    let smtp: Option<SmtpUrl> = asked.smtp.as_deref().and_then(|text| text.parse().ok());
    let (fetch, smtp) = match (fetch, smtp) {
        (Some(fetch), None) if asked.sendmail.is_some() => return Ok((fetch, None)),
        (Some(fetch), Some(smtp)) => (fetch, smtp),
        (fetch, smtp) => {
            say(format!(
                "looking for the mail servers of {} …",
                address.domain()
            ))?;
            let found = found(asked, address, say)?;
            (fetch.unwrap_or(found.fetch), smtp.unwrap_or(found.smtp))
        }
    };
    Ok((fetch, Some(with_user(smtp, address))))
}

/// Who sends logs in, but where a server of this machine was named without a user.
pub(super) fn with_user(smtp: SmtpUrl, address: &Address) -> SmtpUrl {
    match smtp.security {
        Security::Plain => smtp,
        Security::Tls | Security::StartTls => SmtpUrl {
            user: smtp.user.or_else(|| Some(address.to_string())),
            ..smtp
        },
    }
}

fn found(
    asked: &Setup,
    address: &Address,
    say: &dyn Fn(String) -> anyhow::Result<()>,
) -> anyhow::Result<provider::Servers> {
    match provider::find(address, asked.ca.as_deref())? {
        Found::Servers(servers, source) => {
            let by = match source {
                Source::Table => "known to iim",
                Source::File => "by the provider's own file",
                Source::Guess => "guessed; their certificates are for these names",
            };
            let (fetch, smtp) = (&servers.fetch.server, &servers.smtp.server);
            say(format!("found {fetch} and {smtp} ({by})"))?;
            Ok(servers)
        }
        Found::Closed(provider) => Err(hinted(
            format!("{} lets no other program into its mailboxes", provider.name),
            provider.hint,
        )),
        Found::Nothing if std::io::stdin().is_terminal() => {
            let fetch = until(
                "The server of your mailbox, as imaps://imap.example.org",
                "",
                |text| text.parse::<FetchUrl>(),
            )?;
            let smtp = until(
                "The server that sends, as smtps://smtp.example.org",
                "",
                |text| text.parse::<SmtpUrl>(),
            )?;
            Ok(provider::Servers { fetch, smtp })
        }
        Found::Nothing => Err(hinted(
            format!("no mail servers of {} were found", address.domain()),
            "name them, as your provider's help pages do: --imap imaps://imap.example.org --smtp smtps://smtp.example.org",
        )),
    }
}

pub(super) fn password(
    address: &Address,
    provider: Option<&Provider>,
    say: &dyn Fn(String) -> anyhow::Result<()>,
) -> anyhow::Result<Secret> {
    if let Some(provider) = provider {
        say(provider.hint.to_owned())?;
    }
    secret(&format!("The (app) password of {address}")).context("no password")
}

/// What comes from now on is read, however much later the agent is started: at a first look nothing is that was there
/// before.
pub(super) fn first_look(home: &Home, config: &Config, report: &mut Report) {
    // The login has just been seen to work.
    let (since, at_once) = (None, true);
    let look = Look { since, at_once };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    fetch_once(home, &clock, &config.mail.fetch, look, &mut |_, it| {
        if let Looking::Over(Err(why)) = it {
            let why = one_line(&why);
            report.leave(format!(
                "let `iim fetch` look once, before anybody answers you: what comes before is not read (now: {why})"
            ));
        }
    });
}

impl Proved {
    /// Writes the password into a file of its own, if there is one.
    pub(super) fn keep_password(&self, home: &Home, report: &mut Report) -> anyhow::Result<()> {
        let (Some(password), Some(name)) = (&self.password, self.setup.password_file()) else {
            return Ok(());
        };
        let file = home.config().with_file_name(name);
        is_free(&self.setup, home)?;
        make_file(&file, format!("{}\n", password.expose()).as_bytes())?;
        report.done(format!(
            "wrote the password into {} (mode 0600)",
            file.display()
        ));
        Ok(())
    }

    /// Nothing stays behind of what failed: takes away the file that [`Proved::keep_password`] made.
    pub(super) fn drop_password(&self, home: &Home) {
        if let (Some(_), Some(name)) = (&self.password, self.setup.password_file()) {
            // The fault before this one is told.
            let _ = std::fs::remove_file(home.config().with_file_name(name));
        }
    }

    /// What was seen, and what is left to do about it.
    pub(super) fn tell(&self, report: &mut Report) {
        let seconds = self.seen.took.as_secs();
        let servers = &self.servers;
        report.done(format!(
            "logged in to {servers}; a mail to yourself came after {seconds} s"
        ));
        if let Some(junk) = &self.seen.in_junk {
            report.leave(format!(
                "tell your provider that these mails are no spam: the one to yourself lay in {junk} (a filter for the word \
                 \"(iim)\" in subjects, or your own address among your contacts, mostly helps)"
            ));
        }
        if self.seen.without_marker {
            report.leave(
                "know that your provider takes the header field IIM out of mails; they are known by the other markers",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn asked(imap: Option<&str>, pop: Option<&str>, smtp: Option<&str>) -> Setup {
        Setup {
            imap: imap.map(str::to_owned),
            pop: pop.map(str::to_owned),
            smtp: smtp.map(str::to_owned),
            ..Setup::default()
        }
    }

    #[test]
    fn servers_that_are_named_are_used_and_those_of_the_table_fill_in() {
        let say = |_| Ok(());
        let gmail = Address::parse("bob@gmail.com").unwrap();
        for (imap, pop, smtp, fetch, sent) in [
            (
                Some("imaps://imap.example.org"),
                None,
                Some("smtps://smtp.example.org"),
                "imaps://imap.example.org:993",
                "smtps://bob%40gmail.com@smtp.example.org:465",
            ),
            (
                None,
                Some("pop3s://bob@pop.example.org"),
                Some("smtp://127.0.0.1:25"),
                "pop3s://bob@pop.example.org:995",
                "smtp://127.0.0.1:25",
            ),
            (
                None,
                None,
                None,
                "imaps://bob%40gmail.com@imap.gmail.com:993",
                "smtps://bob%40gmail.com@smtp.gmail.com:465",
            ),
            (
                Some("imap://me@[::1]:1143"),
                None,
                None,
                "imap://me@[::1]:1143",
                "smtps://bob%40gmail.com@smtp.gmail.com:465",
            ),
        ] {
            let (read, smtp) = servers(&asked(imap, pop, smtp), &gmail, &say).unwrap();
            assert_eq!(
                (read.to_string(), smtp.unwrap().to_string()),
                (fetch.to_owned(), sent.to_owned())
            );
        }
    }

    #[test]
    fn a_refusal_before_anything_is_tried_says_what_to_do() {
        let say = |_| Ok(());
        for (address, imap, words) in [
            ("bob@proton.me", None, "Bridge"),
            (
                "bob@gmail.com",
                Some("pop3s://x.example"),
                "--imap: it begins with imaps://",
            ),
            (
                "bob@gmail.com",
                Some("imaps://bob:hunter2@x.example"),
                "--imap: a password does not belong",
            ),
            ("bob@gmail.com", Some("imap://x.example"), "without TLS"),
        ] {
            let address = Address::parse(address).unwrap();
            let fault = servers(&asked(imap, None, None), &address, &say).unwrap_err();
            let told = format!("{fault:#}");
            assert!(told.contains(words) && !told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn a_password_file_that_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"), &folder.path().join("state"));
        home.create().unwrap();
        let mut setup = asked(Some("imaps://imap.example.org"), None, None);
        setup.account = Some(Address::parse("bob@example.org").unwrap());
        let mut config = setup.config().unwrap();
        config.fetch = Some("imaps://bob@imap.example.org".to_owned());
        let file = home
            .config()
            .with_file_name(config.password_file().unwrap());
        let proved = Proved {
            setup: config,
            password: Some(Secret::new("hunter22".to_owned())),
            seen: Seen {
                took: std::time::Duration::ZERO,
                in_junk: None,
                without_marker: false,
            },
            servers: String::new(),
        };
        std::fs::write(&file, "somebody's\n").unwrap();
        assert!(is_free(&proved.setup, &home).is_err());
        let told = proved.keep_password(&home, &mut Report::default());
        let told = format!("{:#}", told.unwrap_err());
        assert!(told.contains("not written over"), "{told}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "somebody's\n");
        std::fs::remove_file(&file).unwrap();
        proved.keep_password(&home, &mut Report::default()).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "hunter22\n");
        proved.drop_password(&home);
        assert!(!file.exists());
    }

    #[test]
    fn half_of_what_a_provider_allows_leaves_by_itself() {
        let gmail = Provider::of(&Address::parse("a@gmail.com").unwrap());
        assert_eq!((per_day(gmail), per_day(None)), (250, 100));
    }
}
