//! Gives daemons their ports, when they are to start. They are tried out before the transaction that takes them; what
//! another loop of this server took meanwhile is found in it.

use anyhow::Context;
use app::model::live::Kind;
use openpcs_agent::protocol::SLURMD_PORT;

use super::Parts;
use crate::db::Write;
use crate::db::placement::{self, Placement};
use crate::db::resource::{self, Noun, Row};
use crate::provider::ports::{self, NoRoom};

/// Other clusters' loops may be faster so often.
const TRIES: usize = 10;

/// The place of a resource with so many daemons at least: those that have a port keep it.
pub async fn ensure<S: Noun>(
    parts: &Parts,
    owner: &Row<S>,
    daemons: usize,
) -> anyhow::Result<Result<Placement, NoRoom>> {
    if S::KIND == Kind::ComputeNodeGroup && parts.provider.profile().own_addresses {
        return Ok(Ok(elsewhere(parts, owner, daemons).await?));
    }
    let missing = daemons.saturating_sub(owner.ports().len());
    match &owner.placement {
        Some(place) if missing == 0 => Ok(Ok(place.clone())),
        _ => {
            change(parts, owner, missing, |ports, new| {
                let more = daemons.saturating_sub(ports.len());
                ports.extend(new.iter().take(more));
            })
            .await
        }
    }
}

/// The place of nodes that take no port of this host.
async fn elsewhere<S: Noun>(
    parts: &Parts,
    owner: &Row<S>,
    daemons: usize,
) -> anyhow::Result<Placement> {
    let daemons = daemons.max(owner.ports().len());
    let ports = vec![SLURMD_PORT; daemons];
    let place = Placement::at(parts.address, &parts.server.id, ports);
    if owner.placement.as_ref() != Some(&place) {
        let mut write = parts.db.write().await?;
        placement::put(&mut write, owner.owner(), &place).await?;
        write.commit().await?;
    }
    Ok(place)
}

/// Gives these daemons of a resource another port, by their places in its list: something else has theirs.
pub async fn move_away<S: Noun>(
    parts: &Parts,
    owner: &Row<S>,
    daemons: &[usize],
) -> anyhow::Result<Result<Placement, NoRoom>> {
    change(parts, owner, daemons.len(), |ports, new| {
        for (at, port) in daemons.iter().zip(new) {
            if let Some(old) = ports.get_mut(*at) {
                *old = *port;
            }
        }
    })
    .await
}

/// Gives back what daemons beyond so many had.
pub async fn trim<S: Noun>(write: &mut Write, owner: &Row<S>, daemons: usize) -> sqlx::Result<()> {
    match placement::find(&mut write.tx, &owner.id).await? {
        Some(mut place) if place.ports.len() > daemons => {
            place.ports.truncate(daemons);
            placement::put(write, owner.owner(), &place).await
        }
        _ => Ok(()),
    }
}

/// What another loop has changed since the row was read stays.
async fn change<S: Noun>(
    parts: &Parts,
    owner: &Row<S>,
    needed: usize,
    put_in: impl Fn(&mut Vec<u16>, &[u16]),
) -> anyhow::Result<Result<Placement, NoRoom>> {
    let server = &parts.server.id;
    for _ in 0..TRIES {
        let taken = placement::taken(parts.db.pool(), server).await?;
        let new = match ports::more(parts.ports, &taken, needed) {
            Ok(new) => new,
            Err(no_room) => return Ok(Err(no_room)),
        };
        let mut write = parts.db.write().await?;
        let taken = placement::taken(&mut *write.tx, server).await?;
        if new.iter().any(|port| taken.contains(port)) {
            continue;
        }
        let known = resource::find::<S>(&mut *write.tx, None, &owner.id).await?;
        let row = known.context("it was deleted meanwhile")?;
        let mut place = Placement::at(parts.address, server, row.ports().to_vec());
        put_in(&mut place.ports, &new);
        placement::put(&mut write, owner.owner(), &place).await?;
        write.commit().await?;
        return Ok(Ok(place));
    }
    anyhow::bail!("others were faster to take free ports {TRIES} times")
}
