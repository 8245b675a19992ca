//! TLS for clients from elsewhere: a certificate and its key in PEM files, read again when they have changed.
//!
//! A renewed certificate is taken at the next handshake; while the new files do not fit together, the old one is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::{TlsAcceptor, rustls};

use super::bind::DoorError;

/// What greets clients with TLS 1.2 or 1.3, with this certificate.
/// Errors: [`DoorError::Certificate`] if a file cannot be read, or they do not belong together.
pub(super) fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, DoorError> {
    let provider = Arc::new(ring::default_provider());
    let files = Files {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
    };
    let stamp = files.stamp();
    let current = files.read()?;
    let resolver = Resolver {
        files,
        current: Mutex::new((stamp, current)),
    };
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DoorError::Certificate {
            path: certificate.to_owned(),
            why: error.to_string(),
        })?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Where the certificate is.
#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// When the files were written.
type Stamp = [Option<SystemTime>; 2];

impl Files {
    fn stamp(&self) -> Stamp {
        let written = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
        [written(&self.certificate), written(&self.key)]
    }

    fn read(&self) -> Result<Arc<CertifiedKey>, DoorError> {
        let fault = |path: &Path, why: String| DoorError::Certificate {
            path: path.to_owned(),
            why,
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| fault(&self.certificate, error.to_string()))?;
        if chain.is_empty() {
            return Err(fault(&self.certificate, "no certificate in it".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| fault(&self.key, error.to_string()))?;
        let both = CertifiedKey::from_der(chain, key, &ring::default_provider());
        let both = both.map_err(|error| fault(&self.key, unfit(&error)))?;
        Ok(Arc::new(both))
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
    files: Files,
    current: Mutex<(Stamp, Arc<CertifiedKey>)>,
}

impl Resolver {
    fn current(&self) -> Arc<CertifiedKey> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.files.stamp();
        if current.0 != stamp {
            match self.files.read() {
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
