//! TLS for clients from elsewhere: a certificate and its key in PEM files, read again when they have changed.
//!
//! A renewed certificate is taken at the next handshake; while the new files do not fit together, the old one is kept.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::{TlsAcceptor, rustls};

use super::address::ListenError;
use crate::edge::config::Certificate;

/// What greets clients with TLS 1.2 or 1.3, with this certificate; [`ListenError::Certificate`] if a file cannot be read,
/// or they do not belong together.
pub(super) fn acceptor(files: Certificate) -> Result<TlsAcceptor, ListenError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(&files.chain, error.to_string()))?
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
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| fault(chain, error.to_string()))?;
    if certificates.is_empty() {
        return Err(fault(chain, "no certificate in it".to_owned()));
    }
    let secret =
        PrivateKeyDer::from_pem_file(key).map_err(|error| fault(key, error.to_string()))?;
    let both = CertifiedKey::from_der(certificates, secret, &ring::default_provider());
    let both = both.map_err(|error| fault(key, unfit(&error)))?;
    Ok(Arc::new(both))
}

fn fault(path: &Path, why: String) -> ListenError {
    ListenError::Certificate {
        path: path.to_owned(),
        why,
    }
}

/// Why a key is none for its certificate, for a person.
fn unfit(error: &rustls::Error) -> String {
    match matches!(error, rustls::Error::InconsistentKeys(_)) {
        true => "not the key of the certificate".to_owned(),
        false => error.to_string(),
    }
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
