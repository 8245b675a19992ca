//! `iim invite`.

use std::time::Duration;

use anyhow::Context as _;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::{Value, json};

use super::arguments;
use super::output::{Cell, local, plain};
use super::run::Run;
use crate::protocol::clean::one_line;
use crate::protocol::link::IntoGroup;
use crate::protocol::{hex, link};
use crate::rules::event::Act;
use crate::rules::group::state::Group;
use crate::rules::view;
use crate::rules::words::rfc3339;

/// Prints an invite link: whoever uses it is accepted without a question
///
/// Give the link only to the one you invite, by mail, chat, or as a QR code face to face.
#[derive(Debug, clap::Args)]
pub(crate) struct Invite {
    #[command(flatten)]
    terms: Terms,
    /// Lists the invites that are open
    #[arg(long, conflicts_with_all = ["uses", "expires", "qr", "revoke"])]
    list: bool,
    /// Ends an invite
    #[arg(long, value_name = "ID", value_parser = arguments::invite_id, conflicts_with_all = ["uses", "expires", "qr"])]
    revoke: Option<[u8; 8]>,
    /// With --list: one JSON array; else one JSON object
    #[arg(long)]
    json: bool,
}

/// For whom a link is, and how it is shown.
#[derive(Debug, clap::Args)]
pub(super) struct Terms {
    /// For how many addresses
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) uses: u32,
    /// When it ends (90s, 15m, 12h, 7d)
    #[arg(long, value_name = "SPAN", default_value = "7d", value_parser = arguments::span)]
    pub(super) expires: Duration,
    /// Draws the link as a QR code too, on a terminal
    #[arg(long)]
    qr: bool,
}

impl Invite {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        match self.revoke {
            _ if self.list => list(run, self.json),
            Some(id) => {
                run.act(Act::Revoke(id))?;
                run.say(format!("invite {} is over", hex::encode(&id)))
            }
            None => {
                let act = Act::Invite {
                    uses: self.terms.uses,
                    expires_at: run.account.now().after(self.terms.expires),
                };
                self.terms.make(run, act, None, self.json)
            }
        }
    }
}

impl Terms {
    /// Makes an invite by an act of the user's, and shows its link.
    pub(super) fn make(
        &self,
        run: &mut Run,
        act: Act,
        into: Option<&Group>,
        json: bool,
    ) -> anyhow::Result<()> {
        let invite = run.act(act)?.invite.context("no invite was made")?;
        let link = link::Invite {
            address: run.account.settings().address.clone(),
            keys: run.account.state()?.keys,
            token: invite.token,
            expires: Some(invite.expires_at),
            group: into.map(|group| {
                Box::new(IntoGroup {
                    id: group.id,
                    name: group.title.name.clone(),
                })
            }),
        }
        .to_link();
        if json {
            let mut value = Listed::new(invite, into).as_json();
            if let Some(members) = value.as_object_mut() {
                members.insert("link".to_owned(), Value::String(link));
            }
            return run.output.json(&value);
        }
        if self.qr && run.output.is_terminal() {
            run.output.line(&draw(&link)?)?;
        }
        run.output.line(&link)
    }
}

fn list(run: &mut Run, json: bool) -> anyhow::Result<()> {
    let groups = run.account.groups()?;
    let listed = |invite: view::Invite| {
        let id = invite.token.id();
        let into = groups.iter().find(|group| group.links.contains(&id));
        Listed::new(invite, into)
    };
    let invites: Vec<Listed> = run.account.invites()?.into_iter().map(listed).collect();
    let nothing = "no invites are open";
    run.output
        .list(json, &invites, (Listed::as_json, Listed::as_row), nothing)
}

/// An invite, and the group into which its link leads.
struct Listed {
    invite: view::Invite,
    into: Option<String>,
}

impl Listed {
    fn new(invite: view::Invite, into: Option<&Group>) -> Self {
        let into = into.map(|group| one_line(&group.name));
        Self { invite, into }
    }

    fn as_json(&self) -> Value {
        let Self { invite, into } = self;
        json!({
            "id": hex::encode(&invite.token.id()),
            "made": rfc3339(invite.made_at),
            "expires": rfc3339(invite.expires_at),
            "uses": invite.uses,
            "used_by": self.used_by(),
            "group": into,
        })
    }

    fn as_row(&self) -> Vec<Cell> {
        let Self { invite, into } = self;
        let used_by = self.used_by();
        let into = into.as_ref().map(|name| format!("#{name}"));
        plain([
            hex::encode(&invite.token.id()),
            format!("until {}", local(invite.expires_at)),
            format!("{} of {} used", used_by.len(), invite.uses),
            used_by
                .into_iter()
                .chain(into)
                .collect::<Vec<_>>()
                .join(", "),
        ])
    }

    fn used_by(&self) -> Vec<String> {
        self.invite
            .used_by
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}

/// A link, or what else is scanned, as a QR code of half blocks; light on dark, as most terminals are.
pub(super) fn draw(link: &str) -> anyhow::Result<String> {
    let code = QrCode::new(link)?;
    let mut picture = code.render::<Dense1x2>();
    picture.dark_color(Dense1x2::Light);
    picture.light_color(Dense1x2::Dark);
    Ok(picture.quiet_zone(true).build())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn a_code_has_a_quiet_border() {
        let drawn = draw("iim:bob%40example.net?v=1").unwrap();
        let first = drawn.lines().next().unwrap();
        assert!(first.chars().all(|c| c == '█'), "{first}");
        let wide = first.width();
        assert!(drawn.lines().all(|line| line.width() == wide));
    }
}
