//! `openpcs key`: the access keys that sign API requests.

use app::model::name::Arns;
use app::port::Ctx;

use super::credentials_file::Profile;
use super::first_start::forget_key;
use super::{host_user, show_time};
use crate::auth::password::new_access_key;
use crate::config::{KeyCommand, Store};
use crate::data_dir::DataDir;
use crate::service::people::People;

pub async fn run(store: Store, command: KeyCommand) -> anyhow::Result<()> {
    let people = People {
        db: super::store::open(&store).await?,
        arns: Arns::default(),
    };
    let ctx = host_user::ctx();
    let end = act(&ctx, &people, &store, command).await;
    host_user::recorded(&people.db, &ctx, end).await
}

async fn act(ctx: &Ctx, people: &People, store: &Store, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create { user } => {
            let dir = DataDir::open(&store.data_dir)?;
            let seal = super::store::seal(&people.db, &dir).await?;
            let key = new_access_key();
            people.create_access_key(ctx, &seal, &user, &key).await?;
            print!("{}", &*Profile::of(&key, None).to_text());
        }
        KeyCommand::List { user } => {
            for key in people.list_access_keys(ctx, user.as_deref()).await? {
                println!(
                    "{}\t{}\t{}",
                    key.id,
                    key.user_name,
                    show_time(key.created_at)
                );
            }
        }
        KeyCommand::Delete { id } => {
            people.delete_access_key(ctx, &id).await?;
            forget_key(&store.data_dir, people).await?;
            println!("Deleted {id}.");
        }
    }
    Ok(())
}
