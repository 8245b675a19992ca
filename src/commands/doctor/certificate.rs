//! The gateway's certificate: readable, matched by its key, valid for a while; and a client that knows it.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConnection, Error, RootCertStore, ServerConfig, StreamOwned,
};

use super::finding::Finding;
use crate::edge::config::Certificate;
use crate::edge::tls;
use crate::protocol::shell;

/// What is wrong with the files at a time, in seconds since 1970; or that nothing is.
pub(super) fn check(files: &Certificate, now: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(others_read(&files.key));
    findings.push(match load(files) {
        Err(why) => Finding::fault(
            format!("gateway: the certificate cannot be used: {why}"),
            "see certificate and key in [gateway] of config.toml; the agent must be allowed to read them",
        ),
        Ok(chain) => valid(&chain, now),
    });
    findings
}

/// The key's file is the owner's, or at most a group's, as where a group may renew certificates.
fn others_read(key: &Path) -> Option<Finding> {
    let mode = fs::metadata(key).ok()?.permissions().mode() & 0o777;
    let what = format!(
        "gateway: {} can be read by others (mode {mode:04o})",
        key.display()
    );
    (mode & 0o007 != 0).then(|| Finding::fault(what, format!("chmod 600 {}", shell::path(key))))
}

/// The chain, if its key fits.
fn load(files: &Certificate) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain = chain(&files.chain)?;
    let told = |error| format!("{}: {error}", files.key.display());
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(told)?;
    ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_no_client_auth())
        .and_then(|builder| builder.with_single_cert(chain.clone(), key))
        .map_err(|error| format!("certificate and key: {error}"))?;
    Ok(chain)
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let told = |what: String| format!("{}: {what}", path.display());
    let chain: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| told(error.to_string()))?;
    match chain.is_empty() {
        true => Err(told("holds no certificate".to_owned())),
        false => Ok(chain),
    }
}

fn valid(chain: &[CertificateDer<'static>], now: u64) -> Finding {
    let renew = "renew it; the agent takes a new one by itself";
    match (time(chain, now), time(chain, now.saturating_add(SOON))) {
        (Time::Over, _) => Finding::fault("gateway: the certificate has expired", renew),
        (Time::Early, _) => Finding::fault(
            "gateway: the certificate is not valid yet",
            "see the clock of this machine",
        ),
        (Time::Right, Time::Over) => {
            Finding::warn("gateway: the certificate expires within two weeks", renew)
        }
        (Time::Right, Time::Right | Time::Early) => {
            Finding::ok("gateway: the certificate is in order")
        }
    }
}

/// Where a time lies in the certificate's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    Early,
    Right,
    Over,
}

/// Asks the library that clients trust, which looks at the times before names and authorities; what it says about
/// those does not matter here.
fn time(chain: &[CertificateDer<'static>], at: u64) -> Time {
    match verify(chain, at) {
        Err(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => Time::Over,
        Err(Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => Time::Early,
        Ok(()) | Err(_) => Time::Right,
    }
}

fn verify(chain: &[CertificateDer<'static>], at: u64) -> Result<(), Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(chain.iter().cloned());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
    let (end, between) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(at));
    let verified = verifier.verify_server_cert(end, between, &name(), &[], now);
    verified.map(drop)
}

/// Not checked: the name that clients use is not known here.
fn name() -> ServerName<'static> {
    ServerName::IpAddress(std::net::IpAddr::from([127, 0, 0, 1]).into())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Speaks TLS with our own listener: it must show the first certificate of the file, byte for byte.
pub(super) fn client(
    files: &Certificate,
    stream: TcpStream,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut ours = chain(&files.chain).map_err(io::Error::other)?;
    ours.truncate(1);
    let builder = tls::client(RootCertStore::empty(), ours).map_err(io::Error::other)?;
    let config = builder.with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), name()).map_err(io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}

/// A fault of such a connection, in words.
pub(super) fn in_words(fault: &io::Error) -> String {
    let cause = fault.get_ref().and_then(|cause| cause.downcast_ref());
    match cause {
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "it shows another certificate than the file holds".to_owned()
        }
        _ => fault.to_string(),
    }
}

/// How long before its end a certificate is warned of, in seconds: two weeks.
const SOON: u64 = 14 * 86_400;
