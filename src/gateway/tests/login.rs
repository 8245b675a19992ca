//! How a device logs in: by a password, or by SASL.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

#[test]
fn a_password_is_needed_unless_the_gateway_is_open() {
    let cases: &[(&[&str], &str)] = &[
        (&["PASS secret", "NICK me", "USER phone 0 * :x"], "001"),
        (
            &["PASS secret", "NICK me", "USER alice@phone 0 * :x"],
            "001",
        ),
        (&["PASS wrong", "NICK me", "USER phone 0 * :x"], "464"),
        (&["PASS secret", "NICK me", "USER other 0 * :x"], "464"),
        (&["NICK me", "USER phone 0 * :x"], "464"),
        (&["NICK me", "USER phone 0 * :x", "PASS secret"], "464"),
    ];
    for (lines, want) in cases {
        let mut world = World::with(settings(false));
        world.open(1);
        let got: Vec<String> = lines.iter().flat_map(|line| world.send(1, line)).collect();
        assert_eq!(numerics(&got)[0], *want, "{lines:?}");
        assert_eq!(world.closed.contains_key(&1), *want == "464", "{lines:?}");
        assert_eq!(world.admitted, usize::from(*want == "001"), "{lines:?}");
        let wrong = *want == "464" && lines[0].starts_with("PASS");
        assert_eq!(world.wrong_passwords, usize::from(wrong), "{lines:?}");
    }
    let mut world = World::new();
    world.open(1);
    world.send(1, "PASS whatever");
    world.send(1, "NICK me");
    assert!(world.send(1, "USER x 0 * :x")[0].contains(" 001 "));
}

#[test]
fn sasl_plain_logs_in() {
    let long = "é".repeat(300);
    let encoded = STANDARD.encode(format!("\0laptop\0{long}"));
    let chunks: Vec<String> = encoded
        .as_bytes()
        .chunks(400)
        .map(|chunk| format!("AUTHENTICATE {}", std::str::from_utf8(chunk).unwrap()))
        .collect();
    let exact = STANDARD.encode(format!("exact\0exact\0{}", "x".repeat(288)));
    assert_eq!(exact.len(), 400);
    let mut world = World::with(settings(false));
    world.host.passwords.insert("laptop".to_owned(), long);
    world
        .host
        .passwords
        .insert("exact".to_owned(), "x".repeat(288));
    let begin = |world: &mut World, conn| {
        world.open(conn);
        world.send(conn, "CAP REQ sasl");
        assert_eq!(
            world.send(conn, "AUTHENTICATE PLAIN"),
            [":iim.local AUTHENTICATE +"]
        );
    };
    begin(&mut world, 1);
    let got: Vec<String> = chunks.iter().flat_map(|line| world.send(1, line)).collect();
    assert_eq!(
        got,
        [
            ":iim.local 900 * *!*@iim.local laptop :You are now logged in as laptop",
            ":iim.local 903 * :SASL authentication successful"
        ]
    );
    assert_eq!(
        world.send(1, "AUTHENTICATE PLAIN"),
        [":iim.local 907 * :You have already authenticated"]
    );
    world.send(1, "NICK me");
    world.send(1, "USER x 0 * :x");
    assert!(world.send(1, "CAP END")[0].contains(" 001 "));

    // "If the last chunk is exactly 400 bytes long, it must also be followed by `AUTHENTICATE +`".
    begin(&mut world, 2);
    assert_eq!(world.send(2, &format!("AUTHENTICATE {exact}")), [""; 0]);
    assert_eq!(numerics(&world.send(2, "AUTHENTICATE +")), ["900", "903"]);
}

#[test]
fn sasl_fails_for_its_reasons() {
    let encode = |text: &str| format!("AUTHENTICATE {}", STANDARD.encode(text));
    let cases: &[(Vec<String>, &[&str], usize)] = &[
        (vec!["AUTHENTICATE FOO".to_owned()], &["908", "904"], 0),
        (
            vec!["AUTHENTICATE PLAIN".to_owned(), "AUTHENTICATE *".to_owned()],
            &["AUTHENTICATE", "906"],
            0,
        ),
        (
            vec!["AUTHENTICATE PLAIN".to_owned(), encode("\0phone\0wrong")],
            &["AUTHENTICATE", "904"],
            1,
        ),
        (
            vec![
                "AUTHENTICATE PLAIN".to_owned(),
                encode("other\0phone\0secret"),
            ],
            &["AUTHENTICATE", "904"],
            1,
        ),
        (
            vec![
                "AUTHENTICATE PLAIN".to_owned(),
                "AUTHENTICATE !!!".to_owned(),
            ],
            &["AUTHENTICATE", "904"],
            1,
        ),
        (
            vec![
                "AUTHENTICATE PLAIN".to_owned(),
                format!("AUTHENTICATE {}", "a".repeat(401)),
            ],
            &["AUTHENTICATE", "905"],
            0,
        ),
        (vec!["AUTHENTICATE".to_owned()], &["461"], 0),
    ];
    for (lines, want, wrong) in cases {
        let mut world = World::with(settings(false));
        world.open(1);
        world.send(1, "CAP REQ sasl");
        let got: Vec<String> = lines.iter().flat_map(|line| world.send(1, line)).collect();
        assert_eq!(numerics(&got), *want, "{lines:?}");
        assert_eq!(world.wrong_passwords, *wrong, "{lines:?}");
    }
}

