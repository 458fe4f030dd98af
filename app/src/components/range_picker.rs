//! For how long back metrics are shown, and how. Both stand in the address: links that can be shared and need no script. Not
//! by the router's `A`, for which a link is the current one whatever stands behind its `?`.

use leptos::prelude::*;

use crate::i18n::{Text, text};
use crate::model::metric::Range;
use crate::paths;
use crate::ui::use_search;

/// The range in this page's address, in its word.
pub fn chosen_range() -> Memo<String> {
    let search = use_search();
    Memo::new(move |_| {
        let word = search.read().get("range").unwrap_or_default();
        Range::parse(&word).as_str().to_owned()
    })
}

/// Whether the address wants a table instead of charts.
pub fn wants_table() -> Memo<bool> {
    let search = use_search();
    Memo::new(move |_| {
        search
            .read()
            .get("view")
            .is_some_and(|view| view == "table")
    })
}

/// `here`: the page that it is on.
#[component]
pub fn RangePicker(#[prop(into)] here: Signal<String>, range: Memo<String>) -> impl IntoView {
    let t = text();
    let as_table = wants_table();
    let link = move |one: Range| {
        let word = one.as_str();
        let href = move || paths::monitoring(&here.read(), word, as_table.get());
        let current = move || (*range.read() == word).then_some("true");
        view! {
            <li>
                <a href=href data-noscroll="true" aria-current=current title=long(t, one)>
                    {short(t, one)}
                </a>
            </li>
        }
    };
    let other = move || paths::monitoring(&here.read(), &range.read(), !as_table.get());
    let other_words = move || match as_table.get() {
        true => t.monitoring.as_charts,
        false => t.monitoring.as_table,
    };
    view! {
        <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2" data-print="off">
            <nav class="range-picker" aria-label=t.monitoring.range>
                <ul>{Range::ALL.map(link).into_iter().collect_view()}</ul>
            </nav>
            <a href=other data-noscroll="true">
                {other_words}
            </a>
        </div>
    }
    .into_any()
}

/// As a link has room for.
pub(super) fn short(t: &'static Text, range: Range) -> &'static str {
    match range {
        Range::OneHour => t.monitoring.hours_1,
        Range::ThreeHours => t.monitoring.hours_3,
        Range::TwelveHours => t.monitoring.hours_12,
        Range::OneDay => t.monitoring.days_1,
        Range::SevenDays => t.monitoring.days_7,
        Range::ThirtyDays => t.monitoring.days_30,
        Range::FifteenMonths => t.monitoring.months_15,
    }
}

fn long(t: &'static Text, range: Range) -> String {
    t.monitoring.last(short(t, range))
}
