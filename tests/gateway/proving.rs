//! Who is proved to be who: TLS listeners with their certificate, and friends whose address was verified (IRCv3
//! `account-tag`).

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

use crate::client::{Client, Line, commands, tcp};
use crate::scene::Scene;
use crate::support::process::{free_port, until, until_listening};

type Tls = StreamOwned<ClientConnection, TcpStream>;

const HOST: &str = "chat.example";

/// Writes a certificate and its key for the gateway.
fn renew(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(vec![HOST.to_owned()]).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
}

/// Connects to this port, trusting the certificate that now lies in the folder; `None` if the server has another.
fn tls(port: u16, folder: &Path) -> Option<Tls> {
    let pem = fs::read(folder.join("cert.pem")).unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(&pem).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(HOST).unwrap();
    let mut wire = StreamOwned::new(
        ClientConnection::new(Arc::new(config), name).unwrap(),
        tcp(port),
    );
    while wire.conn.is_handshaking() {
        wire.conn.complete_io(&mut wire.sock).ok()?;
    }
    Some(wire)
}

/// Alice's gateway with listeners for TLS, plain and as a WebSocket; their ports, and the folder of the certificate.
fn secure() -> (Scene, [u16; 2], std::path::PathBuf) {
    let ports = [free_port(), free_port()];
    let mut folder = None;
    let scene = Scene::with(
        "certificate = \"cert.pem\"\nkey = \"key.pem\"",
        &[],
        |_, [alice, _]| {
            let here = alice.home.join(".config/iim");
            renew(&here);
            folder = Some(here);
            let more = format!(
                "\"tls://127.0.0.1:{}\", \"wss://127.0.0.1:{}\"",
                ports[0], ports[1]
            );
            alice.configure(&[(
                "listen = [\"unix\", ",
                &format!("listen = [\"unix\", {more}, "),
            )]);
        },
    );
    for port in ports {
        until_listening("the gateway with TLS", port);
    }
    (scene, ports, folder.unwrap())
}

#[test]
fn over_tls() {
    let (scene, [port, _], folder) = secure();
    let password = scene.alice.ok(&["-q", "device", "add", "phone"]);
    let mut phone = Client::over(tls(port, &folder).expect("the certificate that lies there"));
    phone.send(&format!("PASS {}", password.trim()));
    assert_eq!(commands(&phone.register("phone", ""))[0], "001");
    // "RPL_WHOISSECURE (671): … is using a secure connection".
    assert!(commands(&phone.ask("WHOIS phone")).contains(&"671"));
    // A long answer comes whole.
    phone.bytes("WHO *\r\n".repeat(500).as_bytes());
    assert_eq!(phone.answers().len(), 1000);

    // Clear text gets no answer but the end, and TLS is for who can prove to be a device all the same.
    let mut plain = Client::connect(port);
    plain.bytes(b"NICK plain\r\nUSER plain 0 * :r\r\n");
    while let Some(line) = plain.raw() {
        assert!(!line.contains(" 001 "), "{line}");
    }
    let mut stranger = Client::over(tls(port, &folder).unwrap());
    stranger.send("NICK stranger\r\nUSER stranger 0 * :r");
    assert_eq!(commands(&stranger.rest()), ["464", "ERROR"]);

    // A renewed certificate is taken without an interruption.
    renew(&folder);
    let other = until("the renewed certificate", 60, || tls(port, &folder));
    Client::over(other).ask("PING there");
    assert!(phone.ask("PING still").len() == 1);
}

#[test]
fn over_a_websocket_with_tls() {
    let (scene, [_, port], folder) = secure();
    let password = scene.alice.ok(&["-q", "device", "add", "page"]);
    let mut request = format!("wss://{HOST}:{port}/")
        .into_client_request()
        .unwrap();
    let headers = request.headers_mut();
    headers.insert("Sec-WebSocket-Protocol", "text.ircv3.net".parse().unwrap());
    let wire = tls(port, &folder).expect("the certificate that lies there");
    let (mut socket, _) = tungstenite::client(request, wire).unwrap();
    for line in [
        &format!("PASS {}", password.trim()),
        "NICK page",
        "USER page 0 * :r",
        "PING end",
    ] {
        socket.send(Message::text(line)).unwrap();
    }
    assert_eq!(commands(&until_pong(&mut socket))[0], "001");
}

fn until_pong(socket: &mut WebSocket<Tls>) -> Vec<Line> {
    let mut lines = Vec::new();
    while lines
        .last()
        .is_none_or(|line: &Line| line.command != "PONG")
    {
        let message = socket.read().unwrap();
        lines.push(Line::read(message.to_text().unwrap()));
    }
    lines
}

/// "The account-tag … attached to all commands sent by a user … If the user is not identified to any services account,
/// the tag MUST NOT be sent": a friend is identified once their safety number was compared.
#[test]
fn a_verified_friend_has_an_account() {
    let scene = Scene::of_friends();
    let mut client = scene.client_with("a", "account-tag");
    scene.bob_says("who am I?");
    assert_eq!(client.until_said("who am I?").tag("account"), None);
    assert!(!commands(&client.ask("WHOIS bob")).contains(&"330"));
    scene.alice.ok(&["verify", "--yes", "bob"]);
    scene.bob_says("and now?");
    let said = client.until_said("and now?");
    assert_eq!(said.tag("account"), Some("bob@example.net"));
    assert_eq!(said.tags.len(), 1, "only what was asked for: {said:?}");
    let whois = client.ask("WHOIS bob");
    let account = whois.iter().find(|line| line.command == "330").unwrap();
    assert_eq!(account.params[1..3], ["bob", "bob@example.net"]);
    assert_eq!(
        client.ask("WHO bob %na,1")[0].command,
        "315",
        "offline: in no list of who is there"
    );
    // Who takes no such tag gets none.
    let mut plain = scene.client_with("plain", "message-tags");
    scene.bob_says("still me");
    assert_eq!(plain.until_said("still me").tag("account"), None);
}
