//! TCP, SOCKS5 and TLS to a server.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_socks::tcp::Socks5Stream;

use super::NetworkSettings;
use super::end::End;
use crate::edge::config::{Proxy, Server};
use crate::edge::tls::{
    Stream, TlsError, Way, certificates, client, dial, is_for, key, not_trusted,
};
use crate::protocol::irc_line::clean;
use crate::rules::queue::irc::Ended;

/// A server that was reached.
pub(super) struct Reached {
    /// The connection to it.
    pub(super) stream: Box<dyn Stream>,
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
    /// Our own files for TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Not a host name.
    #[error("\"{0}\" cannot be the name in a certificate")]
    Name(String),
}

impl ConnectError {
    /// What the try came to: a server that was reached has seen us, whatever failed then.
    pub(super) fn end(&self) -> End {
        let words = clean(&self.to_string());
        match self {
            Self::Timeout | Self::Tcp(_) | Self::Proxy(_) => End::new(Ended::Unreached, words),
            Self::Mute
            | Self::Handshake(_)
            | Self::NotTrusted(_)
            | Self::Tls(_)
            | Self::Name(_) => End::new(Ended::Lost, words),
        }
    }
}

/// Connects to a server as the network's settings say, within 30 s.
pub(super) async fn connect(
    settings: &NetworkSettings,
    server: &Server,
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

async fn reach(settings: &NetworkSettings, server: &Server) -> Result<TcpStream, ConnectError> {
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
    server: &Server,
    tcp: TcpStream,
) -> Result<Reached, ConnectError> {
    if !settings.tls {
        return Ok(Reached {
            stream: Box::new(tcp),
            of_another: false,
        });
    }
    let config = config(settings)?;
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
        stream: Box::new(stream),
    })
}

/// The proxy resolves the name; ours never asks a name server.
async fn through(proxy: &Proxy, server: &Server) -> Result<TcpStream, ConnectError> {
    let Proxy(at) = proxy;
    let tcp = dial::connect(&at.host, at.port)
        .await
        .map_err(|fault| ConnectError::Proxy(fault.into()))?;
    let target = (server.host.as_str(), server.port);
    let stream = Socks5Stream::connect_with_socket(tcp, target).await;
    Ok(stream.map_err(ConnectError::Proxy)?.into_inner())
}

/// A network's own authority stands in the system's place.
fn config(settings: &NetworkSettings) -> Result<ClientConfig, TlsError> {
    let ca = settings.ca.as_deref();
    let builder = client(ca.is_none(), ca)?;
    match &settings.client_cert {
        Some(ours) => Ok(builder.with_client_auth_cert(certificates(ours)?, key(ours)?)?),
        None => Ok(builder.with_no_client_auth()),
    }
}

/// How long name, proxy, TCP and TLS may take together.
const CONNECT: Duration = Duration::from_secs(30);
