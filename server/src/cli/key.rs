//! `openpcs key`: the access keys that sign API requests.

use anyhow::bail;

use super::credentials_file::Profile;
use super::show_time;
use crate::auth::credentials::PURPOSE;
use crate::auth::password::{NewAccessKey, new_access_key};
use crate::auth::seal::Seal;
use crate::config::{KeyCommand, Store};
use crate::data_dir::DataDir;
use crate::db::access_key::{AccessKeyRow, access_key_create, access_key_delete, access_key_list};
use crate::db::user::user_get;
use crate::db::{Db, now};

pub async fn run(store: Store, command: KeyCommand) -> anyhow::Result<()> {
    let db = super::store::open(&store).await?;
    match command {
        KeyCommand::Create { user } => {
            if user_get(&db, &user).await?.is_none() {
                bail!("there is no user {user}; `openpcs user add {user}` makes one");
            }
            let seal = super::store::seal(&db, &DataDir::open(&store.data_dir)?).await?;
            let key = new_access_key();
            insert(&db, &seal, &user, &key).await?;
            print!("{}", &*Profile::of(&key, None).to_text());
        }
        KeyCommand::List { user } => {
            for key in access_key_list(&db, user.as_deref()).await? {
                println!(
                    "{}\t{}\t{}",
                    key.id,
                    key.user_name,
                    show_time(key.created_at)
                );
            }
        }
        KeyCommand::Delete { id } => {
            if !access_key_delete(&db, &id).await? {
                bail!("there is no access key {id}; `openpcs key list` shows those there are");
            }
            println!("Deleted {id}.");
        }
    }
    Ok(())
}

/// Stores the key with its secret sealed.
pub async fn insert(db: &Db, seal: &Seal, user: &str, key: &NewAccessKey) -> anyhow::Result<()> {
    let row = AccessKeyRow {
        id: key.id.clone(),
        user_name: user.to_owned(),
        sealed_secret: seal.seal(PURPOSE, key.secret.as_bytes())?,
        created_at: now(),
    };
    Ok(access_key_create(db, &row).await?)
}
