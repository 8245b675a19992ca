//! One group: who is in, what it costs, what has not come to whom.

use serde_json::{Value, json};

use super::book::{self, Came};
use super::cost::Cost;
use super::list::Row;
use super::question::Inside;
use super::room::{self, Room, Sight};
use super::undelivered::{self, Undelivered};
use crate::account::{Members, hashed};
use crate::commands::output::{Cell, Colour, Output, local};
use crate::commands::run::Run;
use crate::protocol::clean::one_line;
use crate::protocol::group::Act;
use crate::protocol::shell;
use crate::protocol::time::Seconds;
use crate::rules::contact::Contact;
use crate::rules::event::{Act as UserAct, GroupAct};
use crate::rules::group::state::{Member, Standing};
use crate::rules::words::{counted, rfc3339};

pub(super) fn show(run: &mut Run, name: &str, sight: &Sight, json: bool) -> anyhow::Result<()> {
    let group = run.account.group_named(name)?;
    if let Some(on) = sight.said() {
        run.act(UserAct::Group(GroupAct::Shown(group.conversation, on)))?;
        return run.say(room::answered(&group, on));
    }
    let row = Row::of(run, group)?;
    let shown = Shown::of(run, row.members())?;
    if json {
        let mut object = row.as_json();
        if let (Value::Object(all), Value::Object(more)) = (&mut object, shown.as_json()) {
            all.extend(more);
        }
        return run.output.json(&object);
    }
    shown.print(&run.output, &row)
}

/// What is shown of a group beside what stands in the list of them.
struct Shown<'a> {
    members: &'a Members,
    acts: Vec<Act>,
    inside: Inside,
    room: Room,
    cost: Cost,
    undelivered: Vec<Undelivered>,
}

impl<'a> Shown<'a> {
    fn of(run: &mut Run, members: &'a Members) -> anyhow::Result<Self> {
        let people = run.account.people()?;
        let per_day = run.account.settings().per_day;
        Ok(Self {
            members,
            acts: run.account.acts(members.group.conversation)?,
            inside: Inside::of(members, &people),
            room: Room::of(run, members)?,
            cost: Cost::of(members.group.others().count(), per_day),
            undelivered: undelivered::of(run, members)?,
        })
    }

    /// Who else is in: the admins, the highest first, then the others by name.
    fn others(&self) -> Vec<&Member> {
        let mut others: Vec<&Member> = self.members.group.others().collect();
        others.sort_by_cached_key(|one| {
            let name = self.members.named(one).name.to_lowercase();
            (one.rank.is_none(), one.rank, name)
        });
        others
    }

    fn as_json(&self) -> Value {
        let group = &self.members.group;
        let people = self.others().into_iter();
        let people: Vec<Value> = people.map(|one| self.member_json(one)).collect();
        let asked = group.asked.iter().map(|(id, at)| {
            let who = self.members.who(*id);
            json!({"friend": who.name, "address": who.address, "since": rfc3339(*at)})
        });
        json!({
            "people": people,
            "asked": asked.collect::<Vec<_>>(),
            "room": self.room.as_json(self.members),
            "there": self.room.there_json(self.members),
            "mails": self.cost.mails,
            "gatherings": self.cost.gatherings,
            "undelivered": self.undelivered.iter().map(Undelivered::as_json).collect::<Vec<_>>(),
        })
    }

    fn member_json(&self, member: &Member) -> Value {
        let (named, person) = (self.members.named(member), self.person(member));
        json!({
            "friend": named.name,
            "address": named.address,
            "id": member.id.to_string(),
            "admin": member.rank.is_some(),
            "on_roster": person.is_some(),
            "vouched_for_by": self.voucher(member),
            "other_keys": self.members.has_other_keys(member),
        })
    }

    fn person(&self, member: &Member) -> Option<&Contact> {
        self.members.on_roster(member.contact)
    }

    /// Who took a member in; of the founder nobody did.
    fn voucher(&self, member: &Member) -> Option<String> {
        match book::came(&self.acts, member) {
            Some(Came::By(id)) => Some(book::called(self.members, id)),
            Some(Came::Founded) | None => None,
        }
    }

