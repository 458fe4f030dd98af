//! The keys of a cluster, as they are made: that by which its daemons know each other comes with the cluster (C10), that
//! which signs tokens whenever its REST API is switched on (C9): what the one before has signed is then worth nothing.

use app::model::cluster::{JwtAuth, JwtKey, SlurmAuthKey};
use app::model::error::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use openpcs_provider::KeyKind;
use zeroize::Zeroizing;

use super::Service;
use crate::db::Write;
use crate::db::cluster::{ClusterRow, ClusterSpec};
use crate::db::secret::{self, SecretRow};
use crate::fault::internal;
use crate::random;

/// Bytes of an `auth/slurm` key: Slurm's documentation makes 1024.
const SLURM_BYTES: usize = 1024;
/// Of a key for tokens: as long as the hash that they are signed with, as Slurm's documentation makes it.
const JWT_BYTES: usize = 32;
/// Of the name of a version.
const VERSION_BYTES: usize = 16;

impl Service {
    /// The name of a cluster's first key.
    pub(super) fn new_auth_key(&self, cluster_id: &str) -> SlurmAuthKey {
        SlurmAuthKey {
            secret_arn: self.own_arn(KeyKind::Slurm, cluster_id),
            secret_version: random::random_hex(VERSION_BYTES),
        }
    }

    /// Where the REST API is switched on, the name of a new key.
    pub(super) fn renew_jwt_key(&self, cluster_id: &str, had_rest: bool, spec: &mut ClusterSpec) {
        if had_rest || !spec.has_rest() {
            return;
        }
        spec.slurm.jwt_auth = Some(JwtAuth {
            jwt_key: Some(JwtKey {
                secret_arn: self.own_arn(KeyKind::Jwt, cluster_id),
                secret_version: random::random_hex(VERSION_BYTES),
            }),
        });
    }

    /// Makes the keys that have a name and no content yet, sealed, in the same transaction as their cluster.
    pub(super) async fn make_keys(
        &self,
        write: &mut Write,
        cluster_id: &str,
        before: Option<&ClusterSpec>,
        spec: &ClusterSpec,
    ) -> Result<()> {
        if let (None, Some(key)) = (before, &spec.slurm.auth_key) {
            let name = (&*key.secret_arn, &*key.secret_version);
            self.make_key(write, cluster_id, KeyKind::Slurm, name)
                .await?;
        }
        let jwt = |spec: &ClusterSpec| spec.slurm.jwt_auth.clone()?.jwt_key;
        match jwt(spec) {
            Some(key) if before.and_then(jwt).as_ref() != Some(&key) => {
                let name = (&*key.secret_arn, &*key.secret_version);
                self.make_key(write, cluster_id, KeyKind::Jwt, name).await
            }
            _ => Ok(()),
        }
    }

    /// That which signs tokens of a cluster with the REST API.
    pub(super) async fn jwt_key(&self, cluster: &ClusterRow) -> Result<Zeroizing<Vec<u8>>> {
        let found = secret::get(self.parts.db.pool(), &cluster.id, KeyKind::Jwt).await;
        let row = found.map_err(internal)?.ok_or_else(Error::internal)?;
        let text = self.parts.seal.open(secret::PURPOSE, &row.sealed);
        let key = BASE64.decode(&*text.map_err(internal)?);
        Ok(Zeroizing::new(key.map_err(internal)?))
    }

    async fn make_key(
        &self,
        write: &mut Write,
        cluster_id: &str,
        kind: KeyKind,
        (arn, version): (&str, &str),
    ) -> Result<()> {
        let bytes = match kind {
            KeyKind::Slurm => SLURM_BYTES,
            KeyKind::Jwt => JWT_BYTES,
        };
        let text = Zeroizing::new(BASE64.encode(&*Zeroizing::new(random::random_bytes(bytes))));
        let sealed = self.parts.seal.seal(secret::PURPOSE, text.as_bytes());
        let row = SecretRow {
            arn: arn.into(),
            cluster_id: cluster_id.into(),
            kind,
            version: version.into(),
            sealed: sealed.map_err(internal)?,
        };
        secret::put(write, &row).await.map_err(internal)
    }

    /// What a key is called where this server answers for it.
    pub(super) fn own_arn(&self, kind: KeyKind, cluster_id: &str) -> String {
        let name = format!("{}{cluster_id}", kind.own_prefix());
        self.parts.arns.secret(&name)
    }
}
