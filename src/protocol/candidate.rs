//! Whether a mail may concern us, told by its header section alone: the one test that hook, filter, recipes, scripts and
//! whatever fetches mail have in common.
//!
//! ```text
//! IIM, X-IIM                                             marked
//! Content-Type: multipart/report (delivery-status)       report
//! From: MAILER-DAEMON or postmaster                      bounce
//! Subject: … (iim), no reply, no forward                 titled
//! Return-Path: <>                                        unreturnable
//! ```
//!
//! It reads the fields IIM, X-IIM, Subject, Content-Type, From, Return-Path, In-Reply-To, References and Resent-*, and
//! decodes nothing. Lines end with LF, with or without a CR before it; a line that begins with a space or a tab
//! continues the field before it (RFC 5322, section 2.2.3).

/// Why a mail may concern us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It bears a marker.
    Marked,
    /// A report on a delivery (RFC 3464), perhaps of a mail of ours.
    Report,
    /// Its subject ends as ours do, and neither subject nor other fields make it an answer or a forward: a relay may
    /// have dropped the markers. A person may have written it, so it is dropped only if it is surely ours.
    Titled,
    /// From a mail system, but no report by its type, and no answer: perhaps it says in words that a mail of ours did not
    /// arrive; or a postmaster wrote it, so it stays in the mailbox.
    Bounce,
    /// Without a return path, and no answer: perhaps such a bounce, too, under another name; or what some program sends for
    /// a person, so it stays in the mailbox.
    Unreturnable,
}

/// With this the subjects of our mails end, outside of encoded words.
pub const TITLE: &str = "(iim)";

/// What a header section makes of its mail; `None`: it does not concern us.
pub fn kind(section: &[u8]) -> Option<Kind> {
    let mut found = Found::default();
    let mut lines = section.split_inclusive(|&b| b == b'\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        let Some((field, start)) = field(line) else {
            continue;
        };
        if field == Field::Marker {
            return Some(Kind::Marked);
        }
        if field == Field::Related {
            found.related = true;
            continue;
        }
        let mut whole = start.to_vec();
        while let Some(more) = lines.next_if(|l| matches!(l, [b' ' | b'\t', ..])) {
            whole.extend_from_slice(more);
        }
        found.take(field, &whole);
    }
    found.kind()
}

/// Some mail systems put it before the first field of a mail.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The fields that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Marker,
    Subject,
    ContentType,
    From,
    ReturnPath,
    /// What an answer or a forward has, and no mail of ours.
    Related,
}

/// The field that a line begins, and what stands behind its colon. Most lines are done with after one byte.
fn field(line: &[u8]) -> Option<(Field, &[u8])> {
    let named = |name: &[u8], field| value(line, name).map(|value| (field, value));
    match line.first()?.to_ascii_lowercase() {
        b'i' => named(b"iim", Field::Marker).or_else(|| named(b"in-reply-to", Field::Related)),
        b'x' => named(b"x-iim", Field::Marker),
        b's' => named(b"subject", Field::Subject),
        b'c' => named(b"content-type", Field::ContentType),
        b'f' => named(b"from", Field::From),
        b'r' if begins(line, b"resent-") => Some((Field::Related, line)),
        b'r' => named(b"return-path", Field::ReturnPath)
            .or_else(|| named(b"references", Field::Related)),
        _ => None,
    }
}

/// What stands behind the colon, if the field has this name (lower case); spaces before the colon are the
/// obsolete syntax (RFC 5322, section 4.5).
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.get(name.len()..).filter(|_| begins(line, name))?;
    rest.trim_ascii_start().strip_prefix(b":")
}

fn begins(line: &[u8], start: &[u8]) -> bool {
    line.get(..start.len())
        .is_some_and(|found| found.eq_ignore_ascii_case(start))
}

/// What the fields said so far.
#[derive(Debug, Default)]
struct Found {
    report: bool,
    /// A `multipart/report` on something else than a delivery.
    other_report: bool,
    from_machine: bool,
    titled: bool,
    /// Its subject begins with a short word and a colon, as the answers of people do.
    answers: bool,
    related: bool,
    null_path: bool,
}

impl Found {
    fn take(&mut self, field: Field, value: &[u8]) {
        match field {
            Field::Subject => {
                self.titled = is_title(value);
                self.answers = answer_word(value).is_some_and(|word| word.len() <= SHORT_PREFIX);
            }
            Field::ContentType => match report_type(value) {
                Some(true) => self.report = true,
                Some(false) => self.other_report = true,
                None => {}
            },
            Field::From => self.from_machine |= is_machine(value),
            Field::ReturnPath => self.null_path |= matches!(value.trim_ascii(), b"" | b"<>"),
            Field::Marker | Field::Related => {}
        }
    }

