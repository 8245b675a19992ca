//! From nothing to a connection that is logged in.
//!
//! ```text
//! connect -> greeting, CAPABILITY [STARTTLS, TLS, CAPABILITY] -> AUTHENTICATE or LOGIN -> CAPABILITY, [ID], LIST
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::hidden::Hidden;
use super::super::settings::Settings;
use super::super::wire::Wire;
use super::name::{decode, quoted};
use super::response::{Kind, Response, Status};
use super::session::{Ask, SMALL, Session, Stop, malformed, out_of_step};
use crate::edge::config::{MailLogin, Secret, Security};
use crate::protocol::oauth;
use crate::rules::fetch::mailbox::{Fault, Features};

/// What a server says that it can, in upper case.
pub(super) struct Capabilities(Vec<String>);

impl Capabilities {
    pub(super) fn has(&self, what: &str) -> bool {
        self.0.iter().any(|can| can == what)
    }
}

/// Folders that are listed at most; of each nothing is kept that has no use of its own.
const FOLDERS: usize = 65_536;

/// Connects, protects the connection, logs in, and asks what the server can.
pub(super) async fn open(settings: &Settings) -> Result<(Session, Capabilities, Features), Fault> {
    let mut session = Session::over(Wire::connect(settings).await?, Hidden::default());
    let mut logged_in = greeting(&mut session, settings).await?;
    if settings.security == Security::StartTls {
        let wire = start_tls(session, settings).await?;
        session = Session::over(wire, Hidden::default());
        logged_in = false;
    }
    if !logged_in {
        log_in(&mut session, settings).await?;
    }
    let can = capabilities(&mut session).await?;
    if can.has("ID") {
        // Some servers show nothing to programs without a name; the others may refuse it.
        let version = env!("CARGO_PKG_VERSION");
        let id = format!("ID (\"name\" \"iim\" \"version\" \"{version}\")");
        allowed(session.order(&id).await)?;
    }
    let features = features(&mut session, &can).await?;
    Ok((session, can, features))
}

/// Whether we are logged in already, which is no good where TLS is wanted: it would be somebody else's connection.
async fn greeting(session: &mut Session, settings: &Settings) -> Result<bool, Fault> {
    session.wire.begin_step();
    let Response::Status(status) = session.next(SMALL).await? else {
        return Err(malformed("what the server says is no IMAP"));
    };
    match status.kind {
        Kind::Ok => Ok(false),
        Kind::Preauth if settings.security == Security::Plain => Ok(true),
        Kind::Preauth => Err(Fault::Tls(format!(
            "{} takes us for somebody who is logged in already: somebody may stand between",
            settings.server
        ))),
        Kind::No | Kind::Bad | Kind::Bye => Err(Fault::Bye(session.told(&status))),
    }
}

