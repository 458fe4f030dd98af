//! What the provider is told by the server that it is part of.

use app::model::catalogue::SlurmVersion;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Those of the server's host.
    pub slurm_versions: Vec<SlurmVersion>,
    /// `http://ADDRESS:PORT`, where nodes reach the server.
    pub endpoint: String,
    /// The agents that the server has for nodes.
    pub agents: Vec<AgentBuild>,
    /// Whether the endpoint takes tags that begin with `aws:`: AWS itself does not (N11).
    pub aws_tags: bool,
    /// Keys of clusters are put into the account's Secrets Manager.
    pub keeps_keys: bool,
    /// Where metrics of clusters are put in the account's CloudWatch; none: nowhere.
    pub metrics_namespace: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentBuild {
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
    /// In hexadecimal, small letters.
    pub sha256: String,
}
