//! Too much, too fast, too slow, too many, too wrong.

use std::io;
use std::task::Poll;

use super::*;

#[tokio::test]
async fn a_line_without_an_end_is_told_of_and_closed() {
    let (mut listeners, at) = tcp();
    let (mut client, conn) = come(&mut listeners, at).await;
    let endless =
        tokio::spawn(async move { while client.write_all(&[b'x'; 1000]).await.is_ok() {} });
    let mut events = Vec::new();
    while events.last() != Some(&ConnEvent::Closed(conn)) {
        events.push(listeners.next().await);
    }
    let line = Err(BadLine::TooLong);
    assert!(events.contains(&ConnEvent::Line(conn, line)), "{events:?}");
    endless.await.unwrap();
}

#[tokio::test]
async fn who_is_sent_away_is_told_why() {
    let (mut listeners, at) = tcp();
    let (mut client, _) = come(&mut listeners, at).await;
    client.write_all(&[b'x'; 70 * 1024]).await.unwrap();
    let (said, _) = until_closed(&mut listeners, client).await;
    assert_eq!(said, "ERROR :a line without an end\r\n");
}

#[tokio::test]
async fn a_flood_of_one_does_not_hold_up_another() {
    let (mut listeners, at) = tcp();
    let (mut loud, loud_conn) = come(&mut listeners, at).await;
    let (mut calm, calm_conn) = come(&mut listeners, at).await;
    loud.write_all(&b"PING 1\r\n".repeat(10_000)).await.unwrap();
    // It is in the midst of it.
    for _ in 0..100 {
        assert_eq!(line(&mut listeners).await.0, loud_conn);
    }
    calm.write_all(b"PING 2\r\n").await.unwrap();
    let mut before = 0;
    while line(&mut listeners).await.0 != calm_conn {
        before += 1;
        tokio::task::yield_now().await;
    }
    assert!(before < 500, "{before} lines of the flood came first");
    for _ in 0..(10_000 - 100 - before) {
        assert_eq!(line(&mut listeners).await, (loud_conn, "PING 1".to_owned()));
    }
}

#[tokio::test]
async fn ten_thousand_lines_are_all_answered() {
    let (mut listeners, at) = tcp();
    let (client, conn) = come(&mut listeners, at).await;
    let (mut reader, mut writer) = client.into_split();
    let all = "PING 123456789\r\n".repeat(10_000);
    let (sent, expected) = (all.clone(), all.replace("PING", "PONG"));
    let asking = tokio::spawn(async move {
        writer.write_all(sent.as_bytes()).await.unwrap();
        writer
    });
    let reading = tokio::spawn(async move {
        let mut said = vec![0; expected.len()];
        reader.read_exact(&mut said).await.unwrap();
        assert_eq!(said, expected.as_bytes());
    });
    for _ in 0..10_000 {
        let (_, line) = line(&mut listeners).await;
        let room = listeners.send(conn, line.replace("PING", "PONG").as_bytes());
        assert!(room.is_some());
        listeners.send(conn, b"\r\n");
    }
    tokio::select! {
        done = reading => done.unwrap(),
        () = async { loop { listeners.next().await; } } => {}
    }
    drop(asking.await.unwrap());
}

/// So much waits that lines of the client are heard no more.
fn is_full(queued: Option<usize>) -> bool {
    queued.is_some_and(|queued| queued >= 256 * 1024)
}

#[tokio::test]
async fn who_does_not_read_is_not_heard() {
    let (mut listeners, at) = tcp();
    let (mut client, conn) = come(&mut listeners, at).await;
    client.write_all(b"PING 1\r\nPING 2\r\n").await.unwrap();
    assert_eq!(line(&mut listeners).await.1, "PING 1");
    // More than the system takes for a client.
    let much = [b'x'; 100 * 1024];
    let mut sent = 0;
    while !is_full(listeners.send(conn, &much)) || sent < 12_000_000 {
        sent += much.len();
        tokio::task::yield_now().await;
        if is_full(listeners.send(conn, b"")) {
            break;
        }
    }
    assert!(
        timeout(Duration::from_millis(50), listeners.next())
            .await
            .is_err(),
        "heard"
    );
    // It reads: all is written, then it is heard.
    let read = async {
        let mut bytes = vec![0; 1 << 16];
        while client.read(&mut bytes).await.unwrap() > 0 {}
    };
    tokio::select! {
        () = read => panic!("closed"),
        heard = line(&mut listeners) => assert_eq!(heard.1, "PING 2"),
    }
}

