//! How a client reaches a server: TCP by its name ([`dial`]), and TLS over it.
//!
//! Certificates are trusted that an authority signed for the name, and those that the user named one by one.

pub mod dial;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{WantsClientCert, WebPkiServerVerifier, verify_server_name};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};

use crate::protocol::shell;

/// A connection, whatever it is made of.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why TLS cannot be spoken as the user's files say.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM file is missing, or holds nothing of what it should: which, and why.
    #[error("{path}: {1}", path = .0.display())]
    File(PathBuf, String),
    /// What the files hold is of no use.
    #[error("TLS: {0}")]
    Unfit(#[from] Error),
}

/// The certificates in a PEM file, one at least.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    match CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(none) if none.is_empty() => Err(file(path, "no certificate in it")),
        read => read.map_err(|why| file(path, why)),
    }
}

/// The first private key in a PEM file.
pub fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|why| file(path, why))
}

fn file(path: &Path, why: impl ToString) -> TlsError {
    TlsError::File(path.to_owned(), why.to_string())
}

/// How a client speaks TLS that trusts the system's authorities, if it is to, those in the PEM file `ca`, and each
/// certificate in that as it is.
pub fn client_config(
    system: bool,
    ca: Option<&Path>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let named = ca.map(certificates).transpose()?.unwrap_or_default();
    let mut authorities = RootCertStore::empty();
    if system {
        // The store may hold old certificates that cannot be read; the others do.
        authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    // One that is no authority can still be the server's own.
    authorities.add_parsable_certificates(named.iter().cloned());
    Ok(config_trusting(authorities, named)?)
}

/// How a client speaks TLS that trusts these authorities, and each certificate in `named` as it is.
pub fn config_trusting(
    authorities: RootCertStore,
    named: Vec<CertificateDer<'static>>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
    let provider = Arc::new(ring::default_provider());
    let signed = match authorities.is_empty() {
        true => None,
        false => {
            let (authorities, provider) = (Arc::new(authorities), Arc::clone(&provider));
            let made = WebPkiServerVerifier::builder_with_provider(authorities, provider).build();
            Some(made.map_err(|e| Error::General(e.to_string()))?)
        }
    };
    let verifier = Verifier {
        named,
        signed,
        provider: Arc::clone(&provider),
    };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier)))
}

/// Trusts a server whose certificate is byte for byte one of `named`, whatever name and dates stand in it; any other as
/// the authorities say.
#[derive(Debug)]
struct Verifier {
    named: Vec<CertificateDer<'static>>,
    /// `None`: there is no authority at all.
    signed: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.named.iter().any(|one| one == end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        match &self.signed {
            Some(signed) => signed.verify_server_cert(end_entity, intermediates, name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    // That the server holds the certificate's key is checked in any case.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Whether a certificate is for a server of this name: one that the user named is trusted, and need not be.
pub fn is_for(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    ParsedCertificate::try_from(certificate)
        .is_ok_and(|certificate| verify_server_name(&certificate, name).is_ok())
}

/// How a server was reached.
#[derive(Debug, Clone, Copy)]
pub enum Route<'a> {
    /// As any program reaches it; with further words for `openssl s_client`.
    Direct(&'a [&'a str]),
    /// Through a proxy: a command that goes another way would tell the name servers and the server who asks.
    Proxy,
}

/// Why a server's certificate is not trusted, in plain words, with the command that fetches it, if the server is the
/// user's own; `None` for any other fault.
pub fn not_trusted(fault: &io::Error, host: &str, port: u16, route: Route<'_>) -> Option<String> {
    let inner = fault.get_ref()?.downcast_ref::<Error>()?;
    let Error::InvalidCertificate(why) = inner else {
        return None;
    };
    let said = why.to_string().to_lowercase();
    let what = if *why == CertificateError::UnknownIssuer || said.contains("causedasendentity") {
        "is signed by nobody whom this machine trusts".to_owned()
    } else if said.contains("not valid for name") {
        "is for another name".to_owned()
    } else if said.contains("expired") {
        "has expired".to_owned()
    } else {
        format!("is not trusted ({why})")
    };
    let how = match route {
        Route::Proxy => "fetch it through the proxy, and by no other way, or have it given to you; then name the file as \
                       `ca` in config.toml"
            .to_owned(),
        Route::Direct(more) => fetched(host, port, more),
    };
    Some(format!(
        "the certificate of {host}:{port} {what}; if the server is yours, {how}"
    ))
}

fn fetched(host: &str, port: u16, more: &[&str]) -> String {
    let place = shell::word(&format!("{host}:{port}"));
    let more: String = more
        .iter()
        .map(|word| format!(" {}", shell::word(word)))
        .collect();
    format!(
        "fetch it there and name the file as `ca` in config.toml: `openssl s_client -connect {place}{more} </dev/null \
         | openssl x509 >server.pem`"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn no_command_is_shown_that_goes_round_a_proxy() {
        let fault = || io::Error::other(Error::from(CertificateError::UnknownIssuer));
        let said = |route| not_trusted(&fault(), "irc.example.net", 6697, route).unwrap();
        let straight = said(Route::Direct(&["-starttls", "smtp"]));
        assert!(
            straight.contains("openssl s_client -connect irc.example.net:6697 -starttls smtp <"),
            "{straight}"
        );
        let through = said(Route::Proxy);
        assert!(!through.contains("openssl") && !through.contains("-connect"));
        assert!(through.contains("through the proxy"), "{through}");
    }
}
