//! The POP3 client against a real Dovecot.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::thread;

use iim::edge::config::Security;
use iim::edge::mail::fetch::{Pop3, Settings};
use iim::rules::fetch::mailbox::Fault;
use iim::rules::fetch::pop3_box::{Answer, Command, Entry, Number};

use super::{Dovecot, Place, forged, is_root, mail, need, settings};
use crate::support::account::Account;

fn ask(runtime: &tokio::runtime::Runtime, pop3: &mut Pop3, command: Command) -> Answer {
    runtime.block_on(pop3.carry_out(command))
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

fn at(port: u16, settings: Settings) -> Settings {
    Settings {
        server: format!("127.0.0.1:{port}").try_into().unwrap(),
        ..settings
    }
}

/// Passes everything on, but for TOP, of which the server knows nothing then.
fn without_top(to: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            let (mut back, mut on) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                for line in BufReader::new(server).split(b'\n').map_while(Result::ok) {
                    if line != b"TOP\r" && back.write_all(&[&line[..], b"\n"].concat()).is_err() {
                        return;
                    }
                }
                drop(back.shutdown(std::net::Shutdown::Both));
            });
            thread::spawn(move || {
                for line in BufReader::new(client).split(b'\n').map_while(Result::ok) {
                    assert!(!line.starts_with(b"TOP"), "it is asked what it cannot");
                    if on.write_all(&[&line[..], b"\n"].concat()).is_err() {
                        return;
                    }
                }
                drop(on.shutdown(std::net::Shutdown::Both));
            });
        }
    });
    port
}

/// Looks at all mails, and takes out the one that is ours; what is not said goodbye to stays.
fn whole_way(alice: &Account, make: &dyn Fn() -> Settings) {
    let runtime = runtime();
    alice.empty_inbox();
    for (at, text) in [mail("", ".dot\nhi\n"), forged(), mail("", "two\n")]
        .into_iter()
        .enumerate()
    {
        alice.write(&format!("Maildir/cur/{}.m{at}:2,S", 100 + at), text);
    }
    for goodbye in [false, true] {
        let mut pop3 = Pop3::new(make());
        assert_eq!(ask(&runtime, &mut pop3, Command::Open), Answer::Opened);
        let Answer::Listed(all, 0) = ask(&runtime, &mut pop3, Command::List) else {
            panic!("no list");
        };
        assert_eq!(all.len(), 3);
        let is_ours = |entry: &&Entry| {
            let header = Command::Header(entry.number);
            match runtime.block_on(pop3.carry_out(header)) {
                Answer::Header(header) => String::from_utf8_lossy(&header).contains("IIM: 1"),
                other => panic!("{other:?}"),
            }
        };
        let ours: Vec<Number> = all.iter().filter(is_ours).map(|it| it.number).collect();
        let [ours] = ours[..] else {
            panic!("{ours:?}");
        };
        let Answer::Size(size) = ask(&runtime, &mut pop3, Command::Size(ours)) else {
            panic!("no size");
        };
        let Answer::Mail(whole) = ask(&runtime, &mut pop3, Command::Mail(ours, size)) else {
            panic!("no mail");
        };
        assert_eq!(whole.len(), usize::try_from(size).unwrap());
        let text = String::from_utf8(whole).unwrap().replace("\r\n", "\n");
        assert_eq!(text.as_bytes(), forged());
        let none = Number(NonZeroU32::new(9).unwrap());
        assert!(matches!(
            ask(&runtime, &mut pop3, Command::Mail(none, 1)),
            Answer::Refused(_)
        ));
        assert_eq!(
            ask(&runtime, &mut pop3, Command::Delete(ours)),
            Answer::Done
        );
        if goodbye {
            assert_eq!(ask(&runtime, &mut pop3, Command::Quit), Answer::Quit);
        }
        drop(pop3);
        assert_eq!(alice.inbox().len(), if goodbye { 2 } else { 3 });
    }
    assert!(!alice.inbox().contains(&forged()));
}

#[test]
fn a_mail_is_taken_out_by_pop3_with_and_without_top_and_tls() {
    need(&["dovecot"]);
    if !is_root("a_mail_is_taken_out_by_pop3_with_and_without_top_and_tls") {
        return;
    }
    let place = Place::new();
    let alice = Account::of_user(&place, "alice@example.org", 65_534);
    let dovecot = Dovecot::start(&place, &[&alice], "iim.sieve");
    let topless = without_top(dovecot.pop3);
    for (security, port) in [
        (Security::Tls, dovecot.pop3s),
        (Security::StartTls, dovecot.pop3),
        (Security::Plain, dovecot.pop3),
        (Security::Plain, topless),
    ] {
        whole_way(&alice, &|| at(port, settings(&dovecot, security, "secret")));
    }
    let wrong = at(dovecot.pop3s, settings(&dovecot, Security::Tls, "wrong"));
    match ask(&runtime(), &mut Pop3::new(wrong), Command::Open) {
        Answer::Closed(Some(Fault::Login(words))) => assert!(!words.contains("wrong"), "{words}"),
        other => panic!("{other:?}"),
    }
}
