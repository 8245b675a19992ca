//! How the user's own IRC clients connect, in the words of each.

use std::net::SocketAddr;

use crate::edge::config::{Gateway, Listen, Login};
use crate::edge::home::Home;

/// Lines for WeeChat, irssi, Halloy and a phone.
pub(crate) fn lines(gateway: &Gateway, home: &Home, user: &str, password: &str) -> Vec<String> {
    let login = match gateway.login {
        Login::Devices | Login::Password(_) => Some((user, password)),
        Login::Open => None,
    };
    let mut lines: Vec<String> = gateway.listen.iter().map(|one| place(one, home)).collect();
    let here = ports(gateway).find(|port| port.at.ip().is_loopback());
    if let Some(port) = here.or_else(|| ports(gateway).next()) {
        lines.extend(weechat(&port, login));
        lines.extend(irssi(&port, login));
        lines.extend(halloy(&port, user, login));
    }
    lines.extend(phone(
        ports(gateway).find(|port| !port.at.ip().is_loopback()),
        user,
        login,
    ));
    lines
}

/// What to know of a port of this machine without TLS, at which a client cannot tell who listens; `None` without such a
/// port, or where no password is asked for.
pub(crate) fn warning(gateway: &Gateway) -> Option<String> {
    let asks = match gateway.login {
        Login::Devices | Login::Password(_) => true,
        Login::Open => false,
    };
    let open = |listen: &&Listen| matches!(listen, Listen::Tcp { tls: false, .. });
    let port = gateway.listen.iter().find(open).filter(|_| asks)?;
    Some(format!(
        "another user of this machine who takes {port} before the agent does would get a password that is typed into it: \
         let your clients log in by SCRAM-SHA-256 where they can (WeeChat does), which never sends it, or use the Unix socket"
    ))
}

/// User and password; none where everybody is let in.
type Given<'a> = Option<(&'a str, &'a str)>;

/// A port that speaks plain IRC.
#[derive(Clone, Copy)]
struct Port {
    at: SocketAddr,
    tls: bool,
}

impl Port {
    /// What a client calls the machine.
    fn host(&self) -> String {
        match self.at.ip() {
            ip if ip.is_unspecified() => "YOUR.HOST".to_owned(),
            ip => ip.to_string(),
        }
    }
}

fn ports(gateway: &Gateway) -> impl Iterator<Item = Port> + '_ {
    gateway.listen.iter().filter_map(|one| match one {
        Listen::Tcp {
            at,
            tls,
            web: false,
        } => Some(Port { at: *at, tls: *tls }),
        Listen::Tcp { .. } | Listen::Unix(_) => None,
    })
}

fn place(listen: &Listen, home: &Home) -> String {
    match listen {
        Listen::Unix(path) => {
            let path = path.clone().unwrap_or_else(|| home.gateway_socket());
            format!("Unix socket: {}", path.display())
        }
        Listen::Tcp {
            at,
            tls,
            web: false,
        } => {
            let how = if *tls { "with TLS" } else { "without TLS" };
            format!("IRC: {}, port {}, {how}", at.ip(), at.port())
        }
        Listen::Tcp { web: true, .. } => format!("WebSocket: {listen}"),
    }
}

fn weechat(port: &Port, login: Given<'_>) -> Vec<String> {
    let (host, number) = (port.host(), port.at.port());
    // Before WeeChat 4.0 it was called ssl, and off; what a version does not know, it leaves out without a word.
    let tls = if port.tls { "-tls -ssl" } else { "-notls" };
    let sasl = login.map_or_else(String::new, |(user, password)| {
        format!(" -sasl_mechanism=scram-sha-256 -sasl_username={user} -sasl_password={password}")
    });
    vec![
        "WeeChat".to_owned(),
        format!("  /server add iim {host}/{number} {tls} -autoconnect{sasl}"),
        "  /connect iim".to_owned(),
    ]
}

