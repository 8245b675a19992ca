//! The ways in: Unix socket, WebSocket, and who speaks something else.

use crate::client::{Client, Line, commands, tcp};
use crate::running::reason;
use crate::scene::Scene;
use crate::support::process::until;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use tungstenite::client::{IntoClientRequest as _, client};
use tungstenite::{Message, WebSocket};

#[test]
fn over_the_unix_socket() {
    let scene = Scene::new();
    let socket = scene.socket();
    let mode = fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut one = Client::unix(&socket);
    one.register("one", "");
    let mut two = scene.client("two");
    two.ask("PRIVMSG one :over there");
    assert_eq!(one.until_said("over there").nick(), "two");
}

#[test]
fn sockets_that_are_gone_come_back() {
    let scene = Scene::new();
    let gateway = scene.socket();
    let agent = gateway.with_file_name("agent.sock");
    fs::remove_file(&gateway).unwrap();
    fs::remove_file(&agent).unwrap();
    let words = scene.alice.ok(&["status"]);
    let back = agent.exists();
    assert!(
        back || words.contains("the agent does not answer"),
        "{words}"
    );
    until("the sockets to come back", 20, || {
        (agent.exists() && gateway.exists()).then_some(())
    });
    until("status to find the agent", 5, || {
        let words = scene.alice.ok(&["status"]);
        let found = !words.contains("no agent runs") && !words.contains("does not answer");
        found.then_some(())
    });
    assert_eq!(reason(&scene, "unix"), None);
    Client::unix(&gateway).register("me", "");
}

fn socket_at(port: u16, origin: Option<&str>) -> Result<WebSocket<std::net::TcpStream>, String> {
    let mut request = format!("ws://127.0.0.1:{port}/")
        .into_client_request()
        .unwrap();
    let headers = request.headers_mut();
    headers.insert("Sec-WebSocket-Protocol", "text.ircv3.net".parse().unwrap());
    if let Some(origin) = origin {
        headers.insert("Origin", origin.parse().unwrap());
    }
    client(request, tcp(port))
        .map(|(socket, _)| socket)
        .map_err(|e| e.to_string())
}

/// IRCv3 WebSocket: "Each WebSocket message MUST contain a single IRC line", without CR LF.
#[test]
fn over_a_websocket_but_no_page_of_a_stranger() {
    let scene = Scene::configured("open = true\norigins = [\"https://chat.example.org\"]");
    for origin in [
        "https://evil.example",
        "http://chat.example.org",
        "https://chat.example.org.evil.example",
        "null",
    ] {
        let refused = socket_at(scene.port, Some(origin)).unwrap_err();
        assert!(refused.contains("403"), "{origin}: {refused}");
    }
    for (nick, origin) in [("a", None), ("b", Some("https://chat.example.org"))] {
        let mut socket = socket_at(scene.port, origin).unwrap();
        for line in [&format!("NICK {nick}"), "USER u 0 * :r", "PING end"] {
            socket.send(Message::text(line)).unwrap();
        }
        let mut lines = Vec::new();
        while lines
            .last()
            .is_none_or(|line: &Line| line.command != "PONG")
        {
            let message = socket.read().unwrap();
            let Message::Text(text) = message else {
                panic!("{message:?}");
            };
            lines.push(Line::read(text.as_str()));
        }
        assert_eq!(commands(&lines)[0], "001");
    }
}

#[test]
fn http_is_no_irc() {
    let scene = Scene::new();
    for request in [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n\r\nNICK evil\r\nUSER evil 0 * :r\r\nPRIVMSG iim :friends\r\n",
        "OPTIONS * HTTP/1.1\r\n\r\nNICK evil\r\nUSER evil 0 * :r\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut client = Client::connect(scene.port);
        client.bytes(request.as_bytes());
        let mut answer = Vec::new();
        while let Some(line) = client.raw() {
            answer.push(line);
        }
        assert!(
            answer[0].starts_with("HTTP/1.1 400"),
            "{request}: {answer:?}"
        );
        assert!(
            !answer.iter().any(|line| line.contains("iim.local")),
            "{answer:?}"
        );
    }
    let mut client = Client::connect(scene.port);
    client.bytes(b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03");
    assert_eq!(
        commands(&client.rest()),
        ["ERROR"],
        "TLS is not spoken here"
    );
    assert_eq!(scene.client("a").ask("WHO *").len(), 2);
}
