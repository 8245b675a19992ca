//! From nothing to a POP3 session that is logged in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::settings::Settings;
use super::super::wire::Wire;
use super::conversation::{Conversation, Stop, malformed};
use crate::edge::config::{MailLogin, Secret, Security};
use crate::protocol::oauth;
use crate::rules::fetch::mailbox::Fault;

/// What a server can (RFC 2449), a line each, in upper case; empty where it does not say.
struct Capabilities(Vec<String>);

/// How much it may say of that, in bytes.
const CAPA: usize = 16 * 1024;

/// Connects, protects the connection, logs in; and whether there is TOP.
pub(super) async fn open(settings: &Settings) -> Result<(Conversation, bool), Fault> {
    let mut conversation = Conversation::over(Wire::connect(settings).await?);
    conversation.wire.begin_step();
    greeting(conversation.answer().await)?;
    if settings.security == Security::StartTls {
        conversation = start_tls(conversation, settings).await?;
    }
    let login = (settings.login)().map_err(|fault| Fault::NoPassword(fault.to_string()))?;
    let can = capabilities(&mut conversation).await?;
    log_in(&mut conversation, settings, &login, &can).await?;
    // What it can may differ now.
    let can = capabilities(&mut conversation).await?;
    let has_top = can.0.is_empty() || can.has("TOP");
    Ok((conversation, has_top))
}

fn greeting(answer: Result<String, Stop>) -> Result<(), Fault> {
    match answer {
        Ok(_) => Ok(()),
        Err(Stop::Refused(words)) => Err(Fault::Bye(words)),
        Err(stop) => Err(fault(stop)),
    }
}

/// STLS (RFC 2595, section 4), and nothing is said in clear where that is not to be had.
async fn start_tls(
    mut conversation: Conversation,
    settings: &Settings,
) -> Result<Conversation, Fault> {
    match conversation.ask("STLS").await {
        Ok(_) => {
            let wire = conversation.wire.start_tls(settings, "pop3").await?;
            Ok(Conversation::over(wire))
        }
        Err(Stop::Refused(words)) => Err(Fault::Tls(format!(
            "{} refuses STLS: {words}; somebody may stand between, or it wants pop3s://",
            settings.server
        ))),
        Err(stop) => Err(fault(stop)),
    }
}

async fn capabilities(conversation: &mut Conversation) -> Result<Capabilities, Fault> {
    let most = u64::try_from(CAPA).unwrap_or(u64::MAX);
    match conversation.ask_lines("CAPA", CAPA, most).await {
        Ok(lines) => {
            let text = String::from_utf8_lossy(&lines.kept()).to_uppercase();
            Ok(Capabilities(
                text.lines().map(|line| line.trim().to_owned()).collect(),
            ))
        }
        // A server from before CAPA.
        Err(Stop::Refused(_)) => Ok(Capabilities(Vec::new())),
        Err(stop) => Err(fault(stop)),
    }
}

impl Capabilities {
    fn has(&self, what: &str) -> bool {
        self.0
            .iter()
            .any(|line| line.split(' ').next() == Some(what))
    }

    fn takes(&self, mechanism: &str) -> bool {
        let words = self.0.iter().filter_map(|line| line.strip_prefix("SASL "));
        words
            .flat_map(|words| words.split(' '))
            .any(|word| word == mechanism)
    }
}

/// Logs in, at most one try: many servers count. Without TLS only on this machine, as the connection itself.
async fn log_in(
    conversation: &mut Conversation,
    settings: &Settings,
    login: &MailLogin<Secret>,
    can: &Capabilities,
) -> Result<(), Fault> {
    let (user, server) = (settings.user.as_str(), &settings.server);
    let (said, way) = match login {
        MailLogin::Token(token) if can.takes("XOAUTH2") => {
            let said = oauth::xoauth2(user, token.expose());
            conversation.hidden.hide(user, token.expose(), &said);
            (Some(said), ("XOAUTH2", ""))
        }
        MailLogin::Token(token) => {
            if !can.takes("OAUTHBEARER") {
                return Err(Fault::Login(format!("{server} takes no token by POP3")));
            }
            let said = oauth::oauthbearer(user, &server.host, server.port, token.expose());
            conversation.hidden.hide(user, token.expose(), &said);
            (Some(said), ("OAUTHBEARER", oauth::OAUTHBEARER_FAILED))
        }
        MailLogin::Password(password) => {
            let said = oauth::plain(user, password.expose());
            conversation.hidden.hide(user, password.expose(), &said);
            (can.takes("PLAIN").then_some(said), ("PLAIN", ""))
        }
    };
    let logged_in = match (said, login) {
        (Some(said), _) => sasl(conversation, way, &said).await,
        (None, MailLogin::Password(secret) | MailLogin::Token(secret)) => {
            user_pass(conversation, user, secret.expose()).await
        }
    };
    match logged_in {
        Ok(()) => Ok(()),
        Err(Stop::Refused(words)) if is_passing(&words) => {
            Err(Fault::Network(format!("no login just now: {words}")))
        }
        Err(Stop::Refused(words)) => Err(Fault::Login(words)),
        Err(stop) => Err(fault(stop)),
    }
}

/// Whether the login is not at fault: another session has the mailbox, or a part of the server is down (RFC 2449, section
/// 8.1.1; RFC 3206).
fn is_passing(words: &str) -> bool {
    let words = words.to_ascii_uppercase();
    ["[IN-USE]", "[SYS/TEMP]", "[LOGIN-DELAY]"]
        .iter()
        .any(|code| words.starts_with(code))
}

/// AUTH (RFC 5034): the server waits for what is to be said; a fault may be told as a challenge, which is answered.
async fn sasl(
    conversation: &mut Conversation,
    (mechanism, to_fault): (&str, &str),
    said: &str,
) -> Result<(), Stop> {
    let mut answers = [said, to_fault].into_iter();
    conversation.say(&format!("AUTH {mechanism}")).await?;
    loop {
        let line = conversation.line().await?;
        if let [b'+'] | [b'+', b' ', ..] = line.as_slice() {
            let answer = answers
                .next()
                .ok_or_else(|| malformed("the server asks for more than a login"))?;
            conversation.say(&STANDARD.encode(answer)).await?;
            continue;
        }
        return match super::response::status(&line) {
            Some((true, _)) => Ok(()),
            Some((false, words)) => Err(Stop::Refused(conversation.hidden.told(&words))),
            None => Err(malformed("what the server says is no POP3").into()),
        };
    }
}

async fn user_pass(
    conversation: &mut Conversation,
    user: &str,
    password: &str,
) -> Result<(), Stop> {
    if user.contains(['\r', '\n']) || password.contains(['\r', '\n']) {
        return Err(Stop::Refused("a line end stands in the login".to_owned()));
    }
    conversation.ask(&format!("USER {user}")).await?;
    conversation
        .ask(&format!("PASS {password}"))
        .await
        .map(drop)
}

fn fault(stop: Stop) -> Fault {
    match stop {
        Stop::Fault(fault) => fault,
        Stop::Refused(words) => Fault::Malformed(words),
        Stop::TooLong => malformed("the server's answer is longer than is taken"),
    }
}
