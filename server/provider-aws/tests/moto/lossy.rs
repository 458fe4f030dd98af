//! A door before EC2 that passes on each request, and loses the answer to the first ones of an action.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where the door is. It loses the first `count` answers to `action`.
pub async fn losing(moto: SocketAddr, action: &'static str, count: usize) -> SocketAddr {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    let left = Arc::new(AtomicUsize::new(count));
    tokio::spawn(async move {
        while let Ok((client, _)) = door.accept().await {
            tokio::spawn(serve(client, moto, action, left.clone()));
        }
    });
    address
}

/// One request and its answer: moto closes each connection after it.
async fn serve(
    mut client: TcpStream,
    moto: SocketAddr,
    action: &str,
    left: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let request = read_request(&mut client).await?;
    let answer = asked(moto, &request).await?;
    let said = format!("Action={action}&");
    let is_it = String::from_utf8_lossy(&request).contains(&said);
    let one_less = |left: usize| left.checked_sub(1);
    if is_it
        && left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
            .is_ok()
    {
        return Ok(());
    }
    client.write_all(&answer).await?;
    client.shutdown().await
}

/// What whoever listens there answers.
pub async fn asked(moto: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(moto).await?;
    server.write_all(request).await?;
    let mut answer = vec![];
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}

pub async fn read_request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut request = vec![];
    let mut more = [0; 16_384];
    loop {
        let read = client.read(&mut more).await?;
        request.extend_from_slice(&more[..read]);
        if read == 0 || is_whole(&request) {
            return Ok(request);
        }
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    body.len() >= length.unwrap_or(0)
}
