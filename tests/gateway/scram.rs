//! SASL SCRAM-SHA-256 at the gateway (RFC 5802, RFC 7677).

use crate::client::{Client, Line, commands};
use crate::scene::Scene;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// A client of SCRAM-SHA-256 (RFC 5802, section 3; RFC 7677).
struct Scram {
    first: String,
    password: String,
}

impl Scram {
    fn new(device: &str, password: &str) -> Self {
        Self {
            first: format!("n={device},r=fyko+d2lbbFgONRv9qkxdawL"),
            password: password.to_owned(),
        }
    }

    fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text);
        mac.finalize().into_bytes().into()
    }

    /// The answer to a challenge, and what the server must sign with.
    fn answer(&self, challenge: &str) -> (String, String) {
        let fields: Vec<&str> = challenge.splitn(3, ',').collect();
        let salt = STANDARD
            .decode(fields[1].strip_prefix("s=").unwrap())
            .unwrap();
        let count = fields[2].strip_prefix("i=").unwrap().parse().unwrap();
        let mut salted = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(self.password.as_bytes(), &salt, count, &mut salted);
        let last = format!("c=biws,{}", fields[0]);
        let said = format!("{},{challenge},{last}", self.first);
        let key = Self::hmac(&salted, b"Client Key");
        let stored: [u8; 32] = Sha256::digest(key).into();
        let mut proof = Self::hmac(&stored, said.as_bytes());
        proof
            .iter_mut()
            .zip(key)
            .for_each(|(byte, key)| *byte ^= key);
        let signed = Self::hmac(&Self::hmac(&salted, b"Server Key"), said.as_bytes());
        let proof = format!("{last},p={}", STANDARD.encode(proof));
        (proof, format!("v={}", STANDARD.encode(signed)))
    }
}

/// What the server says next, decoded.
fn authenticates(lines: &[Line]) -> String {
    assert_eq!(commands(lines), ["AUTHENTICATE"], "{lines:?}");
    String::from_utf8(STANDARD.decode(lines[0].param(0)).unwrap()).unwrap()
}

/// The salt that a device's name gets.
fn salt(client: &mut Client, device: &str) -> String {
    let scram = Scram::new(device, "wrong");
    client.ask("AUTHENTICATE SCRAM-SHA-256");
    let first = STANDARD.encode(format!("n,,{}", scram.first));
    let challenge = authenticates(&client.ask(&format!("AUTHENTICATE {first}")));
    let given_up = client.ask("AUTHENTICATE *");
    assert_eq!(commands(&given_up), ["906"], "{device}");
    challenge.split(',').nth(1).unwrap().to_owned()
}

#[test]
fn scram_tells_of_no_device_whether_it_is_there() {
    let mut scene = Scene::configured("");
    scene.alice.ok(&["device", "add", "phone"]);
    let names = ["phone", "PHONE", "laptop", "LAPTOP", "Laptop"];
    let ask = |port| {
        let mut client = Client::connect(port);
        client.send("CAP REQ sasl\r\nNICK a\r\nUSER u 0 * :r");
        assert_eq!(client.answers()[0].param(1), "ACK");
        names.map(|name| salt(&mut client, name))
    };
    let before = ask(scene.port);
    scene.restart();
    assert_eq!(before, ask(scene.port));
    let [phone, phone_too, laptop, rest @ ..] = &before;
    assert!(phone == phone_too && phone != laptop && rest.iter().all(|salt| salt == laptop));
}

#[test]
fn sasl_scram_sha_256_never_sends_the_password() {
    let scene = Scene::configured("");
    let password = scene.alice.ok(&["-q", "device", "add", "laptop"]);
    let mut client = Client::connect(scene.port);
    client.send("CAP REQ sasl\r\nNICK a\r\nUSER u 0 * :r");
    assert_eq!(client.answers()[0].param(1), "ACK");
    // Who knows no password learns nothing from the answers: a device that is not there gets a challenge too, the same
    // salt each time.
    let mut salts = Vec::new();
    for (device, password) in [
        ("laptop", "wrong"),
        ("nobody", "wrong"),
        ("NoBody", "wrong"),
        ("LAPTOP", "wrong"),
        ("NO SUCH", "wrong"),
    ] {
        let scram = Scram::new(device, password);
        client.ask("AUTHENTICATE SCRAM-SHA-256");
        let first = STANDARD.encode(format!("n,,{}", scram.first));
        let challenge = authenticates(&client.ask(&format!("AUTHENTICATE {first}")));
        salts.push(challenge.split(',').nth(1).unwrap().to_owned());
        let (proof, _) = scram.answer(&challenge);
        let refused = client.ask(&format!("AUTHENTICATE {}", STANDARD.encode(proof)));
        assert_eq!(commands(&refused), ["904"], "{device}");
    }
    assert_eq!((&salts[1], &salts[0]), (&salts[2], &salts[3]));
    assert!(salts[0] != salts[1] && salts[1] != salts[4]);
    let scram = Scram::new("laptop", password.trim());
    client.ask("AUTHENTICATE SCRAM-SHA-256");
    let first = STANDARD.encode(format!("n,,{}", scram.first));
    let challenge = authenticates(&client.ask(&format!("AUTHENTICATE {first}")));
    assert!(
        challenge.starts_with("r=fyko+d2lbbFgONRv9qkxdawL"),
        "{challenge}"
    );
    let (proof, signed) = scram.answer(&challenge);
    let told = client.ask(&format!("AUTHENTICATE {}", STANDARD.encode(proof)));
    assert_eq!(
        authenticates(&told),
        signed,
        "the server knows the password too"
    );
    assert_eq!(commands(&client.ask("AUTHENTICATE +")), ["900", "903"]);
    client.send("CAP END");
    client.until(|line| line.command == "366");
}
