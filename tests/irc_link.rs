//! The IRC link against real servers.

#[path = "support/ircd.rs"]
mod ircd;

use std::io::{BufRead as _, BufReader, Write as _};

#[test]
fn servers_start_and_tell_their_limits() {
    if !(ircd::available("ngircd") && ircd::available("inspircd")) {
        return;
    }
    let mut ngircd = ircd::Ngircd::default().start();
    let text = isupport(&ngircd);
    assert!(text.contains(" NICKLEN=9 "), "{text}");
    ngircd.kill();
    ngircd.start_again();
    assert!(isupport(&ngircd).contains("NETWORK=NgNet"));
    let inspircd = ircd::Inspircd {
        tls: true,
        ..ircd::Inspircd::relaxed()
    }
    .start();
    let text = isupport(&inspircd);
    assert!(
        text.contains("MONITOR=200") && text.contains("NETWORK=InspNet"),
        "{text}"
    );
    assert!(inspircd.tls_port().is_some() && inspircd.ca().is_some());
}

fn isupport(server: &ircd::Ircd) -> String {
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"NICK a\r\nUSER a 0 * :a\r\n").unwrap();
    let mut text = String::new();
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        if line.contains(" 376 ") || line.contains(" 422 ") {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}
