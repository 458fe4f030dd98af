//! A cluster's key in the account's own store of secrets: what is put there, and under which name.
//!
//! AWS PCS calls it `pcs!slurm-secret-ID`. A name with `!` is AWS's own alone, so that it is another one here.

use std::fmt;

/// The key of one cluster.
#[derive(Clone, Copy)]
pub struct ClusterKey<'a> {
    pub cluster_id: &'a str,
    pub cluster_name: &'a str,
    /// Never the same for another key of the cluster.
    pub version: &'a str,
    /// In base64.
    pub text: &'a str,
}

/// What the name of each begins with; the cluster's id follows.
pub const PREFIX: &str = "openpcs/slurm-secret-";
/// Of a hyphen and six characters, which Secrets Manager puts after the name in an ARN.
const SUFFIX: usize = 7;

/// The id of the cluster whose secret has that name or ARN, if it is one of these.
pub fn cluster_of(secret: &str) -> Option<&str> {
    let name = secret
        .rsplit_once(":secret:")
        .map_or(secret, |(_, name)| name);
    let id = name.strip_prefix(PREFIX)?;
    let end = id.find('-').unwrap_or(id.len());
    let rest = id.len() - end;
    (rest == 0 || rest == SUFFIX).then(|| &id[..end])
}

impl fmt::Debug for ClusterKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClusterKey({})", self.cluster_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_name_and_by_its_arn() {
        let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:openpcs/slurm-secret-pcs_0123456789";
        for (secret, cluster) in [
            (
                "openpcs/slurm-secret-pcs_0123456789",
                Some("pcs_0123456789"),
            ),
            (arn, Some("pcs_0123456789")),
            (&format!("{arn}-AbCdEf"), Some("pcs_0123456789")),
            (&format!("{arn}-AbCdEf-more"), None),
            ("pcs!slurm-secret-pcs_0123456789", None),
            ("another", None),
            ("", None),
        ] {
            assert_eq!(cluster_of(secret), cluster, "{secret}");
        }
    }
}
