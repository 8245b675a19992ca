//! Two people, their keyrings, and whoever interferes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "tests"
)]

use proptest::prelude::*;

use super::*;
use crate::protocol::part::Sealed;
use crate::protocol::weak_key::tests::low_order;

/// Alice's session to Bob, opened with one of their one-time keys, and the two keyrings.
fn pair() -> (Keyring, Keyring, Ratchet) {
    let (alice, mut bob) = (Keyring::generate(), Keyring::generate());
    let one_time = bob.new_one_time_key().unwrap();
    let session = alice
        .open_session(&bob.keys().curve25519, &one_time)
        .unwrap();
    (alice, bob, session)
}

/// Both ends of a session that has been used in both directions.
fn talking() -> (Ratchet, Ratchet) {
    let (alice, mut bob, mut ours) = pair();
    let first = ours.seal(b"hello").unwrap();
    let (mut theirs, _) = bob
        .accept_session(&alice.keys().curve25519, &first.ciphertext)
        .unwrap();
    let answer = theirs.seal(b"hello yourself").unwrap();
    assert_eq!(ours.open(&answer), Ok(b"hello yourself".to_vec()));
    (ours, theirs)
}

#[test]
fn a_session_begins_with_pre_key_messages_and_goes_on_without() {
    let (alice, mut bob, mut ours) = pair();
    let first = ours.seal(b"one").unwrap();
    assert!(first.prekey);
    let seen = inspect_prekey(&first.ciphertext).unwrap();
    assert_eq!(seen.identity, alice.keys().curve25519);
    assert_eq!(seen.session_id, ours.session_id());

    let (mut theirs, plaintext) = bob
        .accept_session(&alice.keys().curve25519, &first.ciphertext)
        .unwrap();
    assert_eq!(plaintext, b"one");
    assert_eq!(theirs.session_id(), ours.session_id());
    let second = ours.seal(b"two").unwrap();
    assert!(second.prekey, "nothing came back yet");
    assert_eq!(theirs.open(&second), Ok(b"two".to_vec()));

    let answer = theirs.seal(b"three").unwrap();
    assert!(!answer.prekey);
    assert_eq!(ours.open(&answer), Ok(b"three".to_vec()));
    assert!(!ours.seal(b"four").unwrap().prekey);
}

#[test]
fn crossing_sessions_both_stay_open() {
    let (mut alice, mut bob) = (Keyring::generate(), Keyring::generate());
    let (of_alice, of_bob) = (
        alice.new_one_time_key().unwrap(),
        bob.new_one_time_key().unwrap(),
    );
    let mut from_alice = alice.open_session(&bob.keys().curve25519, &of_bob).unwrap();
    let mut from_bob = bob
        .open_session(&alice.keys().curve25519, &of_alice)
        .unwrap();
    let (to_bob, to_alice) = (from_alice.seal(b"a").unwrap(), from_bob.seal(b"b").unwrap());

    let (mut at_bob, a) = bob
        .accept_session(&alice.keys().curve25519, &to_bob.ciphertext)
        .unwrap();
    let (mut at_alice, b) = alice
        .accept_session(&bob.keys().curve25519, &to_alice.ciphertext)
        .unwrap();
    assert_eq!((a, b), (b"a".to_vec(), b"b".to_vec()));
    assert_ne!(at_bob.session_id(), at_alice.session_id());
    let (c, d) = (at_bob.seal(b"c").unwrap(), at_alice.seal(b"d").unwrap());
    assert_eq!(from_alice.open(&c), Ok(b"c".to_vec()));
    assert_eq!(from_bob.open(&d), Ok(b"d".to_vec()));
}

#[test]
fn a_one_time_key_opens_one_session() {
    let (alice, mut bob, mut ours) = pair();
    let first = ours.seal(b"one").unwrap();
    let alices = alice.keys().curve25519;
    let used = inspect_prekey(&first.ciphertext).unwrap().one_time_key;
    bob.accept_session(&alices, &first.ciphertext).unwrap();
    assert_eq!(
        bob.accept_session(&alices, &first.ciphertext).err(),
        Some(SealError::OneTimeKey)
    );

    let mut again = alice.open_session(&bob.keys().curve25519, &used).unwrap();
    let other = again.seal(b"again").unwrap();
    assert_eq!(
        bob.accept_session(&alices, &other.ciphertext).err(),
        Some(SealError::OneTimeKey)
    );
}

#[test]
fn a_message_opens_once_even_after_storing() {
    let (mut ours, mut theirs) = talking();
    let text = ours.seal(b"text").unwrap();
    assert_eq!(theirs.open(&text), Ok(b"text".to_vec()));
    assert_eq!(theirs.open(&text), Err(SealError::Replayed));
    let mut stored = Ratchet::from_pickle(&theirs.pickle().unwrap()).unwrap();
    assert_eq!(stored.open(&text), Err(SealError::Replayed));
}

