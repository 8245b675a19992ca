//! What they write: each letter in every way in which it may come.

use iim::protocol::codec::{encode, spoken};
use iim::protocol::group::letters::{Bid, Gather, Got, GotOf, SaidHash, Told};
use iim::protocol::group::room::Coming;
use iim::protocol::group::{Act, GroupId, Head};
use iim::protocol::letter::{
    Accept, Body, Confirm, Edit, Here, Letter, Presence, React, Receipt, ReceiptState, Request,
    Retract, Said, Secret, Signature, Status, Text, There, Typing,
};
use iim::protocol::time::Millis;
use iim::rules::event::{Came, Heard, Proof, Seal};

use super::group::{self, Membership, kept};
use super::person::{
    ACCEPT, BOBS, HEALING, HEARD, HIS_REQUEST, NOW, OTHER, OURS, REQUEST, SAID, SAID_TO_CAROL,
    alice, bob, id, key, keys, theirs,
};

fn request(byte: u8, number: u8, sent: u64) -> Letter {
    let request = Request {
        from: bob(),
        to: alice(),
        name: "Bob".into(),
        note: None,
        keys: keys(byte),
        one_time_keys: theirs(),
    };
    letter(number, sent, Body::Request(request))
}

fn accept(byte: u8, number: u8, request: u8) -> Letter {
    let accept = Accept {
        from: bob(),
        to: alice(),
        request: id(request),
        keys: keys(byte),
        one_time_keys: theirs(),
        signature: Signature([0; 64]),
    };
    letter(number, NOW, Body::Accept(accept))
}

fn letter(number: u8, sent: u64, body: Body) -> Letter {
    Letter {
        id: id(number),
        sent: Millis(sent * 1000),
        body,
        holds: Some(0),
        presence: None,
        one_time_keys: None,
        irc: None,
    }
}

fn sealed(byte: u8, session: &str, used: Option<u8>) -> Proof {
    Proof::Sealed(Seal {
        key: key(byte),
        session: session.to_owned(),
        used: used.map(key),
        accept_signed: true,
        irc: None,
    })
}

fn signed() -> Proof {
    Proof::Signed {
        bytes: vec![0; 100],
        invite: None,
    }
}

fn irc() -> Came {
    Came::Irc {
        network: "testnet".into(),
        nick: "bobnick".into(),
    }
}

fn bodies() -> Vec<(&'static str, Letter)> {
    let presence = Presence {
        epoch: Some(7),
        secret: Some(Secret([7; 32])),
        ..Presence::default()
    };
    let here = Here {
        nick: "bobnick".into(),
        network: "testnet".into(),
        status: Status::Online,
        status_text: None,
        capabilities: Vec::new(),
        echo: None,
    };
    let receipt = Receipt {
        state: ReceiptState::Delivered,
        ids: vec![id(SAID), id(SAID_TO_CAROL)],
    };
    let confirm = Confirm { accept: id(ACCEPT) };
    let text = Text {
        text: "hello".into(),
        reply_to: None,
        notice: false,
    };
    let there = There {
        status: Status::Online,
        heads: kept(Membership::In).group.shown_heads(),
        member: group::bobs_mid(),
        session: vec![2; 229],
        signature: Signature([0; 64]),
        coming: Coming([1; 8]),
    };
    let unknown = Body::Unknown {
        kind: 21,
        raw: vec![0xA0],
    };
    vec![
        ("confirm", letter(90, NOW, Body::Confirm(confirm))),
        ("presence", letter(91, NOW, Body::Presence(presence))),
        ("here", letter(92, NOW, Body::Here(here))),
        ("text", letter(93, NOW, Body::Text(text))),
        ("unknown", letter(94, NOW, unknown)),
        ("receipt", letter(95, NOW, Body::Receipt(receipt))),
        ("sealed request", request(BOBS, 96, NOW)),
        ("edit of their text", letter(97, NOW, edit(HEARD))),
        ("edit of ours", letter(98, NOW, edit(SAID))),
        (
            "edit of one to another",
            letter(99, NOW, edit(SAID_TO_CAROL)),
        ),
        ("retraction of their text", letter(100, NOW, retract(HEARD))),
        ("retraction of ours", letter(101, NOW, retract(SAID))),
        ("reaction to their text", letter(102, NOW, react(HEARD))),
        ("reaction to ours", letter(103, NOW, react(SAID))),
        ("typing", letter(104, NOW, Body::Typing(Typing::Active))),
        ("there", letter(105, NOW, Body::There(there))),
    ]
}

