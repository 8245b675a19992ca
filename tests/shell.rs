//! Commands that iim prints for pasting: real shells read our quoting back byte for byte and run nothing of it, and no
//! line of the sources puts what others wrote into a command unquoted.
#![allow(clippy::restriction, reason = "tests")]

use iim::protocol::time::Seconds;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use iim::edge::home::HomeError;
use iim::edge::roster_file::{Edit, read};
use iim::protocol::address::Address;
use iim::protocol::letter::{Keys, OneTimeKeys, PublicKey, Request};
use iim::protocol::mail_form::{Envelope, write_request};
use iim::protocol::part::Part;
use iim::protocol::shell;
use iim::rules::refusal::Refusal;

/// Words that do something in one shell or another when they stand there bare. `touch PWNED` is what they all try.
const HOSTILE: [&str; 27] = [
    "x||cd&&touch${!z}PWNED@evil.net",
    "`touch PWNED`@evil.net",
    "$(touch PWNED)",
    "${IFS}touch${IFS}PWNED",
    "'; touch PWNED; '",
    "\"; touch PWNED; \"",
    "\\'; touch PWNED; \\'",
    "';touch PWNED;`'",
    "a\\",
    "a'",
    "'",
    "''",
    "\\",
    "!!",
    "!echo",
    "a!-1b",
    "'!!'",
    "it's!x",
    "<(touch PWNED)",
    ">PWNED",
    "&touch PWNED&",
    "|touch PWNED",
    "#comment",
    "~root",
    "{a,b}*?[a-z]",
    "=ls",
    "ä ö日本 👩\u{200d}🚀",
];

#[test]
fn a_quoted_word_comes_out_of_real_shells_byte_for_byte_and_runs_nothing() {
    for words in [
        &["sh"][..],
        &["dash"],
        &["bash", "--norc", "--noprofile"],
        &["bash", "--norc", "--noprofile", "-i"],
        &["zsh", "-f"],
        &["zsh", "-f", "-i"],
        &["ksh"],
        &["busybox", "sh"],
    ] {
        let Some(out) = said(words) else { continue };
        let expected: Vec<&str> = HOSTILE.into_iter().chain(HOSTILE).collect();
        assert_eq!(out, expected, "{words:?}");
    }
}

/// What a shell prints for all the hostile words, a command each and then all in one; nothing if it is not installed.
fn said(words: &[&str]) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let mut script = String::new();
    if words.contains(&"-i") && words[0] == "bash" {
        script.push_str("set -o history; set -H\n");
    }
    let quoted: Vec<String> = HOSTILE.iter().map(|word| shell::word(word)).collect();
    for word in &quoted {
        script.push_str(&format!("printf '%s\\0' {word}\n"));
    }
    script.push_str(&format!("printf '%s\\0' {}\nexit\n", quoted.join(" ")));
    let child = Command::new(words[0])
        .args(&words[1..])
        .current_dir(folder.path())
        .env("HISTFILE", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.ok()?;
    child
        .stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let out = child.wait_with_output().unwrap();
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "{words:?} made a file");
    let out = String::from_utf8(out.stdout).unwrap();
    Some(out.split_terminator('\0').map(str::to_owned).collect())
}

