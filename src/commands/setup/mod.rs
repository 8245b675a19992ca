//! `iim setup`: makes the account, writes what was asked for, says what remains to be done.

mod ask;
mod cron;
pub(crate) mod place;
mod procmail;
pub(crate) mod program;
mod sieve;
mod systemd;

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::account::Account;
use crate::edge::config;
use crate::edge::config::{Config, Gateway, MailOut, NetworkUrl, SetupMail, SmtpUrl};
use crate::edge::home::{Home, replace_file};
use crate::protocol::address::Address;

use super::context::Context;
use super::device::connect;
use super::explain::hinted;
use super::output::{Colour, Output};
use program::Program;

/// Makes your account: its folder, keys and configuration; and what runs it, as far as asked for
///
/// With no flags on a terminal it asks. It never writes over something that is there; run again, it completes
/// what is missing. At the end it says what remains to be done.
#[derive(Debug, clap::Args)]
pub(crate) struct Setup {
    /// Your mail address
    #[arg(long, value_parser = Address::parse)]
    address: Option<Address>,
    /// The name that your requests carry
    #[arg(long)]
    name: Option<String>,
    /// An IRC network; may be given several times
    #[arg(long = "network", value_name = "[NAME=]ircs://HOST[:PORT]", value_parser = network)]
    networks: Vec<NetworkUrl>,
    /// The program that sends mail (default: /usr/sbin/sendmail)
    #[arg(long, value_name = "CMD", conflicts_with = "smtp")]
    sendmail: Option<String>,
    /// The server that sends mail: smtps://user@host:465, smtp://host:587?tls=required, smtp://127.0.0.1:25
    #[arg(long, value_name = "URL")]
    smtp: Option<String>,
    /// Writes the procmail recipe
    #[arg(long)]
    procmail: bool,
    /// Writes the Sieve script, for Dovecot Pigeonhole
    #[arg(long)]
    sieve: bool,
    /// Adds the crontab lines
    #[arg(long)]
    cron: bool,
    /// Writes a systemd user unit for the agent
    #[arg(long)]
    systemd: bool,
    /// Lets your own IRC clients connect to the agent
    #[arg(long)]
    gateway: bool,
}

/// Reads a network; one without TLS only on this machine.
fn network(text: &str) -> Result<NetworkUrl, String> {
    let network: NetworkUrl = text.parse()?;
    if !network.tls && !network.server.is_loopback() {
        return Err(format!(
            "{text:?} would go over the net in clear text: use ircs:// (or, if there is no other way, set \
             tls = false and insecure = true in config.toml)"
        ));
    }
    Ok(network)
}

/// Checks the URL of a mail server.
fn smtp(text: &str) -> Result<String, String> {
    text.parse::<SmtpUrl>().map(|_| text.to_owned())
}

/// What was done and what the user has to do.
#[derive(Debug, Default)]
pub(crate) struct Report {
    done: Vec<String>,
    to_do: Vec<String>,
}

impl Report {
    /// Something was made or is in order.
    fn done(&mut self, what: impl Into<String>) {
        self.done.push(what.into());
    }

    /// Something is left to the user; lines after the first are shown below it as they are.
    fn leave(&mut self, what: impl Into<String>) {
        self.to_do.push(what.into());
    }

    fn show(&self, output: &Output) -> std::io::Result<()> {
        for done in &self.done {
            output.say(done)?;
        }
        if output.quiet || self.to_do.is_empty() {
            return Ok(());
        }
        output.line(&output.paint(Colour::Strong, "What remains to be done:"))?;
        for to_do in &self.to_do {
            output.line(&format!("- {}", to_do.replace('\n', "\n      ")))?;
        }
        Ok(())
    }
}

