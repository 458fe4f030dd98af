//! Names, ids and ARNs.

/// A name is 3–40 (cluster) or 3–25 (group, queue) characters: letters, digits, hyphens, a letter first (C2, N1, Q1).
pub const CLUSTER_NAME_MAX: usize = 40;
pub const CHILD_NAME_MAX: usize = 25;

/// Whether an identifier is an id (`pcs_` and more) rather than a name.
pub fn is_id(identifier: &str) -> bool {
    identifier.starts_with("pcs_")
}

/// ARNs of one account and region; by default of none, as commands say them that have nothing but the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arns {
    pub region: String,
    pub account: String,
}

/// What an ARN of this service names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArnResource {
    Cluster { cluster_id: String },
    ComputeNodeGroup { cluster_id: String, id: String },
    Queue { cluster_id: String, id: String },
}

impl Arns {
    /// `arn:aws:pcs:REGION:ACCOUNT:cluster/ID` (C1).
    pub fn cluster(&self, id: &str) -> String {
        format!("arn:aws:pcs:{}:{}:cluster/{id}", self.region, self.account)
    }

    /// `…:cluster/ID/computenodegroup/ID` (N1).
    pub fn compute_node_group(&self, cluster_id: &str, id: &str) -> String {
        format!("{}/computenodegroup/{id}", self.cluster(cluster_id))
    }

    /// `…:cluster/ID/queue/ID` (Q1).
    pub fn queue(&self, cluster_id: &str, id: &str) -> String {
        format!("{}/queue/{id}", self.cluster(cluster_id))
    }

    /// `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME` (C10).
    pub fn secret(&self, name: &str) -> String {
        format!(
            "arn:aws:secretsmanager:{}:{}:secret:{name}",
            self.region, self.account
        )
    }

    /// `arn:aws:logs:REGION:ACCOUNT:delivery-source:NAME` (L1).
    pub fn delivery_source(&self, name: &str) -> String {
        self.logs("delivery-source", name)
    }

    /// `arn:aws:logs:REGION:ACCOUNT:delivery-destination:NAME`.
    pub fn delivery_destination(&self, name: &str) -> String {
        self.logs("delivery-destination", name)
    }

    /// `arn:aws:logs:REGION:ACCOUNT:delivery:ID`.
    pub fn delivery(&self, id: &str) -> String {
        self.logs("delivery", id)
    }

    fn logs(&self, kind: &str, name: &str) -> String {
        format!(
            "arn:aws:logs:{}:{}:{kind}:{name}",
            self.region, self.account
        )
    }

    /// `arn:aws:openpcs:REGION:ACCOUNT:server/ID`: nothing that AWS has.
    pub fn server(&self, id: &str) -> String {
        format!(
            "arn:aws:openpcs:{}:{}:server/{id}",
            self.region, self.account
        )
    }

    /// `arn:aws:openpcs:REGION:ACCOUNT:access-key/ID`: AWS has no name for one.
    pub fn access_key(&self, id: &str) -> String {
        format!(
            "arn:aws:openpcs:{}:{}:access-key/{id}",
            self.region, self.account
        )
    }

    /// `arn:aws:iam::ACCOUNT:user/NAME`.
    pub fn user(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:user/{name}", self.account)
    }

    /// The resource an ARN of this account and region names; none for any other text.
    pub fn parse(&self, arn: &str) -> Option<ArnResource> {
        let path = arn.strip_prefix(&self.cluster(""))?;
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            [cluster] if !cluster.is_empty() => Some(ArnResource::Cluster {
                cluster_id: (*cluster).into(),
            }),
            [cluster, "computenodegroup", id] => Some(ArnResource::ComputeNodeGroup {
                cluster_id: (*cluster).into(),
                id: (*id).into(),
            }),
            [cluster, "queue", id] => Some(ArnResource::Queue {
                cluster_id: (*cluster).into(),
                id: (*id).into(),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_what_it_was_made_of() {
        let arns = Arns {
            region: "us-east-1".into(),
            account: "111122223333".into(),
        };
        assert_eq!(
            arns.parse(&arns.queue("pcs_a", "pcs_b")),
            Some(ArnResource::Queue {
                cluster_id: "pcs_a".into(),
                id: "pcs_b".into()
            })
        );
        assert_eq!(
            arns.parse("arn:aws:pcs:eu-west-1:111122223333:cluster/pcs_a"),
            None
        );
        assert_eq!(arns.parse(&arns.cluster("")), None);
    }
}
