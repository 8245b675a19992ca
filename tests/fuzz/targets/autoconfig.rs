//! A provider's own file about its servers: whatever is in it, a server that comes out of it has TLS, and is written so that
//! it reads back.

#![no_main]

use iim::edge::config::{FetchUrl, Security, SmtpUrl};
use iim::edge::provider::autoconfig::servers;
use iim::protocol::address::Address;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let address = Address::parse("bob.b@example.org").expect("an address");
    let Some(found) = servers(file, &address) else {
        return;
    };
    assert_ne!(found.fetch.security, Security::Plain);
    assert_ne!(found.smtp.security, Security::Plain);
    assert_eq!(found.fetch.to_string().parse::<FetchUrl>(), Ok(found.fetch));
    assert_eq!(found.smtp.to_string().parse::<SmtpUrl>(), Ok(found.smtp));
});
