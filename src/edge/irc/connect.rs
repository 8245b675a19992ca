//! TCP, SOCKS5 and TLS to a server.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_rustls::{TlsConnector, rustls};
use tokio_socks::tcp::Socks5Stream;

use super::end::End;
use super::line::clean;
use super::{Hidden, NetworkSettings, Proxy, ServerAddress, Tls};
use crate::edge::tls::dial;
use crate::edge::tls::{Way, client, is_for, not_trusted};

/// A connection, whatever it's made of.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A server that was reached.
pub(super) struct Reached {
    /// The connection to it.
    pub(super) wire: Box<dyn Wire>,
    /// It showed a certificate that the user named and that is for another name, or for none: whoever holds it may stand
    /// at any address.
    pub(super) of_another: bool,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// Nothing came of it in time.
    #[error("no connection within {} s", CONNECT.as_secs())]
    Timeout,
    /// It is there, and TLS did not come about in time.
    #[error("no TLS within {} s", CONNECT.as_secs())]
    Mute,
    /// The server's name does not resolve, or nobody listens.
    #[error("cannot connect: {0}")]
    Tcp(io::Error),
    /// The proxy is not there or refuses.
    #[error("the proxy: {0}")]
    Proxy(tokio_socks::Error),
    /// Handshake or certificate.
    #[error("TLS: {0}")]
    Handshake(io::Error),
    /// The server's certificate, in plain words.
    #[error("TLS: {0}")]
    NotTrusted(String),
    /// Our own settings for TLS.
    #[error("TLS: {0}")]
    Config(#[from] rustls::Error),
    /// Not a host name.
    #[error("\"{0}\" cannot be the name in a certificate")]
    Name(String),
    /// No authority to trust.
    #[error("no certificate authority in {0}")]
    NoAuthority(String),
    /// A PEM file.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Missing, or not PEM.
        error: pem::Error,
    },
}

impl ConnectError {
    /// What the try came to: a server that was reached has seen us, whatever failed then.
    pub(super) fn end(&self) -> End {
        let words = clean(&self.to_string());
        match self {
            Self::Timeout | Self::Tcp(_) | Self::Proxy(_) => End::Unreached(words),
            Self::Mute
            | Self::Handshake(_)
            | Self::NotTrusted(_)
            | Self::Config(_)
            | Self::Name(_)
            | Self::NoAuthority(_)
            | Self::File { .. } => End::Lost(words),
        }
    }
}

/// Connects to a server as the network's settings say, within 30 s.
pub(super) async fn connect(
    settings: &NetworkSettings,
    server: &ServerAddress,
) -> Result<Reached, ConnectError> {
    let begun = Instant::now();
    let tcp = timeout(CONNECT, reach(settings, server))
        .await
        .unwrap_or(Err(ConnectError::Timeout))?;
    let left = CONNECT.saturating_sub(begun.elapsed());
    timeout(left, secure(settings, server, tcp))
        .await
        .unwrap_or(Err(ConnectError::Mute))
}

async fn reach(
    settings: &NetworkSettings,
    server: &ServerAddress,
) -> Result<TcpStream, ConnectError> {
    let tcp = match &settings.proxy {
        Some(proxy) => through(proxy, server).await?,
        None => dial::connect(&server.host, server.port)
            .await
            .map_err(ConnectError::Tcp)?,
    };
    tcp.set_nodelay(true).map_err(ConnectError::Tcp)?;
    Ok(tcp)
}

async fn secure(
    settings: &NetworkSettings,
    server: &ServerAddress,
    tcp: TcpStream,
) -> Result<Reached, ConnectError> {
    let Some((authorities, named)) = authorities(&settings.tls)? else {
        return Ok(Reached {
            wire: Box::new(tcp),
            of_another: false,
        });
    };
    let config = config(authorities, named, settings.client_certificate.as_ref())?;
    let name = ServerName::try_from(server.host.clone())
        .map_err(|_| ConnectError::Name(server.host.clone()))?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name.clone(), tcp)
        .await;
    let not_trusted = |fault: io::Error| {
        let way = match settings.proxy {
            Some(_) => Way::Proxy,
            None => Way::Straight(&[]),
        };
        let words = not_trusted(&fault, &server.host, server.port, way);
        words.map_or(ConnectError::Handshake(fault), ConnectError::NotTrusted)
    };
    let stream = stream.map_err(not_trusted)?;
    let shown = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(<[_]>::first);
    Ok(Reached {
        of_another: !shown.is_some_and(|shown| is_for(shown, &name)),
        wire: Box::new(stream),
    })
}

/// The proxy resolves the name; ours never asks a name server.
async fn through(proxy: &Proxy, server: &ServerAddress) -> Result<TcpStream, ConnectError> {
    let at = &proxy.address;
    let tcp = dial::connect(&at.host, at.port)
        .await
        .map_err(|fault| ConnectError::Proxy(fault.into()))?;
    let target = (server.host.as_str(), server.port);
    let stream = match proxy.login.as_ref() {
        Some((user, password)) => {
            let password = Hidden::expose(password);
            Socks5Stream::connect_with_password_and_socket(tcp, target, user, password).await
        }
        None => Socks5Stream::connect_with_socket(tcp, target).await,
    };
    Ok(stream.map_err(ConnectError::Proxy)?.into_inner())
}

/// `None` without TLS.
fn authorities(tls: &Tls) -> Result<Option<Trusted>, ConnectError> {
    let (certificates, place) = match tls {
        Tls::Off => return Ok(None),
        Tls::System => {
            let found = rustls_native_certs::load_native_certs();
            (found.certs, "the system's store".to_owned())
        }
        Tls::Ca(path) => (certificates(path)?, path.display().to_string()),
    };
    let named = match tls {
        Tls::Ca(_) => certificates.clone(),
        Tls::Off | Tls::System => Vec::new(),
    };
    let mut store = RootCertStore::empty();
    // The system's store may hold old certificates that cannot be read; the others do.
    let (taken, _unreadable) = store.add_parsable_certificates(certificates);
    if taken == 0 && named.is_empty() {
        return Err(ConnectError::NoAuthority(place));
    }
    Ok(Some((store, named)))
}

/// Authorities, and certificates that are trusted as they are.
type Trusted = (RootCertStore, Vec<CertificateDer<'static>>);

fn config(
    authorities: RootCertStore,
    named: Vec<CertificateDer<'static>>,
    ours: Option<&(PathBuf, PathBuf)>,
) -> Result<ClientConfig, ConnectError> {
    let builder = client(authorities, named)?;
    let Some((certificate, key)) = ours else {
        return Ok(builder.with_no_client_auth());
    };
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(|error| file(key, error))?;
    Ok(builder.with_client_auth_cert(certificates(certificate)?, key_der)?)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| file(path, error))
}

fn file(path: &Path, error: pem::Error) -> ConnectError {
    ConnectError::File {
        path: path.to_owned(),
        error,
    }
}

/// How long name, proxy, TCP and TLS may take together.
const CONNECT: Duration = Duration::from_secs(30);