/// STARTTLS (RFC 9051, section 6.2.1), and nothing is said in clear where that is not to be had. What was said before
/// it counts no more.
async fn start_tls(mut session: Session, settings: &Settings) -> Result<Wire, Fault> {
    let server = &settings.server;
    if !capabilities(&mut session).await?.has("STARTTLS") {
        return Err(Fault::Tls(format!(
            "{server} offers no STARTTLS: somebody may stand between, or it wants imaps://"
        )));
    }
    match session.order("STARTTLS").await {
        Ok(_) => session.wire.start_tls(settings, "imap").await,
        Err(Stop::Refused(status)) => {
            let words = session.told(&status);
            Err(Fault::Tls(format!("{server} refuses STARTTLS: {words}")))
        }
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

async fn capabilities(session: &mut Session) -> Result<Capabilities, Fault> {
    let mut can = None;
    let asked = session.ask("CAPABILITY", SMALL, |response| {
        if let Response::Capability(words) = response {
            can = Some(words);
        }
        Ok(())
    });
    let asked = asked.await;
    required(session, asked)?;
    can.map(Capabilities).ok_or_else(out_of_step)
}

/// Logs in, at most one try: many servers count.
async fn log_in(session: &mut Session, settings: &Settings) -> Result<(), Fault> {
    let login = (settings.login)().map_err(|fault| Fault::NoPassword(fault.to_string()))?;
    let can = capabilities(session).await?;
    let way = way(&can, settings, &login)?;
    let (MailLogin::Password(secret) | MailLogin::Token(secret)) = &login;
    session
        .hidden
        .hide(&settings.user, secret.expose(), way.said());
    let (pieces, spare) = way.pieces(&can);
    let ask = Ask {
        pieces: &pieces,
        spare,
        bounds: SMALL,
        most: 64,
    };
    match session.ask_all(ask, |_| Ok(())).await {
        Ok(_) => Ok(()),
        Err(Stop::Fault(fault)) => Err(fault),
        Err(Stop::Refused(status)) => {
            let words = session.told(&status);
            // "Temporary failure because a subsystem is down", too many connections (RFC 5530, section 3): the login is
            // not at fault.
            let passing = ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"];
            match passing.iter().any(|code| status.has_code(code)) {
                true => Err(Fault::Network(format!("no login just now: {words}"))),
                false => Err(Fault::Login(words)),
            }
        }
    }
}

/// How to log in, and what is said then.
enum Way {
    /// AUTHENTICATE: the mechanism, what it takes, and what is said to a fault that is told as a challenge.
    Sasl(&'static str, String, &'static str),
    /// LOGIN: user and password.
    Login(String, String),
}

fn way(can: &Capabilities, settings: &Settings, login: &MailLogin<Secret>) -> Result<Way, Fault> {
    let (user, server) = (settings.user.as_str(), &settings.server);
    let none = |what: &str| {
        let ways = can.0.iter().filter_map(|can| can.strip_prefix("AUTH="));
        let ways: Vec<_> = ways.take(8).collect();
        Err(Fault::Login(format!(
            "{server} takes no {what} (it offers: {})",
            Hidden::default().told(&ways.join(" "))
        )))
    };
    match login {
        MailLogin::Token(token) => {
            let token = token.expose();
            if can.has("AUTH=XOAUTH2") {
                Ok(Way::Sasl("XOAUTH2", oauth::xoauth2(user, token), ""))
            } else if can.has("AUTH=OAUTHBEARER") {
                let said = oauth::oauthbearer(user, &server.host, server.port, token);
                Ok(Way::Sasl("OAUTHBEARER", said, oauth::OAUTHBEARER_FAILED))
            } else {
                none("token")
            }
        }
        MailLogin::Password(password) => {
            let password = password.expose();
            if can.has("AUTH=PLAIN") {
                Ok(Way::Sasl("PLAIN", oauth::plain(user, password), "*"))
            } else if !can.has("LOGINDISABLED") {
                Ok(Way::Login(user.to_owned(), password.to_owned()))
            } else {
                none("password")
            }
        }
    }
}

impl Way {
    fn said(&self) -> &str {
        match self {
            Self::Sasl(_, said, _) => said,
            Self::Login(_, password) => password,
        }
    }

    /// The command in pieces, and what is said if the server then waits for more.
    fn pieces(&self, can: &Capabilities) -> (Vec<String>, Option<&'static str>) {
        match self {
            Self::Sasl(mechanism, said, spare) => {
                let said = STANDARD.encode(said);
                let pieces = match can.has("SASL-IR") {
                    true => vec![format!("AUTHENTICATE {mechanism} {said}")],
                    false => vec![format!("AUTHENTICATE {mechanism}"), said],
                };
                (
                    pieces,
                    Some(if *spare == oauth::OAUTHBEARER_FAILED {
                        "AQ=="
                    } else {
                        spare
                    }),
                )
            }
            Self::Login(user, password) => (login_pieces(user, password), None),
        }
    }
}

/// LOGIN with quoted strings; with literals where those may not hold what is to be said.
fn login_pieces(user: &str, password: &str) -> Vec<String> {
    let is_plain = |text: &str| text.chars().all(|c| matches!(c, ' '..='~'));
    match is_plain(user) && is_plain(password) {
        true => vec![format!("LOGIN {} {}", quoted(user), quoted(password))],
        false => vec![
            format!("LOGIN {{{}}}", user.len()),
            format!("{user} {{{}}}", password.len()),
            password.to_owned(),
        ],
    }
}

/// What the server can that matters, and its folders with a use of their own (RFC 6154).
async fn features(session: &mut Session, can: &Capabilities) -> Result<Features, Fault> {
    let mut features = Features {
        idle: can.has("IDLE"),
        moves: can.has("MOVE"),
        uidplus: can.has("UIDPLUS"),
        gmail: can.has("X-GM-EXT-1"),
        junk: None,
        trash: None,
    };
    let list = match can.has("SPECIAL-USE") && can.has("LIST-EXTENDED") {
        true => "LIST \"\" \"*\" RETURN (SPECIAL-USE)",
        false => "LIST \"\" \"*\"",
    };
    let ask = Ask {
        pieces: &[list.to_owned()],
        spare: None,
        bounds: SMALL,
        most: FOLDERS,
    };
    let listed = session.ask_all(ask, |response| {
        if let Response::List(attributes, Some(name)) = response {
            let place = match attributes {
                it if it.iter().any(|it| it == "\\junk") => &mut features.junk,
                it if it.iter().any(|it| it == "\\trash") => &mut features.trash,
                _ => return Ok(()),
            };
            if place.is_none() {
                *place = decode(&name);
            }
        }
        Ok(())
    });
    allowed(listed.await)?;
    Ok(features)
}

/// A command that may be refused.
fn allowed(asked: Result<Status, Stop>) -> Result<(), Fault> {
    match asked {
        Ok(_) | Err(Stop::Refused(_)) => Ok(()),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// A command that no server refuses.
fn required(session: &Session, asked: Result<Status, Stop>) -> Result<(), Fault> {
    match asked {
        Ok(_) => Ok(()),
        Err(Stop::Refused(status)) => Err(malformed(&format!(
            "the server does not say what it can: {}",
            session.told(&status)
        ))),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}