    fn kind(&self) -> Option<Kind> {
        if self.report {
            Some(Kind::Report)
        } else if self.from_machine && !self.other_report && !self.is_persons_answer() {
            Some(Kind::Bounce)
        } else if self.titled && !self.related {
            Some(Kind::Titled)
        } else if self.null_path && !self.related && !self.other_report {
            Some(Kind::Unreturnable)
        } else {
            None
        }
    }

    /// A postmaster is a person, too: what answers a mail, and has a return path or hides it, they wrote themselves.
    fn is_persons_answer(&self) -> bool {
        (self.related || self.answers) && !self.null_path
    }
}

/// Of a `multipart/report` (RFC 6522), however it is folded and quoted: whether it is of the type `delivery-status`
/// (RFC 3464) or of none.
fn report_type(content_type: &[u8]) -> Option<bool> {
    let text: Vec<u8> = content_type
        .iter()
        .filter(|b| !b.is_ascii_whitespace() && **b != b'"')
        .map(u8::to_ascii_lowercase)
        .collect();
    let has = |wanted: &[u8]| text.windows(wanted.len()).any(|w| w == wanted);
    text.starts_with(b"multipart/report")
        .then(|| has(b"report-type=delivery-status") || !has(b"report-type="))
}

/// Whether the author is a mail system: what stands before the `@` is one of two names.
fn is_machine(from: &[u8]) -> bool {
    let address = match from.iter().rposition(|&b| b == b'<') {
        Some(at) => from
            .get(at..)
            .and_then(|rest| rest.get(1..))
            .unwrap_or_default(),
        None => from.trim_ascii_start(),
    };
    let end = |b: &u8| matches!(b, b'@' | b'>' | b'(') || b.is_ascii_whitespace();
    let local = address.split(end).next().unwrap_or_default();
    MACHINES
        .iter()
        .any(|machine| local.eq_ignore_ascii_case(machine))
}

/// The local parts under which mail systems say that a mail did not arrive.
const MACHINES: [&[u8]; 2] = [b"mailer-daemon", b"postmaster"];

/// Whether a subject ends as ours do, and is that of no answer and no forward.
pub fn is_title(subject: &[u8]) -> bool {
    let subject = subject.trim_ascii();
    subject.ends_with(TITLE.as_bytes()) && answer_word(subject).is_none()
}

/// What stands before the colon of the subject of an answer or a forward, in any language: tags in brackets aside, at
/// most sixteen bytes without white space (but for one space at their end), and then a colon, be it a wide one. `Re:`,
/// `Fwd:`, `AW:`, `WG:`, `RE[2]:`, `TR :`.
fn answer_word(subject: &[u8]) -> Option<&[u8]> {
    let subject = without_tags(subject);
    let narrow = subject.iter().position(|&b| b == b':');
    let wide = subject
        .windows(WIDE_COLON.len())
        .position(|w| w == WIDE_COLON);
    let colon = narrow.into_iter().chain(wide).min()?;
    let word = subject.get(..colon).unwrap_or_default();
    let word = word.strip_suffix(b" ").unwrap_or(word);
    let fits = !word.is_empty() && word.len() <= LONGEST_PREFIX;
    (fits && !word.iter().any(u8::is_ascii_whitespace)).then_some(word)
}

const WIDE_COLON: &[u8] = "：".as_bytes();
/// The longest beginning of an answer's subject, in bytes.
const LONGEST_PREFIX: usize = 16;
/// The longest one that makes a mail system's mail an answer: `Antw.`, `RE[2]`; they write `Warning:` themselves.
const SHORT_PREFIX: usize = 5;

/// A subject without the tags in brackets that lists and filters put in front.
pub(super) fn without_tags(subject: &[u8]) -> &[u8] {
    let mut rest = subject.trim_ascii();
    while let Some(inside) = rest.strip_prefix(b"[") {
        let Some(end) = inside.iter().position(|&b| b == b']') else {
            return rest;
        };
        let after = inside.get(end..).and_then(|rest| rest.get(1..));
        rest = after.unwrap_or_default().trim_ascii_start();
    }
    rest
}

#[cfg(test)]
mod tests;
