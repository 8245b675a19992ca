//! Whom of a group the user means.

use crate::account::{AccountError, Members};
use crate::commands::explain::hinted;
use crate::commands::run::Run;
use crate::protocol::clean::one_line;
use crate::protocol::shell;
use crate::rules::group::state::Member;
use crate::rules::refusal::Refusal;

/// A group by its name, and what its members are called.
pub(super) fn of(run: &Run, name: &str) -> anyhow::Result<Members> {
    let group = run.account.group_named(name)?;
    Ok(run.account.members_of(group)?)
}

/// The member of a name, an address or an id, whatever the case; of an id four digits or more.
/// Errors: Nobody in it is called so, or several are.
pub(super) fn find<'m>(members: &'m Members, who: &str) -> anyhow::Result<&'m Member> {
    let lower = who.to_lowercase();
    let all = || members.group.others();
    let named = |member: &&Member| {
        let named = members.named(member);
        [named.name, named.address]
            .iter()
            .any(|one| one.to_lowercase() == lower)
    };
    let id = |member: &&Member| lower.len() >= 4 && member.id.to_string().starts_with(&lower);
    let mut found: Vec<&Member> = all().filter(named).collect();
    if found.is_empty() {
        found = all().filter(id).collect();
    }
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let group = one_line(&members.group.name);
            Err(AccountError::from(Refusal::NotMember(one_line(who), group)).into())
        }
        several => Err(ambiguous(members, who, several)),
    }
}

fn ambiguous(members: &Members, who: &str, several: &[&Member]) -> anyhow::Error {
    let each = several.iter().map(|one| {
        let address = members.named(one).address;
        format!("{} <{address}>", one.id)
    });
    let each: Vec<String> = each.collect();
    let show = shell::hint("group show", &[&members.group.name]);
    let what = format!(
        "{} are called {}: {}",
        several.len(),
        one_line(who),
        each.join(", ")
    );
    hinted(
        what,
        &format!("give the id of the one you mean; {show} lists all"),
    )
}
