//! A cluster's keys in the account's own store of secrets: what is put there, and under which name.
//!
//! AWS PCS calls the first `pcs!slurm-secret-ID`. A name with `!` is AWS's own alone, so that it is another one here.

use std::fmt;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// All of the cluster's daemons know each other by it.
    Slurm,
    /// It signs the tokens of the REST API; there with that only.
    Jwt,
}

impl KeyKind {
    pub const ALL: [KeyKind; 2] = [KeyKind::Slurm, KeyKind::Jwt];

    /// What the name of each begins with; the cluster's id follows.
    pub fn prefix(self) -> &'static str {
        match self {
            KeyKind::Slurm => "openpcs/slurm-secret-",
            KeyKind::Jwt => "openpcs/slurm-jwt-",
        }
    }

    /// The same where this server answers for it.
    pub fn own_prefix(self) -> &'static str {
        match self {
            KeyKind::Slurm => "pcs!slurm-secret-",
            KeyKind::Jwt => "pcs!slurm-jwt-",
        }
    }
}

/// A key of one cluster.
#[derive(Clone, Copy)]
pub struct ClusterKey<'a> {
    pub kind: KeyKind,
    pub cluster_id: &'a str,
    pub cluster_name: &'a str,
    /// Never the same for another key of that kind.
    pub version: &'a str,
    /// In base64.
    pub text: &'a str,
}

/// Of a hyphen and six characters, which Secrets Manager puts after the name in an ARN.
const SUFFIX: usize = 7;

/// Which of these has that name or ARN, and the id of its cluster.
pub fn named(secret: &str) -> Option<(KeyKind, &str)> {
    let of = |kind| Some((kind, cluster_of(kind, secret)?));
    KeyKind::ALL.into_iter().find_map(of)
}

fn cluster_of(kind: KeyKind, secret: &str) -> Option<&str> {
    let name = secret
        .rsplit_once(":secret:")
        .map_or(secret, |(_, name)| name);
    let id = name.strip_prefix(kind.prefix())?;
    let end = id.find('-').unwrap_or(id.len());
    let rest = id.len() - end;
    (rest == 0 || rest == SUFFIX).then(|| &id[..end])
}

impl fmt::Debug for ClusterKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClusterKey({:?}, {})", self.kind, self.cluster_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_name_and_by_its_arn() {
        let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:openpcs/slurm-secret-pcs_0123456789";
        let slurm = Some((KeyKind::Slurm, "pcs_0123456789"));
        let jwt = Some((KeyKind::Jwt, "pcs_0123456789"));
        for (secret, known) in [
            ("openpcs/slurm-secret-pcs_0123456789", slurm),
            ("openpcs/slurm-jwt-pcs_0123456789", jwt),
            ("openpcs/slurm-jwt-pcs_0123456789-AbCdEf", jwt),
            (arn, slurm),
            (&format!("{arn}-AbCdEf"), slurm),
            (&format!("{arn}-AbCdEf-more"), None),
            ("pcs!slurm-secret-pcs_0123456789", None),
            ("another", None),
            ("", None),
        ] {
            assert_eq!(named(secret), known, "{secret}");
        }
    }
}
