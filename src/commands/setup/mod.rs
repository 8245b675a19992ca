//! `iim setup`: makes the account, writes what was asked for, says what remains to be done.

mod arguments;
mod ask;
pub(crate) mod copies;
mod cron;
mod mailbox;
pub(crate) mod place;
pub(crate) mod procmail;
pub(crate) mod program;
mod report;
pub(crate) mod sieve;
mod systemd;
pub(crate) mod trial;

use std::io::IsTerminal;
use std::sync::Arc;

use anyhow::Context as _;

use crate::account::Account;
use crate::edge::clock::SystemClock;
use crate::edge::config::{self, Config, MailOut, NetworkUrl, SmtpUrl};
use crate::edge::home::{Home, replace_file};

use super::context::Context;
use super::device::connect;
use super::explain::hinted;
use super::run::Run;
pub(crate) use arguments::Setup;
use mailbox::Proved;
use program::Program;
use report::Report;

impl Setup {
    pub(crate) fn run(mut self, context: &Context) -> anyhow::Result<()> {
        let home = context.home()?;
        if self.is_bare() && !home.config().exists() && std::io::stdin().is_terminal() {
            self = ask::all()?;
        }
        if let Ok(account) = Account::open_quietly(home.clone(), Arc::new(SystemClock)) {
            // What runs the account is set up where it lives.
            account.require_here()?;
        }
        if let Some(url) = &self.smtp {
            // Not by the parser of arguments: it repeats what is wrong, and here that may be a password.
            arguments::smtp(url).map_err(|why| anyhow::anyhow!("--smtp: {why}"))?;
        }
        // All is tried before anything is written: what fails leaves nothing behind.
        let mailbox = match self.has_mailbox() && !home.config().exists() {
            true => Some(mailbox::prove(&self, context, &home)?),
            false => None,
        };
        let mut report = Report::default();
        let all = self.all(context, &home, mailbox.as_ref(), &mut report);
        // What was done before something failed is said all the same.
        report.show(&context.output)?;
        all
    }

    fn all(
        &self,
        context: &Context,
        home: &Home,
        mailbox: Option<&Proved>,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let config = self.account(context, home, mailbox, report)?;
        self.what_runs_it(context, home, &config, report)?;
        remains(home, &config, self, report);
        Ok(())
    }

    /// Folder, configuration, keys, database, roster.
    fn account(
        &self,
        context: &Context,
        home: &Home,
        mailbox: Option<&Proved>,
        report: &mut Report,
    ) -> anyhow::Result<Config> {
        home.require_folders()?;
        if !home.config().exists() {
            let text = match mailbox {
                Some(proved) => proved.setup.template(),
                None => self.config()?.template(),
            };
            home.create()?;
            Config::parse(&text, &home.config())
                .context("what was given makes no configuration")?;
            if let Some(proved) = mailbox {
                proved.keep_password(home, report)?;
            }
            if let Err(error) = replace_file(&home.config(), text.as_bytes()) {
                mailbox.inspect(|proved| proved.drop_password(home));
                return Err(error.into());
            }
            report.done(format!("wrote {}", home.config().display()));
            if let Some(proved) = mailbox {
                proved.tell(report);
            }
        }
        home.create()?;
        let config = Config::load(&home.config())?;
        if self.differs(&config) {
            let mend = "edit it to change address, name, networks or mail";
            let file = home.config();
            report.leave(format!(
                "{} was there and stays as it is: {mend}",
                file.display()
            ));
        }
        let new = !home.database().exists();
        Account::create(home, Arc::new(SystemClock))?;
        if mailbox.is_some() {
            mailbox::first_look(home, &config, report);
        }
        let key = Run::open(context)?.account.state()?.keys.ed25519;
        let made = if new { "made" } else { "found" };
        let account = &config.address;
        report.done(format!("{made} the account {account} with the key {key}"));
        Ok(config)
    }

