//! The stream below SMTP: TCP without delay, and TLS over it.
//!
//! STARTTLS (RFC 3207) is spoken here, one byte read after the other: what somebody on the way put behind the
//! server's answer then lands in TLS, where it is refused, and not in the conversation that follows.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// TLS over TCP, with a greeting in front of it if the server has given its own already.
pub(super) struct Encrypted {
    stream: TlsStream<TcpStream>,
    greeting: &'static [u8],
}

/// The certificate authorities to trust: the system's, and those in a PEM file.
///
/// # Errors
/// When the file cannot be read, or holds no certificate.
pub(super) fn config(ca: Option<&Path>) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca {
        for certificate in CertificateDer::pem_file_iter(path).map_err(io::Error::other)? {
            let certificate = certificate.map_err(io::Error::other)?;
            roots.add(certificate).map_err(io::Error::other)?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    Ok(Arc::new(
        config.with_root_certificates(roots).with_no_client_auth(),
    ))
}

/// Begins TLS with the server of this name.
///
/// # Errors
/// When the server's certificate is not good for the name, and the faults of the connection.
pub(super) async fn tls(
    tcp: TcpStream,
    host: &str,
    config: Arc<ClientConfig>,
    greeting: Option<&'static str>,
) -> io::Result<Encrypted> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = TlsConnector::from(config).connect(name, tcp).await?;
    let greeting = greeting.unwrap_or("").as_bytes();
    Ok(Encrypted { stream, greeting })
}

/// Speaks as far as STARTTLS.
///
/// # Errors
/// When the server does not offer it: nothing is said in clear then.
pub(super) async fn start_tls(mut tcp: TcpStream, hello: &str) -> io::Result<TcpStream> {
    expect(&mut tcp, "220").await?;
    tcp.write_all(format!("EHLO {hello}\r\n").as_bytes())
        .await?;
    expect(&mut tcp, "250").await?;
    tcp.write_all(b"STARTTLS\r\n").await?;
    expect(&mut tcp, "220").await?;
    Ok(tcp)
}

/// Reads one answer, which may have several lines, and not a byte more.
async fn expect(tcp: &mut TcpStream, code: &str) -> io::Result<()> {
    for _ in 0..100 {
        let line = line(tcp).await?;
        if !line.starts_with(code) {
            let said = super::clean(&line);
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

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted")
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.greeting.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let (now, later) = self
            .greeting
            .split_at(self.greeting.len().min(into.remaining()));
        into.put_slice(now);
        self.greeting = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
