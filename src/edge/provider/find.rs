//! Finds the servers of an address: the table, else the provider's own file, else names that most have, proved by their
//! certificates.
//!
//! Only the domain is asked for: nobody learns the address.

use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::table::Provider;
use super::web::{self, Url};
use super::{Servers, autoconfig};
use crate::edge::config::{FetchUrl, Protocol, Security, Server, SmtpUrl};
use crate::edge::runtime::runtime;
use crate::edge::tls::{self, dial};
use crate::protocol::address::Address;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Servers, and who says so.
    Servers(Servers, Source),
    /// The provider lets no other program in.
    Closed(&'static Provider),
    /// Nothing: the person has to name them.
    Nothing,
}

/// Who says where servers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The table of large providers.
    Table,
    /// The provider's own file.
    File,
    /// Nobody; but there are such servers, with certificates for their names.
    Guess,
}

/// How long one guessed server may take to answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// Names and ports of servers for incoming and for outgoing mail, the likely ones first.
const INCOMING: [(&str, u16); 2] = [("imap", 993), ("mail", 993)];
const OUTGOING: [(&str, u16); 2] = [("smtp", 465), ("mail", 465)];

/// Finds the servers of an address; may take a quarter of a minute. `ca` is trusted besides the system's authorities.
/// Errors: There is no runtime to be had.
pub fn find(address: &Address, ca: Option<&Path>) -> io::Result<Found> {
    if let Some(provider) = Provider::of(address) {
        return Ok(match provider.servers_for(address) {
            Some(servers) => Found::Servers(servers, Source::Table),
            None => Found::Closed(provider),
        });
    }
    let runtime = runtime()?;
    let found = runtime.block_on(ask(address, ca));
    // A look-up of a name that hangs must hold up nobody.
    runtime.shutdown_background();
    Ok(match found {
        Some((servers, source)) => Found::Servers(servers, source),
        None => Found::Nothing,
    })
}

async fn ask(address: &Address, ca: Option<&Path>) -> Option<(Servers, Source)> {
    let files = files(address.domain()).map(|url| web::get(url, ca));
    let [first, second] = files;
    let (first, second) = tokio::join!(first, second);
    let mut files = [first, second].into_iter().flatten();
    if let Some(servers) = files.find_map(|file| autoconfig::servers(&file, address)) {
        return Some((servers, Source::File));
    }
    let tls = tls::client_config(true, ca).ok()?.with_no_client_auth();
    let tls = Arc::new(tls);
    let proved = |server: Server| proves_itself(server, Arc::clone(&tls));
    let servers = guess(address, proved).await?;
    Some((servers, Source::Guess))
}

/// Where a provider's own file is.
fn files(domain: &str) -> [Url; 2] {
    let url = |host: String, path: &str| Url {
        host,
        port: 443,
        path: path.to_owned(),
    };
    [
        url(format!("autoconfig.{domain}"), "/mail/config-v1.1.xml"),
        url(
            domain.to_owned(),
            "/.well-known/autoconfig/mail/config-v1.1.xml",
        ),
    ]
}

/// The first guessed server of each kind that proves itself.
async fn guess<P, F>(address: &Address, proved: P) -> Option<Servers>
where
    P: Fn(Server) -> F,
    F: Future<Output = bool>,
{
    let domain = address.domain();
    let first = async |names: [(&str, u16); 2]| {
        for (name, port) in names {
            let host = format!("{name}.{domain}");
            let server = Server { host, port };
            if proved(server.clone()).await {
                return Some(server);
            }
        }
        None
    };
    let (fetch, smtp) = tokio::join!(first(INCOMING), first(OUTGOING));
    let user = Some(address.to_string());
    Some(Servers {
        fetch: FetchUrl {
            protocol: Protocol::Imap,
            server: fetch?,
            security: Security::Tls,
            user: user.clone(),
        },
        smtp: SmtpUrl {
            server: smtp?,
            security: Security::Tls,
            user,
        },
    })
}

