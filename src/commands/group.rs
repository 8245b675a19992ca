//! `iim group`: who talks together, and who may say so.

mod act;
mod anew;
mod book;
mod cost;
mod list;
mod member;
mod question;
mod room;
mod show;
#[cfg(test)]
mod tests;
mod undelivered;

use clap::Subcommand;

use super::invite::Terms;
use super::run::Run;
use room::{Change, Sight};

/// Talks with several people at once
///
/// No server keeps a group: each member has the list of who is in, signed by its admins, and each text goes to each
/// of them, sealed. NAME is what you call the group, with a # in front or without; a shell takes # for the beginning of
/// a comment, so write '#name' in quotes, as in `iim say '#climbing' hello` and `iim read '#climbing'`.
#[derive(Debug, clap::Args)]
pub(crate) struct Group {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Founds a group, and asks friends to come in
    ///
    /// Nobody is in a group who has not said yes. You are its admin, and nobody can put you out.
    New {
        /// What it is called: 1 to 64 bytes
        name: String,
        /// Friends to ask: names or addresses
        who: Vec<String>,
        /// Asks everybody who is in another group, too, which stays as it is: its book is full, or its founder's key was stolen
        #[arg(long, value_name = "GROUP")]
        from: Option<String>,
    },
    /// Asks friends to come in (an admin does); who says yes is in, and gets what is said from then on
    Add {
        /// The group
        name: String,
        /// Friends: names or addresses
        #[arg(required = true)]
        who: Vec<String>,
    },
    /// Prints a link: whoever uses it becomes your friend, and comes into the group, without a question (an admin does)
    ///
    /// It is an invite link as `iim invite` makes it, which names the group besides; `iim invite --list` shows it, and
    /// `--revoke` takes it back. Give it only to whom you would have in.
    Link {
        /// The group
        name: String,
        #[command(flatten)]
        terms: Terms,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Puts somebody out (an admin who stands above them does)
    Remove {
        /// The group
        name: String,
        /// A member: the name or the address, or the id, as `iim group show` has them
        who: String,
    },
    /// Goes; the last admin makes another first
    Leave {
        /// The group
        name: String,
    },
    /// Comes into a group into which a friend asks you
    Accept {
        /// The group
        name: String,
        #[command(flatten)]
        sight: Sight,
    },
    /// Answers the question with silence
    Refuse {
        /// The group
        name: String,
    },
    /// Makes a member an admin
    ///
    /// Who became one earlier stands above who became one later, and an admin is made none again, or put out, only by
    /// one who stands above them.
    Admin {
        /// The group
        name: String,
        /// A member: the name or the address, or the id, as `iim group show` has them
        who: String,
        /// Makes them none
        #[arg(long)]
        off: bool,
    },
    /// Calls a group something else, for you alone
    Rename {
        /// The group
        name: String,
        /// The new name
        new: String,
    },
    /// Calls a group something else, for everybody (an admin does)
    Title {
        /// The group
        name: String,
        /// The new title: 1 to 64 bytes
        title: String,
    },
    /// Shows what a group is about, or says it to everybody (an admin does)
    Topic {
        /// The group
        name: String,
        /// The new topic, at most 300 bytes ("" takes it away; words are joined by spaces)
        text: Vec<String>,
    },
    /// Shows or sets on which networks a group has its rooms, or makes another key for them (an admin does)
    ///
    /// A room is a secret IRC channel in which one line reaches all members who are there. Whoever is not there, or is in
    /// no room, gets what is said by mail.
    Rooms {
        /// The group
        name: String,
        #[command(flatten)]
        change: Change,
    },
    /// Lists your groups: those you are in, were in, or are asked to come into
    List {
        /// One JSON array
        #[arg(long)]
        json: bool,
    },
    /// Shows a group: who is in, who is there, what it costs, what has not come to whom
    Show {
        /// The group
        name: String,
        #[command(flatten)]
        sight: Sight,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Does not tell you of what is said in a group; it is kept all the same
    Mute {
        /// The group
        name: String,
        /// Tells you again
        #[arg(long)]
        off: bool,
    },
}

impl Group {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        match self.what {
            What::New { name, who, from } => act::new(run, &name, &who, from.as_deref()),
            What::Add { name, who } => act::add(run, &name, &who),
            What::Link { name, terms, json } => act::link(run, &name, &terms, json),
            What::Remove { name, who } => act::remove(run, &name, &who),
            What::Leave { name } => act::leave(run, &name),
            What::Accept { name, sight } => act::accept(run, &name, &sight),
            What::Refuse { name } => act::refuse(run, &name),
            What::Admin { name, who, off } => act::admin(run, &name, &who, !off),
            What::Rename { name, new } => act::rename(run, &name, &new),
            What::Title { name, title } => act::title(run, &name, title),
            What::Topic { name, text } => act::topic(run, &name, &text),
            What::Rooms { name, change } => room::rooms(run, &name, &change),
            What::List { json } => list::list(run, json),
            What::Show { name, sight, json } => show::show(run, &name, &sight, json),
            What::Mute { name, off } => act::mute(run, &name, !off),
        }
    }
}
