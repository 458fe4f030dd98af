//! Which of a provider's instances is which of ours, for providers whose ids are their own.

use async_trait::async_trait;
use openpcs_provider::ProviderError;
use openpcs_provider::names::{Name, Names};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::Db;

/// As this database has them.
pub struct Known(pub Db);

#[async_trait]
impl Names for Known {
    async fn of_cluster(&self, cluster_id: &str) -> Result<Vec<Name>, ProviderError> {
        let sql =
            "select id, launch_token, provider_id, ended_at from instance where cluster_id = $1";
        let rows = sqlx::query(sql).bind(cluster_id).fetch_all(self.0.pool());
        let names = rows
            .await
            .and_then(|rows| rows.iter().map(decode).collect());
        names.map_err(|error| ProviderError {
            code: "DatabaseError".into(),
            message: format!("The database does not tell which instances are whose: {error}"),
        })
    }
}

fn decode(row: &AnyRow) -> sqlx::Result<Name> {
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    Ok(Name {
        id: row.try_get("id")?,
        launch_token: row.try_get("launch_token")?,
        provider_id: row.try_get("provider_id")?,
        has_ended: ended_at.is_some(),
    })
}
