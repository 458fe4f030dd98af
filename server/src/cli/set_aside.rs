//! `openpcs set-aside`: what is on disk and the database does not know.

use anyhow::bail;

use super::store::open;
use crate::config::{SetAsideCommand, Store};
use crate::data_dir::DataDir;
use crate::db::tombstone;
use crate::service::set_aside::find;

pub async fn run(store: Store, command: SetAsideCommand) -> anyhow::Result<()> {
    let db = open(&store).await?;
    let dir = DataDir::open(&store.data_dir)?;
    let all = find(&db, &dir).await?;
    match command {
        SetAsideCommand::List => {
            for one in all {
                let state = if one.runs { "running" } else { "nothing runs" };
                println!("{}\t{state}", one.name());
            }
        }
        SetAsideCommand::Remove { id } => {
            let Some(one) = all.into_iter().find(|one| one.name() == id) else {
                bail!(
                    "nothing of that name is set aside: `openpcs set-aside list` shows what is. What the database \
                     knows is deleted by the API or the console"
                );
            };
            let mut write = db.write().await?;
            let own_id = one.instance_id.as_ref().unwrap_or(&one.cluster_id);
            tombstone::put(&mut write, &one.cluster_id, own_id).await?;
            write.commit().await?;
            println!("The server ends and removes {id} within seconds, or when it starts next.");
        }
    }
    Ok(())
}
