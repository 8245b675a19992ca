//! Who may, and how often: the user's `auto`, and the limits of what is answered by itself.

use super::account::Policy;
use super::case::Case;
use super::effect::Effect;
use super::event::Heard;
use super::handshake::DAY;
use super::refusal::Refusal;
use super::view::Tombstone;
use crate::protocol::address::Address;

/// Whether the user's `auto` covers an address.
#[must_use]
pub fn automatic(policy: &Policy, address: &Address) -> bool {
    policy
        .auto
        .iter()
        .any(|pattern| fits(&pattern.to_ascii_lowercase(), address.as_str()))
}

/// Whether a text fits a pattern in which `*` stands for any run of characters.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether an accept may be sent by itself: once a day to one address, fifty times a day in all.
pub(super) fn may_accept(case: &Case<'_>, heard: &Heard) -> Result<bool, Refusal> {
    let mark = Tombstone::Automatic(heard.from.clone());
    let (day, count) = case.account()?.automatic;
    let today = if day == case.now() / DAY { count } else { 0 };
    Ok(heard.answerable && today < MOST_A_DAY && !case.view.tombstone(&mark, case.now())?)
}

/// Counts an accept that is sent by itself.
pub(super) fn count_accept(case: &mut Case<'_>, address: &Address) -> Result<(), Refusal> {
    let mut account = case.account()?;
    let today = case.now() / DAY;
    let (day, count) = account.automatic;
    let so_far = if day == today { count } else { 0 };
    account.automatic = (today, so_far.saturating_add(1));
    case.put_account(account);
    let until = case.now().saturating_add(DAY);
    case.cause(Effect::Remember(
        Tombstone::Automatic(address.clone()),
        until,
    ));
    Ok(())
}

const MOST_A_DAY: u32 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*@example.org", "bob@example.org", true),
            ("*@example.org", "bob@example.org.evil.net", false),
            ("*@example.org", "bob@notexample.org", false),
            ("bob@example.org", "bob@example.org", true),
            ("bob@example.org", "bobby@example.org", false),
            ("*", "anyone@anywhere.net", true),
            ("b*@*.org", "bob@example.org", true),
            ("b*@*.org", "alice@example.org", false),
            ("", "bob@example.org", false),
            ("*@*.example.org", "bob@a.example.org", true),
            ("*@*.example.org", "bob@example.org", false),
            ("b*b@example.org", "b@example.org", false),
            ("b*b@example.org", "bb@example.org", true),
            ("b*o*b@example.org", "bob@example.org", true),
            ("b*o*b@example.org", "bb@example.org", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
