//! Roles that EC2 needs for what a group asks of it (N8).

use std::collections::BTreeSet;

use app::model::catalogue::Role;
use aws_sdk_iam::error::ProvideErrorMetadata as _;
use openpcs_provider::ProviderError;

use super::kind::{Kind, one_by_one};
use super::source::Source;
use crate::client::{Client, refused};

const GET: &str = "iam:GetRole";

/// What IAM says of a name that no role has or can have.
const NONE_SUCH: [&str; 2] = ["NoSuchEntity", "ValidationError"];

impl Kind for Role {
    const ACTIONS: &'static [&'static str] = &[GET];

    fn key(&self) -> &str {
        &self.name
    }

    async fn named(source: &Source, names: &BTreeSet<String>) -> Result<Vec<Role>, ProviderError> {
        one_by_one(names.clone(), |name| by_name(&source.client, name)).await
    }
}

async fn by_name(client: &Client, name: String) -> Result<Option<Role>, ProviderError> {
    match client.iam.get_role().role_name(&name).send().await {
        Ok(_) => Ok(Some(Role { name })),
        Err(error) if error.code().is_some_and(|code| NONE_SUCH.contains(&code)) => Ok(None),
        Err(error) => Err(refused(GET, error)),
    }
}
