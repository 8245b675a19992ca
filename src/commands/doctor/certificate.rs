//! The gateway's certificate: readable, matched by its key, valid for a while; and a client that knows it.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{CertificateError, ClientConnection, Error, RootCertStore, StreamOwned};

use super::finding::Findings;
use crate::edge::config::Certificate;
use crate::edge::{listener, tls};
use crate::protocol::shell;
use crate::protocol::time::{Seconds, days};

/// What is wrong with the files at a time; or that nothing is.
pub(super) fn check(files: &Certificate, now: Seconds, found: &mut Findings) {
    others_read(&files.key, found);
    let mend = "see certificate and key in [gateway] of config.toml; the agent must be allowed to read them";
    match listener::certified(files) {
        Err(error) => found.fault(format!("gateway: {error}"), mend),
        Ok(certified) => valid(&certified.cert, now, found),
    }
}

/// The key's file is the owner's, or at most a group's, as where a group may renew certificates.
fn others_read(key: &Path, found: &mut Findings) {
    let mode = fs::metadata(key).map_or(0, |meta| meta.permissions().mode() & 0o777);
    if mode & 0o007 != 0 {
        let (file, mend) = (key.display(), format!("chmod 600 {}", shell::path(key)));
        let what = format!("gateway: {file} can be read by others (mode {mode:04o})");
        found.fault(what, mend);
    }
}

/// Asks the library that clients trust, which looks at the times before names and authorities; what it says about those
/// does not matter here.
fn valid(chain: &[CertificateDer<'static>], now: Seconds, found: &mut Findings) {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    use Error::InvalidCertificate as Invalid;
    let renew = "renew it; the agent takes a new one by itself";
    match (verify(chain, now), verify(chain, now.after(SOON))) {
        (Err(Invalid(Expired | ExpiredContext { .. })), _) => {
            found.fault("gateway: the certificate has expired", renew);
        }
        (Err(Invalid(NotValidYet | NotValidYetContext { .. })), _) => {
            let what = "gateway: the certificate is not valid yet";
            found.fault(what, "see the clock of this machine");
        }
        (_, Err(Invalid(Expired | ExpiredContext { .. }))) => {
            found.warn("gateway: the certificate expires within two weeks", renew);
        }
        _ => found.ok("gateway: the certificate is in order"),
    }
}

fn verify(chain: &[CertificateDer<'static>], at: Seconds) -> Result<(), Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(chain.iter().cloned());
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
    let (end, between) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(at.0));
    let verified = verifier.verify_server_cert(end, between, &name(), &[], now);
    verified.map(drop)
}

/// Not checked: the name that clients use is not known here.
fn name() -> ServerName<'static> {
    ServerName::IpAddress(std::net::IpAddr::from([127, 0, 0, 1]).into())
}

/// Speaks TLS with our own listener: it must show the first certificate of the file, byte for byte.
pub(super) fn client(
    files: &Certificate,
    stream: TcpStream,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let certified = listener::certified(files).map_err(io::Error::other)?;
    let ours = certified.cert.iter().take(1).cloned().collect();
    let builder = tls::config_trusting(RootCertStore::empty(), ours).map_err(io::Error::other)?;
    let config = builder.with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), name()).map_err(io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}

/// A fault of such a connection, in words.
pub(super) fn in_words(fault: &io::Error) -> String {
    match fault.get_ref().and_then(|cause| cause.downcast_ref()) {
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "it shows another certificate than the file holds".to_owned()
        }
        _ => fault.to_string(),
    }
}

/// How long before its end a certificate is warned of.
const SOON: Duration = days(14);
