//! The line of headings, and the pages.

use std::cmp::Ordering;

use leptos::prelude::*;

use crate::i18n::text;
use crate::list::Head;
use crate::model::page::Sort;
use crate::ui::Icon;

/// A heading that sorts: up, then down, then as the server gave it.
pub fn heading(head: Head, order: RwSignal<Option<Sort>>) -> AnyView {
    let Head { key, title, .. } = head;
    if !head.is_sortable {
        return view! { <th scope="col">{title}</th> }.into_any();
    }
    let direction = move || {
        order.with(|order| {
            let order = order.as_ref().filter(|order| order.column == key)?;
            Some(match order.descending {
                true => Ordering::Greater,
                false => Ordering::Less,
            })
        })
    };
    let aria = move || match direction() {
        Some(Ordering::Less) => "ascending",
        Some(_) => "descending",
        None => "none",
    };
    let mark = move || match direction() {
        Some(Ordering::Less) => "▲",
        Some(_) => "▼",
        None => "△",
    };
    let turn = move |_| {
        let descending = match untrack(direction) {
            None => Some(false),
            Some(Ordering::Less) => Some(true),
            Some(_) => None,
        };
        order.set(descending.map(|descending| Sort {
            column: key.to_owned(),
            descending,
        }));
    };
    view! {
        <th scope="col" aria-sort=aria>
            <button type="button" class="sort-button" on:click=turn>
                {title}
                <span class="sort-mark" class:sort-mark-off=move || direction().is_none() aria-hidden="true">{mark}</span>
            </button>
        </th>
    }
    .into_any()
}

/// `current` of `pages` is drawn; `page` is asked for.
pub fn pages(current: Memo<usize>, pages: Memo<usize>, page: RwSignal<usize>) -> AnyView {
    let t = text();
    let is_last = move || current.get() + 1 >= pages.get();
    view! {
        <Show when=move || 1 < pages.get()>
            <div class="flex items-center gap-1">
                <button
                    type="button"
                    class="icon-button"
                    aria-label=t.common.previous_page
                    disabled=move || current.get() == 0
                    on:click=move |_| page.set(current.get_untracked().saturating_sub(1))
                >
                    {Icon::ChevronLeft.view()}
                </button>
                <span class="text-muted" role="status">
                    {move || t.common.page_of(current.get() + 1, pages.get())}
                </span>
                <button
                    type="button"
                    class="icon-button"
                    aria-label=t.common.next_page
                    disabled=is_last
                    on:click=move |_| page.set(current.get_untracked() + 1)
                >
                    {Icon::ChevronRight.view()}
                </button>
            </div>
        </Show>
    }
    .into_any()
}
