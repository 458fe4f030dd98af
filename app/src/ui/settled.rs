//! Typed words that are passed on when they have stood still for a moment: nobody is asked at each key.

use std::time::Duration;

use leptos::prelude::*;

/// How long typed words stand still before the service is asked for them.
const SETTLING: Duration = Duration::from_millis(250);

/// Follows `text` once it stands still; at once when it is cleared.
pub fn settled(text: RwSignal<String>) -> RwSignal<String> {
    let settled = RwSignal::new(text.get_untracked());
    Effect::new(move |waiting: Option<Option<TimeoutHandle>>| {
        let now = text.get();
        if let Some(waiting) = waiting.flatten() {
            waiting.clear();
        }
        if now.is_empty() || settled.with_untracked(|settled| *settled == now) {
            settled.set(now);
            return None;
        }
        // The page may have gone by then.
        let settle = move || drop(settled.try_set(now));
        set_timeout_with_handle(settle, SETTLING).ok()
    });
    settled
}
