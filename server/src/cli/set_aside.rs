//! `openpcs set-aside`: what is on disk and the database does not know.

use app::model::name::Arns;

use super::host_user;
use super::store::open;
use crate::config::{SetAsideCommand, Store};
use crate::data_dir::DataDir;
use crate::service::set_aside;

pub async fn run(store: Store, command: SetAsideCommand) -> anyhow::Result<()> {
    let db = open(&store).await?;
    let dir = DataDir::open(&store.data_dir)?;
    let ctx = host_user::ctx();
    match command {
        SetAsideCommand::List => {
            for one in set_aside::list(&ctx, &db, &dir).await? {
                let state = if one.runs { "running" } else { "nothing runs" };
                println!("{}\t{state}", one.name());
            }
        }
        SetAsideCommand::Remove { id } => {
            set_aside::remove(&ctx, &db, &Arns::default(), &dir, &id).await?;
            println!("The server ends and removes {id} within seconds, or when it starts next.");
        }
    }
    Ok(())
}