/// Whether there is a server with a certificate for its name. Nothing is said to it.
async fn proves_itself(server: Server, tls: Arc<ClientConfig>) -> bool {
    let shakes = async {
        let tcp = dial::connect(&server.host, server.port).await?;
        let name = ServerName::try_from(server.host.clone()).map_err(io::Error::other)?;
        TlsConnector::from(tls).connect(name, tcp).await
    };
    matches!(timeout(PATIENCE, shakes).await, Ok(Ok(_)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

    use super::*;
    use crate::edge::tls::dial::names;

    fn bob() -> Address {
        Address::parse("bob@find.example").unwrap()
    }

    #[test]
    fn the_table_needs_no_network() {
        let gmail = Address::parse("a@gmail.com").unwrap();
        let Ok(Found::Servers(servers, Source::Table)) = find(&gmail, None) else {
            unreachable!("Gmail has a row")
        };
        assert_eq!(
            servers.fetch.to_string(),
            "imaps://a%40gmail.com@imap.gmail.com:993"
        );
        let proton = Address::parse("a@proton.me").unwrap();
        assert!(matches!(find(&proton, None), Ok(Found::Closed(_))));
    }

    #[tokio::test]
    async fn the_likely_names_are_guessed_in_order_and_one_missing_is_none() {
        for (proved, servers) in [
            (
                &[
                    "imap.find.example:993",
                    "smtp.find.example:465",
                    "mail.find.example:993",
                ][..],
                Some(("imap.find.example:993", "smtp.find.example:465")),
            ),
            (
                &["mail.find.example:993", "mail.find.example:465"],
                Some(("mail.find.example:993", "mail.find.example:465")),
            ),
            (&["imap.find.example:993"], None),
            (&["smtp.find.example:465"], None),
            (&[], None),
        ] {
            let is_proved = async |server: Server| proved.contains(&server.to_string().as_str());
            let guessed = guess(&bob(), is_proved).await;
            let guessed =
                guessed.map(|it| (it.fetch.server.to_string(), it.smtp.server.to_string()));
            let servers = servers.map(|(one, two)| (one.to_owned(), two.to_owned()));
            assert_eq!(guessed, servers);
        }
    }

    /// A web server with a certificate for these names, which answers each request with the next of these.
    async fn serve(hosts: &[&str], answers: Vec<String>) -> (SocketAddr, tempfile::NamedTempFile) {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(hosts).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), made.cert.pem()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            let mut answers = answers.into_iter();
            while let Ok((tcp, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(tcp).await else {
                    continue;
                };
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                let request = String::from_utf8(request).unwrap();
                assert!(
                    request.starts_with("GET /") && !request.contains("bob"),
                    "{request}"
                );
                let answer = answers.next().unwrap_or_default();
                drop(stream.write_all(answer.as_bytes()).await);
                drop(stream.shutdown().await);
            }
        });
        (at, file)
    }

    fn url(port: u16, path: &str) -> Url {
        Url {
            host: "web.find.example".to_owned(),
            port,
            path: path.to_owned(),
        }
    }

    #[tokio::test]
    async fn a_file_is_had_over_tls_through_at_most_three_moves() {
        let ok = |text: &str| {
            format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )
        };
        let moved = || "HTTP/1.1 301 Moved\r\nLocation: /b\r\n\r\n".to_owned();
        let clear = "HTTP/1.1 301 Moved\r\nLocation: http://web.find.example/\r\n\r\n".to_owned();
        for (answers, file) in [
            (vec![ok("<a/>")], Some("<a/>")),
            (vec![moved(), moved(), moved(), ok("<a/>")], Some("<a/>")),
            (vec![moved(), moved(), moved(), moved(), ok("<a/>")], None),
            (vec![clear], None),
            (vec![ok(&"x".repeat(100_000))], None),
            (vec![], None),
        ] {
            let (at, ca) = serve(&["web.find.example"], answers).await;
            names::name("web.find.example", &[at]);
            let had = web::get(url(at.port(), "/a"), Some(ca.path())).await;
            assert_eq!(had.as_deref(), file.map(str::as_bytes));
        }
        let (at, _) = serve(&["web.find.example"], vec![ok("<a/>")]).await;
        names::name("web.find.example", &[at]);
        assert_eq!(
            web::get(url(at.port(), "/a"), None).await,
            None,
            "a certificate of nobody"
        );
    }

    #[tokio::test]
    async fn a_server_proves_itself_by_a_certificate_for_its_name() {
        let (at, ca) = serve(&["mx.find.example"], Vec::new()).await;
        names::name("mx.find.example", &[at]);
        let tls = |ca| Arc::new(tls::client_config(true, ca).unwrap().with_no_client_auth());
        let server = |host: &str| Server {
            host: host.to_owned(),
            port: at.port(),
        };
        let trusted = tls(Some(ca.path()));
        assert!(proves_itself(server("mx.find.example"), Arc::clone(&trusted)).await);
        assert!(!proves_itself(server("mx.find.example"), tls(None)).await);
        assert!(!proves_itself(server("nowhere.find.example"), trusted).await);
    }
}
