//! What the user does in and about groups.

use std::collections::BTreeSet;

use super::anew::Anew;
use super::member;
use super::question::Inside;
use super::room::{self, Sight};
use crate::account::{Named, hashed};
use crate::commands::invite::Terms;
use crate::commands::run::{Run, names};
use crate::protocol::clean::one_line;
use crate::protocol::group::Title;
use crate::protocol::shell;
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;
use crate::rules::event::{Act, GroupAct};
use crate::rules::group::state::{Group, Standing};

/// With `from` all who are in another group are asked, too, as far as they can be.
pub(super) fn new(
    run: &mut Run,
    name: &str,
    who: &[String],
    from: Option<&str>,
) -> anyhow::Result<()> {
    let mut people = run.people(who)?;
    let anew = from.map(|from| member::of(run, from)).transpose()?;
    let anew = anew.map_or_else(Anew::default, |members| Anew::of(&members));
    people.extend(anew.friends);
    let mut known = BTreeSet::new();
    people.retain(|person| known.insert(person.id));
    let act = GroupAct::New {
        name: bare(name).to_owned(),
        who: ids(&people),
    };
    run.act(Act::Group(act))?;
    let asked = match people.is_empty() {
        true => format!(
            "; ask friends with {}",
            shell::hint("group add", &[bare(name)])
        ),
        false => format!("; asked {}, who are in when they say yes", names(&people)),
    };
    run.say(format!("founded #{}{asked}", one_line(bare(name))))?;
    match anew.others.as_slice() {
        [] => Ok(()),
        others => run.say(not_asked(bare(name), others)),
    }
}

/// Who of an old group was not asked, and what is to be done about it.
fn not_asked(name: &str, others: &[Named]) -> String {
    let others = others
        .iter()
        .map(|one| format!("{} <{}>", one.name, one.address));
    let others: Vec<String> = others.collect();
    let link = shell::hint("group link", &[name]);
    format!(
        "not asked, for they are no friends of yours or their programs know no groups: {}; {link} prints a link for them",
        others.join(", ")
    )
}

pub(super) fn add(run: &mut Run, name: &str, who: &[String]) -> anyhow::Result<()> {
    let group = run.account.group_named(name)?;
    let people = run.people(who)?;
    let act = GroupAct::Add(group.conversation, ids(&people));
    run.act(Act::Group(act))?;
    let (whom, group) = (names(&people), hashed(&group));
    run.say(format!(
        "asked {whom} to come into {group}; in is who says yes"
    ))
}

pub(super) fn link(run: &mut Run, name: &str, terms: &Terms, json: bool) -> anyhow::Result<()> {
    let group = run.account.group_named(name)?;
    let act = GroupAct::Link {
        group: group.conversation,
        uses: terms.uses,
        expires_at: run.account.now().after(terms.expires),
    };
    terms.make(run, Act::Group(act), Some(&group), json)
}

pub(super) fn remove(run: &mut Run, name: &str, who: &str) -> anyhow::Result<()> {
    let members = member::of(run, name)?;
    let member = member::find(&members, who)?;
    let group = members.group.conversation;
    run.act(Act::Group(GroupAct::Remove(group, member.id)))?;
    let (whom, group) = (members.named(member).name, hashed(&members.group));
    run.say(format!("{whom} is out of {group}, and is told"))
}

pub(super) fn leave(run: &mut Run, name: &str) -> anyhow::Result<()> {
    let group = run.account.group_named(name)?;
    run.act(Act::Group(GroupAct::Leave(group.conversation)))?;
    let kept = "what was said stays readable";
    run.say(format!("you are out of {}; {kept}", hashed(&group)))
}

