//! `iim generate`.

use std::io::{self, Write};

use clap::{Command, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use super::context::Context;

/// Writes the man page or completions for a shell to stdout
///
/// iim generate man > ~/.local/share/man/man1/iim.1
#[derive(Debug, clap::Args)]
pub(crate) struct Generate {
    /// What to write
    what: What,
}

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The man page
    Man,
    /// Completions for bash
    Bash,
    /// Completions for zsh
    Zsh,
    /// Completions for fish
    Fish,
}

impl Generate {
    /// Of this table of commands.
    pub(crate) fn run(self, context: &Context, table: Command) -> anyhow::Result<()> {
        let written = match self.what {
            What::Man => man(table)?,
            What::Bash => completions(table, Shell::Bash),
            What::Zsh => completions(table, Shell::Zsh),
            What::Fish => completions(table, Shell::Fish),
        };
        let written = String::from_utf8(written)?;
        let text = written.strip_suffix('\n').unwrap_or(&written);
        context.output.line(text)
    }
}

fn completions(mut table: Command, shell: Shell) -> Vec<u8> {
    let mut written = Vec::new();
    clap_complete::generate(shell, &mut table, "iim", &mut written);
    written
}

/// One page for all commands.
fn man(mut command: Command) -> io::Result<Vec<u8>> {
    command.build();
    let page = Man::new(command.clone())
        .manual("User Commands")
        .section("1");
    let mut written = Vec::new();
    page.render_title(&mut written)?;
    page.render_name_section(&mut written)?;
    page.render_synopsis_section(&mut written)?;
    page.render_description_section(&mut written)?;
    page.render_options_section(&mut written)?;
    writeln!(written, ".SH COMMANDS")?;
    write_sections(&mut written, &command, "iim")?;
    page.render_extra_section(&mut written)?;
    page.render_version_section(&mut written)?;
    Ok(written)
}

/// A part for each command below one, and behind it those below that.
fn write_sections(written: &mut Vec<u8>, above: &Command, path: &str) -> io::Result<()> {
    for command in above.get_subcommands() {
        if command.get_name() != "help" {
            let path = format!("{path} {}", command.get_name());
            written.write_all(section(command, &path)?.as_bytes())?;
            write_sections(written, command, &path)?;
        }
    }
    Ok(())
}

/// A command's own part: a page's sections, as paragraphs below one heading.
fn section(command: &Command, path: &str) -> io::Result<String> {
    // The options that every command has are described once, at the top.
    let mut own = command.clone().disable_help_flag(true);
    for name in ["home", "verbose", "quiet"] {
        if own.get_arguments().any(|arg| arg.get_id() == name) {
            own = own.mut_arg(name, |arg| arg.hide(true));
        }
    }
    let page = Man::new(own);
    let mut body = Vec::new();
    page.render_synopsis_section(&mut body)?;
    page.render_description_section(&mut body)?;
    page.render_options_section(&mut body)?;
    let heading = format!(".SS {path}\n");
    let body = String::from_utf8_lossy(&body);
    let lines = body.lines().filter_map(|line| match line {
        ".SH SYNOPSIS" => None,
        ".SH DESCRIPTION" | ".SH OPTIONS" => Some(".PP"),
        ".ie \\n(.g .ds Aq \\(aq" | ".el .ds Aq '" => None,
        line => Some(line),
    });
    Ok(lines.fold(heading, |page, line| page + line + "\n"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use clap::CommandFactory as _;

    use super::*;
    use crate::commands::cli::Cli;

    #[test]
    fn the_page_describes_every_command() {
        let page = String::from_utf8(man(Cli::command()).unwrap()).unwrap();
        described(&page, &Cli::command(), "iim");
        assert_eq!(page.matches(".SH NAME").count(), 1);
        assert!(
            page.contains(".SS iim group add\n\\fBiim group add"),
            "{page}"
        );
    }

    fn described(page: &str, above: &Command, path: &str) {
        for command in above.get_subcommands() {
            let path = format!("{path} {}", command.get_name());
            assert!(page.contains(&format!(".SS {path}\n")), "{path}");
            assert!(command.get_about().is_some(), "{path}");
            described(page, command, &path);
        }
    }

    #[test]
    fn every_shell_gets_its_completions() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let written = String::from_utf8(completions(Cli::command(), shell)).unwrap();
            assert!(written.contains("friends"), "{shell}");
            assert!(written.contains("topic"), "{shell}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
