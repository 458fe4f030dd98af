//! Resources of pages whose address names what to ask for. Erased, so that they are compiled once for each answer and not
//! once for each page.

use std::pin::Pin;

use leptos::prelude::*;

use crate::live;
use crate::model::error::Result;
use crate::model::live::Kind;

type Fetch<T> =
    Box<dyn Fn(Vec<String>) -> Pin<Box<dyn Future<Output = Result<T>> + Send>> + Send + Sync>;

/// Asks again when a part of the address changes, and when something of that kind does.
///
/// `asked([id, queue], Some(Kind::Queue), |[id, queue]| get_queue(id, queue))`
pub fn asked<T, F, const N: usize>(
    parts: [Memo<String>; N],
    kind: Option<Kind>,
    fetch: impl Fn([String; N]) -> F + Send + Sync + 'static,
) -> Resource<Result<T>>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let fetch: Fetch<T> = Box::new(move |parts| {
        // As many as there are memos, in their order.
        let mut parts = parts.into_iter();
        Box::pin(fetch(std::array::from_fn(|_| {
            parts.next().unwrap_or_default()
        })))
    });
    erased(parts.to_vec(), kind, fetch)
}

fn erased<T>(parts: Vec<Memo<String>>, kind: Option<Kind>, fetch: Fetch<T>) -> Resource<Result<T>>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
{
    let key = move || {
        // The page may be going while its address changes.
        let part = |part: &Memo<String>| part.try_get().unwrap_or_default();
        let parts: Vec<String> = parts.iter().map(part).collect();
        (parts, kind.map_or(0, live::version))
    };
    Resource::new(key, move |(parts, _)| fetch(parts))
}
