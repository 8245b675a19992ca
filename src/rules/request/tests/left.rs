//! Requests that are left where they are, and those that are no request.

use super::*;

#[test]
fn a_stranger_whose_address_could_run_in_a_shell_is_left() {
    for (local, expected) in [
        ("x||cd&&touch${!z}", "its address could run in a shell"),
        ("a`id`", "its address could run in a shell"),
        ("a!b", "its address could run in a shell"),
        ("o'hara&co", ""),
    ] {
        let from = Address::parse(&format!("{local}@evil.example")).unwrap();
        let heard = Heard {
            from: from.clone(),
            ..but(|request| request.from = from.clone())
        };
        let (taken, effects) = hears(&FakeState::new(), &heard, 100);
        let left = (!expected.is_empty()).then_some(Taken::Left(expected));
        assert_eq!(taken, left.unwrap_or(Taken::Yes), "{local}");
        assert_eq!(effects.is_empty(), taken != Taken::Yes, "{local}");
    }
}

/// The same request, with something in it changed.
fn but(change: impl FnOnce(&mut Request)) -> Heard {
    let mut heard = request(51, 10, NOW - 5);
    if let Body::Request(request) = &mut heard.letter.body {
        change(request);
    }
    heard
}

#[test]
fn what_a_request_may_not_be() {
    let ours = Heard {
        from: address("alice"),
        ..but(|request| request.from = address("alice"))
    };
    for (case, heard, size, expected) in [
        ("as it should be", but(|_| ()), 100, Taken::Yes),
        ("as large as may be", but(|_| ()), 4096, Taken::Yes),
        (
            "too large",
            but(|_| ()),
            4097,
            Taken::Left("the request is too large"),
        ),
        (
            "from another",
            but(|request| request.from = address("carol")),
            100,
            Taken::Left("the From of the mail is not who asks"),
        ),
        (
            "to another",
            but(|request| request.to = address("carol")),
            100,
            Taken::Left("it asks somebody else"),
        ),
        (
            "from ourselves",
            ours,
            100,
            Taken::Left("it comes from our own address"),
        ),
        (
            "with no key",
            but(|request| request.one_time_keys.mail = None),
            100,
            Taken::Left("it names no key to answer it with"),
        ),
    ] {
        let (taken, effects) = hears(&FakeState::new(), &heard, size);
        assert_eq!(taken, expected, "{case}");
        assert_eq!(effects.is_empty(), taken != Taken::Yes, "{case}");
    }
}

#[test]
fn an_address_that_is_refused_is_not_heard_while_it_is_a_strangers() {
    let refused = Taken::Dropped("its address is refused");
    let asked = || Standing::Asked(our_request());
    let confirming = || {
        Standing::Handshake(Handshake::Confirming(Confirming {
            accepted: Vec::new(),
            asked: Some(our_request()),
        }))
    };
    let asks = Standing::Handshake(Handshake::Asking(Vec::new()));
    let spam = ["*@example.com", "*@EXAMPLE.net"];
    for (case, patterns, standing, expected) in [
        ("nobody", &spam[..], None, refused),
        ("by the whole address", &["bob@example.net"], None, refused),
        (
            "another",
            &["carol@example.net", "*@example.com"],
            None,
            Taken::Yes,
        ),
        ("nobody is refused", &[], None, Taken::Yes),
        (
            "who is known from elsewhere",
            &spam,
            Some(Standing::Stranger),
            refused,
        ),
        ("who asked before", &spam, Some(asks), refused),
        ("whom we asked", &spam, Some(asked()), Taken::Yes),
        ("whom we accepted", &spam, Some(confirming()), Taken::Yes),
        (
            "a friend with new keys",
            &spam,
            Some(Standing::friend(keys(11))),
            Taken::Yes,
        ),
    ] {
        let mut fake = FakeState::new();
        fake.settings.policy.auto = vec!["*@example.net".to_owned()];
        fake.settings.policy.refuse = patterns.iter().map(|one| (*one).to_owned()).collect();
        fake.people.extend(standing.map(|standing| {
            let mut bob = nobody("bob");
            bob.standing = standing;
            bob
        }));
        let (taken, effects) = hears(&fake, &request(51, 10, NOW - 5), 100);
        assert_eq!(taken, expected, "{case}");
        assert_eq!(effects.is_empty(), expected == refused, "{case}");
    }
}