    /// Whether something was given that config.toml says otherwise.
    fn differs(&self, config: &Config) -> bool {
        let other = |given: &NetworkUrl| {
            !config.networks.iter().any(|network| {
                network.name == given.name && network.servers.contains(&given.server)
            })
        };
        let (words, url) = match &config.mail.out {
            MailOut::Sendmail(words) => (Some(words), None),
            MailOut::Smtp(smtp) => (None, Some(&smtp.url)),
        };
        let (address, name) = (self.owner(), self.name.as_ref());
        let no_mailbox = self.has_mailbox() && config.mail.fetch.is_empty();
        let sendmail = self.sendmail.as_ref();
        let smtp = self.smtp.as_ref().map(|given| {
            let given: Option<SmtpUrl> = given.parse().ok();
            match self.has_mailbox() {
                true => given.map(|given| mailbox::with_user(given, &config.address)),
                false => given,
            }
        });
        no_mailbox
            || address.is_some_and(|given| *given != config.address)
            || name.is_some_and(|given| *given != config.name)
            || sendmail.is_some_and(|given| {
                words.is_none_or(|words| shell_words::split(given).as_ref() != Ok(words))
            })
            || smtp.is_some_and(|given| given.as_ref() != url)
            || self.networks.iter().any(other)
    }

    fn config(&self) -> anyhow::Result<config::Setup> {
        let Some(address) = self.owner().cloned() else {
            let why = "there is no account here yet, and no address was given";
            let hint = "iim setup --account you@example.org (a mailbox at a provider), or iim setup --address you@example.org \
                 --network ircs://irc.example.net --procmail";
            return Err(hinted(why, hint));
        };
        Ok(config::Setup {
            address,
            name: self.name.clone(),
            networks: self.networks.clone(),
            sendmail: self.sendmail.clone(),
            smtp: self.smtp.clone(),
            token_command: self.token_command.clone(),
            ca: self.ca_path()?,
            per_day: None,
            fetch: None,
            gateway: self.gateway,
        })
    }

    /// The file of `--ca`, from wherever it is named.
    fn ca_path(&self) -> anyhow::Result<Option<String>> {
        let path = self.ca.as_ref().map(std::path::absolute).transpose()?;
        Ok(path.map(|path| path.display().to_string()))
    }

    /// The hook at delivery, and what runs the rest.
    fn what_runs_it(
        &self,
        context: &Context,
        home: &Home,
        config: &Config,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let program = Program::of(context)?;
        if self.procmail {
            procmail::write(home, &program, report)?;
        }
        if self.sieve {
            sieve::write(home, &program, report)?;
        }
        if self.cron {
            cron::write(&program, !config.mail.fetch.is_empty(), report)?;
        }
        if self.systemd {
            let hard = matches!(config.mail.out, MailOut::Smtp(_));
            systemd::write(&program, hard, report)?;
        }
        Ok(())
    }
}

/// What setup cannot do, or was not asked for.
fn remains(home: &Home, config: &Config, asked: &Setup, report: &mut Report) {
    if let MailOut::Smtp(smtp) = &config.mail.out
        && smtp.url.user.is_some()
        && config.mail.fetch.is_empty()
    {
        password(home, report);
    }
    let networks = &config.networks;
    for (holds, what) in [
        (
            !asked.procmail
                && !asked.sieve
                && config.mail.fetch.is_empty()
                && !place::has_hook(home),
            "let your mail reach iim: run setup again with --procmail or --sieve (the README has recipes for \
             maildrop, qmail, fetchmail and getmail)",
        ),
        (
            !asked.cron && !asked.systemd,
            "let the agent run (`iim agent`, or setup with --systemd), or at least `iim flush` from cron \
             (setup with --cron)",
        ),
        (
            networks.is_empty(),
            "name an IRC network in config.toml, if you want to see who is online; without one all goes by mail",
        ),
        (
            !networks.is_empty(),
            "ask the people of your IRC networks before you let a program run there",
        ),
        (
            networks.iter().any(|network| network.sasl.is_some()),
            "know that a login by SASL shows your account name to all: hiding is not promised on that network",
        ),
    ] {
        if holds {
            report.leave(what);
        }
    }
    if asked.gateway {
        clients(home, config, report);
    }
    report.leave("check everything with `iim doctor`, then `iim add ADDRESS` or `iim invite`");
}

