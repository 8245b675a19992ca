//! TLS for clients from elsewhere: a certificate and its key in PEM files, read again when they have changed.
//!
//! A renewed certificate is taken at the next handshake; while the new files do not fit together, the old one is kept.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::{TlsAcceptor, rustls};

use super::address::ListenError;
use crate::edge::config::Certificate;
use crate::edge::tls::{self, TlsError, certificates};

/// What greets clients with TLS 1.2 or 1.3, with this certificate; no error if its files can be read and
/// belong together.
pub(super) fn acceptor(files: Certificate) -> Result<TlsAcceptor, ListenError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::from)?
        .with_no_client_auth();
    let current = Mutex::new((stamp(&files), certified(&files)?));
    let resolver = Resolver { files, current };
    let config = builder.with_cert_resolver(Arc::new(resolver));
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// When the files were written.
type Stamp = [Option<SystemTime>; 2];

fn stamp(files: &Certificate) -> Stamp {
    let written = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    [written(&files.chain), written(&files.key)]
}

/// The certificate with its chain, if its key fits.
pub fn certified(
    Certificate { chain, key }: &Certificate,
) -> Result<Arc<CertifiedKey>, ListenError> {
    let (certificates, secret) = (certificates(chain)?, tls::key(key)?);
    let both = CertifiedKey::from_der(certificates, secret, &ring::default_provider());
    both.map(Arc::new).map_err(|error| {
        let path = key.clone();
        let why = match matches!(error, rustls::Error::InconsistentKeys(_)) {
            true => "not the key of the certificate".to_owned(),
            false => error.to_string(),
        };
        TlsError::File(path, why).into()
    })
}

/// Gives the certificate to each handshake.
#[derive(Debug)]
struct Resolver {
    files: Certificate,
    current: Mutex<(Stamp, Arc<CertifiedKey>)>,
}

impl Resolver {
    fn current(&self) -> Arc<CertifiedKey> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&self.files);
        if current.0 != stamp {
            match certified(&self.files) {
                Ok(new) => *current = (stamp, new),
                Err(error) => {
                    tracing::warn!(%error, "the old certificate is kept");
                    // Said once for each change.
                    current.0 = stamp;
                }
            }
        }
        Arc::clone(&current.1)
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}
