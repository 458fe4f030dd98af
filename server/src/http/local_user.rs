//! Which user of this host is at the other end of a connection. Everybody here comes from the same address, people and
//! jobs alike, but the kernel knows whose a socket is.

use procfs::net::{TcpNetEntry, tcp, tcp6};
use tokio::sync::Semaphore;

use super::front::Ends;

/// The kernel's list of connections is long: not many read it at once.
static READERS: Semaphore = Semaphore::const_new(2);

/// The user's number. None for another host, and when the client is gone already: then nobody has its end.
pub async fn uid(ends: Ends) -> Option<u32> {
    if !ends.peer.ip().is_loopback() {
        return None;
    }
    let _turn = READERS.acquire().await.ok()?;
    let read = tokio::task::spawn_blocking(move || {
        let lists = [tcp(), tcp6()];
        lists
            .into_iter()
            .flatten()
            .find_map(|list| owner(&list, ends))
    });
    read.await.ok().flatten()
}

/// A connection within the host is there twice, once from each end. Without an inode no process has that end, and the
/// user that stands there means nothing.
fn owner(list: &[TcpNetEntry], ends: Ends) -> Option<u32> {
    let is_theirs = |entry: &&TcpNetEntry| {
        let theirs = Ends::new(entry.local_address, entry.remote_address);
        entry.inode != 0 && theirs == ends
    };
    list.iter().find(is_theirs).map(|entry| entry.uid)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use nix::unistd::geteuid;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    async fn connected(listen: &str) -> (TcpStream, TcpStream, Ends) {
        let listener = TcpListener::bind(listen).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let to: SocketAddr = ([127, 0, 0, 1], port).into();
        let (client, accepted) = tokio::join!(TcpStream::connect(to), listener.accept());
        let (server, peer) = accepted.unwrap();
        let ends = Ends::new(peer, server.local_addr().unwrap());
        (client.unwrap(), server, ends)
    }

    #[tokio::test]
    async fn the_other_end_is_some_users_until_it_is_closed() {
        for listen in ["127.0.0.1:0", "[::]:0"] {
            let (client, _server, ends) = connected(listen).await;
            assert_eq!(uid(ends).await, Some(geteuid().as_raw()), "{listen}");
            drop(client);
            // Not root's, as the kernel's list says of what nobody has.
            assert_eq!(uid(ends).await, None, "{listen}");
        }
    }

    #[tokio::test]
    async fn other_hosts_have_no_users_here() {
        let ends = Ends::new(([10, 0, 0, 1], 4000).into(), ([10, 0, 0, 2], 8765).into());
        assert_eq!(uid(ends).await, None);
    }
}
