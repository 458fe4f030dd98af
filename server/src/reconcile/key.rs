//! A cluster's key in the account's own store of secrets, where the provider has one. A cluster works without: it is our
//! own endpoint that nodes and people read the key from, so that nothing here makes one fail.

use anyhow::Context;
use openpcs_provider::ClusterKey;
use zeroize::Zeroizing;

use super::Parts;
use crate::db::cluster::ClusterRow;
use crate::db::secret;

/// The key of a cluster, in base64.
pub async fn of(parts: &Parts, cluster_id: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let sealed = secret::get(parts.db.pool(), cluster_id).await?;
    let sealed = sealed.with_context(|| format!("cluster {cluster_id} has no secret"))?;
    Ok(parts.seal.open(secret::PURPOSE, &sealed.sealed)?)
}

/// Before a cluster is there for people: its key is put where the account's secrets are, and gets the address that it has
/// there.
pub async fn keep(parts: &Parts, cluster: &mut ClusterRow) -> anyhow::Result<()> {
    let text = of(parts, &cluster.id).await?;
    let Some(auth_key) = &mut cluster.spec.slurm.auth_key else {
        return Ok(());
    };
    let key = ClusterKey {
        cluster_id: &cluster.id,
        cluster_name: &cluster.name,
        version: &auth_key.secret_version,
        text: std::str::from_utf8(&text)?,
    };
    match parts.provider.keep_key(key).await {
        Ok(Some(arn)) => {
            auth_key.secret_arn = arn;
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(
            cluster = cluster.name,
            code = error.code,
            why = error.message,
            "its key is not in Secrets Manager: this server goes on answering for it"
        ),
    }
    Ok(())
}

/// With a cluster that goes: what the role may not remove stays, and is named for people.
pub async fn forget(parts: &Parts, cluster: &ClusterRow) -> anyhow::Result<()> {
    match parts.provider.forget_key(&cluster.id).await {
        Err(error) if error.code.starts_with("AccessDenied") => {
            tracing::warn!(
                cluster = cluster.name,
                why = error.message,
                "its key stays in Secrets Manager: remove it there"
            );
            Ok(())
        }
        other => Ok(other?),
    }
}