/// What is written in groups: in that in which bob is, or is asked into, if nothing else is said.
fn bodies_of_groups() -> Vec<(&'static str, Letter)> {
    let here = kept(Membership::In);
    let (gid, heads) = (here.group.id, here.group.shown_heads());
    let founded = vec![here.acts[0].id().head()];
    let told = |group, acts: Vec<Act>, heads: &[Head]| {
        Body::Told(Told {
            group,
            acts,
            room: None,
            heads: heads.to_vec(),
            entries: Vec::new(),
        })
    };
    let key = |maker| {
        Body::Told(Told {
            group: gid,
            acts: Vec::new(),
            room: Some(group::room_key(maker)),
            heads: heads.clone(),
            entries: Vec::new(),
        })
    };
    let said = |number, body: Body, heads: &[Head]| {
        Body::Said(Said {
            group: Some(gid),
            number,
            before: SaidHash::default(),
            body: spoken(body),
            whose: None,
            heads: heads.to_vec(),
            since: Some(number),
        })
    };
    let text = || {
        Body::Text(Text {
            text: "hello all".into(),
            reply_to: None,
            notice: false,
        })
    };
    let got = Body::Got(Got {
        group: Some(gid),
        of: vec![GotOf {
            author: here.group.us,
            up_to: 1,
            hash: SaidHash::default(),
            beyond: Vec::new(),
        }],
        heads: heads.clone(),
        opened: Vec::new(),
    });
    let ask = |group| {
        Body::Bid(Bid::Ask {
            group,
            name: "swimming".into(),
            members: Vec::new(),
            ended: None,
        })
    };
    let answer = Bid::Answer {
        group: gid,
        entry: group::entry(gid),
    };
    let whole = group::letter(150, said(1, text(), &heads));
    let old = group::letter(151, told(gid, Vec::new(), &founded));
    let gathered = [whole, old, group::letter(152, ask(GroupId([9; 16])))];
    let gather = Gather {
        letters: gathered.iter().map(encode).collect(),
    };
    vec![
        ("told, an act", told(gid, vec![group::leaves()], &heads)),
        ("told, what is known", told(gid, here.acts.clone(), &heads)),
        ("told, old heads", told(gid, Vec::new(), &founded)),
        (
            "told, of another group",
            told(GroupId([9; 16]), here.acts, &[]),
        ),
        ("told, a key of rooms", key(here.group.us)),
        ("told, a key that no admin made", key(group::bobs_mid())),
        ("said", said(1, text(), &heads)),
        ("said, old heads", said(1, text(), &founded)),
        ("said, an edit of ours", said(1, edit(SAID), &heads)),
        ("got", got),
        ("bid, a question", ask(GroupId([9; 16]))),
        ("bid, an answer", Body::Bid(answer)),
        ("gather", Body::Gather(gather)),
    ]
    .into_iter()
    .enumerate()
    .map(|(n, (name, body))| (name, group::letter(160 + n as u8, body)))
    .collect()
}

fn edit(number: u8) -> Body {
    Body::Edit(Edit {
        of: id(number),
        text: "another wording".into(),
    })
}

fn retract(number: u8) -> Body {
    Body::Retract(Retract {
        of: id(number),
        why: None,
    })
}

fn react(number: u8) -> Body {
    Body::React(React {
        to: id(number),
        emoji: "👍".into(),
        on: true,
    })
}

/// Each letter as it may come, by the name that the table uses.
pub(super) fn letters() -> Vec<(String, Heard)> {
    let heard = |letter: Letter, proof, via| Heard {
        letter,
        proof,
        from: bob(),
        via,
        answerable: iim::protocol::mail_form::Answerable::Anybody,
    };
    let mut all = Vec::new();
    let mut add = |name: &str, letter: &Letter, proof: Proof, via: Came| {
        all.push((name.to_owned(), heard(letter.clone(), proof, via)));
    };
    let old = NOW - 200;
    for (name, letter) in [
        ("request, new", request(BOBS, 80, NOW)),
        ("request, repeated", request(BOBS, HIS_REQUEST, old)),
        ("request, other keys", request(OTHER, 81, NOW)),
        ("request, third keys", request(70, 82, NOW)),
    ] {
        add(name, &letter, signed(), Came::Mail);
    }
    for (name, letter, byte) in [
        ("accept, of our request", accept(BOBS, 83, REQUEST), BOBS),
        (
            "accept, of our request, other keys",
            accept(OTHER, 83, REQUEST),
            OTHER,
        ),
        (
            "accept, of our healing, other keys",
            accept(OTHER, 85, HEALING),
            OTHER,
        ),
        ("accept, unasked", accept(BOBS, 84, 200), BOBS),
    ] {
        add(name, &letter, sealed(byte, "bobs", Some(OURS)), Came::Mail);
    }
    for (name, letter) in bodies() {
        let ways = [
            ("their session", sealed(BOBS, "bobs", None), Came::Mail),
            (
                "the accept's session",
                sealed(BOBS, "ours", None),
                Came::Mail,
            ),
            (
                "the accept's one-time key",
                sealed(BOBS, "new", Some(OURS)),
                Came::Mail,
            ),
            (
                "a stolen one-time key",
                sealed(BOBS, "new", Some(99)),
                Came::Mail,
            ),
            (
                "the other keys' session",
                sealed(OTHER, "ours", None),
                Came::Mail,
            ),
            (
                "a stranger's session",
                sealed(77, "strange", None),
                Came::Mail,
            ),
            ("IRC", sealed(BOBS, "bobs", None), irc()),
        ];
        for (way, proof, via) in ways {
            // The ways are told apart by the text; of the other kinds only what differs is of interest.
            let all_ways = name == "text" || ["their session", "IRC"].contains(&way);
            if all_ways || way == "the accept's session" {
                add(&format!("{name}, {way}"), &letter, proof, via);
            }
        }
    }
    for (name, letter) in bodies_of_groups() {
        for (way, proof, via) in [
            ("their session", sealed(BOBS, "bobs", None), Came::Mail),
            ("our prekey", sealed(BOBS, "new", Some(3)), Came::Mail),
            (
                "a stranger's session",
                sealed(77, "strange", None),
                Came::Mail,
            ),
            ("IRC", sealed(BOBS, "bobs", None), irc()),
        ] {
            add(&format!("{name}, {way}"), &letter, proof, via);
        }
    }
    all
}
