//! The rows that are chosen in a list that comes page by page, on whatever page they are.

use leptos::prelude::*;

use crate::i18n::text;
use crate::model::page::{PageOf, PageRequest};
use crate::ui::Selected;

/// Those of the answer that are still chosen.
pub fn chosen<T>(
    page: Signal<PageOf<T>>,
    selected: Selected,
    key: fn(&T) -> String,
) -> Signal<Vec<T>>
where
    T: Clone + Send + Sync + 'static,
{
    Signal::derive(move || {
        selected.with(|keys| {
            let known = page.read();
            let chosen = known.chosen.iter().filter(|row| keys.contains(&key(row)));
            chosen.cloned().collect()
        })
    })
}

/// Why nothing can be done to them yet: the answer is about another choice, or they are too many to be asked for.
pub fn not_yet<T>(page: Signal<PageOf<T>>, selected: Selected) -> Signal<Option<String>>
where
    T: Send + Sync + 'static,
{
    let t = text();
    Signal::derive(move || {
        selected.with(|keys| {
            if keys.len() > PageRequest::MOST_CHOSEN {
                return Some(t.common.too_many_chosen(PageRequest::MOST_CHOSEN));
            }
            // Both are in order.
            let is_known = page.read().chosen_of.iter().eq(keys);
            (!is_known).then(|| t.common.looking_up.to_owned())
        })
    })
}
