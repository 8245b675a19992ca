//! TLS: with a certificate made here, a renewed one, and files that are no good.

use std::path::Path;
use std::{fs, io};

use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;

/// Writes a certificate for `chat.example` and its key; gives the certificate.
fn renew(folder: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(vec!["chat.example".to_owned()]).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    made.cert.pem()
}

fn listen(folder: &Path) -> [Listen; 1] {
    [Listen::Tls(
        "0.0.0.0:0".parse().unwrap(),
        Certificate {
            chain: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        },
    )]
}

/// Listens with TLS; the address at which clients here connect.
fn open_tls(folder: &Path) -> (Listeners, SocketAddr) {
    let [at] = listen(folder);
    let (listeners, at) = open_at(&at, &[]);
    (listeners, SocketAddr::new(HERE.ip(), at.port()))
}

/// A client that trusts this certificate alone.
async fn connect(at: SocketAddr, certificate: &str) -> io::Result<TlsStream<TcpStream>> {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("chat.example").unwrap();
    let stream = TcpStream::connect(at).await?;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

#[tokio::test]
async fn a_client_talks_through_tls() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = renew(folder.path());
    let (mut listeners, at) = open_tls(folder.path());
    let mut client = connect(at, &certificate).await.unwrap();
    client.write_all(b"NICK ana\r\n").await.unwrap();
    let (conn, peer) = opened(&mut listeners).await;
    assert_eq!((peer.tls, peer.name.as_str()), (true, "127.0.0.1"));
    assert_eq!(line(&mut listeners).await, (conn, "NICK ana".to_owned()));
    let long = "x".repeat(100_000);
    listeners.send(conn, long.as_bytes());
    listeners.close(conn, "ERROR :bye");
    // An end without TLS's own word for it would be an error here.
    let said = async {
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        said
    };
    let said = tokio::select! {
        said = said => said,
        () = async { loop { listeners.next().await; } } => unreachable!(),
    };
    assert_eq!(said, format!("{long}ERROR :bye\r\n"));
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let old = renew(folder.path());
    let (_door, at) = open_tls(folder.path());
    connect(at, &old).await.unwrap();
    // A file system may count time in steps.
    let later = std::time::SystemTime::now() + Duration::from_secs(10);
    let new = renew(folder.path());
    for name in ["cert.pem", "key.pem"] {
        let file = fs::File::options()
            .append(true)
            .open(folder.path().join(name))
            .unwrap();
        file.set_modified(later).unwrap();
    }
    connect(at, &new).await.unwrap();
    connect(at, &old).await.unwrap_err();
    fs::write(folder.path().join("key.pem"), "nonsense").unwrap();
    connect(at, &new).await.unwrap();
}

#[tokio::test]
async fn files_that_are_no_good_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let error = || open(&listen(path), &[]).unwrap_err().to_string();
    assert!(error().contains("cert.pem"), "{}", error());
    renew(path);
    let key = fs::read(path.join("key.pem")).unwrap();
    renew(path);
    fs::write(path.join("key.pem"), key).unwrap();
    assert!(
        error().ends_with("key.pem: not the key of the certificate"),
        "{}",
        error()
    );
    fs::write(path.join("cert.pem"), "").unwrap();
    assert!(
        error().ends_with("cert.pem: no certificate in it"),
        "{}",
        error()
    );
}

#[tokio::test(start_paused = true)]
async fn who_does_not_shake_hands_goes_after_ten_seconds() {
    let folder = tempfile::tempdir().unwrap();
    renew(folder.path());
    let (mut listeners, at) = open_tls(folder.path());
    let start = Instant::now();
    let mut client = TcpStream::connect(at).await.unwrap();
    tokio::select! {
        ended = client.read_u8() => drop(ended.unwrap_err()),
        event = listeners.next() => panic!("{event:?}"),
    }
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn plain_irc_at_the_port_of_tls_is_not_heard() {
    let folder = tempfile::tempdir().unwrap();
    renew(folder.path());
    let (mut listeners, at) = open_tls(folder.path());
    let mut client = TcpStream::connect(at).await.unwrap();
    client
        .write_all(b"NICK ana\r\nUSER ana 0 * :ana\r\n")
        .await
        .unwrap();
    let mut said = Vec::new();
    tokio::select! {
        _ = client.read_to_end(&mut said) => {}
        event = listeners.next() => panic!("{event:?}"),
    }
}
