//! Something asked of the server: its skeleton, then itself, then its changes, or the refusal.
//!
//! What is shown is built once and then follows a signal, so that a refetch keeps filter, focus and scroll; a server
//! out of reach keeps the last answer on the page.
//!
//! A resource is made at the top of a component, never among these children: the server runs them more than once, and
//! the browser would look for the answer under another number.

use std::sync::Arc;

use leptos::prelude::*;

use super::Refusal;
use crate::model::error::{Error, ErrorKind, Result};
use crate::ui::Skeleton;

#[component]
pub fn Fetched<T, V>(
    resource: Resource<Result<T>>,
    children: impl Fn(Signal<T>) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let children = Arc::new(children);
    boundary(Arc::new(move || {
        let latest = latest(resource);
        let children = children.clone();
        Fetch {
            refusal: remembered(move |_| {
                latest.with(|latest| latest.as_ref().map(|result| result.as_ref().err().cloned()))
            }),
            view: Arc::new(move || match latest.get_untracked() {
                Some(Ok(first)) => {
                    let value = Memo::new(move |last: Option<&T>| match latest.get() {
                        Some(Ok(value)) => value,
                        _ => last.cloned().unwrap_or_else(|| first.clone()),
                    });
                    children(value.into()).into_any()
                }
                _ => ().into_any(),
            }),
        }
    }))
}

/// All that the boundary needs to know of the resource, whatever it holds: compiled once, not once per noun.
struct Fetch {
    /// None while loading, then the error if there is one: the only two things that change what is built.
    refusal: Signal<Option<Option<Error>>>,
    view: Arc<dyn Fn() -> AnyView + Send + Sync>,
}

/// Starts the fetch inside the boundary, which is how the boundary knows of it.
fn boundary(start: Arc<dyn Fn() -> Fetch + Send + Sync>) -> AnyView {
    view! {
        <Transition fallback=Skeleton>
            {
                let Fetch { refusal, view } = start();
                move || {
                    refusal.get().map(|refusal| match refusal {
                        Some(error) => view! { <Refusal error /> }.into_any(),
                        None => view(),
                    })
                }
            }
        </Transition>
    }
    .into_any()
}

/// The resource's answer; the one before it while the server is out of reach.
fn latest<T>(resource: Resource<Result<T>>) -> Signal<Option<Result<T>>>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    remembered(
        move |last: Option<&Option<Result<T>>>| match (resource.get(), last) {
            (Some(Err(error)), Some(Some(Ok(value)))) if is_passing(&error) => {
                Some(Ok(value.clone()))
            }
            (answer, _) => answer,
        },
    )
}

/// A memo in the browser. On the server it is made anew at each look: a boundary there reads its children again, on whatever
/// thread, to see whether they still wait, and a memo that has not heard of an answer on its way neither has it nor says
/// that it waits. Then nothing was sent, with an answer that the browser builds a page of.
pub(super) fn remembered<T>(compute: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Signal<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    if cfg!(feature = "ssr") {
        Signal::derive(move || compute(None))
    } else {
        Memo::new(compute).into()
    }
}

fn is_passing(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Throttling { .. })
}
