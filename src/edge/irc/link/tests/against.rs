//! Servers that are against us, or that do as they like with our nick: played for a day each.

use super::*;

/// What the server does to whoever has said NICK and USER; a day of it.
async fn connections_of_a_day(play: impl AsyncFn(&mut Peer)) -> usize {
    seen_in_a_day(async |peer| {
        assert_eq!(peer.until("NICK ").await, "NICK me", "never another nick");
        peer.until("USER ").await;
        play(peer).await;
        while !peer.line().await.is_empty() {}
    })
    .await
}

/// How many connections a server sees in a day, each of which it closes after this.
async fn seen_in_a_day(play: impl AsyncFn(&mut Peer)) -> usize {
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 21);
    connect_to(&link, "me");
    let begun = Instant::now();
    let mut count = 0;
    loop {
        while news.try_recv().is_ok() {}
        let mut peer = server.accept().await;
        if begun.elapsed() > DAY {
            return count;
        }
        count += 1;
        play(&mut peer).await;
    }
}

async fn welcome(peer: &mut Peer, nick: &str) {
    peer.say(&format!(":s 001 {nick} :Welcome")).await;
    peer.say(&format!(":s 376 {nick} :End")).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_a_server_does_to_us_it_sees_us_fewer_than_sixty_times_a_day() {
    let taken = connections_of_a_day(async |peer| peer.say(":s 433 * me :in use").await).await;
    assert!((20..60).contains(&taken), "433 for ever: {taken}");
    let cut = connections_of_a_day(async |peer| welcome(peer, "m").await).await;
    assert!(
        (20..60).contains(&cut),
        "001 with a nick that is cut: {cut}"
    );
    let renamed = connections_of_a_day(async |peer| {
        welcome(peer, "me").await;
        sleep(Duration::from_secs(62)).await;
        peer.say(":me!u@h NICK :Guest1").await;
    });
    let renamed = renamed.await;
    assert!(
        (20..60).contains(&renamed),
        "NICK after a minute: {renamed}"
    );
    let banned = connections_of_a_day(async |peer| peer.say(":s 465 * :banned").await).await;
    assert!((3..6).contains(&banned), "465 at once: {banned}");
    let lined = connections_of_a_day(async |peer| {
        welcome(peer, "me").await;
        sleep(Duration::from_secs(62)).await;
        peer.say("ERROR :Closing Link: me (G-Lined)").await;
    });
    let lined = lined.await;
    assert!((3..6).contains(&lined), "ERROR after 62 s: {lined}");
    let killed = connections_of_a_day(async |peer| {
        welcome(peer, "me").await;
        sleep(Duration::from_secs(1)).await;
        peer.say(":o!o@h KILL me :h!o (no)").await;
    });
    let killed = killed.await;
    assert!((3..6).contains(&killed), "KILL after a second: {killed}");
    let full = connections_of_a_day(async |peer| peer.say("ERROR :No room").await).await;
    assert!((20..60).contains(&full), "ERROR at once: {full}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_without_a_word_sees_us_fewer_than_sixty_times_a_day() {
    let deaf = seen_in_a_day(async |_peer| {}).await;
    assert!((20..60).contains(&deaf), "closed at once: {deaf}");
    for seconds in [0, 62, 300] {
        let closed = seen_in_a_day(async |peer| {
            peer.until("USER ").await;
            welcome(peer, "me").await;
            let until = Instant::now() + Duration::from_secs(seconds);
            while let Ok(line) = tokio::time::timeout_at(until, peer.line()).await {
                match line.strip_prefix("PING ") {
                    Some(token) => peer.say(&format!(":s PONG s {token}")).await,
                    None => assert_ne!(line, "", "{seconds}"),
                }
            }
        });
        let closed = closed.await;
        assert!(
            (20..60).contains(&closed),
            "{seconds} s after 001: {closed}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_nick_that_services_take_from_us_is_left_and_come_back_to() {
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 22);
    connect_to(&link, "me");
    let mut peer = server.accept().await;
    peer.greet().await;
    until(&mut news, &LinkEvent::Room).await;
    peer.say(":me!u@h NICK :Guest1").await;
    // Services give it back, too late.
    peer.say(":Guest1!u@h NICK :me").await;
    assert_eq!(peer.until("QUIT").await, "QUIT");
    drop(peer);
    let (now_is, _) = until_over(&mut news, &[Ended::Renamed]).await;
    assert_eq!(now_is, "Guest1");
    let mut peer = server.accept().await;
    peer.greet().await;
    until(&mut news, &LinkEvent::Room).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_banned_does_not_come_back_for_another_nick() {
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 23);
    connect_to(&link, "me");
    let mut peer = server.accept().await;
    peer.until("USER").await;
    peer.say(":s 465 * :You are banned, me").await;
    let (reason, retry_in) = until_over(&mut news, &[Ended::ThrownOut]).await;
    assert_eq!(reason, "You are banned, …");
    let hour = Duration::from_secs(3600);
    assert!(retry_in >= hour, "{retry_in:?}");
    drop(peer);
    let banned = Instant::now();
    connect_to(&link, "me");
    link.order(Order::Leave).unwrap();
    until(&mut news, &LinkEvent::Left).await;
    connect_to(&link, "you");
    let (_, retry_in) = until_over(&mut news, &[Ended::ThrownOut]).await;
    assert!(retry_in >= hour - Duration::from_secs(60), "{retry_in:?}");
    let mut peer = server.accept().await;
    assert!(banned.elapsed() >= hour);
    assert_eq!(peer.until("NICK").await, "NICK you");
}

fn with_sasl(server: &Server) -> NetworkSettings {
    Network {
        sasl: Some(Sasl::Plain {
            user: "jilles".into(),
            password: Secret::new("sesame".into()),
        }),
        ..server.settings()
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_handles_nothing_for_eight_seconds_is_waited_for() {
    for sasl in [true, false] {
        let server = Server::new().await;
        let settings = match sasl {
            true => with_sasl(&server),
            false => server.settings(),
        };
        let (link, mut news) = spawn(settings, 24);
        connect_to(&link, "me");
        let mut peer = server.accept().await;
        sleep(Duration::from_secs(8)).await;
        // CAP, NICK and USER, in order; a CAP END behind them would let us in without a login.
        peer.say(":s CAP * LS :sasl").await;
        peer.until("USER").await;
        if sasl {
            assert_eq!(peer.line().await, "CAP REQ :sasl", "and no CAP END");
            peer.say(":s CAP me ACK :sasl").await;
            peer.until("AUTHENTICATE PLAIN").await;
            peer.say("AUTHENTICATE +").await;
            peer.until("AUTHENTICATE ").await;
            peer.say(":s 903 me :done").await;
        }
        assert_eq!(peer.line().await, "CAP END", "sasl: {sasl}");
        welcome(&mut peer, "me").await;
        until(&mut news, &LinkEvent::Room).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_never_answered_is_given_up_and_nobody_let_in() {
    for answers in [
        &[][..],
        &[":s CAP * LS :sasl"],
        &[":s CAP * LS :sasl", ":s CAP me ACK :sasl"],
        &[":s CAP * LS :sasl", ":s CAP me ACK :sasl", "AUTHENTICATE +"],
    ] {
        let server = Server::new().await;
        let (link, mut news) = spawn(with_sasl(&server), 25);
        connect_to(&link, "me");
        let mut peer = server.accept().await;
        let begun = Instant::now();
        for answer in answers {
            peer.say(answer).await;
        }
        until_over(&mut news, LOST).await;
        let waited = begun.elapsed().as_secs();
        assert!((119..=121).contains(&waited), "{answers:?}: {waited}");
        loop {
            let line = peer.line().await;
            assert_ne!(line, "CAP END", "{answers:?}");
            if line.is_empty() {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_cap_is_left_at_once_if_a_login_was_asked_for() {
    let server = Server::new().await;
    let (link, mut news) = spawn(with_sasl(&server), 26);
    connect_to(&link, "me");
    let mut peer = server.accept().await;
    peer.until("USER").await;
    peer.say(":s 421 * CAP :Unknown command").await;
    let (reason, _) = until_over(&mut news, LOST).await;
    assert_eq!(reason, "the server does not know SASL");
    assert_eq!(peer.line().await, "QUIT");
}

const DAY: Duration = Duration::from_secs(86_400);
