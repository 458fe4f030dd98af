//! What there is to say of each kind of thing that an account offers, in the file of its noun.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use aws_sdk_ec2::types::{Filter, Tag};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use openpcs_provider::ProviderError;

use super::cached::Ages;
use super::source::Source;

/// How old a list may be: people look at it for what they have just made.
const LIST: Ages = Ages {
    fresh: Duration::from_secs(15),
    keep: Duration::from_secs(15 * 60),
};

/// Values that EC2 takes in one filter.
pub const VALUES: usize = 200;
/// Calls of one request at the same time, where each thing takes one of its own.
pub const PARALLEL: usize = 8;

/// A kind of things in an account that requests name.
pub trait Kind: Clone + Send + Sync + 'static {
    /// The actions of IAM that its calls need.
    const ACTIONS: &'static [&'static str];
    /// How long what was found by name is taken for what is there: for the fields of a form, one after the other, and
    /// the request that follows.
    const FOUND: Duration = Duration::from_secs(20);

    /// What a request names it by.
    fn key(&self) -> &str;

    /// Those of these names that there are, perhaps with others. At most [`VALUES`] names, none of them empty.
    fn named(
        source: &Source,
        names: &BTreeSet<String>,
    ) -> impl Future<Output = Result<Vec<Self>, ProviderError>> + Send;
}

/// A kind of which there are lists to choose from.
pub trait Listed: Kind {
    /// How old its list may be.
    const LIST: Ages = LIST;

    /// All of the account, in any order.
    fn all(source: &Source)
    -> impl Future<Output = Result<Vec<Entry<Self>>, ProviderError>> + Send;
}

/// An offer in the list of its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<T> {
    /// Where it stands: by this, then by its name.
    pub order: String,
    pub name: String,
    /// What words are searched in, in small letters.
    pub text: String,
    /// The VPC that it is in, if it is in one.
    pub vpc_id: Option<String>,
    pub offer: T,
}

impl<T: Kind> Entry<T> {
    /// Found by its name and these words.
    pub fn new(order: &str, words: &[&str], offer: T) -> Entry<T> {
        let name = offer.key().to_owned();
        Entry {
            order: order.to_lowercase(),
            text: format!("{name} {}", words.join(" ")).to_lowercase(),
            name,
            vpc_id: None,
            offer,
        }
    }

    pub fn within(self, vpc_id: &str) -> Entry<T> {
        Entry {
            vpc_id: Some(vpc_id.into()),
            ..self
        }
    }
}

/// Those that there are of these, each asked for by a call of its own.
pub async fn one_by_one<T, F>(
    names: impl IntoIterator<Item = String>,
    ask: impl Fn(String) -> F,
) -> Result<Vec<T>, ProviderError>
where
    F: Future<Output = Result<Option<T>, ProviderError>>,
{
    let found = stream::iter(names).map(ask).buffered(PARALLEL);
    found.try_filter_map(async |it| Ok(it)).try_collect().await
}

/// Things are asked for by a filter: by their ids, one that there is not fails the whole call.
pub fn filter<'a>(name: &str, values: impl IntoIterator<Item = &'a String>) -> Filter {
    let values = values.into_iter().cloned().collect();
    Filter::builder()
        .name(name)
        .set_values(Some(values))
        .build()
}

/// What people call it: its tag `Name`, else its id.
pub fn called(tags: &[Tag], id: &str) -> String {
    let names = tags.iter().filter(|tag| tag.key() == Some("Name"));
    let mut names = names.filter_map(Tag::value).filter(|name| !name.is_empty());
    names.next().unwrap_or(id).to_owned()
}

pub fn text(of: Option<&str>) -> String {
    of.unwrap_or_default().to_owned()
}
