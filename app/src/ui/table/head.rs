//! The line of headings, and the pages.

use std::cmp::Ordering;

use leptos::prelude::*;

use crate::i18n::text;
use crate::ui::Icon;

/// The column that rows are sorted by, and whether downwards.
pub type Order = RwSignal<Option<(usize, bool)>>;

/// A heading that sorts: up, then down, then as the server gave it.
pub fn heading(index: usize, title: &'static str, sortable: bool, order: Order) -> AnyView {
    if !sortable {
        return view! { <th scope="col">{title}</th> }.into_any();
    }
    let direction = move || match order.get() {
        Some((column, descending)) if column == index => Some(if descending {
            Ordering::Greater
        } else {
            Ordering::Less
        }),
        _ => None,
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
        order.update(|order| {
            *order = match *order {
                Some((column, false)) if column == index => Some((index, true)),
                Some((column, true)) if column == index => None,
                _ => Some((index, false)),
            }
        });
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
