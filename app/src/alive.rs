//! Whether the browser has taken over the page that the server sent. Until then nothing may change by itself: a page that
//! says something else than its source cannot be taken over, and is dead.

use leptos::prelude::*;

/// In the context of every page; not on the server, where nothing comes alive.
#[derive(Clone, Default)]
pub struct Alive(ArcRwSignal<bool>);

impl Alive {
    #[cfg(feature = "hydrate")]
    pub fn begin(&self) {
        self.0.set(true);
    }
}

/// Does it once the page is alive: at once on one that the browser makes itself.
pub fn once_alive(begin: impl Fn() + Send + Sync + 'static) {
    let alive = use_context::<Alive>();
    Effect::new(move |begun: Option<bool>| {
        let is_alive = alive.as_ref().is_some_and(|alive| alive.0.get());
        let has_begun = begun.unwrap_or_default();
        if is_alive && !has_begun {
            begin();
        }
        is_alive || has_begun
    });
}