pub(super) fn accept(run: &mut Run, name: &str, sight: &Sight) -> anyhow::Result<()> {
    let members = member::of(run, name)?;
    let strangers = Inside::of(&members, &run.account.people()?).strangers;
    let group = members.group;
    let by = asks(run, &group)?;
    let shown = sight.or_asked(run, &group, strangers)?;
    run.act(Act::Group(GroupAct::Accept(group.conversation)))?;
    if let Some(on) = shown {
        run.act(Act::Group(GroupAct::Shown(group.conversation, on)))?;
    }
    let when = match by {
        Some(by) => format!("you are in when the side of {by} has told who is"),
        None => "you are in when you have been told who is".to_owned(),
    };
    run.say(format!("said yes to {}; {when}", hashed(&group)))?;
    let more = match shown {
        Some(on) => Some(room::answered(&group, on)),
        None => room::unasked(run, &group, strangers),
    };
    more.map_or(Ok(()), |more| run.say(more))
}

pub(super) fn refuse(run: &mut Run, name: &str) -> anyhow::Result<()> {
    let group = run.account.group_named(name)?;
    let by = asks(run, &group)?;
    run.act(Act::Group(GroupAct::Refuse(group.conversation)))?;
    let by = by.map_or_else(String::new, |by| format!("; {by} is not told"));
    run.say(format!("refused {}{by}", hashed(&group)))
}

pub(super) fn admin(run: &mut Run, name: &str, who: &str, on: bool) -> anyhow::Result<()> {
    let members = member::of(run, name)?;
    let member = member::find(&members, who)?;
    let group = members.group.conversation;
    run.act(Act::Group(GroupAct::Admin(group, member.id, on)))?;
    let is = if on {
        "is an admin of"
    } else {
        "is no admin any more of"
    };
    let (whom, group) = (members.named(member).name, hashed(&members.group));
    run.say(format!("{whom} {is} {group}"))
}

pub(super) fn rename(run: &mut Run, name: &str, new: &str) -> anyhow::Result<()> {
    let group = run.account.group_named(name)?;
    let act = GroupAct::Rename(group.conversation, bare(new).to_owned());
    run.act(Act::Group(act))?;
    let new = one_line(bare(new));
    run.say(format!("{} is called #{new} now, by you", hashed(&group)))
}

pub(super) fn title(run: &mut Run, name: &str, title: String) -> anyhow::Result<()> {
    let group = run.account.group_named(name)?;
    let new = one_line(&title);
    let title = Title {
        name: title,
        topic: group.title.topic.clone(),
    };
    let act = GroupAct::Title(group.conversation, title);
    run.act(Act::Group(act))?;
    run.say(format!("the title of {} is now {new}", hashed(&group)))
}

/// Without words it is shown.
pub(super) fn topic(run: &mut Run, name: &str, words: &[String]) -> anyhow::Result<()> {
    let group = run.account.group_named(name)?;
    if words.is_empty() {
        return match one_line(&group.title.topic) {
            none if none.is_empty() => run.say(format!("{} has no topic", hashed(&group))),
            topic => run.output.line(topic),
        };
    }
    let title = Title {
        name: group.title.name.clone(),
        topic: words.join(" "),
    };
    let act = GroupAct::Title(group.conversation, title);
    run.act(Act::Group(act))?;
    run.say(format!("{} has a new topic", hashed(&group)))
}

pub(super) fn mute(run: &mut Run, name: &str, on: bool) -> anyhow::Result<()> {
    let group = run.account.group_named(name)?;
    run.act(Act::Group(GroupAct::Mute(group.conversation, on)))?;
    let what = match on {
        true => "you are not told any more of what is said in",
        false => "you are told again of what is said in",
    };
    run.say(format!("{what} {}", hashed(&group)))
}

/// Who asks the user to come in, or to whom the user said yes.
fn asks(run: &Run, group: &Group) -> anyhow::Result<Option<String>> {
    match group.standing {
        Standing::Asked { by, .. } | Standing::Agreed { by, .. } => {
            let members = run.account.members_of(group.clone())?;
            Ok(Some(members.who(by).name))
        }
        Standing::In | Standing::Out => Ok(None),
    }
}

fn ids(people: &[Contact]) -> Vec<ContactId> {
    people.iter().map(|person| person.id).collect()
}

/// A name as the rules know it.
fn bare(name: &str) -> &str {
    name.strip_prefix('#').unwrap_or(name)
}
