//! What the provider offers, asked for page by page: an account has thousands of images and hundreds of instance types.

use serde::{Deserialize, Serialize};

use super::catalogue::Catalogue;
use super::error::{Error, Result};

/// What is asked for. What a request names of it is found by [`Refs`](super::refs::Refs) instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfferKind {
    Vpc,
    Subnet,
    SecurityGroup,
    LaunchTemplate,
    InstanceProfile,
    Image,
    InstanceType,
    KeyPair,
}

/// Which offers of a kind, and which page of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferQuery {
    pub kind: OfferKind,
    /// Words that an offer has, all of them, in its name, its id or what else is told of it. At most
    /// [`OfferQuery::LONGEST`] characters.
    #[serde(default)]
    pub search: String,
    /// Only those of that VPC, of what is in one: subnets and security groups.
    #[serde(default)]
    pub vpc_id: Option<String>,
    /// Offers of a page, 1 to [`OfferQuery::MOST`].
    #[serde(default = "most")]
    pub size: usize,
    /// Where the page begins: as the page before it says.
    #[serde(default)]
    pub after: Option<String>,
}

fn most() -> usize {
    OfferQuery::MOST
}

impl OfferQuery {
    /// The most offers of a page.
    pub const MOST: usize = 100;
    /// Characters of what is searched for.
    pub const LONGEST: usize = 200;

    /// The first page of all of a kind.
    pub fn first(kind: OfferKind) -> OfferQuery {
        OfferQuery {
            kind,
            search: String::new(),
            vpc_id: None,
            size: OfferQuery::MOST,
            after: None,
        }
    }

    /// The page that begins there.
    pub fn next(&self, after: String) -> OfferQuery {
        OfferQuery {
            after: Some(after),
            ..self.clone()
        }
    }

    /// Refuses what no page can be of.
    pub fn check(&self) -> Result<()> {
        if !(1..=OfferQuery::MOST).contains(&self.size) {
            let why = format!("Ask for 1 to {} offers.", OfferQuery::MOST);
            return Err(Error::field("query.size", why));
        }
        if self.search.chars().count() > OfferQuery::LONGEST {
            let why = format!("Use at most {} characters.", OfferQuery::LONGEST);
            return Err(Error::field("query.search", why));
        }
        Ok(())
    }
}

/// A page of them, in the provider's order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferPage {
    /// Of the kind that was asked for, and nothing else. Of a launch template the versions may be missing, which is told
    /// of those that are named only.
    pub offers: Catalogue,
    /// Where the next page begins; none behind the last.
    pub after: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_has_a_size_and_a_search_an_end() {
        let first = OfferQuery::first(OfferKind::InstanceType);
        let short: OfferQuery = serde_json::from_value(json!({"kind": "instance-type"})).unwrap();
        assert_eq!(short, first);
        assert_eq!(first.next("b".into()).after.as_deref(), Some("b"));
        let search = |length: usize| OfferQuery {
            search: "a".repeat(length),
            ..first.clone()
        };
        let size = |size| OfferQuery {
            size,
            ..first.clone()
        };
        for (query, field) in [
            (size(1), None),
            (size(100), None),
            (search(200), None),
            (size(0), Some("query.size")),
            (size(101), Some("query.size")),
            (search(201), Some("query.search")),
        ] {
            let refusal = query.check().map_err(|error| error.to_string());
            assert_eq!(refusal.is_err(), field.is_some(), "{query:?}");
            if let (Err(refusal), Some(field)) = (refusal, field) {
                assert!(refusal.contains(field), "{refusal}");
            }
        }
    }
}