impl Setup {
    pub(crate) fn run(mut self, context: &Context) -> anyhow::Result<ExitCode> {
        let home = context.home()?;
        if self.is_bare() && !home.config().exists() && std::io::stdin().is_terminal() {
            self = ask::all()?;
        }
        if let Some(url) = &self.smtp {
            // Not by the parser of arguments: it repeats what is wrong, and here that may be a password.
            smtp(url).map_err(|why| anyhow::anyhow!("--smtp: {why}"))?;
        }
        let mut report = Report::default();
        let all = self.all(context, &home, &mut report);
        // What was done before something failed is said all the same.
        report.show(&context.output)?;
        all.map(|()| ExitCode::SUCCESS)
    }

    fn all(&self, context: &Context, home: &Home, report: &mut Report) -> anyhow::Result<()> {
        let config = self.account(context, home, report)?;
        self.what_runs_it(context, home, &config, report)?;
        remains(home, &config, self, report);
        Ok(())
    }

    /// Whether no flag was given.
    fn is_bare(&self) -> bool {
        let Self {
            address,
            name,
            networks,
            sendmail,
            smtp,
            procmail,
            sieve,
            cron,
            systemd,
            gateway,
        } = self;
        let asks = *procmail || *sieve || *cron || *systemd || *gateway;
        let says = address.is_some() || name.is_some() || sendmail.is_some() || smtp.is_some();
        !asks && !says && networks.is_empty()
    }

    /// Folder, configuration, keys, database, roster.
    fn account(
        &self,
        context: &Context,
        home: &Home,
        report: &mut Report,
    ) -> anyhow::Result<Config> {
        home.require_folders()?;
        if !home.config().exists() {
            let text = self.config()?;
            home.create()?;
            Config::parse(&text, &home.config())
                .context("what was given makes no configuration")?;
            replace_file(&home.config(), text.as_bytes())?;
            report.done(format!("wrote {}", home.config().display()));
        }
        home.create()?;
        let config = Config::load(&home.config())?;
        if self.differs(&config) {
            report.leave(format!(
                "{} was there and stays as it is: edit it to change address, name, networks or mail",
                home.config().display()
            ));
        }
        let new = !home.database().exists();
        Account::create(home, context.clock())?;
        let mut account = context.open()?;
        let key = account.state()?.keys.ed25519;
        let made = if new { "made" } else { "found" };
        report.done(format!(
            "{made} the account {} with the key {key}",
            config.address
        ));
        Ok(config)
    }

    /// Whether something was given that config.toml says otherwise.
    fn differs(&self, config: &Config) -> bool {
        let other = |given: &NetworkUrl| {
            !config.networks.iter().any(|network| {
                network.name == given.name && network.servers.contains(&given.server)
            })
        };
        let mail = match (&config.mail.out, &self.sendmail, &self.smtp) {
            (_, None, None) => true,
            (MailOut::Sendmail(words), Some(given), _) => {
                shell_words::split(given).is_ok_and(|given| given == *words)
            }
            (MailOut::Smtp(smtp), _, Some(given)) => {
                given.parse().is_ok_and(|url: SmtpUrl| url == smtp.url)
            }
            (MailOut::Sendmail(_), None, Some(_)) | (MailOut::Smtp(_), Some(_), None) => false,
        };
        self.address
            .as_ref()
            .is_some_and(|given| *given != config.address)
            || self
                .name
                .as_ref()
                .is_some_and(|given| *given != config.name)
            || self.networks.iter().any(other)
            || !mail
    }

