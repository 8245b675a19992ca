//! Rooms on real servers: one line reaches everybody, nobody outside sees the channel, whoever hides or is put out is in it no
//! more.

mod one_connection;
mod outsider;
mod party;
mod split;
mod ten;
mod wire;

use super::{delivered, heard};
use crate::support::ircd::Ngircd;
use crate::support::process::{need, try_until};
use party::{GROUP, Party};

#[test]
fn a_group_talks_in_a_room() {
    need(&["ngircd"]);
    let server = Ngircd::default().start();
    let mut party = Party::of(4, |_| vec![server.port]);
    party.meets();
    let all = party.names();
    party.until_there(all, 3);
    let before = party.postman.carried().len();
    for from in all {
        party.said_at_once(from, &format!("from {from}"), all);
    }
    try_until("their receipts", 30, || {
        let come = delivered(party.person("bob"), GROUP)["from bob"];
        (come == (3, 3)).then_some(()).ok_or(format!("{come:?}"))
    });
    assert_eq!(party.postman.carried().len(), before, "not one mail");
    // Whoever is away has a copy.
    drop(party.agents.pop());
    party.until_there(&["alice", "bob", "carol"], 2);
    party.said_at_once("alice", "without dave", &["bob", "carol"]);
    party.until("dave to have a copy", || {
        let heard = heard(party.person("dave"), GROUP);
        let key = ("alice".to_owned(), "without dave".to_owned());
        (heard.get(&key) == Some(&1))
            .then_some(())
            .ok_or(format!("{heard:?}"))
    });
    // Whoever hides from a member is in no room with them.
    party.person("alice").ok(&["hide", "carol"]);
    party.until_there(&["bob", "carol"], 1);
    party.said_at_once("bob", "carol, are you there?", &["carol"]);
    // Whoever is put out is in no room of later.
    party.person("alice").ok(&["show", "carol"]);
    party
        .person("alice")
        .ok(&["group", "remove", GROUP, "carol"]);
    party.until_there(&["alice", "bob"], 1);
    party.said_at_once("bob", "without carol", &["alice"]);
    let key = ("bob".to_owned(), "without carol".to_owned());
    assert!(!heard(party.person("carol"), GROUP).contains_key(&key));
}

fn long() -> bool {
    std::env::var_os("IIM_TESTS_LONG").is_some()
}
