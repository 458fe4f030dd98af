//! `openpcs migrate`.

use crate::config::Store;

pub async fn run(store: Store) -> anyhow::Result<()> {
    super::store::make(&store).await?;
    println!("The database's schema is up to date.");
    Ok(())
}
