//! Who may, and how often: the user's `auto`, and the limits of what is answered by itself.

use super::account::Policy;
use super::contact::{Contact, Standing};
use super::conversation::ContactId;
use super::decision::Decision;
use super::effect::Effect;
use super::event::Heard;
use super::handshake::Handshake;
use super::refusal::Refusal;
use super::view::Tombstone;
use crate::protocol::address::Address;
use crate::protocol::time::{DAY, Seconds};

/// Whether the user's `auto` covers an address.
pub fn automatic(policy: &Policy, address: &Address) -> bool {
    any_fits(&policy.auto, address)
}

/// Why nothing is heard of whoever asks from this address, if so: they are blocked, or the user's `refuse` covers it. That is for
/// strangers: whom the user has asked, accepted or made a friend they have chosen.
pub(super) fn keeps_out(
    policy: &Policy,
    (person, from): (Option<&Contact>, &Address),
) -> Option<&'static str> {
    if person.is_some_and(|person| person.blocked) {
        return Some("blocked");
    }
    let is_stranger = person.is_none_or(|person| match &person.standing {
        Standing::Stranger | Standing::Handshake(Handshake::Asking(_)) => true,
        Standing::Asked(_)
        | Standing::Handshake(Handshake::Confirming(_))
        | Standing::Friend(_) => false,
    });
    (is_stranger && any_fits(&policy.refuse, from)).then_some("its address is refused")
}

fn any_fits(patterns: &[String], address: &Address) -> bool {
    let mut patterns = patterns.iter();
    patterns.any(|pattern| fits(&pattern.to_ascii_lowercase(), address.as_str()))
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
pub(super) fn may_accept(decision: &Decision<'_>, heard: &Heard) -> Result<bool, Refusal> {
    let (_, count) = today(decision.account()?.automatic, decision.now());
    if !heard.answerable.to_anybody() || count >= MOST_A_DAY {
        return Ok(false);
    }
    let already = match decision.view.id_at(&heard.from)? {
        Some(id) => (decision.view).tombstone(&Tombstone::Automatic(id), decision.now())?,
        None => false,
    };
    Ok(!already)
}

pub(super) fn count_accept(decision: &mut Decision<'_>, whose: ContactId) -> Result<(), Refusal> {
    let mut account = decision.account()?;
    let (day, count) = today(account.automatic, decision.now());
    account.automatic = (day, count.saturating_add(1));
    decision.put_account(account);
    let until = decision.now().after(DAY);
    decision.cause(Effect::Remember(Tombstone::Automatic(whose), until));
    Ok(())
}

/// What was counted on a day, as it counts now: the day (days since 1970) and how many in it.
pub(super) fn today((day, count): (u64, u32), now: Seconds) -> (u64, u32) {
    match day == now.day() {
        true => (day, count),
        false => (now.day(), 0),
    }
}

const MOST_A_DAY: u32 = 50;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::protocol::letter::{Body, Letter};
    use crate::protocol::mail_form::Answerable;

    use crate::rules::event::{Came, Proof};
    use crate::rules::fake_state::{Counting, FakeState, NOW, address, contact, id};

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

    /// A letter from bob that asks for an accept.
    fn heard(answerable: Answerable) -> Heard {
        Heard {
            letter: Letter {
                id: id(1),
                sent: NOW.millis(),
                body: Body::Unknown {
                    kind: 99,
                    raw: Vec::new(),
                },
                holds: None,
                presence: None,
                one_time_keys: None,
                irc: None,
            },
            proof: Proof::Signed {
                bytes: Vec::new(),
                invite: None,
            },
            from: address("bob"),
            via: Came::Mail,
            answerable,
        }
    }

    #[test]
    fn fifty_a_day_and_one_to_an_address() {
        let today = NOW.day();
        let to = |name: &str| Tombstone::Automatic(contact(name));
        for (case, automatic, sent, answerable, expected) in [
            ("the first", (0, 0), None, Answerable::Anybody, true),
            ("a marked mail", (0, 0), None, Answerable::Known, false),
            ("one in circles", (0, 0), None, Answerable::Nobody, false),
            ("the fiftieth", (today, 49), None, Answerable::Anybody, true),
            ("one more", (today, 50), None, Answerable::Anybody, false),
            ("far more", (today, 51), None, Answerable::Anybody, false),
            (
                "the next day",
                (today - 1, 50),
                None,
                Answerable::Anybody,
                true,
            ),
            (
                "again to them",
                (0, 0),
                Some((to("bob"), NOW + 1)),
                Answerable::Anybody,
                false,
            ),
            (
                "again, a day later",
                (0, 0),
                Some((to("bob"), NOW)),
                Answerable::Anybody,
                true,
            ),
            (
                "to another",
                (0, 0),
                Some((to("carol"), NOW + 1)),
                Answerable::Anybody,
                true,
            ),
        ] {
            let mut fake = FakeState::new();
            fake.account.automatic = automatic;
            fake.tombstones.extend(sent);
            let mut rng = Counting(0);
            let may = may_accept(&fake.decision(&mut rng), &heard(answerable));
            assert_eq!(may, Ok(expected), "{case}");
        }
    }

    #[test]
    fn what_is_sent_by_itself_is_counted_by_the_day() {
        let today = NOW.day();
        for (before, after) in [
            ((0, 0), (today, 1)),
            ((today, 7), (today, 8)),
            ((today - 1, 7), (today, 1)),
            ((today, u32::MAX), (today, u32::MAX)),
        ] {
            let mut fake = FakeState::new();
            fake.account.automatic = before;
            let mut rng = Counting(0);
            let mut case = fake.decision(&mut rng);
            count_accept(&mut case, contact("bob")).unwrap();
            assert_eq!(case.account().unwrap().automatic, after, "{before:?}");
            let remembered = Effect::Remember(Tombstone::Automatic(contact("bob")), NOW + DAY);
            assert!(case.finish().contains(&remembered), "{before:?}");
        }
    }
}
