//! The login at a server that takes mail (RFC 4954): by a password, or by an OAuth 2 token.

use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;

use super::conversation::{CHALLENGE, Conversation, DONE, Fault};
use crate::edge::config::{Secret, Server};
use crate::protocol::oauth;

impl Conversation {
    /// Logs in by PLAIN (RFC 4616) or LOGIN, whichever the server offers.
    pub(super) async fn log_in(&mut self, login: &Credentials) -> Result<(), Fault> {
        // LOGIN asks for one after the other, in words that differ: what is wanted is known by its place.
        let mut known = [Mechanism::Plain, Mechanism::Login].into_iter();
        let way = known.find(|way| self.offers(&way.to_string()));
        let way = way.ok_or(Fault::Login(None))?;
        let steps: &[Option<&str>] = match way {
            Mechanism::Login => &[None, Some("Username"), Some("Password")],
            Mechanism::Plain | Mechanism::Xoauth2 => &[None],
        };
        for (place, asked) in steps.iter().enumerate() {
            let last = place.saturating_add(1) == steps.len();
            let asked = asked.map(str::to_owned);
            // What fails here might repeat the login.
            let step = Auth::new(way, login.clone(), asked).map_err(|_| Fault::Login(None))?;
            let yes = if last { &DONE } else { &CHALLENGE };
            self.ask(step, yes).await.map_err(of_login)?;
        }
        Ok(())
    }

    /// Logs in by an OAuth 2 token. What the server says to one is told in words of ours: its own might repeat the token.
    pub(super) async fn log_in_by_token(
        &mut self,
        user: &str,
        server: &Server,
        token: &Secret,
    ) -> Result<(), Fault> {
        let way = oauth::Mechanism::of(|name| self.offers(name));
        let way = way.ok_or(Fault::Refused("it takes no tokens"))?;
        let first = way.first(user, &server.host, server.port, token.expose());
        let first = first.ok_or(Fault::Refused("what token_command printed is no token"))?;
        let first = STANDARD.encode(first);
        let at_once = format!("AUTH {way} {first}\r\n");
        let said = if at_once.len() <= LONGEST_COMMAND {
            self.ask(at_once, &ANSWER).await
        } else {
            let asked = self.ask(format!("AUTH {way}\r\n"), &CHALLENGE).await;
            asked.map_err(of_login)?;
            self.ask(format!("{first}\r\n"), &ANSWER).await
        };
        let said = said.map_err(of_login)?;
        if DONE.contains(&said.code) {
            return Ok(());
        }
        if !CHALLENGE.contains(&said.code) {
            return Err(Fault::Login(None));
        }
        let answer = STANDARD.encode(way.after_error());
        // Refused it is in any case: the answer to this says no more.
        drop(self.command(format!("{answer}\r\n")).await);
        Err(Fault::Refused(oauth::why(&said.words)))
    }

    fn offers(&self, way: &str) -> bool {
        // Before RFC 4954 some wrote `AUTH=LOGIN`.
        let ways = |line: &String| {
            let line = line.strip_prefix("AUTH").unwrap_or("");
            line.starts_with([' ', '=']) && line.split([' ', '=']).any(|one| one == way)
        };
        self.can.iter().any(ways)
    }
}

fn of_login(fault: Fault) -> Fault {
    match fault {
        Fault::No(answer) => Fault::Login(Some(answer.code)),
        Fault::Io(_)
        | Fault::Login(_)
        | Fault::Token(_)
        | Fault::Refused(_)
        | Fault::OutOfStep(_)
        | Fault::Late
        | Fault::Unable(_) => Fault::Login(None),
    }
}

/// A token is taken, or a challenge says why not.
const ANSWER: RangeInclusive<u16> = 200..=334;
/// Of a command, its end included (RFC 5321, section 4.5.3.1.4): a longer token goes on a line of its own.
const LONGEST_COMMAND: usize = 512;