    fn config(&self) -> anyhow::Result<String> {
        let Some(address) = self.address.clone() else {
            return Err(hinted(
                "there is no account here yet, and no address was given",
                "iim setup --address you@example.org --network ircs://irc.example.net --procmail",
            ));
        };
        let sendmail = self.sendmail.clone().map(SetupMail::Sendmail);
        let smtp = self.smtp.clone().map(SetupMail::Smtp);
        Ok(Config::template(&config::Setup {
            address,
            name: self.name.clone(),
            networks: self.networks.clone(),
            mail: sendmail.or(smtp),
            gateway: self.gateway,
        }))
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
            cron::write(&program, report)?;
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
    {
        password(home, report);
    }
    if !asked.procmail && !asked.sieve && !place::has_hook(home) {
        report.leave(
            "let your mail reach iim: run setup again with --procmail or --sieve (the README has recipes for \
             maildrop, qmail, fetchmail and getmail)",
        );
    }
    if !asked.cron && !asked.systemd {
        report.leave(
            "let the agent run (`iim agent`, or setup with --systemd), or at least `iim flush` from cron \
             (setup with --cron)",
        );
    }
    if config.networks.is_empty() {
        report.leave(
            "name an IRC network in config.toml, if you want to see who is online; without one all goes by mail",
        );
    } else {
        report.leave("ask the people of your IRC networks before you let a program run there");
    }
    if config.networks.iter().any(|network| network.sasl.is_some()) {
        report.leave(
            "know that a login by SASL shows your account name to all: hiding is not promised on that network",
        );
    }
    if asked.gateway {
        clients(home, config, report);
    }
    report.leave("check everything with `iim doctor`, then `iim add ADDRESS` or `iim invite`");
}

/// How the user's own IRC clients connect.
fn clients(home: &Home, config: &Config, report: &mut Report) {
    let Some(gateway) = &config.gateway else {
        report.leave(format!(
            "let your IRC clients connect: take the # from the line [gateway] in {0}, or add that line at its end",
            home.config().display()
        ));
        know_of_port(&Gateway::default(), report);
        return;
    };
    let mut lines = vec![
        "make a device for each of your IRC clients: `iim device add NAME` prints its PASSWORD; then".to_owned(),
    ];
    lines.extend(connect::lines(gateway, home, "NAME", "PASSWORD"));
    report.leave(lines.join("\n"));
    know_of_port(gateway, report);
}

fn know_of_port(gateway: &Gateway, report: &mut Report) {
    if let Some(warning) = connect::warning(gateway) {
        report.leave(format!("know that {warning}"));
    }
}

/// The password file that the configuration names, if it is the usual one.
fn password(home: &Home, report: &mut Report) {
    let file = home.config().with_file_name("smtp-password");
    if !file.exists() {
        report.leave(format!(
            "put the mail server's password into {0} and chmod 600 it, or set password_command in config.toml",
            file.display()
        ));
    }
}

/// Writes a file that is not there. One that is there and differs stays, and is told.
fn write_new(path: &Path, text: &str, mode: u32, report: &mut Report) -> anyhow::Result<bool> {
    let shown = path.display();
    match std::fs::read_to_string(path) {
        Ok(there) if there == text => {
            report.done(format!("{shown} is in order"));
            return Ok(true);
        }
        Ok(_) => {
            report.leave(format!(
                "{shown} was there, differs, and stays as it is; it would now be written as\n{text}"
            ));
            return Ok(false);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
    }
    place::create(path, text, mode).with_context(|| format!("cannot write {shown}"))?;
    report.done(format!("wrote {shown}"));
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn clear_text_is_for_this_machine_alone() {
        for (text, taken) in [
            ("ircs://irc.example.net", true),
            ("home=irc://127.0.0.1:16667", true),
            ("irc://localhost", true),
            ("irc://irc.example.net", false),
            ("irc.example.net", false),
        ] {
            assert_eq!(network(text).is_ok(), taken, "{text}");
        }
    }

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

    #[test]
    fn a_file_that_is_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sub/recipe");
        let mut report = Report::default();
        assert!(write_new(&path, "ours\n", 0o600, &mut report).unwrap());
        assert!(write_new(&path, "ours\n", 0o600, &mut report).unwrap());
        assert_eq!((report.done.len(), report.to_do.len()), (2, 0));
        std::fs::write(&path, "theirs\n").unwrap();
        assert!(!write_new(&path, "ours\n", 0o600, &mut report).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs\n");
        assert_eq!(report.to_do.len(), 1);
    }
}