fn irssi(port: &Port, login: Given<'_>) -> Vec<String> {
    let (host, number) = (port.host(), port.at.port());
    let tls = if port.tls { "-tls" } else { "-notls" };
    // irssi 1.4 knows no SCRAM.
    let sasl = login.map_or_else(String::new, |(user, password)| {
        format!(" -sasl_mechanism PLAIN -sasl_username {user} -sasl_password {password}")
    });
    vec![
        "irssi".to_owned(),
        format!("  /network add{sasl} iim"),
        format!("  /server add -auto -network iim {tls} {host} {number}"),
        // Else a text that was missed would seem to be said when it is shown.
        "  /set show_server_time on".to_owned(),
        "  /connect iim".to_owned(),
    ]
}

fn halloy(port: &Port, user: &str, login: Given<'_>) -> Vec<String> {
    let mut lines = vec![
        "Halloy, in its config.toml".to_owned(),
        "  [servers.iim]".to_owned(),
        format!("  nickname = \"{user}\""),
        format!("  server = \"{}\"", port.host()),
        format!("  port = {}", port.at.port()),
        format!("  use_tls = {}", port.tls),
    ];
    if let Some((user, password)) = login {
        lines.push("  [servers.iim.sasl.plain]".to_owned());
        lines.push(format!("  username = \"{user}\""));
        lines.push(format!("  password = \"{password}\""));
    }
    lines
}

/// A phone comes from elsewhere: it needs a port with TLS.
fn phone(port: Option<Port>, user: &str, login: Given<'_>) -> Vec<String> {
    let needs = "needs \"tls://0.0.0.0:6697\" in listen, and certificate (config.toml, [gateway])";
    let password = login.map(|(_, password)| format!(", password {password}"));
    let password = password.unwrap_or_default();
    let server = port.map(|port| format!("{}:{}", port.host(), port.at.port()));
    let said = server.map(|server| format!("server {server}, nickname {user}{password}"));
    let said = said.unwrap_or_else(|| needs.to_owned());
    vec!["Goguma, on a phone".to_owned(), format!("  {said}")]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::*;
    use crate::edge::config::Config;

    fn told(gateway: &str) -> String {
        let text = format!("address = 'a@b.example'\n[gateway]\n{gateway}");
        let config = Config::parse(&text, Path::new("/x/config.toml")).unwrap();
        let home = Home::at(Path::new("/x"), Path::new("/y"));
        lines(&config.gateway.unwrap(), &home, "laptop", "pass-word").join("\n")
    }

    #[test]
    fn the_lines_name_what_is_configured() {
        for (gateway, there, missing) in [
            (
                "",
                &[
                    "/gateway.sock",
                    "iim 127.0.0.1/6667 -notls -autoconnect -sasl_mechanism=scram-sha-256 -sasl_username=laptop -sasl_password=pass-word",
                    "-sasl_username laptop -sasl_password pass-word iim",
                    "-network iim -notls 127.0.0.1 6667",
                    "show_server_time on",
                    "use_tls = false",
                    "needs \"tls://",
                ][..],
                "YOUR.HOST",
            ),
            (
                "listen = ['tls://0.0.0.0:7000', 'wss://0.0.0.0:8097']\ncertificate = 'c'",
                &[
                    "YOUR.HOST/7000 -tls -ssl",
                    "use_tls = true",
                    "server YOUR.HOST:7000, nickname laptop",
                    "wss://0.0.0.0:8097",
                ],
                "needs",
            ),
            (
                "open = true",
                &["-notls -autoconnect\n", "nickname = \"laptop\""],
                "pass-word",
            ),
            ("listen = ['unix']", &["Unix socket"], "WeeChat"),
        ] {
            let told = told(gateway);
            for words in there {
                assert!(told.contains(words), "{gateway}: {words:?}\n{told}");
            }
            assert!(!told.contains(missing), "{gateway}: {missing:?}\n{told}");
        }
    }
}
