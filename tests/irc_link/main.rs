//! The IRC link against real servers: an ngircd that knows nothing of MONITOR, and an InspIRCd with IRCv3.

#![allow(clippy::restriction, unreachable_pub, dead_code, reason = "tests")]

mod channels;
mod gap;
#[path = "../support/ircd.rs"]
mod ircd;
mod person;
#[path = "../support/port.rs"]
mod port;

use iim::edge::config::{Flood, Network, Sasl, Secret, Server};
use iim::edge::irc::{LinkEvent, NetworkSettings, Order};
use iim::rules::queue::irc::Ended;

use ircd::{Bare, Inspircd, Ircd, Ngircd};
use person::Person;

fn plain(server: &Ircd) -> NetworkSettings {
    let address = Server {
        host: "127.0.0.1".into(),
        port: server.port,
    };
    Network {
        tls: false,
        ..Network::new("test", vec![address])
    }
}

fn over_tls(server: &Ircd) -> NetworkSettings {
    let address = Server {
        host: "localhost".into(),
        port: server.tls_port().unwrap(),
    };
    Network {
        ca: Some(server.ca().unwrap()),
        ..Network::new("test", vec![address])
    }
}

fn up(nick: &str) -> LinkEvent {
    LinkEvent::Up(nick.into())
}

fn down(nick: &str) -> LinkEvent {
    LinkEvent::Down(nick.into())
}

fn seconds_off(server: u64) -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs().abs_diff(server)
}

/// A conversation as it should be on every server.
async fn people_see_and_hear_each_other(settings: &NetworkSettings) {
    let mut alice = Person::new(settings.clone());
    alice.watch(&["bob000000", "Carol"]);
    alice.connect("alice0000");
    alice.registered().await;
    alice.told(down("bob000000")).await;
    alice.told(down("Carol")).await;
    let mut bob = Person::on(settings.clone(), "bob000000").await;
    alice.told(up("bob000000")).await;
    alice.send(7, "bob000000", &["one", "two", ":three"]);
    for text in ["one", "two", ":three"] {
        assert_eq!(bob.text().await, ("alice0000".to_owned(), text.to_owned()));
    }
    alice.told(LinkEvent::Written(7)).await;
    alice.told(LinkEvent::Room).await;
    alice.send(8, "nobody000", &["a", "b"]);
    let refused = LinkEvent::Undeliverable {
        ticket: Some(8),
        nick: "nobody000".into(),
        numeric: 401,
    };
    alice.told(refused).await;
    bob.link.order(Order::Leave).unwrap();
    bob.told(LinkEvent::Left).await;
    alice.told(down("bob000000")).await;
}

#[tokio::test]
async fn on_ngircd_with_its_defaults() {
    if ircd::available("ngircd") {
        let server = Ngircd::default().start();
        people_see_and_hear_each_other(&plain(&server)).await;
    }
}

#[tokio::test]
async fn on_inspircd_with_its_defaults() {
    if ircd::available("inspircd") {
        let server = Inspircd::default().start();
        people_see_and_hear_each_other(&plain(&server)).await;
    }
}

#[tokio::test]
async fn on_inspircd_without_cap_and_monitor() {
    if ircd::available("inspircd") {
        let server = Inspircd {
            cap: false,
            monitor: None,
            ..Inspircd::default()
        };
        people_see_and_hear_each_other(&plain(&server.start())).await;
    }
}

