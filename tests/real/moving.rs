//! An account moves from one machine to another while its agent runs: friends notice nothing but late texts.

use crate::support::account::{Account, Place};
use crate::support::handshake::befriend;
use crate::support::ircd::Ngircd;
use crate::support::mails::Way;
use crate::support::post::Post;
use crate::support::process::{need, run, try_until};

#[test]
fn an_account_moves_through_a_pipe_under_a_running_agent() {
    need(&["procmail", "ngircd"]);
    let (place, server) = (Place::new(), Ngircd::default().start());
    let post = Post::new(&place);
    let url = format!("net0=irc://{}", server.address());
    let [alice, bob] = ["alice", "bob"].map(|local| {
        let account = Way::Procmail.account(&place, &format!("{local}@example.org"));
        account.setup(&["--sendmail", &post.sendmail, "--network", &url]);
        account
    });
    befriend(&post, Way::Procmail, &alice, &bob);
    let agents = [&alice, &bob].map(Account::agent);
    let postman = post.postman(&[&alice, &bob]);
    bob.until_friend("alice", "presence", "online", 60);
    bob.ok(&["say", "alice", "before"]);
    alice.until_text("bob", "before", 20, |_| true);

    let new = Account {
        home: place.join("elsewhere"),
        ..alice.clone()
    };
    std::fs::create_dir_all(&new.home).unwrap();
    postman.sleep(true);
    let mut sent = alice.command(&alice.program);
    let archive = run(sent.args(["export", "--move", "--plain", "-"]), b"");
    archive.expect_code(0, "export");
    assert!(archive.errors().contains("has left this machine"));
    let taken = new.iim_with(&["import", "--plain", "-"], &archive.stdout);
    taken.expect_code(0, "import");
    Way::Procmail.install(&new);
    // The agent ends by itself, and what comes meanwhile is left in the mailbox.
    let [old, _of_bob] = agents;
    try_until("the agent to end", 20, || {
        match old.log().contains("the agent ends") {
            true => Ok(()),
            false => Err(old.log()),
        }
    });
    assert!(
        old.log().contains("this account left for another machine"),
        "{}",
        old.log()
    );
    bob.ok(&["say", "alice", "on its way"]);
    alice.iim(&["say", "bob", "no"]).expect_code(1, "say");

    let _new_agent = new.agent();
    drop(postman);
    let _postman = post.postman(&[&new, &bob]);
    new.until_friend("bob", "presence", "online", 120);
    bob.until_friend("alice", "presence", "online", 120);
    new.until_text("bob", "on its way", 120, |_| true);
    bob.until_text("alice", "on its way", 120, |text| {
        text["state"] == "delivered"
    });
    let texts: Vec<_> = new
        .texts("bob")
        .iter()
        .map(|text| text["text"].clone())
        .collect();
    assert_eq!(texts, ["before", "on its way"]);
    new.ok(&["say", "bob", "from the new house"]);
    bob.until_text("alice", "from the new house", 60, |_| true);
    assert_eq!(bob.of_friend("alice", "standing"), "friend");
    assert_eq!(bob.of_friend("alice", "key_changed"), "false");
}