/// A challenge tells as much as a wrong password does: who stops after it is slowed down as well.
#[test]
fn a_scram_exchange_that_is_given_up_counts_as_a_wrong_password() {
    let first = "AUTHENTICATE biwsbj1tZSxyPXRoZWlycw=="; // n,,n=me,r=theirs
    let cases: [(&[&str], bool, usize); 6] = [
        (&[first], true, 0),
        (&[first, "AUTHENTICATE *"], false, 1),
        (
            &[first, &format!("AUTHENTICATE {}", "a".repeat(401))],
            false,
            1,
        ),
        (&[first, "AUTHENTICATE bm8="], false, 1),
        (&[first, "NICK me", "USER me 0 * :me", "CAP END"], false, 1),
        (&["AUTHENTICATE *"], false, 0),
    ];
    for (lines, owes, wrong) in cases {
        let mut world = World::with(settings(false));
        world.open(1);
        world.send(1, "CAP REQ sasl");
        world.send(1, "AUTHENTICATE SCRAM-SHA-256");
        for line in lines {
            world.send(1, line);
        }
        assert_eq!(
            (world.owes, world.wrong_passwords),
            (owes, wrong),
            "{lines:?}"
        );
    }
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// The client's proof of a password, with which it answers the challenge (RFC 5802, section 3).
fn proof(password: &str) -> String {
    let (first, nonce, salt) = ("n=me,r=theirs", "theirsours", [7; 16]);
    let mut salted = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &salt, 4096, &mut salted);
    let mut client = hmac(&salted, b"Client Key");
    let stored: [u8; 32] = Sha256::digest(client).into();
    let last = format!("c=biws,r={nonce}");
    let said = format!(
        "{first},r={nonce},s={},i=4096,{last}",
        STANDARD.encode(salt)
    );
    let signature = hmac(&stored, said.as_bytes());
    let both = client.iter_mut().zip(signature);
    both.for_each(|(key, byte)| *key ^= byte);
    STANDARD.encode(format!("{last},p={}", STANDARD.encode(client)))
}

/// A device that was removed, or made anew with another password, while it owed its proof.
#[test]
fn a_scram_proof_counts_only_for_the_password_that_counts_now() {
    for (after, fits) in [(Some("old"), true), (Some("new"), false), (None, false)] {
        let mut world = World::with(settings(false));
        world
            .host
            .passwords
            .insert("me".to_owned(), "old".to_owned());
        world.open(1);
        world.send(1, "CAP REQ sasl");
        world.send(1, "AUTHENTICATE SCRAM-SHA-256");
        world.send(1, "AUTHENTICATE biwsbj1tZSxyPXRoZWlycw==");
        match after {
            Some(password) => world
                .host
                .passwords
                .insert("me".to_owned(), password.to_owned()),
            None => world.host.passwords.remove("me"),
        };
        let got = world.send(1, &format!("AUTHENTICATE {}", proof("old")));
        let proved = got
            .first()
            .is_some_and(|line| line.contains("AUTHENTICATE dj1"));
        assert_eq!(proved, fits, "{after:?}: {got:?}");
    }
}

#[test]
fn the_part_of_a_login_that_has_come_does_not_print() {
    let mut world = World::with(settings(false));
    world.open(1);
    world.send(1, "CAP REQ sasl");
    world.send(1, "AUTHENTICATE PLAIN");
    let part = "c2VjcmV0".repeat(50);
    world.send(1, &format!("AUTHENTICATE {part}"));
    let shown = format!("{:?}", world.gateway);
    assert!(shown.contains("400 bytes"), "{shown}");
    assert!(!shown.contains("c2VjcmV0"), "{shown}");
}

#[test]
fn passwords_do_not_print() {
    let mut world = World::with(settings(false));
    world.open(1);
    world.send(1, "PASS hunter2");
    assert!(!format!("{:?}", world.gateway).contains("hunter2"));
}

/// "Servers may allow clients to authenticate … after registration" (IRCv3 `sasl` 3.2).
#[test]
fn authenticate_is_possible_after_registration() {
    let plain = STANDARD.encode("\0phone\0secret");
    let mut world = World::new();
    world
        .host
        .cursors
        .insert(crate::gateway::host::DeviceId("phone".to_owned()), 0);
    world.text("bob", "missed");
    world.attach(1, "me", "sasl");
    assert_eq!(
        world.send(1, "AUTHENTICATE PLAIN"),
        [":iim.local AUTHENTICATE +"]
    );
    let told = world.send(1, &format!("AUTHENTICATE {plain}"));
    assert_eq!(numerics(&told)[..2], ["900", "903"]);
    assert!(
        told[2].ends_with("PRIVMSG me :[07:50] missed"),
        "what it missed: {told:?}"
    );
    assert_eq!(world.gateway.attached(), ["phone"]);
    assert_eq!(numerics(&world.send(1, "AUTHENTICATE PLAIN")), ["907"]);
    // A wrong password changes nothing.
    world.attach(2, "other", "sasl");
    world.send(2, "AUTHENTICATE PLAIN");
    let wrong = STANDARD.encode("\0phone\0wrong");
    assert_eq!(
        numerics(&world.send(2, &format!("AUTHENTICATE {wrong}"))),
        ["904"]
    );
    assert_eq!(numerics(&world.send(2, "PING x")), ["PONG"]);
}