/// How the user's own IRC clients connect.
fn clients(home: &Home, config: &Config, report: &mut Report) {
    report.leave(match &config.gateway {
        Some(gateway) => format!(
            "make a device for each of your IRC clients: `iim device add NAME` prints its PASSWORD; then\n{}",
            connect::text(gateway, home, "NAME", "PASSWORD")
        ),
        None => format!(
            "let your IRC clients connect: take the # from the line [gateway] in {0}, or add that line at its end",
            home.config().display()
        ),
    });
    let warning = connect::warning(&config.gateway.clone().unwrap_or_default());
    if let Some(warning) = warning {
        report.leave(format!("know that {warning}"));
    }
}

/// The password file that the configuration names, if it is the usual one.
fn password(home: &Home, report: &mut Report) {
    let file = home.config().with_file_name("smtp-password");
    if !file.exists() {
        let (file, or) = (file.display(), "or set password_command in config.toml");
        report.leave(format!(
            "put the mail server's password into {file} and chmod 600 it, {or}"
        ));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::path::Path;

    use super::*;

    /// What setup says of a gateway that is asked for, where this is configured.
    fn said(config: &str) -> String {
        let text = format!("address = 'a@b.example'\n{config}");
        let config = Config::parse(&text, Path::new("/x/config.toml")).unwrap();
        let home = Home::at(Path::new("/x"), Path::new("/y"));
        let mut report = Report::default();
        clients(&home, &config, &mut report);
        report.to_do.join("\n")
    }

    #[test]
    fn the_user_whom_setup_adds_to_a_server_is_no_difference() {
        let text = "address = 'bob@example.org'\n[mail]\nsmtp = 'smtps://bob%40example.org@smtp.example.org:465'\n\
            password_file = '/x/password'\n[mail.fetch]\nserver = 'imaps://imap.example.org'";
        let config = Config::parse(text, Path::new("/x/config.toml")).unwrap();
        for (smtp, other) in [
            ("smtps://smtp.example.org", false),
            ("smtps://bob%40example.org@smtp.example.org", false),
            ("smtps://smtp.example.net", true),
            ("smtps://rob@smtp.example.org", true),
        ] {
            let asked = Setup {
                account: Some(config.address.clone()),
                imap: Some("imaps://imap.example.org".to_owned()),
                smtp: Some(smtp.to_owned()),
                ..Setup::default()
            };
            assert_eq!(asked.differs(&config), other, "{smtp}");
        }
    }

    #[test]
    fn whoever_sets_up_the_gateway_hears_who_may_take_its_port() {
        for (config, port) in [
            ("", Some("127.0.0.1:6667")),
            ("#[gateway]", Some("127.0.0.1:6667")),
            ("[gateway]", Some("127.0.0.1:6667")),
            (
                "[gateway]\nlisten = ['unix', '[::1]:7000']",
                Some("[::1]:7000"),
            ),
            (
                "[gateway]\nlisten = ['ws://127.0.0.1:8067']",
                Some("ws://127.0.0.1:8067"),
            ),
            ("[gateway]\nlisten = ['unix']", None),
            ("[gateway]\nlisten = ['127.0.0.1:6667']\nopen = true", None),
            (
                "[gateway]\nlisten = ['tls://0.0.0.0:6697']\ncertificate = '/c.pem'",
                None,
            ),
        ] {
            let said = said(config);
            let warned = said.contains("another user of this machine");
            assert_eq!(warned, port.is_some(), "{config}: {said}");
            let words = port.map(|port| format!("who takes {port} before the agent"));
            assert!(
                words.is_none_or(|words| said.contains(&words)),
                "{config}: {said}"
            );
        }
    }
}
