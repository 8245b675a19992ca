//! Mail out by a program: `CMD -i -f FROM -- TO`, with the mail on stdin; exit 0 is taken.

use std::ffi::OsString;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Command;

use super::mail::OutMail;
use crate::edge::process::{self, Kept, RunError};
use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::rules::queue::route::Handed;
use crate::rules::queue::verdict::{Verdict, of_complaint};

/// A program that takes mail as sendmail does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sendmail {
    words: Vec<String>,
    limit: Duration,
}

/// How long the program may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How much of what the program complains about is looked at, in bytes.
const COMPLAINT: usize = 4096;
/// How much of it is told, in bytes.
const LONGEST: usize = 200;
/// Where programs are looked for when the environment does not say: a mail hook may have no PATH.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What a program may need to find its own configuration and keys; all else is kept from it.
const KEPT: &str = "HOME USER LOGNAME SHELL PATH LANG TZ TMPDIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME \
     XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK GNUPGHOME GPG_TTY \
     PASSWORD_STORE_DIR";

impl Sendmail {
    /// A program and its first arguments, already split into words.
    pub(super) fn new(words: Vec<String>) -> Self {
        Self {
            words,
            limit: LIMIT,
        }
    }

    /// The same, killed after another time than 60 s.
    #[cfg(test)]
    pub(super) fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Hands over one mail.
    ///
    /// It is refused for the exit codes that say so of the recipient or the mail (65 `EX_DATAERR`, 67 `EX_NOUSER`), unless
    /// the program repeats an answer of the server that says otherwise; all else may work later: the fault may be ours,
    /// and be mended. 69 `EX_UNAVAILABLE` alone is said of everything that passes.
    pub(super) async fn send(&self, OutMail { from, to, mail }: &OutMail) -> Handed {
        let program = self.words.first().map_or("", String::as_str);
        let command = self.command(from, to);
        let complaint = Kept::Complaint(COMPLAINT);
        match process::run(command, &with_lf(mail), complaint, self.limit).await {
            Ok(ended) if ended.status.success() => Handed::Taken,
            Ok(ended) => {
                let complaint = String::from_utf8_lossy(&ended.output);
                failure(program, ended.status, &complaint, to)
            }
            // It has had the whole mail, and may have handed it on.
            Err(RunError::Late(limit)) => {
                Handed::Unseen(format!("{program} took longer than {} s", limit.as_secs()))
            }
            Err(fault @ RunError::Cannot(..)) => Handed::Later(format!("{program} {fault}")),
        }
    }

    fn command(&self, from: &Address, to: &Address) -> Command {
        let mut command = process::command(&self.words);
        command
            .args(["-i", "-f", from.as_str(), "--", to.as_str()])
            .env_clear()
            .envs(environment());
        command
    }
}

fn environment() -> Vec<(OsString, OsString)> {
    let locale = |name: &OsString| name.to_str().is_some_and(|n| n.starts_with("LC_"));
    let kept = |name: &OsString| KEPT.split(' ').any(|k| name == k) || locale(name);
    let mut kept: Vec<_> = std::env::vars_os().filter(|(name, _)| kept(name)).collect();
    if !kept.iter().any(|(name, _)| name == "PATH") {
        kept.push(("PATH".into(), PATH.into()));
    }
    kept
}

fn failure(program: &str, status: ExitStatus, complaint: &str, to: &Address) -> Handed {
    let said = match clean::line(complaint, LONGEST) {
        said if said.is_empty() => said,
        said => format!(": {said}"),
    };
    let why = match status.code() {
        Some(code) => format!("{program} failed with exit code {code}{said}"),
        None => format!("{program} was killed{said}"),
    };
    let judged = match status.code() {
        Some(65 | 67) => of_complaint(complaint, to).unwrap_or(Verdict::Receiver),
        // msmtp's for every 4xx, and for a 5xx after the final dot.
        Some(69) => of_complaint(complaint, to).unwrap_or(Verdict::Later),
        Some(_) => match of_complaint(complaint, to) {
            Some(Verdict::Route) => Verdict::Route,
            Some(Verdict::Later | Verdict::Receiver | Verdict::Perhaps) | None => Verdict::Later,
        },
        None => Verdict::Later,
    };
    Handed::refused(judged, why)
}

