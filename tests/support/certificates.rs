//! Certificates for the servers of the tests.

use super::super::port::free_port;
use std::fs;
use std::path::{Path, PathBuf};

/// The certificate of a server, and the authority that signed it.
pub(super) struct Tls {
    pub(super) port: u16,
    pub(super) ca: PathBuf,
    pub(super) cert: PathBuf,
    pub(super) key: PathBuf,
}

impl Tls {
    pub(super) fn make(dir: &Path) -> Self {
        let (ca, cert, key) = certificates(&["127.0.0.1", "localhost"]);
        let tls = Self {
            port: free_port(),
            ca: dir.join("ca.pem"),
            cert: dir.join("cert.pem"),
            key: dir.join("key.pem"),
        };
        fs::write(&tls.ca, ca).unwrap();
        fs::write(&tls.cert, cert).unwrap();
        fs::write(&tls.key, key).unwrap();
        tls
    }

    pub(super) fn config(&self) -> String {
        let (port, cert, key) = (self.port, self.cert.display(), self.key.display());
        format!(
            "<module name=\"ssl_gnutls\">\n<sslprofile name=\"tls\" provider=\"gnutls\" certfile=\"{cert}\" \
             keyfile=\"{key}\" hash=\"sha256\">\n\
             <bind address=\"127.0.0.1\" port=\"{port}\" type=\"clients\" sslprofile=\"tls\">\n"
        )
    }
}

/// Who signs certificates.
pub struct Authority(rcgen::Issuer<'static, rcgen::KeyPair>);

impl Authority {
    /// A new one, and its own certificate as a PEM text.
    pub fn make() -> (Self, String) {
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "tests");
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        (Self(rcgen::Issuer::new(params, key)), pem)
    }

    /// PEM texts: a new certificate for `names`, and its key.
    pub fn sign(&self, names: &[&str]) -> (String, String) {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let leaf = rcgen::CertificateParams::new(names).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let cert = leaf.signed_by(&key, &self.0).unwrap().pem();
        (cert, key.serialize_pem())
    }
}

/// PEM texts: an authority's certificate, a certificate that it signed for `names`, and its key.
pub fn certificates(names: &[&str]) -> (String, String, String) {
    let (authority, ca) = Authority::make();
    let (cert, key) = authority.sign(names);
    (ca, cert, key)
}
