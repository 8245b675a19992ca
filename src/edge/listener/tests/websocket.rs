//! Web clients, web pages of strangers, and browsers that are made to talk to the port of IRC.

use std::net::TcpStream as Blocking;

use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

use super::*;

/// A web client, which waits on its own thread; `talk` is what it does when it's in.
async fn web<T: Send + 'static>(
    at: SocketAddr,
    headers: &[(&'static str, &'static str)],
    talk: impl FnOnce(WebSocket<Blocking>) -> T + Send + 'static,
) -> Result<T, String> {
    let mut request = format!("ws://{at}/").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let task = tokio::task::spawn_blocking(move || {
        let stream = Blocking::connect(at).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(talk(socket)),
            Err(error) => Err(error.to_string()),
        }
    });
    task.await.unwrap()
}

/// Answers each line with itself, until asked to go.
async fn echo(mut listeners: Listeners) {
    loop {
        match listeners.next().await {
            ConnEvent::Line(conn, line) => match line.as_deref() {
                Ok("QUIT") => listeners.close(conn, "ERROR :bye"),
                Ok(line) => drop(listeners.send(conn, format!("{line}\r\nNEXT\r\n").as_bytes())),
                Err(bad) => drop(listeners.send(conn, format!("{bad:?}\r\n").as_bytes())),
            },
            ConnEvent::Opened(..) | ConnEvent::Drained(..) | ConnEvent::Closed(..) => {}
        }
    }
}

/// What comes in with these origins, while a client is there.
async fn with<T>(origins: &[&str], client: impl AsyncFnOnce(SocketAddr) -> T) -> T {
    let origins: Vec<String> = origins.iter().map(|&origin| origin.to_owned()).collect();
    let (listeners, at) = open_at(&Listen::Tcp(HERE), &origins);
    tokio::select! {
        done = client(at) => done,
        () = echo(listeners) => unreachable!(),
    }
}

fn converse(mut socket: WebSocket<Blocking>, say: fn(&str) -> Message) {
    socket.send(say("PRIVMSG bob :grüß")).unwrap();
    assert_eq!(socket.read().unwrap(), say("PRIVMSG bob :grüß"));
    assert_eq!(socket.read().unwrap(), say("NEXT"));
    socket.send(Message::Ping("are you there".into())).unwrap();
    assert_eq!(
        socket.read().unwrap(),
        Message::Pong("are you there".into())
    );
    socket.send(Message::Binary(vec![0xff].into())).unwrap();
    assert_eq!(socket.read().unwrap(), say("NotUtf8(3 bytes)"));
    socket.send(say(&"x".repeat(600))).unwrap();
    assert_eq!(socket.read().unwrap(), say("TooLong"));
    socket.send(say("QUIT")).unwrap();
    assert_eq!(socket.read().unwrap(), say("ERROR :bye"));
    assert!(socket.read().unwrap().is_close());
    let end = socket.read().unwrap_err();
    assert!(matches!(end, tungstenite::Error::ConnectionClosed), "{end}");
}

#[tokio::test]
async fn web_clients_talk_in_text_or_bytes() {
    let named = "Sec-WebSocket-Protocol";
    with(&[], async |at| {
        web(at, &[(named, "text.ircv3.net")], |socket| {
            converse(socket, |line| Message::text(line));
        })
        .await
        .unwrap();
        web(at, &[(named, "binary.ircv3.net")], |socket| {
            converse(socket, |line| Message::binary(line.as_bytes().to_vec()));
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_web_client_that_closes_is_closed() {
    with(&[], async |at| {
        let end = web(at, &[], |mut socket| {
            socket.close(None).unwrap();
            assert!(socket.read().unwrap().is_close());
            socket.read().unwrap_err().to_string()
        });
        assert_eq!(end.await.unwrap(), "Connection closed normally");
    })
    .await;
}

#[tokio::test]
async fn pages_of_strangers_stay_outside() {
    with(&["https://chat.example"], async |at| {
        let ours = web(at, &[("Origin", "https://chat.example")], |socket| {
            drop(socket);
        });
        ours.await.unwrap();
        for origin in ["https://evil.example", "null", "http://127.0.0.1"] {
            let refused = web(at, &[("Origin", origin)], |_| ()).await.unwrap_err();
            assert!(refused.contains("403"), "{origin}: {refused}");
        }
    })
    .await;
}

#[tokio::test]
async fn http_at_the_port_of_irc_is_not_heard() {
    let (mut listeners, at) = tcp();
    for request in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\nNICK eve\r\nUSER eve 0 * :eve\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nNICK eve\r\n",
        "NICK / HTTP/1.1\r\nUSER: eve\r\n\r\nNICK eve\r\n",
    ] {
        let mut client = TcpStream::connect(at).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let mut said = String::new();
        tokio::select! {
            read = client.read_to_string(&mut said) => drop(read.unwrap()),
            event = listeners.next() => panic!("{request}: {event:?}"),
        }
        assert!(said.starts_with("HTTP/1.1 400 "), "{request}: {said}");
    }
}

#[tokio::test]
async fn tls_at_a_port_without_is_told() {
    let (mut listeners, at) = tcp();
    let mut client = TcpStream::connect(at).await.unwrap();
    client.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    let (said, events) = until_closed(&mut listeners, client).await;
    assert_eq!(said, "ERROR :TLS is not spoken at this port\r\n");
    assert_eq!(events, []);
}