    fn print(&self, output: &Output, row: &Row) -> anyhow::Result<()> {
        let group = &self.members.group;
        for line in self.head(output, row) {
            output.line(line)?;
        }
        if let Standing::Asked { .. } = group.standing {
            return self.ask(output);
        }
        let members = self.others().into_iter().map(|one| self.as_row(one));
        output.table(&members.collect::<Vec<_>>())?;
        for (id, at) in &group.asked {
            output.line(self.waits_for(output, *id, *at))?;
        }
        if let Some(room) = self.room.line(self.members) {
            output.line(room)?;
        }
        let cost = self.cost.line(self.room.is_joined());
        if let Some(cost) = cost.filter(|_| group.is_in()) {
            output.line(cost)?;
        }
        let lines = self.undelivered.iter().flat_map(|one| one.lines(output));
        lines.into_iter().try_for_each(|line| output.line(line))
    }

    fn head(&self, output: &Output, row: &Row) -> Vec<String> {
        let group = &self.members.group;
        let name = output.paint(Colour::Strong, &hashed(group));
        let title = match one_line(&group.title.name) {
            same if same == one_line(&group.name) => String::new(),
            title => format!(" ({title})"),
        };
        let you = match (group.standing, group.admin) {
            (Standing::In, true) => ", you are an admin",
            _ => "",
        };
        let count = match group.standing {
            Standing::In if group.count() <= 1 => ", and nobody else yet".to_owned(),
            Standing::In => format!(", {} with you", counted(group.count(), "member")),
            Standing::Asked { .. } | Standing::Agreed { .. } | Standing::Out => String::new(),
        };
        let standing = match group.standing {
            Standing::Asked { .. } | Standing::Agreed { .. } | Standing::In => {
                format!("{} since {}", row.standing(), local(group.since))
            }
            // It is not kept since when.
            Standing::Out => row.standing(),
        };
        let mut lines = vec![format!("{name}{title}: {standing}{count}{you}")];
        let topic = one_line(&group.title.topic);
        lines.extend((!topic.is_empty()).then(|| format!("topic: {topic}")));
        lines.extend(group.muted.then(|| "muted".to_owned()));
        lines.extend((row.unread() > 0).then(|| {
            let read = shell::hint("read --new", &[&hashed(group)]);
            format!("{} ({read})", counted(row.unread(), "new text"))
        }));
        lines
    }

    /// Whether to come in is the question.
    fn ask(&self, output: &Output) -> anyhow::Result<()> {
        output.line(self.inside.line())?;
        let name = self.members.group.name.as_str();
        let answer = |command| shell::hint(command, &[name]);
        output.line(format!(
            "{} or {}",
            answer("group accept"),
            answer("group refuse")
        ))
    }

    fn as_row(&self, member: &Member) -> Vec<Cell> {
        let named = self.members.named(member);
        vec![
            (format!("  {}", named.name), Some(Colour::Strong)),
            (named.address, None),
            (self.remarks(member).join(", "), Some(Colour::Warn)),
            (member.id.to_string(), Some(Colour::Faint)),
        ]
    }

    /// What is out of the ordinary about a member.
    fn remarks(&self, member: &Member) -> Vec<String> {
        let person = self.person(member);
        let is_friend = person.is_some_and(|one| one.friend().is_some());
        let mut remarks = Vec::new();
        remarks.extend(member.rank.map(|_| "admin".to_owned()));
        if !is_friend {
            remarks.push(match book::came(&self.acts, member) {
                Some(Came::By(id)) => {
                    format!("vouched for by {}", book::called(self.members, id))
                }
                Some(Came::Founded) => "founded it".to_owned(),
                None => "not your friend".to_owned(),
            });
        }
        remarks.extend(person.and_then(unwanted).map(str::to_owned));
        if let Some(friend) = person.filter(|_| self.members.has_other_keys(member)) {
            let friend = one_line(&friend.name);
            remarks.push(format!("with other keys than your friend {friend} has"));
        }
        remarks
    }

    fn waits_for(
        &self,
        output: &Output,
        id: crate::rules::conversation::ContactId,
        at: Seconds,
    ) -> String {
        let who = self.members.who(id);
        let name = output.paint(Colour::Strong, &who.name);
        format!("  {name} <{}> asked since {}", who.address, local(at))
    }
}

fn unwanted(person: &Contact) -> Option<&'static str> {
    match (person.blocked, person.visible, person.friend()) {
        (true, ..) => Some("blocked"),
        (false, false, Some(_)) => Some("hidden"),
        (false, true, _) | (false, false, None) => None,
    }
}