#[test]
fn messages_may_come_out_of_order() {
    let (mut ours, mut theirs) = talking();
    let sealed: Vec<_> = (0..20_u8).map(|n| ours.seal(&[n]).unwrap()).collect();
    for n in (0..20_u8).rev() {
        assert_eq!(theirs.open(&sealed[usize::from(n)]), Ok(vec![n]), "{n}");
    }
}

/// Forty keys of overtaken letters are kept for a chain; those of the next chain are others.
#[test]
fn a_session_that_would_forget_says_so() {
    let (mut alice, mut bob) = talking();
    let letters: Vec<Sealed> = (0..100).map(|_| alice.seal(b"x").unwrap()).collect();
    let forgets = |bob: &Ratchet, n: usize| forgets(&bob.pickle().unwrap(), &letters[n]).unwrap();
    let chain = forgets(&bob, 41);
    assert!(chain.is_some());
    assert_eq!(forgets(&bob, 40), None);
    bob.open(&letters[30]).unwrap();
    assert_eq!((forgets(&bob, 41), forgets(&bob, 42)), (None, chain));
    assert_eq!(forgets(&bob, 3), None, "it is one of those kept");
    for letter in &letters[..20] {
        bob.open(letter).unwrap();
    }
    assert_eq!((forgets(&bob, 61), forgets(&bob, 62)), (None, chain));
    let before = bob.pickle().unwrap();
    bob.open(&letters[99]).unwrap();
    assert!(bob.open(&letters[25]).is_err(), "forgotten");
    let opened = Ratchet::from_pickle(&before).unwrap().open(&letters[25]);
    assert_eq!(opened.unwrap(), b"x");
    alice.open(&bob.seal(b"y").unwrap()).unwrap();
    assert_eq!(
        crate::edge::seal::forgets(&before, &alice.seal(b"z").unwrap()),
        Ok(None)
    );
    assert!(crate::edge::seal::forgets("{}", &letters[0]).is_err());
}

#[test]
fn what_was_tampered_with_is_refused_and_moves_nothing() {
    let (mut ours, mut theirs) = talking();
    let text = ours.seal(b"text").unwrap();
    for at in 0..text.ciphertext.len() {
        let mut forged = text.clone();
        forged.ciphertext[at] ^= 1;
        assert!(theirs.open(&forged).is_err(), "byte {at}");
    }
    assert_eq!(theirs.open(&text), Ok(b"text".to_vec()));
}

#[test]
fn a_forged_opening_uses_up_no_key() {
    let (alice, mut bob, mut ours) = pair();
    let alices = alice.keys().curve25519;
    let first = ours.seal(b"one").unwrap();
    let mut forged = first.ciphertext.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(
        bob.accept_session(&alices, &forged).err(),
        Some(SealError::Authentication)
    );
    let mallory = Keyring::generate().keys().curve25519;
    assert_eq!(
        bob.accept_session(&mallory, &first.ciphertext).err(),
        Some(SealError::Identity)
    );
    assert!(bob.accept_session(&alices, &first.ciphertext).is_ok());
}

#[test]
fn another_session_does_not_open() {
    let ((mut ours, _), (_, mut theirs)) = (talking(), talking());
    assert_eq!(
        theirs.open(&ours.seal(b"text").unwrap()),
        Err(SealError::Authentication)
    );
}

#[test]
fn garbage_is_called_so() {
    let (alice, mut bob, mut ours) = pair();
    let normal = Sealed {
        prekey: false,
        ciphertext: b"garbage".to_vec(),
    };
    let as_prekey = Sealed {
        prekey: true,
        ..normal.clone()
    };
    assert_eq!(ours.open(&normal), Err(SealError::Garbage));
    assert_eq!(ours.open(&as_prekey), Err(SealError::Garbage));
    assert_eq!(inspect_prekey(b""), Err(SealError::Garbage));
    let alices = alice.keys().curve25519;
    assert_eq!(
        bob.accept_session(&alices, b"").err(),
        Some(SealError::Garbage)
    );
    assert_eq!(Ratchet::from_pickle("{}").err(), Some(SealError::Pickle));
    assert_eq!(Keyring::from_pickle("").err(), Some(SealError::Pickle));
}

#[test]
fn a_worthless_key_opens_nothing() {
    let (alice, mut bob) = (Keyring::generate(), Keyring::generate());
    let good = bob.new_one_time_key().unwrap();
    for low in low_order() {
        for (identity, one_time) in [(low, good), (bob.keys().curve25519, low)] {
            let opened = alice.open_session(&identity, &one_time);
            assert_eq!(opened.err(), Some(SealError::WeakKey), "{low:?}");
        }
    }
}

