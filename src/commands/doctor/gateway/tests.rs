//! Listeners that answer as a gateway does, and such as do not.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use crate::protocol::time::Seconds;
use std::fs::Permissions;
use std::io::BufRead as _;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::thread;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::commands::doctor::finding::{Finding, Level};

/// Reads what a client says first, and answers.
fn answer(stream: &mut (impl Read + Write), said: &'static [u8]) {
    let mut line = String::new();
    let mut reader = io::BufReader::new(stream);
    drop(reader.read_line(&mut line));
    drop(reader.into_inner().write_all(said));
}

/// A port of a server that answers one client so.
fn server(said: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    thread::spawn(move || answer(&mut listener.accept().unwrap().0, said));
    at
}

fn tcp(at: SocketAddr, web: bool) -> Listen {
    let tls = false;
    Listen::Tcp { at, tls, web }
}

const IRC: &[u8] = b":iim.local CAP * LS :sasl=PLAIN\r\n";
const WEB: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";

#[test]
fn a_port_must_answer_as_a_gateway() {
    for (said, web, good) in [
        (IRC, false, true),
        (WEB, true, true),
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], false, false),
        (b"", false, false),
        (IRC, true, false),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", true, false),
    ] {
        let reached = reach(&tcp(server(said), web), Path::new("/none"), None);
        assert_eq!(reached.is_ok(), good, "{said:?} {web}: {reached:?}");
    }
}

#[test]
fn a_port_that_is_closed_is_told() {
    let at = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut found = Findings::default();
    listener(&tcp(at, false), Path::new("/none"), None, &mut found);
    assert_eq!(found.count(Level::Fault), 1, "{found:?}");
    assert!(found.all[0].what.contains(&at.to_string()), "{found:?}");
}

#[test]
fn a_socket_must_be_its_owners_alone() {
    for (mode, good) in [(0o600, true), (0o666, false), (0o660, false)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.sock");
        let listener = UnixListener::bind(&path).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        if good {
            thread::spawn(move || answer(&mut listener.accept().unwrap().0, IRC));
        }
        let reached = reach(&Listen::Unix(None), &path, None);
        assert_eq!(reached.is_ok(), good, "{mode:o}: {reached:?}");
    }
}

/// A certificate and its key in files, valid between these years.
fn files(folder: &Path, from: i32, to: i32) -> Certificate {
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let (chain, key_file) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&chain, params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    std::fs::set_permissions(&key_file, Permissions::from_mode(0o600)).unwrap();
    Certificate {
        chain,
        key: key_file,
    }
}

fn tls_server(files: &Certificate) -> SocketAddr {
    let chain = CertificateDer::from_pem_file(&files.chain).unwrap();
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    thread::spawn(move || {
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let stream = listener.accept().unwrap().0;
        answer(&mut StreamOwned::new(connection, stream), IRC);
    });
    at
}

#[test]
fn a_port_with_tls_must_show_the_configured_certificate() {
    let (ours, others) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ours, others) = (
        files(ours.path(), 2020, 2090),
        files(others.path(), 2020, 2090),
    );
    let tls = |at| Listen::Tcp {
        at,
        tls: true,
        web: false,
    };
    for (shown, good) in [(&ours, true), (&others, false)] {
        let reached = reach(&tls(tls_server(shown)), Path::new("/none"), Some(&ours));
        assert_eq!(reached.is_ok(), good, "{reached:?}");
    }
    let clear = reach(&tls(server(IRC)), Path::new("/none"), Some(&ours));
    assert!(clear.is_err(), "clear text is no TLS");
}

fn checked(files: &Certificate, at: Seconds) -> Vec<Finding> {
    let mut found = Findings::default();
    certificate::check(files, at, &mut found);
    found.all
}

#[test]
fn what_is_wrong_with_a_certificate_is_told() {
    use Level::{Fault, Ok, Warn};
    let now = 1_795_244_400; // 2026-11-21
    let new_year = 1_798_761_600; // 2027-01-01
    let week = 7 * 86_400;
    for (from, to, at, level, words) in [
        (2020, 2090, now, Ok, "in order"),
        (2020, 2026, now, Fault, "has expired"),
        (2030, 2090, now, Fault, "not valid yet"),
        (2020, 2027, new_year - week, Warn, "expires within"),
        (2020, 2027, new_year + week, Fault, "has expired"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let found = checked(&files(folder.path(), from, to), Seconds(at));
        let [finding] = &found[..] else {
            panic!("{found:?}")
        };
        assert!(
            finding.what.contains(words),
            "{from} {to}: {}",
            finding.what
        );
        assert_eq!(finding.level, level, "{from} {to}");
    }
}

#[test]
fn files_that_cannot_serve_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let good = files(folder.path(), 2020, 2090);
    let other = tempfile::tempdir().unwrap();
    let stranger = files(other.path(), 2020, 2090);
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let missing = folder.path().join("missing.pem");
    for (chain, key) in [
        (&good.chain, &stranger.key),
        (&missing, &good.key),
        (&good.chain, &missing),
        (&empty, &good.key),
        (&good.chain, &good.chain),
    ] {
        let files = Certificate {
            chain: chain.clone(),
            key: key.clone(),
        };
        let found = checked(&files, Seconds(1_795_244_400));
        assert!(
            found.iter().any(|f| f.level == Level::Fault),
            "{files:?}: {found:?}"
        );
    }
    std::fs::set_permissions(&good.key, Permissions::from_mode(0o644)).unwrap();
    let found = checked(&good, Seconds(1_795_244_400));
    assert!(
        found.iter().any(|f| f.what.contains("read by others")),
        "{found:?}"
    );
}
