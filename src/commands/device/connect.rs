//! How the user's own IRC clients connect, in the words of each.

use std::net::SocketAddr;

use crate::edge::config::{Gateway, Listen, Login};
use crate::edge::home::Home;

/// What WeeChat, irssi, Halloy and a phone are told, below the places.
pub(crate) fn text(gateway: &Gateway, home: &Home, user: &str, password: &str) -> String {
    let password = Some(password).filter(|_| gateway.login != Login::Open);
    let mut parts: Vec<String> = gateway.listen.iter().map(|one| place(one, home)).collect();
    let is_here = |(at, _): &(SocketAddr, bool)| at.ip().is_loopback();
    if let Some(port) = ports(gateway).find(is_here).or(ports(gateway).next()) {
        parts.push(on_a_computer(port, user, password));
    }
    // A phone comes from elsewhere: it needs a port with TLS.
    let far = ports(gateway).find(|port| !is_here(port));
    parts.push(on_a_phone(far, user, password));
    parts.join("\n")
}

/// What to know of a port of this machine without TLS, at which a client cannot tell who listens; `None` without such a
/// port, or where no password is asked for.
pub(crate) fn warning(gateway: &Gateway) -> Option<String> {
    let open = |listen: &&Listen| matches!(listen, Listen::Tcp { tls: false, .. });
    let port = gateway.listen.iter().find(open);
    let port = port.filter(|_| gateway.login != Login::Open)?;
    Some(format!(
        "another user of this machine who takes {port} before the agent does would get a password that is typed into it: \
         let your clients log in by SCRAM-SHA-256 where they can (WeeChat does), which never sends it, or use the Unix socket"
    ))
}

/// The ports that speak plain IRC, and whether with TLS.
fn ports(gateway: &Gateway) -> impl Iterator<Item = (SocketAddr, bool)> + '_ {
    gateway.listen.iter().filter_map(|one| match one {
        Listen::Tcp { at, tls, web } => (!web).then_some((*at, *tls)),
        Listen::Unix(_) => None,
    })
}

/// What a client calls the machine.
fn host(at: SocketAddr) -> String {
    match at.ip() {
        ip if ip.is_unspecified() => "YOUR.HOST".to_owned(),
        ip => ip.to_string(),
    }
}

fn place(listen: &Listen, home: &Home) -> String {
    match listen {
        Listen::Unix(path) => {
            let path = path.clone().unwrap_or_else(|| home.gateway_socket());
            format!("Unix socket: {}", path.display())
        }
        Listen::Tcp { web: true, .. } => format!("WebSocket: {listen}"),
        Listen::Tcp { at, tls, .. } => {
            let how = if *tls { "with TLS" } else { "without TLS" };
            format!("IRC: {}, port {}, {how}", at.ip(), at.port())
        }
    }
}

fn on_a_computer((at, tls): (SocketAddr, bool), user: &str, password: Option<&str>) -> String {
    let (host, port) = (host(at), at.port());
    // Before WeeChat 4.0 it was called ssl, and off; what a version does not know, it leaves out without a word.
    let (weechat_tls, irssi_tls) = match tls {
        true => ("-tls -ssl", "-tls"),
        false => ("-notls", "-notls"),
    };
    let [mut weechat, mut irssi, mut halloy] = [const { String::new() }; 3];
    if let Some(word) = password {
        weechat =
            format!(" -sasl_mechanism=scram-sha-256 -sasl_username={user} -sasl_password={word}");
        // irssi 1.4 knows no SCRAM.
        irssi = format!(" -sasl_mechanism PLAIN -sasl_username {user} -sasl_password {word}");
        let login = format!("username = \"{user}\"\n  password = \"{word}\"");
        halloy = format!("\n  [servers.iim.sasl.plain]\n  {login}");
    }
    // irssi's show_server_time: else a text that was missed would seem to be said when it is shown.
    format!(
        "WeeChat
  /server add iim {host}/{port} {weechat_tls} -autoconnect{weechat}
  /connect iim
irssi
  /network add{irssi} iim
  /server add -auto -network iim {irssi_tls} {host} {port}
  /set show_server_time on
  /connect iim
Halloy, in its config.toml
  [servers.iim]
  nickname = \"{user}\"
  server = \"{host}\"
  port = {port}
  use_tls = {tls}{halloy}"
    )
}

fn on_a_phone(port: Option<(SocketAddr, bool)>, user: &str, password: Option<&str>) -> String {
    let password = password.map(|password| format!(", password {password}"));
    let password = password.unwrap_or_default();
    let needs = "needs \"tls://0.0.0.0:6697\" in listen, and certificate (config.toml, [gateway])";
    let how = port.map_or(needs.to_owned(), |(at, _)| {
        format!(
            "server {}:{}, nickname {user}{password}",
            host(at),
            at.port()
        )
    });
    format!("Goguma, on a phone\n  {how}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::*;
    use crate::edge::config::Config;

    fn told(gateway: &str) -> String {
        let config = format!("address = 'a@b.example'\n[gateway]\n{gateway}");
        let config = Config::parse(&config, Path::new("/x/config.toml")).unwrap();
        let home = Home::at(Path::new("/x"), Path::new("/y"));
        text(&config.gateway.unwrap(), &home, "laptop", "pass-word")
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