/// The message with one of its keys replaced wherever it stands.
fn with_key(sealed: &Sealed, from: [u8; 32], to: PublicKey) -> Sealed {
    let mut forged = sealed.clone();
    let at = forged
        .ciphertext
        .windows(32)
        .position(|bytes| bytes == from);
    let at = at.expect("the key stands in the message");
    forged.ciphertext[at..at + 32].copy_from_slice(&to.0);
    forged
}

/// What the library takes: a ratchet key of low order in a first message makes a session that can seal nothing.
#[test]
fn a_message_with_a_worthless_key_is_looked_at_no_further() {
    let (alice, mut bob, mut ours) = pair();
    let first = ours.seal(b"one").unwrap();
    let whole = PreKeyMessage::from_bytes(&first.ciphertext).unwrap();
    let alices = alice.keys().curve25519;
    for low in low_order() {
        for key in [
            whole.identity_key(),
            whole.base_key(),
            whole.one_time_key(),
            whole.message().ratchet_key(),
        ] {
            let forged = with_key(&first, key.to_bytes(), low);
            let weak = Some(SealError::WeakKey);
            assert_eq!(inspect_prekey(&forged.ciphertext).err(), weak);
            let accepted = bob.accept_session(&alices, &forged.ciphertext);
            assert_eq!(accepted.err(), weak);
        }
    }
    let (mut ours, mut theirs) = talking();
    let text = ours.seal(b"text").unwrap();
    let OlmMessage::Normal(whole) = message(false, &text.ciphertext).unwrap() else {
        panic!("an ordinary message")
    };
    let forged = with_key(&text, whole.ratchet_key().to_bytes(), PublicKey([0; 32]));
    assert_eq!(theirs.open(&forged), Err(SealError::WeakKey));
    assert_eq!(theirs.open(&text), Ok(b"text".to_vec()));
}

#[test]
fn stored_keys_are_the_same_keys() {
    let (alice, mut bob, mut ours) = pair();
    let first = ours.seal(b"one").unwrap();
    let mut stored = Keyring::from_pickle(&bob.pickle().unwrap()).unwrap();
    assert_eq!(stored.keys(), bob.keys());
    let alices = alice.keys().curve25519;
    assert!(stored.accept_session(&alices, &first.ciphertext).is_ok());
    let mut after = Keyring::from_pickle(&stored.pickle().unwrap()).unwrap();
    assert_eq!(
        after.accept_session(&alices, &first.ciphertext).err(),
        Some(SealError::OneTimeKey)
    );
    assert!(
        bob.accept_session(&alices, &first.ciphertext).is_ok(),
        "another copy has it still"
    );
}

#[test]
fn stored_sessions_talk_on() {
    let (mut ours, mut theirs) = talking();
    for n in 0..10_u8 {
        let sealed = ours.seal(&[n]).unwrap();
        theirs = Ratchet::from_pickle(&theirs.pickle().unwrap()).unwrap();
        assert_eq!(theirs.open(&sealed), Ok(vec![n]));
        (ours, theirs) = (
            theirs,
            Ratchet::from_pickle(&ours.pickle().unwrap()).unwrap(),
        );
    }
}

#[test]
fn signatures_are_of_one_key_and_one_text() {
    let (alice, bob) = (Keyring::generate(), Keyring::generate());
    let signature = alice.sign(b"text");
    assert!(verify(&alice.keys().ed25519, b"text", &signature));
    assert!(!verify(&alice.keys().ed25519, b"texts", &signature));
    assert!(!verify(&bob.keys().ed25519, b"text", &signature));
    assert!(!verify(&PublicKey([0xff; 32]), b"text", &signature));
    assert!(!verify(&alice.keys().ed25519, b"text", &Signature([0; 64])));
}

#[test]
fn secrets_do_not_print() {
    let (alice, _, session) = pair();
    assert_eq!(format!("{alice:?}"), "Keyring(…)");
    assert_eq!(format!("{session:?}"), "Ratchet(…)");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), prekey: bool) {
        let (_, mut bob, mut session) = pair();
        let _ = inspect_prekey(&bytes);
        let _ = bob.accept_session(&PublicKey([1; 32]), &bytes);
        let sealed = Sealed { prekey, ciphertext: bytes };
        prop_assert!(session.open(&sealed).is_err());
    }

    #[test]
    fn what_is_sealed_is_opened(plaintext in prop::collection::vec(any::<u8>(), 0..2000)) {
        let (mut ours, mut theirs) = talking();
        prop_assert_eq!(theirs.open(&ours.seal(&plaintext).unwrap()), Ok(plaintext));
    }
}