#[tokio::test]
async fn what_waits_for_a_client_is_bounded() {
    let (mut listeners, at) = tcp();
    let (client, conn) = come(&mut listeners, at).await;
    let mut line = [b'x'; 1000];
    line[998..].copy_from_slice(b"\r\n");
    let mut send = || listeners.send(conn, &line);
    // What the system takes does not wait.
    let mut least = 0;
    while least == 0 {
        least = send().unwrap();
    }
    assert!(least <= 1000, "{least}");
    let waited = std::iter::from_fn(send).last().unwrap();
    assert_eq!(waited, least + (2 * 1024 * 1024 - least) / 1000 * 1000);
    let (said, _) = until_closed(&mut listeners, client).await;
    assert!(said.ends_with("x\r\nERROR :too slow to read\r\n"));
}

#[tokio::test(start_paused = true)]
async fn who_never_reads_is_cut_off_after_a_minute() {
    let (mut listeners, at) = tcp();
    let (mut client, conn) = come(&mut listeners, at).await;
    // What the system takes is progress; when it takes no more, the time runs.
    while !is_full(listeners.send(conn, &[b'x'; 60_000])) {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    while listeners.next().await != (ConnEvent::Closed(conn)) {}
    let elapsed = start.elapsed().as_secs();
    assert!((59..=62).contains(&elapsed), "{elapsed} s");
    // It finds out when it reads after all.
    assert!(
        last_words(&mut client)
            .await
            .ends_with("\r\nERROR :too slow to read\r\n")
    );
}

/// The end of what a client finds that has not read for long.
async fn last_words(client: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut all = Vec::new();
    client.read_to_end(&mut all).await.unwrap();
    let from = all.len().saturating_sub(100);
    String::from_utf8_lossy(&all[from..]).into_owned()
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_at_the_unix_socket_finds_a_last_word_too() {
    let (mut listeners, path, _folder) = unix();
    let mut client = UnixStream::connect(&path).await.unwrap();
    let ConnEvent::Opened(conn, _) = listeners.next().await else {
        panic!()
    };
    while !is_full(listeners.send(conn, &[b'x'; 60_000])) {
        tokio::task::yield_now().await;
    }
    listeners.close(conn, "ERROR :it does not read");
    while listeners.next().await != (ConnEvent::Closed(conn)) {}
    assert!(
        last_words(&mut client)
            .await
            .ends_with("\r\nERROR :it does not read\r\n")
    );
}

#[tokio::test(start_paused = true)]
async fn a_last_line_that_cannot_be_written_is_not_waited_for() {
    let (mut listeners, at) = tcp();
    let (_client, conn) = come(&mut listeners, at).await;
    while !is_full(listeners.send(conn, &[b'x'; 60_000])) {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    listeners.close(conn, "ERROR :bye");
    while listeners.next().await != (ConnEvent::Closed(conn)) {}
    let elapsed = start.elapsed();
    // Two seconds for the line, one for the client's own end.
    assert!(elapsed <= Duration::from_millis(3100), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_goes_after_half_a_minute() {
    let (mut listeners, at) = tcp();
    let mut client = TcpStream::connect(at).await.unwrap();
    let start = Instant::now();
    let ended = async { client.read_u8().await.unwrap_err() };
    tokio::select! {
        _ = ended => {}
        event = listeners.next() => panic!("{event:?}"),
    }
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn a_thousand_at_once_do_not_lock_out_one() {
    let (mut listeners, at) = tcp();
    let (mut known, known_conn) = come(&mut listeners, at).await;
    listeners.admitted(known_conn);
    let mut crowd = Vec::new();
    for _ in 0..300 {
        let mut client = TcpStream::connect(at).await.unwrap();
        client.write_all(b"NICK eve\r\n").await.unwrap();
        crowd.push(client);
        tokio::task::yield_now().await;
    }
    known.write_all(b"PING 1\r\n").await.unwrap();
    let mut present = std::collections::BTreeSet::from([known_conn]);
    let mut last = crowd.pop().unwrap();
    last.write_all(b"PING 2\r\n").await.unwrap();
    let mut awaited = std::collections::BTreeSet::from(["PING 1", "PING 2"]);
    while !awaited.is_empty() {
        match listeners.next().await {
            ConnEvent::Opened(conn, _) => assert!(present.insert(conn)),
            ConnEvent::Closed(conn) => assert!(present.remove(&conn)),
            ConnEvent::Line(_, line) => drop(awaited.remove(line.unwrap().as_str())),
            ConnEvent::Drained(..) => {}
        }
    }
    while let Ok(event) = timeout(Duration::from_millis(100), listeners.next()).await {
        match event {
            ConnEvent::Opened(conn, _) => assert!(present.insert(conn)),
            ConnEvent::Closed(conn) => assert!(present.remove(&conn)),
            ConnEvent::Line(..) | ConnEvent::Drained(..) => {}
        }
    }
    assert!(present.len() <= 17, "{} are inside", present.len());
    assert!(present.contains(&known_conn));
    let mut said = String::new();
    let mut first = crowd.remove(0);
    first.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "ERROR :too many have not logged in\r\n");
}

#[tokio::test(start_paused = true)]
async fn clients_are_let_in_again_after_the_system_could_not() {
    let (ready, mut told) = mpsc::unbounded_channel();
    let server = Arc::new(Server::new(&[], ready));
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let mut errors = 0;
    let mut ours = Some(ours);
    let accepting = accept::accept(
        move |_: &mut Context<'_>| {
            errors += 1;
            if errors <= 3 {
                // EMFILE: "too many open files".
                return Poll::Ready(Err(io::Error::from_raw_os_error(24)));
            }
            let Some(stream) = ours.take() else {
                return Poll::Pending;
            };
            let name = "unix".to_owned();
            Poll::Ready(bind::Arrival::new(
                stream,
                throttle::Source::Unix,
                name,
                None,
            ))
        },
        Arc::clone(&server),
    );
    let start = Instant::now();
    tokio::select! {
        () = accepting => panic!("it ended"),
        queue = told.recv() => assert!(queue.unwrap().next().is_some()),
    }
    assert_eq!(start.elapsed(), Duration::from_millis(300));
    drop(server.take_tasks());
}

#[tokio::test(start_paused = true)]
async fn wrong_passwords_are_slowed_and_a_right_one_is_forgiven() {
    let (mut listeners, at) = tcp();
    let (mut client, conn) = come(&mut listeners, at).await;
    let mut pauses = Vec::new();
    for _ in 0..6 {
        listeners.failed_login(conn);
        let start = Instant::now();
        client.write_all(b"PASS guess\r\n").await.unwrap();
        assert_eq!(line(&mut listeners).await.1, "PASS guess");
        pauses.push(start.elapsed().as_millis());
    }
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert!(pauses[0] >= 100, "{pauses:?}");
    assert!((1500..=2001).contains(&pauses[5]), "{pauses:?}");
    // A new connection is no way around it.
    let mut other = TcpStream::connect(at).await.unwrap();
    other.write_all(b"PASS guess\r\n").await.unwrap();
    let (other_conn, _) = opened(&mut listeners).await;
    quiet(&mut listeners, Duration::from_millis(1000)).await;
    assert_eq!(line(&mut listeners).await.0, other_conn);
    listeners.admitted(other_conn);
    let start = Instant::now();
    let (_third, _) = come(&mut listeners, at).await;
    assert!(start.elapsed() < Duration::from_millis(5));
}

#[tokio::test(start_paused = true)]
async fn who_goes_without_an_answer_to_a_challenge_is_slowed() {
    for (owes, slowed) in [(true, true), (false, false)] {
        let (mut listeners, at) = tcp();
        let (client, conn) = come(&mut listeners, at).await;
        listeners.owes(conn, true);
        listeners.owes(conn, owes);
        drop(client);
        while listeners.next().await != (ConnEvent::Closed(conn)) {}
        let start = Instant::now();
        let mut other = TcpStream::connect(at).await.unwrap();
        other.write_all(b"PASS guess\r\n").await.unwrap();
        opened(&mut listeners).await;
        line(&mut listeners).await;
        let waited = start.elapsed() >= Duration::from_millis(90);
        assert_eq!(waited, slowed, "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn guesses_sent_at_once_wait_too() {
    let (mut listeners, path, _folder) = unix();
    let mut client = UnixStream::connect(&path).await.unwrap();
    client
        .write_all(&b"PASS guess\r\n".repeat(10))
        .await
        .unwrap();
    let (conn, _) = opened(&mut listeners).await;
    line(&mut listeners).await;
    listeners.failed_login(conn);
    quiet(&mut listeners, Duration::from_millis(90)).await;
    line(&mut listeners).await;
    listeners.failed_login(conn);
    // Going does not get round the pause either.
    drop(client);
    let start = Instant::now();
    while listeners.next().await != (ConnEvent::Closed(conn)) {
        assert!(
            start.elapsed() >= Duration::from_millis(100),
            "heard at once"
        );
        listeners.failed_login(conn);
    }
}
