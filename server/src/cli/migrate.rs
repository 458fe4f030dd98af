//! `openpcs migrate`.

use crate::config::Store;

pub async fn run(store: Store) -> anyhow::Result<()> {
    super::store::open_or_make(&store).await?;
    println!("The database's schema is up to date.");
    Ok(())
}
