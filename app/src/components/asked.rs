//! Resources of pages whose address names what to ask for. Erased, so that they are compiled once for each answer and not
//! once for each page.

use std::pin::Pin;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::live;
use crate::model::error::{Error, Result};
use crate::model::live::Kind;
use crate::model::page::PageRequest;

/// A part of this page's address: `param("id")` of `/clusters/:id`.
pub fn param(name: &'static str) -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.read().get(name).unwrap_or_default())
}

/// The parts of the address, the page of a list, and how often what they name has changed.
type Question = (Vec<String>, PageRequest, u64);

type Fetch<T> = Box<
    dyn Fn(Vec<String>, PageRequest) -> Pin<Box<dyn Future<Output = Result<T>> + Send>>
        + Send
        + Sync,
>;

/// Asks again when a part of the address changes, and when something of those kinds does.
///
/// `asked([id, queue], &[Kind::Queue], |[id, queue]| get_queue(id, queue))`
pub fn asked<T, F, const N: usize>(
    parts: [Memo<String>; N],
    kinds: &'static [Kind],
    fetch: impl Fn([String; N]) -> F + Send + Sync + 'static,
) -> Resource<Result<T>>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let fetch: Fetch<T> = Box::new(move |parts, _| Box::pin(fetch(named(parts))));
    erased(parts.to_vec(), None, kinds, fetch)
}

/// The same for a list that comes page by page: asks again also when another page is wanted.
///
/// `asked_page([id], query.asked_of_service(), &[Kind::Job], |[id], page| list_jobs(Some(id), page))`
pub fn asked_page<T, F, const N: usize>(
    parts: [Memo<String>; N],
    page: Memo<PageRequest>,
    kinds: &'static [Kind],
    fetch: impl Fn([String; N], PageRequest) -> F + Send + Sync + 'static,
) -> Resource<Result<T>>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let fetch: Fetch<T> = Box::new(move |parts, page| Box::pin(fetch(named(parts), page)));
    erased(parts.to_vec(), Some(page), kinds, fetch)
}

/// As many as there are memos, in their order.
fn named<const N: usize>(parts: Vec<String>) -> [String; N] {
    let mut parts = parts.into_iter();
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

fn erased<T>(
    parts: Vec<Memo<String>>,
    page: Option<Memo<PageRequest>>,
    kinds: &'static [Kind],
    fetch: Fetch<T>,
) -> Resource<Result<T>>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
{
    // What is not there does not change: it is asked for again only under another name.
    let missing = StoredValue::new(None::<Question>);
    // None once the page has gone: whoever was waiting for its answer may still look for another question.
    let question = move || {
        let parts: Option<Vec<String>> = parts.iter().map(|part| part.try_get()).collect();
        let page = match page {
            Some(page) => page.try_get()?,
            None => PageRequest::default(),
        };
        let versions: u64 = kinds.iter().map(|kind| live::version(*kind)).sum();
        let parts = parts?;
        let known = missing.try_get_value().flatten();
        Some(
            known
                .filter(|(missing, ..)| *missing == parts)
                .unwrap_or((parts, page, versions)),
        )
    };
    Resource::new(question, move |question| {
        let Some(question) = question else {
            return Box::pin(std::future::pending()) as Pin<Box<dyn Future<Output = _> + Send>>;
        };
        let answer = fetch(question.0.clone(), question.1.clone());
        Box::pin(async move {
            let answer = answer.await;
            if answer.as_ref().is_err_and(Error::is_not_found) {
                missing.try_set_value(Some(question));
            }
            answer
        })
    })
}
