//! A cluster's keys in the account's own store of secrets, where the provider has one. A cluster works without: it is our
//! own endpoint that nodes and people read them from, so that nothing here makes one fail.

use anyhow::Context;
use openpcs_provider::key::named;
use openpcs_provider::{ClusterKey, KeyKind};
use zeroize::Zeroizing;

use super::Parts;
use crate::db::cluster::ClusterRow;
use crate::db::secret;

/// The key of that kind of a cluster, in base64.
pub async fn of(
    parts: &Parts,
    cluster_id: &str,
    kind: KeyKind,
) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let sealed = secret::get(parts.db.pool(), cluster_id, kind).await?;
    let sealed = sealed.with_context(|| format!("cluster {cluster_id} has no secret {kind:?}"))?;
    Ok(parts.seal.open(secret::PURPOSE, &sealed.sealed)?)
}

/// Before keys are there for people: they are put where the account's secrets are, and get the addresses that they have
/// there. Those that are there stay.
pub async fn keep(parts: &Parts, cluster: &mut ClusterRow) -> anyhow::Result<()> {
    let slurm = &cluster.spec.slurm;
    let auth = slurm.auth_key.as_ref();
    let auth = auth.map(|key| (key.secret_arn.clone(), key.secret_version.clone()));
    let jwt = slurm.jwt_auth.as_ref().filter(|_| slurm.has_rest());
    let jwt = jwt.and_then(|jwt| jwt.jwt_key.as_ref());
    let jwt = jwt.map(|key| (key.secret_arn.clone(), key.secret_version.clone()));
    if let Some(arn) = kept(parts, cluster, KeyKind::Slurm, auth).await?
        && let Some(key) = &mut cluster.spec.slurm.auth_key
    {
        key.secret_arn = arn;
    }
    if let Some(arn) = kept(parts, cluster, KeyKind::Jwt, jwt).await?
        && let Some(jwt) = &mut cluster.spec.slurm.jwt_auth
        && let Some(key) = &mut jwt.jwt_key
    {
        key.secret_arn = arn;
    }
    Ok(())
}

/// The address of a key in the account, if it gets one there now; the key by its address and version so far.
async fn kept(
    parts: &Parts,
    cluster: &ClusterRow,
    kind: KeyKind,
    known: Option<(String, String)>,
) -> anyhow::Result<Option<String>> {
    let Some((arn, version)) = known.filter(|(arn, _)| named(arn).is_none()) else {
        return Ok(None);
    };
    let text = of(parts, &cluster.id, kind).await?;
    let key = ClusterKey {
        kind,
        cluster_id: &cluster.id,
        cluster_name: &cluster.name,
        version: &version,
        text: std::str::from_utf8(&text)?,
    };
    match parts.provider.keep_key(key).await {
        Ok(arn) => Ok(arn),
        Err(error) => {
            tracing::warn!(
                cluster = cluster.name,
                secret = arn,
                code = error.code,
                why = error.message,
                "its key is not in Secrets Manager: this server goes on answering for it"
            );
            Ok(None)
        }
    }
}

/// With a cluster that goes: what the role may not remove stays, and is named for people.
pub async fn forget(parts: &Parts, cluster: &ClusterRow) -> anyhow::Result<()> {
    match parts.provider.forget_key(&cluster.id).await {
        Err(error) if error.code.starts_with("AccessDenied") => {
            tracing::warn!(
                cluster = cluster.name,
                why = error.message,
                "its keys stay in Secrets Manager: remove them there"
            );
            Ok(())
        }
        other => Ok(other?),
    }
}
