//! Resources of pages whose address names what to ask for. Erased, so that they are compiled once for each answer and not
//! once for each page.

use std::panic::Location;
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
#[track_caller]
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
    erased(Location::caller(), parts.to_vec(), None, kinds, fetch)
}

/// The same for a list that comes page by page: asks again also when another page is wanted.
///
/// `asked_page([id], query.asked_of_service(), &[Kind::Job], |[id], page| list_jobs(Some(id), page))`
#[track_caller]
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
    erased(Location::caller(), parts.to_vec(), Some(page), kinds, fetch)
}

/// As many as there are memos, in their order.
fn named<const N: usize>(parts: Vec<String>) -> [String; N] {
    let mut parts = parts.into_iter();
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

fn erased<T>(
    at: &'static Location<'static>,
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
    let answer = move |question: Option<Question>| {
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
    };
    once(at, question, answer)
}

/// In the browser, a place of the page is made once.
#[cfg(not(feature = "ssr"))]
fn once<T, F>(
    _: &'static Location<'static>,
    question: impl Fn() -> Option<Question> + Send + Sync + 'static,
    answer: impl Fn(Option<Question>) -> F + Send + Sync + 'static,
) -> Resource<Result<T>>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    Resource::new(question, answer)
}

#[cfg(feature = "ssr")]
pub use server::Answers;
#[cfg(feature = "ssr")]
use server::once;

#[cfg(feature = "ssr")]
mod server {
    use std::any::Any;
    use std::panic::Location;
    use std::sync::{Arc, Mutex, PoisonError};

    use leptos::prelude::*;
    use leptos::reactive::owner::WeakOwner;

    use super::Question;
    use crate::model::error::Result;

    /// Where in the source something was asked, what, and the resource.
    type Asked = (
        &'static Location<'static>,
        Option<Question>,
        Box<dyn Any + Send + Sync>,
    );

    /// All that was asked for one page. The server makes what is inside of a boundary more than once, and would ask anew each
    /// time: it would send what came of the last answers together with the first answers, and where something had changed
    /// in between the browser could not take the page over.
    #[derive(Clone)]
    pub struct Answers {
        all: Arc<Mutex<Vec<Asked>>>,
        /// Lives as long as the page, whatever of it is made anew.
        page: WeakOwner,
    }

    impl Answers {
        pub fn provide() {
            if let Some(page) = Owner::current() {
                let page = page.downgrade();
                let all = Arc::default();
                provide_context(Answers { all, page });
            }
        }
    }

    pub fn once<T, F>(
        at: &'static Location<'static>,
        question: impl Fn() -> Option<Question> + Send + Sync + 'static,
        answer: impl Fn(Option<Question>) -> F + Send + Sync + 'static,
    ) -> Resource<Result<T>>
    where
        T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let answers = use_context::<Answers>();
        let page = answers.as_ref().and_then(|answers| answers.page.upgrade());
        let (Some(answers), Some(page)) = (answers, page) else {
            return Resource::new(question, answer);
        };
        let asked = untrack(&question);
        let mut all = answers.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut same = all
            .iter()
            .filter(|(place, what, _)| *place == at && *what == asked);
        let known = same.find_map(|(_, _, known)| known.downcast_ref::<ArcResource<Result<T>>>());
        if let Some(known) = known {
            return known.clone().into();
        }
        let resource = page.with(|| ArcResource::new(question, answer));
        all.push((at, asked, Box::new(resource.clone())));
        resource.into()
    }
}
