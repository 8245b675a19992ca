//! What a mail system's refusal is about: the receiver and the mail, or us.
//!
//! ```text
//!             MAIL        RCPT                  DATA, after the dot
//!  4xx        later       later                 later
//!  5xx of us  route       perhaps (see route)   route
//!  other 5xx  later       receiver              receiver
//! ```

use crate::protocol::address::Address;

/// To which step of handing over a mail the server said no (RFC 5321, section 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// MAIL: the sender.
    Sender,
    /// RCPT: the receiver.
    Receiver,
    /// DATA, and after the final dot.
    Mail,
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may work later.
    Later,
    /// It will never work for this receiver, or for this mail.
    Receiver,
    /// That, unless another receiver is refused so, too: then it is about us.
    Perhaps,
    /// It is about us: every other mail would be refused as well.
    Route,
}

/// Judges an answer of a server by its code, its words and the step that it answers.
#[must_use]
pub fn verdict(stage: Stage, code: u16, said: &str, to: &Address) -> Verdict {
    if !(500..600).contains(&code) {
        return Verdict::Later;
    }
    match (stage, is_about_us(stage, code, said, to)) {
        (Stage::Sender | Stage::Mail, true) => Verdict::Route,
        (Stage::Sender, false) => Verdict::Later,
        (Stage::Receiver, true) => Verdict::Perhaps,
        (Stage::Receiver | Stage::Mail, false) => Verdict::Receiver,
    }
}

/// What a program that takes mail as sendmail does complains about, if it repeats the server's answer: its own words
/// for the step, and the answer behind `server message:` (msmtp) or wherever a line begins with a code.
#[must_use]
pub fn of_complaint(complaint: &str, to: &Address) -> Option<Verdict> {
    let complaint = cut(complaint, LONGEST);
    let mut lines = complaint
        .lines()
        .map(|line| match line.rsplit_once("server message: ") {
            Some((_, answer)) => answer,
            None => line.trim_start(),
        });
    let (code, said) = lines.find_map(answer)?;
    let has = |words: &str| complaint.contains(words);
    let stage = if has("envelope from address") {
        Stage::Sender
    } else if has("did not accept the mail") {
        Stage::Mail
    } else {
        Stage::Receiver
    };
    Some(verdict(stage, code, said, to))
}

/// `550 words` or `550-words`.
fn answer(line: &str) -> Option<(u16, &str)> {
    let (code, said) = line.split_at_checked(3)?;
    let code = code.parse().ok().filter(|code| (400..600).contains(code))?;
    let ends = said.is_empty() || said.starts_with([' ', '-']);
    ends.then_some((code, said.get(1..).unwrap_or("")))
}

fn is_about_us(stage: Stage, code: u16, said: &str, to: &Address) -> bool {
    let said = cut(said, LONGEST);
    let status = status(said);
    match status {
        // Addresses and mailboxes (RFC 3463, sections 3.2 and 3.3): never us.
        Some((1 | 2, _)) => return false,
        // Congestion on our side: providers' daily limits.
        Some((4, 5)) => return true,
        Some((3 | 5 | 6, _)) => return false,
        Some(_) | None => {}
    }
    // Authentication is wanted, or was not enough (RFC 4954, section 6).
    if matches!(code, 530 | 534 | 535 | 538) {
        return true;
    }
    let words = words(said, to);
    let has = |listed: &[&str]| words.iter().any(|word| listed.contains(&word.as_str()));
    if has(&OF_RECEIVER) {
        return false;
    }
    let client = code == 554 && stage == Stage::Receiver && !has(&["user", "users", "unknown"]);
    has(&OF_US) || (has(&SHUT_OUT) && has(&WHO)) || client
}

/// Subject and detail of a status of class 5 (RFC 3463) at the beginning of what was said.
fn status(said: &str) -> Option<(u16, u16)> {
    let first = said.split_whitespace().next()?;
    let mut numbers = first.split('.');
    let class = numbers.next()?;
    let subject = numbers.next()?.parse().ok()?;
    let detail = numbers.next()?.parse().ok()?;
    (class == "5" && numbers.next().is_none()).then_some((subject, detail))
}

/// The words, in lower case, without what others chose: addresses, domains, places in brackets, and the receiver's
/// name and the parts of their domain wherever they stand.
fn words(said: &str, to: &Address) -> Vec<String> {
    let named = |word: &str| is_named(word, to);
    let mut open = 0_u32;
    let plain = |word: &&str| {
        let opens = word.contains('<');
        let inside = opens || open > 0;
        if opens && !word.contains('>') {
            open = 1;
        } else if word.contains('>') {
            open = 0;
        }
        !inside && !is_address_or_domain(word)
    };
    said.split_whitespace()
        .filter(plain)
        .filter(|word| !named(&word.to_lowercase()))
        .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !named(word))
        .collect()
}

/// Whether a word, apart from the signs around it, is the receiver's name or a part of their domain.
fn is_named(word: &str, to: &Address) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word == to.local()
        || to
            .local()
            .split(|c: char| !c.is_alphanumeric())
            .any(|part| part == word)
        || to.domain().split('.').any(|label| label == word)
}

/// An address, a domain, a URL, or a number of the net: something with `@`, `/`, or a dot or colon in its midst.
fn is_address_or_domain(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.contains(['@', '/', '.']) || word.matches(':').count() > 1
}

fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or("")
}

/// How much of what was said is looked at, in bytes.
const LONGEST: usize = 2048;

/// Each of these alone says that the refusal is about whoever hands over mail.
const OF_US: [&str; 17] = [
    "relay",
    "relaying",
    "relayed",
    "rate",
    "ratelimit",
    "ratelimited",
    "quota",
    "limit",
    "limits",
    "limited",
    "throttled",
    "throttling",
    "authenticate",
    "authenticated",
    "unauthenticated",
    "authentication",
    "suspended",
];
/// These, if they are said of a host or of an account.
const SHUT_OUT: [&str; 9] = [
    "blocked",
    "blacklisted",
    "blacklist",
    "blocklist",
    "blocklisted",
    "listed",
    "denied",
    "rejected",
    "banned",
];
const WHO: [&str; 7] = [
    "host", "client", "ip", "network", "server", "account", "login",
];
/// Where one of these is said, it is the receiver's or the mail's own.
const OF_RECEIVER: [&str; 12] = [
    "mailbox",
    "inbox",
    "recipient",
    "recipients",
    "size",
    "large",
    "big",
    "virus",
    "spam",
    "unsolicited",
    "content",
    "header",
];

#[cfg(test)]
mod tests;
