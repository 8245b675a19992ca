//! Files as providers write them, and as nobody should.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use super::*;

fn address() -> Address {
    Address::parse("bob.b@example.org").unwrap()
}

fn server(kind: &str, class: &str, host: &str, port: &str, socket: &str, more: &str) -> String {
    format!(
        "<{class} type=\"{kind}\"><hostname>{host}</hostname><port> {port} </port>\
         <socketType>{socket}</socketType>{more}</{class}>"
    )
}

fn file(servers: &[String]) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a comment -->\n<clientConfig version=\"1.1\">\n\
         <emailProvider id=\"example.org\"><domain>example.org</domain>\
         <displayName>Bob &amp; Sons</displayName>{}</emailProvider>\
         <webMail><loginPage url=\"https://example.org\"/></webMail></clientConfig>\n",
        servers.concat()
    )
}

fn found(servers_of: &[String]) -> Option<(String, String)> {
    let servers = servers(file(servers_of).as_bytes(), &address())?;
    Some((servers.fetch.to_string(), servers.smtp.to_string()))
}

const USER: &str =
    "<authentication>password-cleartext</authentication><username>%EMAILADDRESS%</username>";

fn smtp() -> String {
    server(
        "smtp",
        "outgoingServer",
        "smtp.example.org",
        "465",
        "SSL",
        USER,
    )
}

fn imap() -> String {
    server(
        "imap",
        "incomingServer",
        "imap.example.org",
        "993",
        "SSL",
        USER,
    )
}

#[test]
fn the_first_server_of_each_kind_that_can_be_used_is_taken() {
    let smtp = smtp();
    let imap = imap();
    let pop3 = server(
        "pop3",
        "incomingServer",
        "pop.example.org",
        "995",
        "SSL",
        "",
    );
    let clear = server(
        "imap",
        "incomingServer",
        "clear.example.org",
        "143",
        "plain",
        USER,
    );
    let local = "<username>%EMAILLOCALPART%</username>";
    let start = server(
        "imap",
        "incomingServer",
        "mail.%EMAILDOMAIN%",
        "143",
        "STARTTLS",
        local,
    );
    let md5 = "<authentication>password-encrypted</authentication>";
    let crypt = server(
        "imap",
        "incomingServer",
        "crypt.example.org",
        "993",
        "SSL",
        md5,
    );
    let exchange = server(
        "exchange",
        "incomingServer",
        "ex.example.org",
        "443",
        "SSL",
        USER,
    );
    let sent = "smtps://bob.b%40example.org@smtp.example.org:465";
    for (servers, fetch) in [
        (
            vec![&imap, &pop3, &smtp],
            "imaps://bob.b%40example.org@imap.example.org:993",
        ),
        (
            vec![&pop3, &imap, &smtp],
            "imaps://bob.b%40example.org@imap.example.org:993",
        ),
        (
            vec![&pop3, &smtp],
            "pop3s://bob.b%40example.org@pop.example.org:995",
        ),
        (
            vec![&exchange, &clear, &crypt, &start, &imap, &smtp],
            "imap://bob.b@mail.example.org:143?tls=required",
        ),
    ] {
        let servers: Vec<String> = servers.into_iter().cloned().collect();
        assert_eq!(found(&servers), Some((fetch.to_owned(), sent.to_owned())));
    }
    for none in [
        vec![&clear, &smtp],
        vec![&imap],
        vec![&smtp],
        vec![],
        vec![&exchange, &smtp],
    ] {
        let none: Vec<String> = none.into_iter().cloned().collect();
        assert_eq!(found(&none), None);
    }
}

#[test]
fn hostile_values_name_no_server() {
    let smtp = smtp();
    for (host, port) in [
        ("", "993"),
        ("imap.example.org\r\nX: y", "993"),
        ("evil.example/@imap.example.org", "993"),
        ("imap&amp;.example.org", "993"),
        ("imap.example.org", "0"),
        ("imap.example.org", "99999"),
        ("imap.example.org", "993?tls=no"),
        ("imap.example.org", ""),
        (&"a".repeat(600), "993"),
    ] {
        let imap = server("imap", "incomingServer", host, port, "SSL", USER);
        assert_eq!(found(&[imap, smtp.clone()]), None, "{host:?} {port:?}");
    }
    let user = "<username>a:hunter2\u{1}</username>";
    let imap = server(
        "imap",
        "incomingServer",
        "imap.example.org",
        "993",
        "SSL",
        user,
    );
    assert_eq!(found(&[imap, smtp]), None);
}

#[test]
fn hostile_files_are_no_files_and_cost_little() {
    let smtp = smtp();
    let imap = imap();
    let good = file(&[imap, smtp]);
    assert!(servers(good.as_bytes(), &address()).is_some());
    let entities = good.replacen(
        "<clientConfig",
        "<!DOCTYPE x [<!ENTITY a \"imap\"><!ENTITY b \"&a;&a;&a;&a;\">]><clientConfig",
        1,
    );
    let deep = "<a>".repeat(LONGEST / 3);
    let unclosed = good.replace("</clientConfig>", "");
    let endless = format!("{good}{}", " ".repeat(LONGEST));
    let attributes = format!("<clientConfig {}>", "a=\"b\" ".repeat(9000));
    let comments = "<!--".repeat(LONGEST / 4);
    for (what, hostile) in [
        ("entities", entities),
        ("deep", deep),
        ("unclosed", unclosed),
        ("endless", endless),
        ("attributes", attributes),
        ("comments", comments),
        ("nothing", String::new()),
        (
            "a page",
            "<html><body>not found<br></body></html>".to_owned(),
        ),
        (
            "crossed",
            "<clientConfig><emailProvider></clientConfig></emailProvider>".to_owned(),
        ),
    ] {
        let begun = Instant::now();
        assert_eq!(servers(hostile.as_bytes(), &address()), None, "{what}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{what}");
    }
    assert_eq!(servers(&[0xff; 100], &address()), None);
}