#[test]
fn an_interactive_bash_would_act_on_the_bare_words() {
    let folder = tempfile::tempdir().unwrap();
    let script = "set -o history; set -H\ntrue one\nprintf '%s\\n' x!!\nexit\n";
    let mut child = Command::new("bash")
        .args(["--norc", "--noprofile", "-i"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(script.as_bytes()).unwrap();
    drop(stdin);
    let out = child.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.contains("xtrue"), "the history is not expanded: {out}");
}

/// An address of somebody on the roster, such as it could have been added by hand.
fn hostile() -> Address {
    Address::parse("x||a&&touch${ifs}'pwned`@evil.example").unwrap()
}

const QUOTED: &str = "'x||a&&touch${ifs}'\\''pwned`@evil.example'";

#[test]
fn refusals_quote_whom_they_name_in_a_command() {
    let who = hostile().to_string();
    for refusal in [
        Refusal::Blocked(who.clone()),
        Refusal::AnswerFirst(who.clone()),
        Refusal::InvisibleForOne(who.clone()),
    ] {
        let text = refusal.to_string();
        let hint = text.split_once("hint: ").unwrap().1;
        assert!(hint.contains(QUOTED), "{text}");
    }
}

#[test]
fn hints_about_files_quote_their_paths() {
    let path = PathBuf::from("/tmp/a b;touch PWNED");
    for error in [
        HomeError::Kind(path.clone(), "folder"),
        HomeError::Counter(path.clone()),
        HomeError::Owner(path.clone(), 1, 2),
        HomeError::Mode(path.clone(), 0o755, 0o700),
    ] {
        let hint = error.hint().unwrap();
        assert!(hint.contains("'/tmp/a b;touch PWNED'"), "{hint}");
    }
}

#[test]
fn a_friend_written_into_the_roster_file_is_quoted_in_the_answer() {
    let base = read("revision = 1\nversion = 1\n").unwrap();
    let entry = format!("[[friend]]\naddress = \"{}\"\n", hostile());
    let edited = read(&format!("revision = 1\nversion = 1\n{entry}")).unwrap();
    let edits = iim::edge::roster_file::edits(&base, &edited);
    let Edit::Unknown(what, _) = &edits[0] else {
        panic!("{edits:?}");
    };
    assert!(what.ends_with(&format!(": iim add {QUOTED}")), "{what}");
}

#[test]
fn the_mail_of_a_request_quotes_the_command_that_accepts_it() {
    let from = hostile();
    let to = Address::parse("bob@example.net").unwrap();
    let request = Request {
        from: from.clone(),
        to: to.clone(),
        name: String::new(),
        note: None,
        keys: Keys {
            curve25519: PublicKey([1; 32]),
            ed25519: PublicKey([2; 32]),
        },
        one_time_keys: OneTimeKeys::default(),
    };
    let part = Part::Probe([0; 16]);
    let envelope = Envelope {
        from: &from,
        from_name: "",
        to: &to,
        message_id: "1@example.org",
        date: Seconds(0),
    };
    let mail = String::from_utf8(write_request(&envelope, &part, &request)).unwrap();
    assert!(mail.contains(&format!("iim accept {QUOTED}")), "{mail}");
}

/// Programs that we tell the user to run.
const PROGRAMS: [&str; 15] = [
    "chmod",
    "chown",
    "rm",
    "mv",
    "cp",
    "ln",
    "mkdir",
    "cat",
    "kill",
    "formail",
    "systemctl",
    "crontab",
    "openssl",
    "sudo",
    "iim",
];

#[test]
fn no_source_puts_a_value_into_a_command_but_through_the_one_quoting() {
    let mut faults = Vec::new();
    for file in sources(Path::new("src")) {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (line, literal, after) in literals(text) {
            let quoting = after.contains("shell::") || literal.contains("{quoted}");
            if takes_a_value(&literal) && !quoting {
                faults.push(format!("{}:{line}: {literal:?}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "unquoted:\n{}", faults.join("\n"));
}

/// Whether a command stands in a text with a place for a value among its words.
fn takes_a_value(literal: &str) -> bool {
    let words: Vec<&str> = literal.split([' ', '\n']).collect();
    (0..words.len()).any(|at| {
        let word = words[at].trim_start_matches(['`', '(', '"', '|']);
        // "iim {version}" is no command, "iim add {address}" is.
        let named = words
            .get(at + 1)
            .is_some_and(|next| SUBCOMMANDS.contains(next));
        if !PROGRAMS.contains(&word) || (word == "iim" && !named) {
            return false;
        }
        // A command goes on until a sentence does, or the backtick that ends it.
        let command = words[at + 1..].iter().scan(true, |goes_on, word| {
            let here = *goes_on;
            *goes_on = here && !word.ends_with(['`', ',', ';', ':', ')']) && is_argument(word);
            here.then_some(*word)
        });
        command
            .take(5)
            .any(|word| word.contains('{') && !word.contains("{{"))
    })
}

fn is_argument(word: &str) -> bool {
    word.starts_with(['-', '{', '<', '"', '\\', '+', '$'])
        || word.chars().all(|c| c.is_ascii_digit())
        || SUBCOMMANDS.contains(&word)
}

const SUBCOMMANDS: [&str; 27] = [
    "accept", "add", "agent", "block", "deliver", "device", "doctor", "edit", "filter", "flush",
    "friends", "hide", "invite", "read", "refuse", "remove", "rename", "react", "retract",
    "rotate", "say", "setup", "show", "status", "unblock", "verify", "watch",
];

/// The string literals of a source outside comments: the line each begins on, its text, and what stands around it in
/// the same statement.
fn literals(text: &str) -> Vec<(usize, String, String)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut found) = (0, 1, Vec::new());
    while at < chars.len() {
        match chars[at] {
            '\n' => line += 1,
            '/' if chars.get(at + 1) == Some(&'/') => {
                while at + 1 < chars.len() && chars[at + 1] != '\n' {
                    at += 1;
                }
            }
            '\'' if chars.get(at + 2) == Some(&'\'') => at += 2,
            '\'' if chars.get(at + 1) == Some(&'\\') => {
                at += 2;
                while at < chars.len() && chars[at] != '\'' {
                    at += 1;
                }
            }
            '"' => {
                let (begun, mut literal) = (line, String::new());
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    if chars[at] == '\\' {
                        at += 1;
                        if chars[at] == '\n' {
                            line += 1;
                            while chars[at + 1].is_whitespace() {
                                at += 1;
                            }
                        } else if chars[at] == 'n' {
                            literal.push('\n');
                        } else {
                            literal.push(chars[at]);
                        }
                    } else {
                        if chars[at] == '\n' {
                            line += 1;
                        }
                        literal.push(chars[at]);
                    }
                    at += 1;
                }
                let rest: String = chars[at.min(chars.len())..].iter().take(300).collect();
                let after = rest.split(';').next().unwrap_or_default().to_owned();
                found.push((begun, literal, after));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_search_finds_what_it_is_for() {
    for (literal, fault) in [
        ("`iim accept {address}` or `iim refuse {address}`", true),
        ("{0} is not on the roster: iim add {0}", true),
        ("chmod 600 {}", true),
        ("run iim as the owner, or chown {wanted} {}", true),
        ("once the hook works: formail -s iim deliver <{shown}", true),
        ("{} hands mail to iim", false),
        (
            "telling {} takes about {} (the agent does it, or `iim flush`)",
            false,
        ),
        ("no devices (`iim device add NAME`)", false),
        ("VERSION iim {version}", false),
    ] {
        assert_eq!(takes_a_value(literal), fault, "{literal}");
    }
}
