//! Gives daemons their ports, when they are to start. They are tried out before the transaction that takes them; what
//! another loop of this server took meanwhile is found in it.

use super::Parts;
use crate::db::placement::{self, Placement};
use crate::db::resource::{Noun, Row};
use crate::provider::ports::{self, NoRoom};

/// Other clusters' loops may be faster so often.
const TRIES: usize = 10;

/// The place of a resource with so many daemons at least: those that have a port keep it.
pub async fn ensure<S: Noun>(
    parts: &Parts,
    owner: &Row<S>,
    daemons: usize,
) -> anyhow::Result<Result<Placement, NoRoom>> {
    let current = owner.ports();
    let missing = daemons.saturating_sub(current.len());
    match &owner.placement {
        Some(place) if missing == 0 => Ok(Ok(place.clone())),
        _ => change(parts, owner, missing, |new| [current, &new].concat()).await,
    }
}

/// Gives these daemons of a resource another port, by their places in its list: something else has theirs.
pub async fn move_away<S: Noun>(
    parts: &Parts,
    owner: &Row<S>,
    daemons: &[usize],
) -> anyhow::Result<Result<Placement, NoRoom>> {
    change(parts, owner, daemons.len(), |new| {
        let mut ports = owner.ports().to_vec();
        for (at, port) in daemons.iter().zip(new) {
            if let Some(old) = ports.get_mut(*at) {
                *old = port;
            }
        }
        ports
    })
    .await
}

/// Gives back what daemons beyond so many had.
pub async fn trim<S: Noun>(
    write: &mut crate::db::Write,
    owner: &Row<S>,
    daemons: usize,
) -> sqlx::Result<()> {
    match &owner.placement {
        Some(place) if place.ports.len() > daemons => {
            let ports = place.ports[..daemons].to_vec();
            let place = Placement {
                ports,
                ..place.clone()
            };
            placement::put(write, owner.owner(), &place).await
        }
        _ => Ok(()),
    }
}

async fn change<S: Noun>(
    parts: &Parts,
    owner: &Row<S>,
    needed: usize,
    put_in: impl Fn(Vec<u16>) -> Vec<u16>,
) -> anyhow::Result<Result<Placement, NoRoom>> {
    for _ in 0..TRIES {
        let taken = placement::taken(parts.db.pool()).await?;
        let new = match ports::more(parts.ports, &taken, needed) {
            Ok(new) => new,
            Err(no_room) => return Ok(Err(no_room)),
        };
        let mut write = parts.db.write().await?;
        let taken = placement::taken(&mut *write.tx).await?;
        if new.iter().any(|port| taken.contains(port)) {
            continue;
        }
        let place = Placement::here(&parts.server.id, put_in(new));
        placement::put(&mut write, owner.owner(), &place).await?;
        write.commit().await?;
        return Ok(Ok(place));
    }
    anyhow::bail!("others were faster to take free ports {TRIES} times")
}
