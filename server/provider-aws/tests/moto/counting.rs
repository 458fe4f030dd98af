//! A door before AWS that passes on each request and notes what was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::lossy::{asked, read_request};

pub struct Door {
    pub address: SocketAddr,
    actions: Arc<Mutex<Vec<String>>>,
}

impl Door {
    pub async fn before(moto: SocketAddr) -> Door {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let actions = Arc::<Mutex<Vec<String>>>::default();
        let noted = actions.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, moto, noted.clone()));
            }
        });
        Door { address, actions }
    }

    /// What was asked since the last time, in the order of the names.
    pub fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.actions.lock().unwrap());
        asked.sort();
        asked
    }
}

async fn serve(
    mut client: TcpStream,
    moto: SocketAddr,
    noted: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let request = read_request(&mut client).await?;
    let text = String::from_utf8_lossy(&request);
    // A form says it, the header of a JSON document, or the path of one in CBOR.
    let said = [
        ("GraniteServiceVersion20100801/operation/", ' '),
        ("Action=", '&'),
        ("x-amz-target: secretsmanager.", '\r'),
        ("x-amz-target: TrentService.", '\r'),
    ];
    for (before, after) in said {
        if let Some((_, rest)) = text.split_once(before) {
            let action = rest.split(after).next().unwrap_or_default();
            noted.lock().unwrap().push(action.to_owned());
        }
    }
    let answer = asked(moto, &request).await?;
    client.write_all(&answer).await?;
    client.shutdown().await
}
