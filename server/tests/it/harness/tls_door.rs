//! A door with TLS before a server of this host that speaks none.

use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::certify;

/// When TLS begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    AtOnce,
    /// RFC 3207: when the client of a mail server asks for it.
    WithStartTls,
}

pub struct TlsDoor {
    pub port: u16,
}

impl TlsDoor {
    /// Before that port, with the certificate and the key (`certificate.pem`, `key.pem`) in that directory; they are made
    /// if they are not there.
    pub async fn before(target: u16, identity: &Path, begins: Begins) -> TlsDoor {
        let (certificate, key) = (identity.join("certificate.pem"), identity.join("key.pem"));
        if !certificate.exists() {
            certify(&certificate, &key);
        }
        let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A client that does not trust the certificate ends it.
                tokio::spawn(pass(client, target, acceptor.clone(), begins));
            }
        });
        TlsDoor { port }
    }
}

async fn pass(
    client: TcpStream,
    target: u16,
    acceptor: TlsAcceptor,
    begins: Begins,
) -> std::io::Result<()> {
    let mut server = BufReader::new(TcpStream::connect(("127.0.0.1", target)).await?);
    let client = match begins {
        Begins::AtOnce => client,
        Begins::WithStartTls => {
            // The client has been greeted already.
            server.read_line(&mut String::new()).await?;
            asked(client).await?
        }
    };
    let mut client = acceptor.accept(client).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// Until it has asked for TLS.
async fn asked(client: TcpStream) -> std::io::Result<TcpStream> {
    let mut client = BufReader::new(client);
    client.write_all(b"220 door ESMTP\r\n").await?;
    let mut line = String::new();
    while client.read_line(&mut line).await? > 0 {
        if line.to_ascii_uppercase().starts_with("STARTTLS") {
            client.write_all(b"220 go on\r\n").await?;
            break;
        }
        client.write_all(b"250-door\r\n250 STARTTLS\r\n").await?;
        line.clear();
    }
    Ok(client.into_inner())
}