/// The mail with LF line ends, as sendmail programs want it.
fn with_lf(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len());
    for line in mail.split_inclusive(|&b| b == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(text) => {
                out.extend_from_slice(text);
                out.push(b'\n');
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use crate::edge::mail::{BlockingMailer, MailSender as _, Mailer, OutMail};
    use std::path::{Path, PathBuf};

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn run(sendmail: &Sendmail, mail: &[u8]) -> Handed {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().unwrap();
        let mail = OutMail {
            from: address("alice@example.org"),
            to: address("bob@example.net"),
            mail: mail.to_vec(),
        };
        runtime.block_on(sendmail.send(&mail))
    }

    /// A fake sendmail, with its own folder as first argument.
    fn fake(dir: &Path, script: &str) -> Sendmail {
        let words = ["sh", "-c", script, "fake", dir.to_str().unwrap()];
        Sendmail::new(words.map(str::to_owned).to_vec())
    }

    fn read(dir: &Path, name: &str) -> String {
        std::fs::read_to_string(dir.join(name)).unwrap()
    }

    #[test]
    fn the_program_gets_the_envelope_and_the_mail_with_lf() {
        let dir = tempfile::tempdir().unwrap();
        let script = "d=$1; shift; for a; do echo \"$a\"; done >$d/args; cat >$d/mail; env >$d/env";
        let sendmail = fake(dir.path(), script);
        let end = run(&sendmail, b"A: b\r\n\r\nbody\r\n.\r\n");
        assert_eq!(end, Handed::Taken);
        assert_eq!(
            read(dir.path(), "args"),
            "-i\n-f\nalice@example.org\n--\nbob@example.net\n"
        );
        assert_eq!(read(dir.path(), "mail"), "A: b\n\nbody\n.\n");
        let environment = read(dir.path(), "env");
        assert!(environment.contains("PATH="), "{environment}");
        assert!(!environment.contains("CARGO_"), "{environment}");
    }

    #[test]
    fn a_program_that_was_begun_in_a_hurry_has_its_time() {
        let dir = tempfile::tempdir().unwrap();
        let slow = fake(dir.path(), "sleep 1; cat >/dev/null");
        let mailer = Mailer::new(crate::edge::mail::send::lane::Route::Sendmail(slow.into()))
            .with_patience_after_dot(Duration::ZERO);
        let mail = OutMail {
            from: address("alice@example.org"),
            to: address("bob@example.net"),
            mail: b"A: b\r\n\r\n".to_vec(),
        };
        let sent = BlockingMailer::new(mailer)
            .unwrap()
            .send_all(vec![mail], Some(Duration::from_millis(300)));
        assert!(matches!(sent.as_slice(), [Ok(Handed::Taken)]), "{sent:?}");
    }

    #[test]
    fn exit_codes_say_what_became_of_the_mail() {
        let dir = tempfile::tempdir().unwrap();
        for (script, permanent, said) in [
            ("cat >/dev/null; exit 75", false, "exit code 75"),
            ("exit 1", false, "exit code 1"),
            (
                "echo 'no  such\n\u{202e}user\u{1b}[1m' >&2; exit 67",
                true,
                "code 67: no such user",
            ),
            ("exit 69", false, "exit code 69"),
            ("exit 65", true, "exit code 65"),
            (
                "echo 'msmtp: server message: 451 4.7.1 greylisted' >&2; exit 69",
                false,
                "greylisted",
            ),
            ("kill -9 $$", false, "was killed"),
            (
                "i=0; while [ $i -lt 20000 ]; do echo 'long complaint'; i=$((i+1)); done >&2; exit 1",
                false,
                "long complaint",
            ),
            (
                "sleep 1000 2>&1 >/dev/null & echo quick >&2; exit 1",
                false,
                "exit code 1",
            ),
        ] {
            let fault = run(&fake(dir.path(), script), b"A: b\n\nbody\n");
            let (Handed::Later(why) | Handed::Refused(why)) = &fault else {
                panic!("{script}: {fault:?}")
            };
            assert!(why.contains(said) && why.len() < 1000, "{script}: {why}");
            assert_eq!(matches!(fault, Handed::Refused(_)), permanent, "{script}");
        }
        let none = Sendmail::new(vec!["/no/such/program".to_owned()]);
        assert!(matches!(run(&none, b""), Handed::Later(_)));
        assert!(matches!(
            run(&Sendmail::new(Vec::new()), b""),
            Handed::Later(_)
        ));
    }

    #[test]
    fn what_a_program_repeats_of_the_servers_answer_counts() {
        let dir = tempfile::tempdir().unwrap();
        let not_taken = "msmtp: the server did not accept the mail";
        let of_us = format!("echo '{not_taken}\nmsmtp: server message: 550 5.4.5 daily limit' >&2");
        let relay = "echo 'msmtp: recipient address bob@example.net not accepted by the server\n\
                     msmtp: server message: 554 5.7.1 relay access denied' >&2";
        let spam = format!("echo '{not_taken}\nmsmtp: server message: 554 5.7.1 spam' >&2");
        for (script, expected) in [
            (format!("{of_us}; exit 65"), "of us"),
            (format!("{of_us}; exit 69"), "of us"),
            (format!("{of_us}; exit 1"), "of us"),
            (format!("{relay}; exit 65"), "perhaps"),
            (format!("{relay}; exit 69"), "perhaps"),
            (format!("{relay}; exit 1"), "later"),
            (format!("{spam}; exit 69"), "never"),
        ] {
            let fault = run(&fake(dir.path(), &script), b"A: b\n\nbody\n");
            let found = match fault {
                Handed::OfUs(_) => "of us",
                Handed::Perhaps(_) => "perhaps",
                Handed::Later(_) => "later",
                Handed::Refused(_) => "never",
                Handed::Unseen(_) => "unseen",
                Handed::Taken => "taken",
                Handed::Unsent => "not begun",
            };
            assert_eq!(found, expected, "{script}");
        }
    }

    #[test]
    fn a_program_that_reads_nothing_or_says_much_is_borne() {
        let dir = tempfile::tempdir().unwrap();
        let big = vec![b'x'; 1_000_000];
        for script in [
            "exit 0",
            "yes | head -c 1000000; cat >/dev/null",
            "yes | head -c 1000000 >&2",
        ] {
            assert_eq!(
                run(&fake(dir.path(), script), &big),
                Handed::Taken,
                "{script}"
            );
        }
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let script = "sleep 1000 & echo $! >$1/child; wait";
        let sendmail = fake(dir.path(), script).with_limit(Duration::from_secs(1));
        let big = vec![b'x'; 1_000_000];
        let fault = run(&sendmail, &big);
        assert!(
            matches!(&fault, Handed::Unseen(why) if why.contains("longer")),
            "{fault:?}"
        );
        let child = read(dir.path(), "child");
        let status = PathBuf::from(format!("/proc/{}/stat", child.trim()));
        // Dead is: gone, or waiting for whoever inherited it. The signal may take a moment to do its work.
        let is_dead = || {
            let state = std::fs::read_to_string(&status).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        };
        let begun = std::time::Instant::now();
        while !is_dead() {
            assert!(begun.elapsed() < LIMIT, "{}", status.display());
            std::thread::yield_now();
        }
    }

    #[test]
    fn line_ends() {
        for (mail, out) in [
            (&b"a\r\nb\r\n"[..], &b"a\nb\n"[..]),
            (b"a\nb\n", b"a\nb\n"),
            (b"a\rb\r\r\nc", b"a\rb\r\nc"),
            (b"", b""),
        ] {
            assert_eq!(with_lf(mail), out);
        }
    }
}
