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
    Route, Stream, TlsError, certificates, client_config, dial, is_for, key, not_trusted,
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

/// Connects to a server as the network's settings say, within 30 s; or says what the try came to.
pub(super) async fn connect(settings: &NetworkSettings, server: &Server) -> Result<Reached, End> {
    let begun = Instant::now();
    let tcp = timeout(CONNECT, reach(settings, server))
        .await
        .unwrap_or_else(|_| Err(unreached(&late("connection"))))?;
    let left = CONNECT.saturating_sub(begun.elapsed());
    timeout(left, secure(settings, server, tcp))
        .await
        .unwrap_or_else(|_| Err(End::lost(&late("TLS"))))
}

async fn reach(settings: &NetworkSettings, server: &Server) -> Result<TcpStream, End> {
    let tcp = match &settings.proxy {
        Some(proxy) => through(proxy, server).await?,
        None => dial::connect(&server.host, server.port)
            .await
            .map_err(|fault| unreached(&format!("cannot connect: {fault}")))?,
    };
    // It works without, if later.
    drop(tcp.set_nodelay(true));
    Ok(tcp)
}

async fn secure(
    settings: &NetworkSettings,
    server: &Server,
    tcp: TcpStream,
) -> Result<Reached, End> {
    if !settings.tls {
        return Ok(Reached {
            stream: Box::new(tcp),
            of_another: false,
        });
    }
    let config = config(settings).map_err(|fault| End::lost(&fault))?;
    let name = ServerName::try_from(server.host.clone()).map_err(|_| {
        End::lost(&format!(
            "\"{}\" cannot be the name in a certificate",
            server.host
        ))
    })?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name.clone(), tcp)
        .await;
    let not_trusted = |fault: io::Error| {
        let route = match settings.proxy {
            Some(_) => Route::Proxy,
            None => Route::Direct(&[]),
        };
        let words = not_trusted(&fault, &server.host, server.port, route);
        match words {
            // A command that is cut in the middle helps nobody, and a server has no words in it.
            Some(words) => End::new(Ended::Lost, format!("TLS: {words}")),
            None => End::lost(&format!("TLS: {fault}")),
        }
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
async fn through(proxy: &Proxy, server: &Server) -> Result<TcpStream, End> {
    let Proxy(at) = proxy;
    let refused = |fault| unreached(&format!("the proxy: {fault}"));
    let tcp = dial::connect(&at.host, at.port).await;
    let tcp = tcp.map_err(|fault| refused(tokio_socks::Error::from(fault)))?;
    let target = (server.host.as_str(), server.port);
    let stream = Socks5Stream::connect_with_socket(tcp, target).await;
    Ok(stream.map_err(refused)?.into_inner())
}

/// A network's own authority stands in the system's place.
fn config(settings: &NetworkSettings) -> Result<ClientConfig, TlsError> {
    let ca = settings.ca.as_deref();
    let builder = client_config(ca.is_none(), ca)?;
    match &settings.client_cert {
        Some(ours) => Ok(builder.with_client_auth_cert(certificates(ours)?, key(ours)?)?),
        None => Ok(builder.with_no_client_auth()),
    }
}

fn late(what: &str) -> String {
    format!("no {what} within {} s", CONNECT.as_secs())
}

/// A server that was not reached has not seen us.
fn unreached(why: &str) -> End {
    End::new(Ended::Unreached, clean(why))
}

/// How long name, proxy, TCP and TLS may take together.
const CONNECT: Duration = Duration::from_secs(30);
