//! Mail in, as the hook has it: every byte comes out again but forged status lines, ours are known by their marker
//! alone, and nothing that forbids an automatic answer is overlooked.
#![no_main]

use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek, Write};

use iim::edge::mail::hook::filter::{self, Candidate, Kind, Verdict};
use iim::protocol::address::Address;
use iim::protocol::dsn;
use iim::protocol::mail_form::{self, Answerable, By, DefinedMail};
use iim::protocol::part;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let heard = RefCell::new(None);
    let (code, passed) = through_filter(raw, |candidate| {
        let verdict = handle(candidate);
        *heard.borrow_mut() = Some((candidate.clone(), verdict.clone()));
        verdict
    });
    assert_eq!(code, 0, "filter passes what is no trouble");
    let heard = heard.into_inner();
    let status = heard
        .as_ref()
        .and_then(|(_, verdict)| verdict.status().map(str::to_owned));
    assert_eq!(
        passed,
        expected(raw, status.as_deref()),
        "not byte for byte"
    );
    let kind = heard.as_ref().map(|(candidate, _)| {
        assert_eq!(candidate.raw, raw);
        candidate.kind
    });
    assert!(
        is_kind(kind, raw),
        "{kind:?}: not the hook's, or overlooked"
    );
});

/// Whether that is whose mail it is, by its header section alone.
fn is_kind(kind: Option<Kind>, raw: &[u8]) -> bool {
    let fields = fields(raw);
    let has = |wanted: &str| {
        let name = |name: &String| {
            name.trim_start_matches('\u{FEFF}')
                .eq_ignore_ascii_case(wanted)
        };
        fields.iter().any(|(n, _)| name(n))
    };
    let ends = |(name, value): &(String, String)| {
        name.trim_start_matches('\u{FEFF}')
            .eq_ignore_ascii_case("Subject")
            && value.trim_end().ends_with("(iim)")
    };
    let marked = has("IIM") || has("X-IIM");
    match kind {
        Some(Kind::Marked) => marked,
        Some(Kind::Report) => !marked && has("Content-Type"),
        Some(Kind::Bounce) => !marked && has("From"),
        Some(Kind::Titled) => {
            !marked && fields.iter().any(ends) && !has("In-Reply-To") && !has("References")
        }
        Some(Kind::Unreturnable) => !marked && has("Return-Path") && !has("In-Reply-To"),
        None => !marked,
    }
}

/// What the hook does with it, but for what needs an account.
fn handle(candidate: &Candidate) -> Verdict {
    match candidate.kind {
        Kind::Marked => match mail_form::read(candidate.mail()) {
            Ok(mail) => {
                sound(&mail, candidate.mail());
                Verdict::Handled("a sealed letter".to_owned())
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                Verdict::Left(error.to_string())
            }
        },
        Kind::Titled => match mail_form::read_by(candidate.mail(), By::Subject) {
            Ok(mail) => {
                sound(&mail, candidate.mail());
                match mail.may_be_a_persons {
                    true => Verdict::Left("a sealed letter".to_owned()),
                    false => Verdict::Handled("a sealed letter".to_owned()),
                }
            }
            Err(error) if error.has_our_part() => Verdict::Left(error.to_string()),
            Err(_) => Verdict::NotOurs,
        },
        Kind::Report => match dsn::read(candidate.mail()) {
            Ok(_) => Verdict::Handled("a report on a mail of ours".to_owned()),
            Err(_) => Verdict::NotOurs,
        },
        // A person may have written it: it stays.
        Kind::Bounce | Kind::Unreturnable => match dsn::read(candidate.mail()) {
            Ok(_) => Verdict::Left("a report on a mail of ours".to_owned()),
            Err(_) => Verdict::NotOurs,
        },
    }
}

