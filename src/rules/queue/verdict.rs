//! What a mail system's refusal is about: the receiver and the mail, or us.
//!
//! ```text
//!                     MAIL        RCPT                  DATA, after the dot
//!  4xx                later       later                 later
//!  5xx surely of us   route       perhaps (see route)   route
//!  5xx of us          route       perhaps               perhaps
//!  other 5xx          later       receiver              receiver
//! ```
//!
//! At MAIL nothing of the receiver or the text has been said yet. After DATA a filter may dislike this one text, or one
//! domain's rules may stand behind the answer: only words that can be meant of nobody but us are taken at once.

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
    /// That, unless a mail to another domain is refused so, too: then it is about us.
    Perhaps,
    /// It is about us: every other mail would be refused as well.
    Route,
}

/// Judges an answer of a server by its code, its words and the step that it answers.
pub fn verdict(stage: Stage, code: u16, said: &str, to: &Address) -> Verdict {
    if !(500..600).contains(&code) {
        return Verdict::Later;
    }
    match (stage, whose(stage, code, said, to)) {
        (Stage::Sender, Whose::Ours | Whose::PerhapsOurs) => Verdict::Route,
        (Stage::Sender, Whose::Theirs) => Verdict::Later,
        (Stage::Receiver, Whose::Ours | Whose::PerhapsOurs) => Verdict::Perhaps,
        (Stage::Mail, Whose::Ours) => Verdict::Route,
        (Stage::Mail, Whose::PerhapsOurs) => Verdict::Perhaps,
        (Stage::Receiver | Stage::Mail, Whose::Theirs) => Verdict::Receiver,
    }
}

enum Whose {
    /// Us, and it can be meant of nobody else.
    Ours,
    /// Us, as far as its words tell.
    PerhapsOurs,
    /// The receiver, or this mail.
    Theirs,
}

/// What a program that takes mail as sendmail does complains about, if it repeats the server's answer: its own words
/// for the step, and the answer behind `server message:` (msmtp) or wherever a line begins with a code.
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

fn whose(stage: Stage, code: u16, said: &str, to: &Address) -> Whose {
    let said = cut(said, LONGEST);
    let status = status(said);
    match status {
        // Addresses and mailboxes (RFC 3463, sections 3.2 and 3.3): never us.
        Some((1 | 2, _)) => return Whose::Theirs,
        // Congestion on our side: providers' daily limits.
        Some((4, 5)) => return Whose::Ours,
        Some((3 | 5 | 6, _)) => return Whose::Theirs,
        Some(_) | None => {}
    }
    // Authentication is wanted, or was not enough (RFC 4954, section 6).
    if matches!(code, 530 | 534 | 535 | 538) {
        return Whose::Ours;
    }
    let words = words(said, to);
    let has = |list: &str| words.iter().any(|word| is_listed(list, word));
    let pair = |pair: &[String]| match pair {
        [one, two] => {
            LOG_IN.contains(&(one.as_str(), two.as_str()))
                || is_listed(SENT, one) && is_listed(TOO_MUCH, two)
        }
        _ => false,
    };
    if has(OF_RECEIVER) {
        Whose::Theirs
    } else if has(RELAY) && has(DENIED)
        || has(SHUT_OUT) && has(CLIENT) && !has(OF_MAIL)
        || words.windows(2).any(pair)
    {
        Whose::Ours
    } else if has(OF_US)
        || has(RELAY)
        || (has(SHUT_OUT) && has(WHO))
        || (code == 554 && stage == Stage::Receiver && !has("user users unknown"))
        || (matches!(status, Some((7, _))) && stage == Stage::Mail)
    {
        Whose::PerhapsOurs
    } else {
        Whose::Theirs
    }
}

fn is_listed(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
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
    text.get(..text.floor_char_boundary(most)).unwrap_or("")
}

/// How much of what was said is looked at, in bytes.
const LONGEST: usize = 2048;

/// With one of [`DENIED`] each of these says so of whoever hands over mail, and of nobody else: as do the pairs in their order.
const RELAY: &str = "relay relaying";
const DENIED: &str =
    "denied rejected refused prohibited disabled permitted allowed unable cannot not";
const LOG_IN: [(&str, &str); 4] = [
    ("authentication", "required"),
    ("must", "authenticate"),
    ("authenticate", "first"),
    ("login", "required"),
];
/// A limit of ours: one of the first and one of the second.
const SENT: &str = "daily hourly sending sender outgoing rate";
const TOO_MUCH: &str = "limit limits quota rate limited";
/// Of these it is said that they are [shut out](SHUT_OUT).
const CLIENT: &str = "client ip";
/// Each of these alone says that the refusal is perhaps about whoever hands over mail.
const OF_US: &str = "relayed policy rate ratelimit ratelimited quota limit limits limited throttled throttling \
    authenticate authenticated unauthenticated authentication suspended";
/// These, if they are said of a host or of an account.
const SHUT_OUT: &str =
    "blocked blacklisted blacklist blocklist blocklisted listed denied rejected banned";
const WHO: &str = "host client ip network server account login";
/// Where one of these is said, a filter may dislike something in this mail.
const OF_MAIL: &str = "message messages url urls link links body attachment attachments";
/// Where one of these is said, it is the receiver's or the mail's own.
const OF_RECEIVER: &str =
    "mailbox inbox recipient recipients size large big virus spam unsolicited content header";

#[cfg(test)]
mod tests;
