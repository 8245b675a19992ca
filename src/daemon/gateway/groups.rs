//! Groups, as the gateway is told of them.

use crate::agent::Occupants;
use crate::gateway::host::{Group, Member, Question, Standing};
use crate::protocol::group::{Act, MemberId, What};
use crate::protocol::{clean, shell};
use crate::rules::group::state::{self, Group as Kept};

/// A group that the user is in or may come into, with who is in its room, or what is asked before; one that they are out of
/// is none.
pub(super) fn group(kept: Kept, there: &Occupants, question: Option<Question>) -> Option<Group> {
    let standing = match kept.standing {
        state::Standing::Asked { by, .. } => Standing::Asked(by),
        state::Standing::Agreed { .. } => Standing::Agreed,
        state::Standing::In => Standing::In,
        state::Standing::Out => return None,
    };
    Some(Group {
        id: kept.conversation,
        name: kept.name,
        title: kept.title,
        standing,
        since: kept.since,
        us: kept.us,
        admin: kept.admin,
        there: there.us,
        question,
        members: (kept.members.into_iter().map(|one| member(one, there))).collect(),
    })
}

fn member(kept: state::Member, there: &Occupants) -> Member {
    let person = kept.entry.value;
    Member {
        id: kept.id,
        contact: kept.contact,
        name: kept.name,
        address: person.address,
        fingerprint: person.keys.ed25519.to_string(),
        is_in: kept.is_in,
        admin: kept.rank.is_some(),
        there: kept.is_in && there.others.contains(&kept.id),
    }
}

/// Who took a member in last, by the acts of the book.
pub(super) fn voucher(acts: &[Act], member: MemberId) -> Option<MemberId> {
    let mut latest = acts.iter().rev();
    let took_in = |act: &&Act| match &act.value.what {
        What::Add(entry) => MemberId::of(entry.value.keys.ed25519) == member,
        What::Found(_)
        | What::Remove(_)
        | What::Leave
        | What::Admin(..)
        | What::Title(_)
        | What::Rooms(_)
        | What::Renew(..) => false,
    };
    latest.find(took_in).map(|act| act.value.author)
}

/// What a friend asks who would have the user in a group.
pub(super) fn question(friend: &str, group: &str) -> Question {
    let (friend, name) = (clean::one_line(friend), clean::one_line(group));
    let word = shell::word(&format!("#{group}"));
    Question {
        text: format!("{friend} asks you into the group #{name}."),
        yes: format!("group accept {word}"),
        no: format!("group refuse {word}"),
    }
}

/// What is asked where somebody is in a group who is no friend that sees the user.
pub(super) fn sight(group: &str) -> Question {
    let name = clean::one_line(group);
    let word = shell::word(&format!("#{group}"));
    Question {
        text: format!(
            "somebody in #{name} is no friend of yours. May all in it see when you are there, and your host name on IRC? Until you say yes, what is said comes to you by mail."
        ),
        yes: format!("group show {word} --show"),
        no: format!("group show {word} --hide"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_hostile_name_is_quoted_in_the_answers_offered() {
        let asked = question("bob", "x' $(touch y)\n\u{1b}[31m");
        assert_eq!(asked.text, "bob asks you into the group #x' $(touch y).");
        let words = shell_words::split(&asked.no).unwrap();
        assert!(
            words.len() == 3 && words.starts_with(&["group".to_owned(), "refuse".to_owned()]),
            "{words:?}"
        );
        let words = shell_words::split(&question("bob", "Rock 'n' Climb").yes).unwrap();
        assert_eq!(words, ["group", "accept", "#Rock 'n' Climb"]);
    }
}