#[tokio::test]
async fn on_inspircd_over_tls() {
    if ircd::available("inspircd") {
        let server = Inspircd {
            tls: true,
            ..Inspircd::default()
        };
        people_see_and_hear_each_other(&over_tls(&server.start())).await;
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_we_trust_is_refused() {
    if !ircd::available("inspircd") {
        return;
    }
    let server = Inspircd {
        tls: true,
        ..Inspircd::default()
    }
    .start();
    let settings = Network {
        ca: None,
        ..over_tls(&server)
    };
    let mut alice = Person::new(settings);
    alice.connect("alice");
    let reason = alice.lost().await;
    assert!(
        reason.starts_with("TLS: the certificate of localhost")
            && reason.contains("is signed by nobody whom this machine trusts"),
        "{reason}"
    );
}

#[tokio::test]
async fn servers_tell_what_they_are() {
    if !(ircd::available("ngircd") && ircd::available("inspircd")) {
        return;
    }
    let (ng, insp) = (Ngircd::default().start(), Inspircd::default().start());
    let mut alice = Person::new(plain(&ng));
    alice.connect("alice");
    let on = alice.registered().await;
    assert_eq!((on.nick.as_str(), on.server), ("alice", ng.address()));
    assert_eq!((on.linelen, on.nicklen), (512, Some(9)));
    assert_eq!(on.network.as_deref(), Some("NgNet"));
    assert!(on.room_prefix >= "alice!~abcdefgh@127.0.0.1".len() && on.room_prefix < 90);
    let is = |n: &LinkEvent| match n {
        LinkEvent::ServerTime(at) => Some(*at),
        _ => None,
    };
    let at = alice.until("ServerTime", is).await;
    assert!(seconds_off(at.0) <= 60, "{at}");
    let mut bob = Person::new(plain(&insp));
    bob.connect("bob");
    let on = bob.registered().await;
    assert_eq!(on.nicklen, Some(30));
    assert_eq!(on.network.as_deref(), Some("InspNet"));
    assert!(seconds_off(bob.until("ServerTime", is).await.0) <= 60);
}

#[tokio::test]
async fn a_nick_that_is_taken_or_too_long() {
    if !ircd::available("ngircd") {
        return;
    }
    let server = Ngircd::default().start();
    let _alice = Person::on(plain(&server), "alice").await;
    let mut ghost = Person::new(plain(&server));
    ghost.connect("alice");
    ghost.over(&[Ended::NickInUse]).await;
    let mut long = Person::new(plain(&server));
    long.connect("abcdefghij");
    long.over(&[Ended::NickRejected]).await;
}

#[tokio::test]
async fn a_password_is_asked_for() {
    if !ircd::available("ngircd") {
        return;
    }
    let server = Ngircd {
        password: Some("open".into()),
        ..Ngircd::default()
    }
    .start();
    for (password, enters) in [("open", true), ("shut", false)] {
        let settings = Network {
            server_password: Some(Secret::new(password.into())),
            ..plain(&server)
        };
        let mut alice = Person::new(settings);
        alice.connect("alice");
        if enters {
            alice.registered().await;
            alice.link.order(Order::Leave).unwrap();
            alice.told(LinkEvent::Left).await;
        } else {
            let reason = alice.lost().await;
            assert!(reason.to_lowercase().contains("password"), "{reason}");
        }
    }
}

#[tokio::test]
async fn without_the_sasl_asked_for_nobody_registers() {
    if !ircd::available("ngircd") {
        return;
    }
    let server = Ngircd::default().start();
    let settings = Network {
        sasl: Some(Sasl::Plain {
            user: "a".into(),
            password: Secret::new("b".into()),
        }),
        ..plain(&server)
    };
    let mut alice = Person::new(settings);
    alice.connect("alice");
    let reason = alice.lost().await;
    assert!(reason.contains("SASL"), "{reason}");
}

#[tokio::test]
async fn a_server_that_dies_is_found_again() {
    if !ircd::available("ngircd") {
        return;
    }
    let mut server = Ngircd::default().start();
    let mut alice = Person::on(plain(&server), "alice").await;
    alice.watch(&["alice"]);
    alice.told(up("alice")).await;
    server.kill();
    alice.lost().await;
    server.start_again();
    alice.registered().await;
    alice.told(up("alice")).await;
}

#[tokio::test]
async fn the_next_server_is_tried() {
    if !ircd::available("ngircd") {
        return;
    }
    let server = Ngircd::default().start();
    let mut settings = plain(&server);
    let nobody = Server {
        host: "127.0.0.1".into(),
        port: 1,
    };
    settings.servers.insert(0, nobody);
    let mut alice = Person::new(settings);
    alice.connect("alice");
    let reason = alice.lost().await;
    assert!(reason.contains("refused"), "{reason}");
    alice.registered().await;
}

#[tokio::test]
async fn a_new_nick_is_a_new_person() {
    if !ircd::available("inspircd") {
        return;
    }
    let server = Inspircd::relaxed().start();
    let mut bob = Person::on(plain(&server), "bob").await;
    bob.watch(&["alice", "carol"]);
    let alice = Person::on(plain(&server), "alice").await;
    bob.told(up("alice")).await;
    let idents = who(&server, "alice");
    alice.connect("carol");
    bob.told(down("alice")).await;
    bob.told(up("carol")).await;
    assert_ne!(idents, who(&server, "carol"));
}

/// User name and real name of somebody, from WHOIS.
fn who(server: &Ircd, nick: &str) -> String {
    let mut asker = Bare::on(server, "asker");
    let lines = asker.asks(&format!("WHOIS {nick}"));
    asker.quits();
    let line = lines.lines().find(|line| line.contains(" 311 ")).unwrap();
    line.rsplit(&format!(" {nick} ")).next().unwrap().to_owned()
}

#[tokio::test]
async fn strangers_learn_nothing() {
    if !ircd::available("ngircd") {
        return;
    }
    let server = Ngircd::relaxed().start();
    let mut alice = Person::on(plain(&server), "alice").await;
    let said = "NOTICE alice :a\r\nPRIVMSG alice :\u{1}VERSION\u{1}\r\nPRIVMSG alice :\u{1}PING 1\u{1}\r\n\
                NOTICE alice :\u{1}PING 1\u{1}\r\nPRIVMSG alice :hello\r\nMODE alice\r\nWHOIS alice";
    let lines = Bare::on(&server, "eve").asks(said);
    assert!(!lines.contains("NOTICE eve"), "{lines}");
    assert!(!lines.contains(":alice"), "{lines}");
    assert_eq!(alice.text().await, ("eve".to_owned(), "hello".to_owned()));
    alice.silence(500, |n| !matches!(n, LinkEvent::Room)).await;
}

/// InspIRCd kills for 15 lines at once; ngircd slows down.
#[tokio::test]
async fn floods_stay_within_the_servers_limits() {
    if !(ircd::available("ngircd") && ircd::available("inspircd")) {
        return;
    }
    let (ng, insp) = (Ngircd::default().start(), Inspircd::default().start());
    tokio::join!(twenty_texts_at_once(&ng), twenty_texts_at_once(&insp));
}

async fn twenty_texts_at_once(server: &Ircd) {
    let settings = Network {
        flood: Flood {
            burst: 4,
            per_second: 2.0,
        },
        ..plain(server)
    };
    let alice = Person::on(settings.clone(), "alice").await;
    let mut bob = Person::on(settings, "bob").await;
    for ticket in 0..20 {
        alice.send(ticket, "bob", &[&format!("text {ticket}")]);
    }
    for ticket in 0..20 {
        assert_eq!(bob.text().await.1, format!("text {ticket}"));
    }
}
