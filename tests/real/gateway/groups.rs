//! A group as other people's clients show it: a channel, in which one asks in, puts out and makes admins as on any network.

mod irssi;
mod lounge;
mod rooms;
mod weechat;

use crate::support::account::{Account, Place};
use crate::support::handshake::befriend;
use crate::support::mails::Way;
use crate::support::post::{Post, Postman};
use crate::support::process::{Running, free_port, need, try_until, until_listening};

const GROUP: &str = "#climbing";

/// Alice with an agent and its gateway; the others have neither, and mails are taken by their hooks. The climber calls
/// themselves carol, too, and is a friend of bob's alone.
struct Club {
    // Ended in this order: the agent first, the folders last.
    _agent: Running,
    _postman: Postman,
    alice: Account,
    bob: Account,
    carol: Account,
    climber: Account,
    /// The port of alice's gateway.
    gateway: u16,
    _place: Place,
}

impl Club {
    /// Alice has founded a group, and bob has come in.
    fn new() -> Self {
        need(&["procmail"]);
        let place = Place::new();
        let post = Post::new(&place);
        let settle = |address: &str, name: &str| {
            let mut account = Way::Procmail.account(&place, address);
            account.name = name.to_owned();
            let network = format!("test=irc://127.0.0.1:{}", free_port());
            account.setup(&["--sendmail", &post.sendmail, "--network", &network]);
            account
        };
        let alice = settle("alice@example.org", "alice");
        let bob = settle("bob@example.net", "bob");
        let carol = settle("carol@example.net", "carol");
        let climber = settle("climber@example.com", "carol");
        let gateway = free_port();
        let section = format!("[gateway]\nlisten = [\"127.0.0.1:{gateway}\"]");
        alice.configure(&[("#[gateway]", &section)]);
        for (one, other) in [(&bob, &alice), (&carol, &alice), (&climber, &bob)] {
            befriend(&post, Way::Procmail, one, other);
        }
        let postman = post.postman(&[&alice, &bob, &carol, &climber]);
        let agent = alice.agent();
        until_listening("the gateway", gateway);
        let club = Self {
            _agent: agent,
            _postman: postman,
            alice,
            bob,
            carol,
            climber,
            gateway,
            _place: place,
        };
        club.alice.ok(&["group", "new", "climbing", "bob"]);
        club.come_in(&club.bob);
        club
    }

    /// They are asked, say yes, and are in.
    #[track_caller]
    fn come_in(&self, who: &Account) {
        until_said(who, &["group", "accept", GROUP], "said yes");
        until_said(who, &["group", "show", GROUP], "#climbing: in since");
    }
}

/// Waits until a command of theirs prints this.
#[track_caller]
fn until_said(who: &Account, command: &[&str], words: &str) {
    try_until(&format!("{} to read {words:?}", who.address), 60, || {
        let out = who.iim(command);
        let said = out.text().contains(words);
        said.then_some(()).ok_or(out.text() + &out.errors())
    });
}