fn sound(mail: &DefinedMail, raw: &[u8]) {
    assert_eq!(Address::parse(mail.from.as_str()).as_ref(), Ok(&mail.from));
    assert_eq!(
        part::decode(&part::encode(&mail.part)).as_ref(),
        Ok(&mail.part)
    );
    let fields = fields(raw);
    let values = |name: &str| -> Vec<String> {
        let named = fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        named
            .map(|(_, value)| value.trim().to_ascii_lowercase())
            .collect()
    };
    // None at all where the mail parser reads a name with a space in it ("Fro m") as From.
    assert!(values("From").len() <= 1, "one author");
    if mail.answerable != Answerable::Anybody {
        return;
    }
    assert!(
        values("Return-Path")
            .iter()
            .all(|path| !matches!(path.as_str(), "" | "<>"))
    );
    assert!(
        fields
            .iter()
            .all(|(name, _)| !name.to_ascii_lowercase().starts_with("list-"))
    );
    assert!(
        values("Precedence")
            .iter()
            .all(|word| !["bulk", "list", "junk"].contains(&word.as_str()))
    );
    let allowed = |value: &String| {
        let word = value.split([';', '(']).next().unwrap_or_default();
        matches!(word.trim(), "no" | "auto-generated")
    };
    assert!(values("Auto-Submitted").iter().all(allowed));
    assert!(values("Received").len() <= 50);
    assert!(
        !mail.from.local().starts_with("mailer-daemon") && !mail.from.local().starts_with("owner-")
    );
}

/// The fields of the header section (RFC 5322, section 2.2), unfolded, by another reader than the program's.
fn fields(raw: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in raw.split_inclusive(|&b| b == b'\n') {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\n');
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push_str(line);
            }
        } else {
            // What is no field has no name; what continues it is not the field before it.
            let (name, value) = line.split_once(':').unwrap_or(("", line));
            let name = name.trim_end_matches(|c: char| c.is_ascii_whitespace());
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    fields
}

/// The mail as it must come out: a status line on top (below a `From ` line), none of others in the header section.
fn expected(raw: &[u8], status: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut lines = raw.split_inclusive(|&b| b == b'\n').peekable();
    let crlf = lines.peek().is_some_and(|line| line.ends_with(b"\r\n"));
    if raw.starts_with(b"From ") {
        out.extend_from_slice(lines.next().unwrap_or_default());
    }
    if let Some(status) = status {
        let clean: String = status
            .chars()
            .take(200)
            .map(|c| if (' '..='~').contains(&c) { c } else { '?' })
            .collect();
        out.extend_from_slice(
            format!("IIM-Status: {clean}{}", if crlf { "\r\n" } else { "\n" }).as_bytes(),
        );
    }
    let (mut ended, mut dropping) = (false, false);
    for line in lines {
        if !ended && !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line
                .split(|&b| b == b':')
                .next()
                .filter(|name| name.len() < line.len());
            let name = name.map(|name| name.trim_ascii_end().to_ascii_lowercase());
            dropping = name.as_deref() == Some(b"iim-status");
        }
        ended = ended || line == b"\n" || line == b"\r\n";
        if ended || !dropping {
            out.extend_from_slice(line);
        }
    }
    out
}

/// `iim filter` between two files that lie in memory.
fn through_filter(raw: &[u8], handle: impl FnOnce(&Candidate) -> Verdict) -> (u8, Vec<u8>) {
    thread_local!(static FILES: (File, File) = (in_memory(), in_memory()));
    FILES.with(|(input, output)| {
        let (mut into, mut from) = (input, output);
        for file in [&mut into, &mut from] {
            file.set_len(0).expect("an empty file");
            file.rewind().expect("its beginning");
        }
        into.write_all(raw).expect("a mail written");
        into.rewind().expect("its beginning");
        let code = filter::filter(input, output, handle).expect("files in memory have no faults");
        from.rewind().expect("its beginning");
        let mut passed = Vec::new();
        from.read_to_end(&mut passed).expect("the mail read");
        (code, passed)
    })
}

fn in_memory() -> File {
    rustix::fs::memfd_create("mail", rustix::fs::MemfdFlags::CLOEXEC)
        .expect("a file in memory")
        .into()
}
