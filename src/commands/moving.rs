//! `iim export`, `iim import`, `iim return`.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use zeroize::Zeroizing;

use super::ask;
use super::context::Context;
use super::explain::hinted;
use super::invite::draw;
use super::output::Output;
use super::run::Run;
use crate::account::{
    Account, Destination, ImportError, change_code, code_key, come_back, export, import, new_code,
};
use crate::edge::clock::SystemClock;
use crate::edge::home::NewFile;
use crate::edge::seal::archive::{Archive, ArchiveError};
use crate::edge::seal::stream::CodeKey;
use crate::protocol::clean::one_line;
use crate::protocol::code::Code;
use crate::rules::words::rfc3339;

/// Writes the whole account into one file: to move it to another machine, or to lay it by
///
/// The file is sealed under your recovery code, which is made and shown the first time. The configuration is in it; passwords
/// are not, nor files that it names. Without --move the account goes on here, and what is under way when the file is made
/// opens here alone.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The account leaves for another machine: from now on nothing of it is sent or taken here
    #[arg(long = "move")]
    moves: bool,
    /// Not sealed: for a pipe through ssh, or another program that seals it
    #[arg(long, conflicts_with = "new_code")]
    plain: bool,
    /// Makes another recovery code, and shows it; what was sealed before opens with the old one alone
    #[arg(long)]
    new_code: bool,
    /// A file that is not there yet, or `-` for stdout
    #[arg(value_name = "FILE")]
    to: PathBuf,
}

/// Takes in an account that `iim export` wrote, where there is none yet
///
/// Friends are asked by themselves to begin new sessions, and see you come under another nickname; they notice nothing but
/// late texts. The account must not go on running where it was.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// It is not sealed, and comes straight from your other machine
    #[arg(long, conflicts_with = "code_file")]
    plain: bool,
    /// The recovery code is in this file; else it is asked for
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
    /// The archive, or `-` for stdin
    #[arg(value_name = "FILE")]
    from: PathBuf,
}

/// Takes the account back after `iim export --move`, if the archive never arrived on another machine
#[derive(Debug, clap::Args)]
pub(crate) struct Return {
    /// Nobody has taken in the archive, and nobody will
    #[arg(long)]
    yes: bool,
}

impl Export {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let to_stdout = self.to == Path::new("-");
        if to_stdout && io::stdout().is_terminal() {
            let what = "an archive is not for a terminal";
            return Err(hinted(what, "name a file, or send it through a pipe"));
        }
        if self.moves {
            run.account.require_here()?;
        }
        // Stdout is the archive's.
        let output = match to_stdout {
            true => Said::Stderr(&run.output.clone()),
            false => Said::Stdout(&run.output.clone()),
        };
        let mut to: Box<dyn Destination> = match to_stdout {
            true => Box::new(io::stdout()),
            false => Box::new(new_file(&self.to)?),
        };
        let key = self.key(run, &output)?;
        let done = export(&mut run.account, self.moves, key.as_ref(), to.as_mut())
            .with_context(|| format!("writing {}", self.to.display()))?;
        let (people, size) = (done.people, done.size.div_ceil(1024));
        output.say(&format!("written: a roster of {people}, {size} KB"))?;
        if self.moves {
            output
                .say("the account has left this machine: `iim import` takes it in on the other")?;
            output.say("if it never arrives there, `iim return` takes it back")?;
            output.say("what remains here: the recipe, the crontab lines, the unit (`systemctl --user disable iim-agent`)")?;
        }
        Ok(())
    }

    /// The key that seals it; a code that was made is kept, and shown, once.
    fn key(&self, run: &mut Run, output: &Said<'_>) -> anyhow::Result<Option<CodeKey>> {
        if self.plain {
            return Ok(None);
        }
        let known = code_key(&run.account)?;
        if let Some(key) = known.as_ref().filter(|_| !self.new_code) {
            return Ok(Some(key.clone()));
        }
        if !self.new_code && !output.is_terminal() {
            let what = "there is no recovery code yet, and nobody would see it";
            return Err(hinted(what, "--new-code makes one and prints it"));
        }
        made_code(run, known.as_ref(), output).map(Some)
    }
}

/// Makes a recovery code in place of that which is known: shows it, once, and only then keeps what it gives. So whatever is killed
/// or fails in between, nothing is ever sealed under a code that nobody has seen; one is theirs once this says so below it.
/// Errors: If another program has made one meanwhile, this one is none.
pub(super) fn made_code(
    run: &mut Run,
    known: Option<&CodeKey>,
    output: &Said<'_>,
) -> anyhow::Result<CodeKey> {
    let (code, key) = new_code(&mut run.account);
    show(&code, output)?;
    if !change_code(&run.account, known, Some(&key))? {
        return Err(hinted(
            "another program has just made a recovery code, and shown it: this one is none",
            "do it again: with that code",
        ));
    }
    output.say("this is your recovery code: write it on paper; it is not shown again")?;
    Ok(key)
}

