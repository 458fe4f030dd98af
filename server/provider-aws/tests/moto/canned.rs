//! A door before EC2 that answers the first requests of an action by itself, and passes on each other one.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::lossy::{asked, read_request};

/// Where the door is. `answers`: to `action`, each given once, with their status.
pub async fn answering(
    moto: SocketAddr,
    action: &'static str,
    answers: Vec<(u16, String)>,
) -> SocketAddr {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    let left = Arc::new(Mutex::new(answers.into_iter()));
    tokio::spawn(async move {
        while let Ok((client, _)) = door.accept().await {
            let left = left.clone();
            tokio::spawn(async move {
                let next = || left.lock().unwrap().next();
                serve(client, moto, action, next).await
            });
        }
    });
    address
}

/// As it goes over the wire.
pub fn http(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

async fn serve(
    mut client: TcpStream,
    moto: SocketAddr,
    action: &str,
    next: impl Fn() -> Option<(u16, String)>,
) -> std::io::Result<()> {
    let request = read_request(&mut client).await?;
    let said = format!("Action={action}&");
    let is_it = String::from_utf8_lossy(&request).contains(&said);
    if let Some((status, body)) = is_it.then(next).flatten() {
        let answer = http(status, &body);
        client.write_all(answer.as_bytes()).await?;
        return client.shutdown().await;
    }
    let answer = asked(moto, &request).await?;
    client.write_all(&answer).await?;
    client.shutdown().await
}
