//! The stream below SMTP: TCP without delay, and TLS over it.
//!
//! STARTTLS (RFC 3207) is spoken here, one byte read after the other: what somebody on the way put behind the
//! server's answer then lands in TLS, where it is refused, and not in the conversation that follows.

use std::io;
use std::path::Path;
use std::sync::Arc;

use lettre::transport::smtp::commands::{Ehlo, Starttls};
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::edge::tls::client;

/// Whom to trust: the system's certificate authorities, those in a PEM file, and each certificate in it as it is.
/// Errors: When the file cannot be read, or holds no certificate.
pub(super) fn config(ca: Option<&Path>) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let mut named = Vec::new();
    if let Some(path) = ca {
        for certificate in CertificateDer::pem_file_iter(path).map_err(io::Error::other)? {
            named.push(certificate.map_err(io::Error::other)?);
        }
        if named.is_empty() {
            let path = path.display();
            return Err(io::Error::other(format!("no certificate in {path}")));
        }
    }
    // One that is no authority can still be the server's own.
    roots.add_parsable_certificates(named.iter().cloned());
    let builder = client(roots, named).map_err(io::Error::other)?;
    Ok(Arc::new(builder.with_no_client_auth()))
}

/// Begins TLS with the server of this name.
/// Errors: When the server's certificate is not good for the name, and the faults of the connection.
pub(super) async fn tls(
    tcp: TcpStream,
    host: &str,
    config: Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(config).connect(name, tcp).await
}

/// Speaks as far as STARTTLS.
/// Errors: When the server does not offer it: nothing is said in clear then.
pub(super) async fn start_tls(mut tcp: TcpStream, hello: &ClientId) -> io::Result<TcpStream> {
    expect(&mut tcp, "220").await?;
    tcp.write_all(Ehlo::new(hello.clone()).to_string().as_bytes())
        .await?;
    expect(&mut tcp, "250").await?;
    tcp.write_all(Starttls.to_string().as_bytes()).await?;
    expect(&mut tcp, "220").await?;
    Ok(tcp)
}

/// Reads one answer, which may have several lines, and not a byte more.
async fn expect(tcp: &mut TcpStream, code: &str) -> io::Result<()> {
    for _ in 0..100 {
        let line = line(tcp).await?;
        if !line.starts_with(code) {
            let said = crate::edge::mail::send::smtp::clean(&line);
            return Err(io::Error::other(format!("no TLS to be had: {said}")));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
    Err(io::Error::other("an answer without an end"))
}

async fn line(tcp: &mut TcpStream) -> io::Result<String> {
    let mut line = Vec::new();
    while line.len() < 2048 {
        match tcp.read_u8().await? {
            b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
            byte => line.push(byte),
        }
    }
    Err(io::Error::other("a line without an end"))
}
