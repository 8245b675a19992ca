//! Coming in, talking and going, at a Unix socket and at TCP.

use super::*;

#[tokio::test]
async fn a_client_comes_talks_and_goes() {
    let (mut listeners, path, _folder) = unix();
    let mut client = UnixStream::connect(&path).await.unwrap();
    let (conn, peer) = opened(&mut listeners).await;
    assert_eq!((peer.tls, peer.name.as_str()), (false, "unix"));
    client.write_all(b"NICK ana\r\n\r\nUSER a").await.unwrap();
    assert_eq!(line(&mut listeners).await, (conn, "NICK ana".to_owned()));
    client.write_all(b"na\r\n\xff\r\n").await.unwrap();
    assert_eq!(line(&mut listeners).await, (conn, "USER ana".to_owned()));
    let line = Err(BadLine::NotUtf8("\u{fffd}".to_owned()));
    assert_eq!(listeners.next().await, ConnEvent::Line(conn, line));

    let mut read = [0; 100];
    for ping in [b"PING 1\r\n", b"PING 2\r\n"] {
        assert_eq!(listeners.send(conn, ping), Some(0), "at once");
        assert_eq!(client.read(&mut read).await.unwrap(), ping.len());
    }
    listeners.call_again(conn);
    assert_eq!(listeners.next().await, ConnEvent::Drained(conn));
    drop(client);
    assert_eq!(listeners.next().await, ConnEvent::Closed(conn));
    assert_eq!(listeners.send(conn, b"PING 3\r\n"), None);
}

#[tokio::test]
async fn what_was_said_before_going_is_heard_and_answered() {
    let (mut listeners, at) = tcp();
    let mut client = TcpStream::connect(at).await.unwrap();
    client.write_all(b"NICK ana\r\nQUIT\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    let (conn, peer) = opened(&mut listeners).await;
    assert_eq!((peer.tls, peer.name.as_str()), (false, "127.0.0.1"));
    assert_eq!(line(&mut listeners).await.1, "NICK ana");
    assert_eq!(line(&mut listeners).await.1, "QUIT");
    listeners.send(conn, b"ERROR :bye\r\n");
    let (said, events) = until_closed(&mut listeners, client).await;
    assert_eq!(said, "ERROR :bye\r\n");
    assert!(events.contains(&ConnEvent::Closed(conn)), "{events:?}");
}

#[tokio::test]
async fn closing_writes_a_last_line_and_hears_nothing_more() {
    let (mut listeners, at) = tcp();
    let (mut client, conn) = come(&mut listeners, at).await;
    client
        .write_all(b"PRIVMSG bob :one\r\nPRIVMSG bob :two\r\n")
        .await
        .unwrap();
    assert_eq!(line(&mut listeners).await.1, "PRIVMSG bob :one");
    listeners.send(conn, b"PING 1\r\n");
    listeners.close(conn, "ERROR :bye");
    listeners.close(conn, "ERROR :twice");
    assert_eq!(listeners.send(conn, b"PING 2\r\n"), None);
    let (said, events) = until_closed(&mut listeners, &mut client).await;
    assert_eq!(said, "PING 1\r\nERROR :bye\r\n");
    let heard = |event: &ConnEvent| matches!(event, ConnEvent::Line(..));
    assert!(!events.iter().any(heard), "{events:?}");
    drop(client);
    while listeners.next().await != (ConnEvent::Closed(conn)) {}
}

#[tokio::test]
async fn the_socket_is_for_this_user_and_goes_with_the_door() {
    let (listeners, path, _folder) = unix();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(listeners);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_dead_socket_is_replaced_and_a_live_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let listen = [Listen::Unix(folder.path().join("deep/er/irc"))];
    let Listen::Unix(path) = &listen[0] else {
        panic!()
    };
    drop(open(&listen, &[]).unwrap());
    // Dropping the standard library's listener leaves its file behind.
    drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    let listeners = open(&listen, &[]).unwrap();
    let error = open(&listen, &[]).unwrap_err();
    assert!(matches!(error, ListenError::Taken(_)), "{error}");
    assert!(error.to_string().contains("deep/er/irc"), "{error}");
    // One that did not open takes nothing away.
    UnixStream::connect(path).await.unwrap();
    drop(listeners);
    std::fs::write(path, "a letter").unwrap();
    let error = open(&listen, &[]).unwrap_err();
    assert!(matches!(error, ListenError::InTheWay(_)), "{error}");
    assert_eq!(std::fs::read(path).unwrap(), b"a letter");
}

#[tokio::test]
async fn a_replaced_socket_is_not_removed() {
    let (listeners, path, _folder) = unix();
    std::fs::remove_file(&path).unwrap();
    let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
    drop(listeners);
    assert!(path.exists());
}

#[tokio::test]
async fn without_tls_only_this_machine_is_served() {
    for (at, ours) in [
        ("127.0.0.1:0", true),
        ("[::ffff:127.0.0.1]:0", true),
        ("0.0.0.0:0", false),
        ("[::]:0", false),
        ("192.0.2.1:6667", false),
    ] {
        let at: SocketAddr = at.parse().unwrap();
        let opened = open(&[Listen::Tcp(at)], &[]);
        let refused = matches!(opened, Err(ListenError::Readable(refused)) if refused == at);
        assert_eq!(refused, !ours, "{at}");
    }
}

#[tokio::test]
async fn a_place_that_is_taken_is_named() {
    let (_door, at) = tcp();
    assert_ne!(at.port(), 0);
    let error = open(&[Listen::Tcp(at)], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {at}: another program does")
    );
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn shutting_tells_everyone() {
    let (mut listeners, at) = tcp();
    let (client, _) = come(&mut listeners, at).await;
    let silent = TcpStream::connect(at).await.unwrap();
    // It has been let in, and is waited for.
    timeout(Duration::from_millis(50), listeners.next())
        .await
        .unwrap_err();
    let all = async {
        for (mut client, expected) in [(client, "ERROR :closing\r\n"), (silent, "")] {
            let mut said = String::new();
            client.read_to_string(&mut said).await.unwrap();
            assert_eq!(said, expected);
        }
    };
    tokio::join!(listeners.shut("ERROR :closing"), all);
    TcpStream::connect(at).await.unwrap_err();
}
