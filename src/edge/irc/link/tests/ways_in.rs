//! Passwords, proxies and certificates.

use super::*;
use crate::edge::tls::dial::names::{Hole, name};

#[tokio::test(start_paused = true)]
async fn a_password_logs_in() {
    let server = Server::new().await;
    let settings = Network {
        sasl: Some(Sasl::Plain {
            user: "jilles".into(),
            password: Secret::new("sesame".into()),
        }),
        ..server.settings()
    };
    let (link, mut news) = spawn(settings, 11);
    connect_to(&link, "me");
    let mut peer = server.accept().await;
    assert_eq!(peer.line().await, "CAP LS 302");
    peer.say(":s CAP * LS :sasl=EXTERNAL,PLAIN").await;
    assert_eq!(peer.until("CAP").await, "CAP REQ :sasl");
    peer.say(":s CAP me ACK :sasl").await;
    assert_eq!(peer.line().await, "AUTHENTICATE PLAIN");
    peer.say("AUTHENTICATE +").await;
    assert_eq!(peer.line().await, "AUTHENTICATE AGppbGxlcwBzZXNhbWU=");
    peer.say(":s 903 me :SASL authentication successful").await;
    assert_eq!(peer.line().await, "CAP END");
    peer.say(":s 001 me :Welcome").await;
    peer.say(":s 376 me :End").await;
    until(&mut news, &LinkEvent::Room).await;
}

#[tokio::test]
async fn a_dead_address_of_the_server_holds_nobody_up() {
    let server = Server::new().await;
    for (host, dead) in [
        ("irc.six.test", "[::1]:0"),
        ("irc.four.test", "127.0.0.1:0"),
    ] {
        let Some(hole) = Hole::dig(dead) else {
            continue;
        };
        let port = server.address().port;
        name(host, &[hole.at, ([127, 0, 0, 1], port).into()]);
        let host = host.to_owned();
        let settings = Network {
            servers: vec![config::Server { host, port }],
            ..server.settings()
        };
        let (link, mut news) = spawn(settings, 13);
        let begun = std::time::Instant::now();
        connect_to(&link, "me");
        let mut peer = server.accept().await;
        peer.greet().await;
        until(&mut news, &LinkEvent::Room).await;
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "{:?}",
            begun.elapsed()
        );
    }
}

/// RFC 1928, as far as a client needs it; gives the host that was asked for.
async fn socks(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    async fn take(stream: &mut (impl AsyncRead + Unpin), count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        stream.read_exact(&mut bytes).await.unwrap();
        bytes
    }
    let methods = take(stream, 2).await[1];
    assert!(take(stream, methods.into()).await.contains(&0));
    stream.write_all(&[5, 0]).await.unwrap();
    assert_eq!(
        take(stream, 4).await,
        [5, 1, 0, 3],
        "a name, not an address"
    );
    let length = take(stream, 1).await[0];
    let host = take(stream, length.into()).await;
    assert_eq!(take(stream, 2).await, 6667_u16.to_be_bytes());
    stream
        .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        .await
        .unwrap();
    String::from_utf8(host).unwrap()
}

#[tokio::test(start_paused = true)]
async fn through_a_proxy_no_name_is_looked_up() {
    let server = Server::new().await;
    let host = "irc.test.invalid".to_owned();
    let settings = Network {
        servers: vec![config::Server { host, port: 6667 }],
        proxy: Some(Proxy(server.address())),
        ..server.settings()
    };
    let (link, mut news) = spawn(settings, 12);
    connect_to(&link, "me");
    let mut stream = server.0.accept().await.unwrap().0;
    assert_eq!(socks(&mut stream).await, "irc.test.invalid");
    let mut peer = Peer::new(stream);
    peer.greet().await;
    until(&mut news, &LinkEvent::Room).await;
}

/// A server that lets nobody in without a certificate of its own authority.
mod with_certificates {
    use super::*;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio_rustls::rustls::server::WebPkiClientVerifier;
    use tokio_rustls::rustls::{RootCertStore, ServerConfig};

    struct Authority {
        pem: String,
        issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    }

    impl Authority {
        fn new() -> Self {
            let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let key = rcgen::KeyPair::generate().unwrap();
            let pem = params.self_signed(&key).unwrap().pem();
            let issuer = rcgen::Issuer::new(params, key);
            Self { pem, issuer }
        }

        /// Certificate and key.
        fn sign(&self, name: &str) -> (String, String) {
            let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
            let key = rcgen::KeyPair::generate().unwrap();
            let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
            (pem, key.serialize_pem())
        }

        fn acceptor(&self) -> TlsAcceptor {
            self.acceptor_with(self.sign("127.0.0.1"))
        }

