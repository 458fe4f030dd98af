//! Which of a provider's instances is which of ours: a provider whose ids are its own asks the database by this.
//!
//! An answer that was lost leaves rows of which only the batch's token is known. The provider marks each instance with it,
//! and [`assign`] says whose it is: the same to every caller that sees the same.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_trait::async_trait;

use crate::ProviderError;

/// A row of the database, live or ended and not forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Ours.
    pub id: String,
    /// Of the batch in which it was asked for.
    pub launch_token: String,
    /// The provider's; none until it has said that it started it.
    pub provider_id: Option<String>,
    pub has_ended: bool,
}

#[async_trait]
pub trait Names: Send + Sync {
    /// Those of a cluster.
    async fn of_cluster(&self, cluster_id: &str) -> Result<Vec<Name>, ProviderError>;
}

/// Our ids, by the provider's. `there`: the provider's ids with the tokens they are marked with. One that no row can be
/// meant by is in none.
pub fn assign(names: &[Name], there: &[(String, Option<String>)]) -> HashMap<String, String> {
    let known = names.iter().filter_map(|name| {
        let provider_id = name.provider_id.clone()?;
        Some((provider_id, name.id.clone()))
    });
    let mut ours: HashMap<String, String> = known.collect();
    let free: BTreeMap<&str, Vec<&str>> = free(names);
    let mut unknown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, token) in there {
        if let (false, Some(token)) = (ours.contains_key(id), token) {
            unknown.entry(token).or_default().push(id);
        }
    }
    for (token, mut ids) in unknown {
        ids.sort_unstable();
        let of_token = free.get(token).into_iter().flatten();
        ours.extend(
            ids.into_iter()
                .zip(of_token)
                .map(|(id, name)| (id.into(), (*name).into())),
        );
    }
    let there: HashSet<&str> = there.iter().map(|(id, _)| id.as_str()).collect();
    ours.retain(|id, _| there.contains(id.as_str()));
    ours
}

/// Rows that no answer came for, by token: those that still want an instance first.
fn free(names: &[Name]) -> BTreeMap<&str, Vec<&str>> {
    let mut waiting: Vec<&Name> = names.iter().filter(|n| n.provider_id.is_none()).collect();
    waiting.sort_unstable_by_key(|name| (name.has_ended, &name.id));
    let mut free: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in waiting {
        free.entry(&name.launch_token).or_default().push(&name.id);
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(id: &str, token: &str, provider_id: Option<&str>, has_ended: bool) -> Name {
        Name {
            id: id.into(),
            launch_token: token.into(),
            provider_id: provider_id.map(Into::into),
            has_ended,
        }
    }

    fn there(id: &str, token: Option<&str>) -> (String, Option<String>) {
        (id.into(), token.map(Into::into))
    }

    #[test]
    fn what_was_answered_is_known_and_the_rest_goes_by_its_token() {
        let names = [
            name("a", "t", Some("i-9"), false),
            name("b", "t", None, true),
            name("c", "t", None, false),
            name("d", "u", None, false),
            name("e", "u", Some("i-gone"), true),
        ];
        let there = [
            there("i-9", Some("t")),
            there("i-2", Some("t")),
            there("i-1", Some("t")),
            there("i-3", Some("t")),
            there("i-4", Some("other")),
            there("i-5", None),
        ];
        let mut ours: Vec<_> = assign(&names, &there).into_iter().collect();
        ours.sort();
        let expected = [("i-1", "c"), ("i-2", "b"), ("i-9", "a")];
        let expected = expected.map(|(id, name)| (id.to_owned(), name.to_owned()));
        assert_eq!(ours, expected);
    }
}
