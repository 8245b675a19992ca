//! From nothing to the first text, by the clock: two people who have a mailbox each, and neither a hook nor a shell at
//! the mail server, type all of it.

use std::time::{Duration, Instant};

use crate::support::account::{Account, Place};
use crate::support::dovecot::Dovecot;
use crate::support::postfix::{Delivery, Postfix};
use crate::support::process::{is_root, need, try_until};
use crate::support::terminal::Terminal;

/// From the first key of the first setup until the text is read, one person after the other.
const LIMIT: Duration = Duration::from_secs(120);

#[test]
fn two_mailboxes_are_friends_within_two_minutes() {
    need(&["postfix", "dovecot", "script", "setpriv"]);
    if !is_root("two_mailboxes_are_friends_within_two_minutes") {
        return;
    }
    let place = Place::new();
    let alice = Account::of_user(&place, "alice@example.org", 61_031);
    let bob = Account::of_user(&place, "bob@example.org", 61_032);
    let dovecot = Dovecot::start(&place, &[&alice, &bob], "iim.sieve");
    for person in [&alice, &bob] {
        person.write("active.sieve", "keep;\n");
    }
    let postfix = Postfix::start(&place, &[&alice, &bob], &Delivery::Lmtp(dovecot.lmtp));
    let mut at_alice = Terminal::open(&place, &alice);
    let mut at_bob = Terminal::open(&place, &bob);

    let begun = Instant::now();
    for (terminal, person) in [(&mut at_alice, &alice), (&mut at_bob, &bob)] {
        let (address, port, smtp) = (&person.address, dovecot.imaps, postfix.smtp_url());
        let ca = dovecot.ca.display();
        terminal.type_line(&format!(
            "iim setup --account {address} --imap imaps://{0}@127.0.0.1:{port} --smtp {smtp} --ca {ca}",
            person.name
        ));
        terminal.until("(it is not shown): ", 20);
        terminal.type_line("secret");
        terminal.until("a mail to yourself came after", 30);
        terminal.until("$ ", 20);
        let screen = terminal.screen();
        assert!(
            !screen.contains("secret"),
            "the password is on the screen: {screen}"
        );
        terminal.type_line("iim agent &");
        terminal.until("the agent runs", 20);
    }
    at_alice.type_line("iim add bob@example.org");
    at_alice.until("asked bob", 10);
    at_bob.until("asks to be a friend", 30);
    at_bob.type_line("iim accept alice@example.org");
    at_bob.until("is a friend now", 30);
    at_alice.type_line("iim say bob 'Hello from my mailbox!'");
    at_bob.until("a text came", 30);
    at_bob.type_line("iim read alice");
    at_bob.until("Hello from my mailbox!", 10);
    let took = begun.elapsed();

    println!(
        "from setup to the first text read: {:.1} s",
        took.as_secs_f64()
    );
    assert!(took < LIMIT, "{took:?}");
    for person in [&alice, &bob] {
        let what = format!("nothing of iim's to lie in {}'s mailbox", person.name);
        try_until(&what, 20, || match person.inbox().len() {
            0 => Ok(()),
            more => Err(format!("{more} mails")),
        });
    }
}
