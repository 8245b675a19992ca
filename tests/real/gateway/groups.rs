//! A group as other people's clients show it: a channel, in which one asks in, puts out and makes admins as on any network.

use crate::support::account::{Account, Place};
use crate::support::clients::Device;
use crate::support::clients::weechat::Weechat;
use crate::support::handshake::befriend;
use crate::support::mails::Way;
use crate::support::post::{Post, Postman};
use crate::support::process::{Running, free_port, need, try_until, until_listening};

const GROUP: &str = "#climbing";
const BUFFER: &str = "iim.#climbing";

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

#[test]
fn gateway_groups_with_weechat() {
    let club = Club::new();
    let weechat = Weechat::start(&club.alice, &Device::add(&club.alice, "laptop"));
    weechat.until_nicks(BUFFER, &["@alice", "bob"]);
    talk(&club, &weechat);
    rule(&club, &weechat);
    two_of_one_name(&club, &weechat);
    put_out(&club, &weechat);
    hide_the_channel(&club, &weechat);
}

fn talk(club: &Club, weechat: &Weechat) {
    club.bob.ok(&["say", GROUP, "who comes on Sunday?"]);
    weechat.until_said(BUFFER, "bob", "who comes on Sunday?");
    weechat.type_in(BUFFER, "I do, grüß dich");
    let text = club.bob.until_text(GROUP, "I do, grüß dich", 30, |_| true);
    assert_eq!(text["from"]["name"], "alice");
}

fn rule(club: &Club, weechat: &Weechat) {
    weechat.type_in(BUFFER, "/topic Sundays at nine");
    until_said(&club.bob, &["group", "topic", GROUP], "Sundays at nine");
    weechat.type_in(BUFFER, "/invite carol");
    club.come_in(&club.carol);
    weechat.until_nicks(BUFFER, &["@alice", "bob", "carol"]);
    weechat.until_line(BUFFER, 10, |line| {
        line.text.contains("carol") && line.text.contains("has joined")
    });
    weechat.type_in(BUFFER, "/mode +o bob");
    weechat.until_nicks(BUFFER, &["@alice", "@bob", "carol"]);
    until_said(&club.bob, &["group", "show", GROUP], "you are an admin");
    // From the other side.
    club.bob.ok(&["group", "topic", GROUP, "Sundays at ten"]);
    weechat.until_line(BUFFER, 30, |line| line.text.contains("Sundays at ten"));
}

/// Bob takes in the climber, who is a stranger to alice.
fn two_of_one_name(club: &Club, weechat: &Weechat) {
    club.bob.ok(&["group", "add", GROUP, "climber@example.com"]);
    club.come_in(&club.climber);
    weechat.until_nicks(BUFFER, &["@alice", "@bob", "carol", "carol_2"]);
    club.carol.ok(&["say", GROUP, "I am the first"]);
    weechat.until_said(BUFFER, "carol", "I am the first");
    club.climber.ok(&["say", GROUP, "and I the second"]);
    weechat.until_said(BUFFER, "carol_2", "and I the second");
    weechat.type_in(BUFFER, "welcome");
    for person in [&club.bob, &club.carol, &club.climber] {
        person.until_text(GROUP, "welcome", 30, |_| true);
    }
}

fn put_out(club: &Club, weechat: &Weechat) {
    weechat.type_in(BUFFER, "/kick carol_2");
    weechat.until_nicks(BUFFER, &["@alice", "@bob", "carol"]);
    until_said(&club.climber, &["group", "list"], "#climbing  out");
    let shown = club.carol.ok(&["group", "show", GROUP]);
    assert!(shown.contains("3 members with you"), "{shown}");
}

/// On this device only: alice is in all the same.
fn hide_the_channel(club: &Club, weechat: &Weechat) {
    weechat.type_in(BUFFER, "/part");
    weechat.until_nicks(BUFFER, &[]);
    club.bob.ok(&["say", GROUP, "hidden"]);
    club.alice.until_text(GROUP, "hidden", 30, |_| true);
    weechat.type_in(BUFFER, "/join #climbing");
    weechat.until_nicks(BUFFER, &["@alice", "@bob", "carol"]);
    club.bob.ok(&["say", GROUP, "shown"]);
    weechat.until_said(BUFFER, "bob", "shown");
    let lines = weechat.lines(BUFFER);
    let hidden = lines.iter().filter(|line| line.text == "hidden").count();
    assert_eq!(hidden, 0, "{lines:#?}");
}