fn show(code: &Code, output: &Said<'_>) -> anyhow::Result<()> {
    let shown = code.shown();
    if output.is_terminal() {
        output.line(&draw(&shown)?)?;
    }
    output.line(&shown)
}

/// The key of the recovery code that is in a file, or is asked for: on stdin, unless that is taken by `what`.
pub(super) fn code_given(file: Option<&Path>, what: Option<&str>) -> anyhow::Result<CodeKey> {
    if let Some(file) = file {
        return Ok(CodeKey::of(&code_in(file)?));
    }
    if let Some(what) = what {
        return Err(hinted(what, "give the recovery code with --code-file"));
    }
    let typed = ask::secret("recovery code")?;
    Ok(CodeKey::of(&Code::read(typed.expose())?))
}

impl Import {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let (home, output) = (context.home()?, &context.output);
        if home.database().exists() {
            return Err(ImportError::There(home.database()).into());
        }
        let from_stdin = self.from == Path::new("-");
        let name = || format!("reading {}", self.from.display());
        let from: Box<dyn Read> = match from_stdin {
            true => Box::new(io::stdin()),
            false => Box::new(File::open(&self.from).with_context(name)?),
        };
        let taken = "the archive is sealed, and stdin is the archive's";
        let key = || code_given(self.code_file.as_deref(), from_stdin.then_some(taken));
        let opened = Archive::open(from, self.plain, key);
        let archive = opened.map_err(|fault: anyhow::Error| match fault.is::<ArchiveError>() {
            true => fault.context(name()),
            false => fault,
        })?;
        let (address, made) = (archive.head.address.clone(), archive.head.made);
        let moved = archive.head.moved;
        let mut account = import(&home, Arc::new(SystemClock), archive)?;
        let (people, made) = (account.people()?.len(), rfc3339(made));
        output.say(format!(
            "{address}, as it was on {made}: a roster of {people}"
        ))?;
        if !moved {
            output.warn(
                "it was written without --move: the account must not go on running where it was",
            );
        }
        arrived(output, &mut account)
    }
}

/// What the user is told of an account that has just come to be here.
pub(super) fn arrived(output: &Output, account: &mut Account) -> anyhow::Result<()> {
    for file in account.config.missing_files() {
        let file = one_line(&file.display().to_string());
        output.warn(&format!(
            "config.toml names a file that is not here: {file}"
        ));
    }
    output.say(
        "config.toml came with it: look whether the programs that it names are here, and are yours",
    )?;
    output.say("what remains: `iim setup --procmail`, `--sieve`, `--cron` or `--systemd` as it was there, and `iim doctor`")
}

impl Return {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        if run.account.moved_out()?.is_some() && !self.yes {
            let question = "has nobody taken in the archive, and never will?";
            if !io::stdin().is_terminal() {
                let what = "if the archive was taken in, two accounts would live";
                return Err(hinted(what, "if nobody has, and never will, say --yes"));
            }
            if !ask::yes(question, false)? {
                bail!("the account stays where it is");
            }
        }
        come_back(&mut run.account)?;
        run.say(
            "the account is here again; friends are asked by themselves to begin new sessions",
        )?;
        run.say("never take in the archive that was made when it left")
    }
}

fn new_file(path: &Path) -> anyhow::Result<NewFile> {
    if path.symlink_metadata().is_ok() {
        let what = format!("{} is there already", path.display());
        return Err(hinted(
            one_line(&what),
            "an archive is written into a new file",
        ));
    }
    Ok(NewFile::begin(path)?)
}

fn code_in(file: &Path) -> anyhow::Result<Code> {
    let mut text = Zeroizing::new(String::new());
    let file_is = || file.display().to_string();
    let opened = File::open(file).with_context(file_is)?;
    opened
        .take(LONGEST)
        .read_to_string(&mut text)
        .with_context(file_is)?;
    Ok(Code::read(&text)?)
}

/// Where what is said beside an archive, or of a code, goes.
pub(super) enum Said<'a> {
    Stdout(&'a Output),
    Stderr(&'a Output),
}

impl Said<'_> {
    fn say(&self, text: &str) -> anyhow::Result<()> {
        match self {
            Self::Stdout(output) => output.say(text),
            Self::Stderr(output) => {
                output.warn(text);
                Ok(())
            }
        }
    }

    /// Somebody sees it, and it goes into no log.
    fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout(output) => output.is_terminal(),
            Self::Stderr(_) => io::stderr().is_terminal(),
        }
    }

    fn line(&self, text: &str) -> anyhow::Result<()> {
        match self {
            Self::Stdout(output) => output.line(text),
            Self::Stderr(output) => {
                output.error(text);
                Ok(())
            }
        }
    }
}

/// Of a file that holds a code, in bytes.
const LONGEST: u64 = 4096;