        fn acceptor_with(&self, (cert, key): (String, String)) -> TlsAcceptor {
            let provider = Arc::new(ring::default_provider());
            let mut roots = RootCertStore::empty();
            roots
                .add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap())
                .unwrap();
            let roots = Arc::new(roots);
            let builder = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider));
            let config = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_client_cert_verifier(builder.build().unwrap())
                .with_single_cert(
                    vec![CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()],
                    PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
                );
            TlsAcceptor::from(Arc::new(config.unwrap()))
        }
    }

    /// Settings with a certificate of our own in one file with its key, as config.toml names it.
    fn settings(
        server: &Server,
        authority: &Authority,
        dir: &tempfile::TempDir,
    ) -> NetworkSettings {
        let (ca, ours) = (dir.path().join("ca.pem"), dir.path().join("ours.pem"));
        std::fs::write(&ca, &authority.pem).unwrap();
        let (cert, key) = authority.sign("me");
        std::fs::write(&ours, format!("{cert}{key}")).unwrap();
        Network {
            tls: true,
            ca: Some(ca),
            client_cert: Some(ours),
            sasl: Some(Sasl::External(None)),
            ..server.settings()
        }
    }

    #[tokio::test]
    async fn a_certificate_logs_in() {
        let (server, authority) = (Server::new().await, Authority::new());
        let dir = tempfile::tempdir().unwrap();
        let (link, mut news) = spawn(settings(&server, &authority, &dir), 13);
        connect_to(&link, "me");
        let tcp = server.0.accept().await.unwrap().0;
        let stream = authority.acceptor().accept(tcp).await.unwrap();
        assert!(stream.get_ref().1.peer_certificates().is_some());
        let mut peer = Peer::new(stream);
        peer.say(":s CAP * LS :sasl").await;
        peer.until("CAP REQ").await;
        peer.say(":s CAP me ACK :sasl").await;
        assert_eq!(peer.line().await, "AUTHENTICATE EXTERNAL");
        peer.say("AUTHENTICATE +").await;
        assert_eq!(peer.line().await, "AUTHENTICATE +");
        peer.say(":s 903 me :ok").await;
        peer.until("CAP END").await;
        peer.say(":s 001 me :Welcome").await;
        peer.say(":s 422 me :End").await;
        until(&mut news, &LinkEvent::Room).await;
        link.order(Order::Leave).unwrap();
        peer.until("QUIT").await;
    }

    /// Who holds a certificate that was named can stand at any address: a server is believed what its network is called
    /// where the certificate is for its name.
    #[tokio::test]
    async fn a_named_certificate_for_another_name_proves_no_network() {
        for (name, called) in [("127.0.0.1", Some("Net")), ("irc.example.net", None)] {
            let (server, authority) = (Server::new().await, Authority::new());
            let dir = tempfile::tempdir().unwrap();
            let settings = Network {
                sasl: None,
                ..settings(&server, &authority, &dir)
            };
            let (cert, key) = authority.sign(name);
            std::fs::write(dir.path().join("ca.pem"), &cert).unwrap();
            let (link, mut news) = spawn(settings, 15);
            connect_to(&link, "me");
            let tcp = server.0.accept().await.unwrap().0;
            let acceptor = authority.acceptor_with((cert, key));
            let mut peer = Peer::new(acceptor.accept(tcp).await.unwrap());
            peer.until("USER").await;
            for line in ["001 me :Welcome", "005 me NETWORK=Net :are", "422 me :End"] {
                peer.say(&format!(":s {line}")).await;
            }
            let network = loop {
                if let LinkEvent::Registered(on) = next(&mut news).await {
                    break on.network;
                }
            };
            assert_eq!(network.as_deref(), called, "{name}");
        }
    }

    #[tokio::test]
    async fn other_names_and_missing_files_are_refused() {
        let (server, authority) = (Server::new().await, Authority::new());
        let dir = tempfile::tempdir().unwrap();
        let good = settings(&server, &authority, &dir);
        let other_name = config::Server {
            host: "localhost".into(),
            ..server.address()
        };
        let missing = dir.path().join("missing.pem");
        let cases = [
            (
                "is for another name",
                Network {
                    servers: vec![other_name],
                    ..good.clone()
                },
            ),
            (
                "missing.pem",
                Network {
                    ca: Some(missing.clone()),
                    ..good.clone()
                },
            ),
            (
                "missing.pem",
                Network {
                    client_cert: Some(missing),
                    ..good
                },
            ),
        ];
        for (why, settings) in cases {
            let (link, mut news) = spawn(settings, 14);
            connect_to(&link, "me");
            let shaking = async {
                let tcp = server.0.accept().await.unwrap().0;
                drop(authority.acceptor().accept(tcp).await);
                std::future::pending::<()>().await;
            };
            let (reason, _) = select! {
                lost = until_over(&mut news, LOST) => lost,
                () = shaking => unreachable!(),
            };
            assert!(reason.contains(why), "{why}: {reason}");
            let whole = reason.ends_with("| openssl x509 >server.pem`");
            assert_eq!(whole, why == "is for another name", "{reason}");
        }
    }
}
