//! Key pairs, which requests name by their names.

use std::collections::BTreeSet;

use app::model::catalogue::KeyPair;
use aws_sdk_ec2::types;
use openpcs_provider::ProviderError;

use super::kind::{Entry, Kind, Listed, filter, text};
use super::source::Source;
use crate::client::refused;

const DESCRIBE: &str = "ec2:DescribeKeyPairs";

impl Kind for KeyPair {
    const ACTIONS: &'static [&'static str] = &[DESCRIBE];

    fn key(&self) -> &str {
        &self.name
    }

    async fn named(
        source: &Source,
        names: &BTreeSet<String>,
    ) -> Result<Vec<KeyPair>, ProviderError> {
        described(source, Some(filter("key-name", names))).await
    }
}

impl Listed for KeyPair {
    async fn all(source: &Source) -> Result<Vec<Entry<KeyPair>>, ProviderError> {
        let pairs = described(source, None).await?;
        Ok(pairs.into_iter().map(entry).collect())
    }
}

fn entry(pair: KeyPair) -> Entry<KeyPair> {
    let KeyPair { id, name } = pair.clone();
    Entry::new(&name, &[&id], pair)
}

/// AWS tells all of them at once: there are no pages.
async fn described(
    source: &Source,
    filter: Option<types::Filter>,
) -> Result<Vec<KeyPair>, ProviderError> {
    let call = source.client.ec2.describe_key_pairs();
    let found = call.set_filters(filter.map(|it| vec![it])).send().await;
    let found = found.map_err(|error| refused(DESCRIBE, error))?;
    let pairs = found.key_pairs().iter().map(|pair| KeyPair {
        id: text(pair.key_pair_id()),
        name: text(pair.key_name()),
    });
    Ok(pairs.collect())
}
