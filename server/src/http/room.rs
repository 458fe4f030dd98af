//! Room for connections: so many at once, and when there are as many, those that wait for their client make way.
//!
//! Of the network that has most connections the one that waits longest goes first. So whoever takes every connection
//! and keeps silent loses them to the next one who comes, and nobody loses a request that the server works on.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::connection::Busy;
use super::front::{Client, Ends};

/// Looking for those who go costs as much for one as for many, so one in so many goes at once.
const SHARE: usize = 100;

pub struct Room {
    most: usize,
    /// One for each connection that is not closed yet.
    places: Arc<Semaphore>,
    guests: Mutex<Guests>,
}

#[derive(Default)]
struct Guests {
    last: u64,
    /// Those that were not told to go.
    here: HashMap<u64, Guest>,
}

struct Guest {
    network: IpAddr,
    busy: Busy,
    leave: Arc<Notify>,
}

/// The place of one connection, until this is dropped.
pub struct Place {
    id: u64,
    room: Arc<Room>,
    pub busy: Busy,
    leave: Arc<Notify>,
    _permit: OwnedSemaphorePermit,
}

impl Room {
    pub fn new(most: usize) -> Arc<Room> {
        Arc::new(Room {
            most,
            places: Arc::new(Semaphore::new(most)),
            guests: Mutex::default(),
        })
    }

    pub fn is_full(&self) -> bool {
        self.guests().here.len() >= self.most
    }

    /// A place for a connection from that network, once somebody made way if need be. None when the server works for
    /// all who are here.
    pub async fn enter(self: &Arc<Room>, network: IpAddr) -> Option<Place> {
        if self.is_full() {
            self.make_way();
        }
        if self.is_full() {
            return None;
        }
        // Whoever was told to go is gone in a moment.
        let permit = self.places.clone().acquire_owned().await.ok()?;
        let (busy, leave) = (Busy::default(), Arc::new(Notify::new()));
        let mut guests = self.guests();
        guests.last += 1;
        let id = guests.last;
        let guest = Guest {
            network,
            busy: busy.clone(),
            leave: leave.clone(),
        };
        guests.here.insert(id, guest);
        Some(Place {
            id,
            room: self.clone(),
            busy,
            leave,
            _permit: permit,
        })
    }

    fn make_way(&self) {
        let mut guests = self.guests();
        let mut of_network: HashMap<IpAddr, usize> = HashMap::new();
        for guest in guests.here.values() {
            *of_network.entry(guest.network).or_default() += 1;
        }
        let mut waiting: Vec<_> = guests
            .here
            .iter()
            .filter_map(|(id, guest)| {
                let since = guest.busy.waits_since()?;
                Some((Reverse(of_network.get(&guest.network)), since, *id))
            })
            .collect();
        waiting.sort_unstable();
        for (_, _, id) in waiting.into_iter().take((self.most / SHARE).max(1)) {
            if let Some(guest) = guests.here.remove(&id) {
                guest.leave.notify_one();
            }
        }
    }

    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Done when the connection is to make way for another.
    pub async fn left(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.guests().here.remove(&self.id);
    }
}

/// Whose connection counts with whose: all of this host are one, also those without an address.
pub fn network(ends: Option<Ends>) -> IpAddr {
    let peer = ends.map(|ends| ends.peer.ip());
    match peer.filter(|peer| !peer.is_loopback()) {
        Some(peer) => Client(peer).network(),
        None => IpAddr::from([127, 0, 0, 1]),
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn at(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    /// Enters and has nothing to wait for: who is to go goes.
    async fn enter(room: &Arc<Room>, network: IpAddr, here: &mut Vec<Place>) -> bool {
        let full = room.is_full();
        let entering = room.enter(network);
        tokio::pin!(entering);
        if let Some(place) = entering.as_mut().now_or_never() {
            assert!(place.is_none() || !full, "nobody made way");
            let entered = place.is_some();
            here.extend(place);
            return entered;
        }
        here.retain(|place| place.left().now_or_never().is_none());
        here.extend(entering.await);
        true
    }

    #[tokio::test]
    async fn a_newcomer_gets_the_place_of_whom_waits_longest_in_the_largest_network() {
        let (room, mut here) = (Room::new(4), vec![]);
        for network in [1, 2, 2, 3] {
            assert!(enter(&room, at(network), &mut here).await);
        }
        // Of the two of network 2 the first; then all have one, and the longest is that of network 1.
        for (newcomer, left) in [(4, 2), (5, 1)] {
            let before: Vec<u64> = here.iter().map(|place| place.id).collect();
            assert!(enter(&room, at(newcomer), &mut here).await);
            let is_here = |id: &u64| here.iter().any(|place| place.id == *id);
            let gone: Vec<u64> = before.into_iter().filter(|id| !is_here(id)).collect();
            assert_eq!(gone, [left]);
        }
        assert_eq!(here.len(), 4);
    }

    #[tokio::test]
    async fn whom_the_server_works_for_stays() {
        let (room, mut here) = (Room::new(2), vec![]);
        for _ in 0..2 {
            assert!(enter(&room, at(1), &mut here).await);
        }
        let mut working: Vec<_> = here.iter().map(|place| place.busy.begin()).collect();
        // Their requests are not whole yet.
        assert!(enter(&room, at(2), &mut here).await);
        working.push(here[1].busy.begin());
        for place in &here {
            place.busy.received();
        }
        assert!(!enter(&room, at(3), &mut here).await);
        working.remove(1);
        assert!(enter(&room, at(3), &mut here).await);
        assert_eq!(here.len(), 2);
    }

    #[tokio::test]
    async fn places_of_the_gone_are_free() {
        let (room, mut here) = (Room::new(300), vec![]);
        for _ in 0..300 {
            assert!(enter(&room, at(1), &mut here).await);
        }
        // Several go at once, and the places of all are used before others go.
        for left in [298, 299, 300] {
            assert!(enter(&room, at(2), &mut here).await);
            assert_eq!(here.len(), left);
        }
        here.clear();
        assert!(!room.is_full());
        assert_eq!(room.places.available_permits(), 300);
    }

    #[test]
    fn this_host_is_one_network() {
        let of = |peer: IpAddr| network(Some(Ends::new((peer, 1).into(), (peer, 2).into())));
        assert_eq!(of([127, 0, 0, 9].into()), network(None));
        assert_eq!(of("::1".parse().unwrap()), network(None));
        assert_ne!(of(at(1)), of(at(2)));
    }
}
