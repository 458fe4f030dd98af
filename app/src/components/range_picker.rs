//! For how long back metrics are shown, and how. All of it stands in the address: links that can be shared and need no
//! script. Not by the router's `A`, for which a link is the current one whatever stands behind its `?`.

use leptos::prelude::*;

use crate::i18n::{Text, text};
use crate::model::metric::Range;
use crate::model::metric_part::{By, MOST_COMPARED};
use crate::paths::{self, ChartView};
use crate::ui::use_search;

/// What this page's address wants to be shown.
#[derive(Clone, Copy)]
pub struct Chosen {
    /// In its word.
    pub range: Memo<String>,
    /// In its word; empty: all together.
    pub by: Memo<String>,
    /// Those that are compared, with commas between them.
    pub clusters: Memo<String>,
    pub as_table: Memo<bool>,
}

impl Chosen {
    /// `offered`: what this page can tell apart.
    pub fn of_address(offered: &'static [By]) -> Chosen {
        let search = use_search();
        let word = move |name: &str| search.read().get(name).unwrap_or_default();
        let clusters = Memo::new(move |_| match offered.contains(&By::Cluster) {
            true => few(&word("clusters")),
            false => String::new(),
        });
        let by = Memo::new(move |_| {
            if !clusters.read().is_empty() {
                return By::Cluster.as_str();
            }
            let named = By::named(&word("by")).filter(|by| *by != By::Cluster);
            let offered = named.filter(|by| offered.contains(by));
            offered.map_or("", By::as_str)
        });
        Chosen {
            range: Memo::new(move |_| Range::parse(&word("range")).as_str().to_owned()),
            by: Memo::new(move |_| by.get().to_owned()),
            clusters,
            as_table: wants_table(),
        }
    }

    pub fn view(self) -> ChartView {
        ChartView {
            range: self.range.get(),
            by: By::named(&self.by.read()),
            clusters: names(&self.clusters.read()),
            as_table: self.as_table.get(),
        }
    }
}

/// The clusters of an address, each once and not too many.
fn few(words: &str) -> String {
    let mut few: Vec<&str> = vec![];
    for name in words.split(',').filter(|name| !name.is_empty()) {
        if few.len() < MOST_COMPARED && !few.contains(&name) {
            few.push(name);
        }
    }
    few.join(",")
}

/// Of clusters, as they stand in an address.
pub fn names(words: &str) -> Vec<String> {
    let names = words.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
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
pub fn RangePicker(#[prop(into)] here: Signal<String>, chosen: Chosen) -> impl IntoView {
    let t = text();
    let link = move |one: Range| {
        let word = one.as_str();
        let href = move || {
            let view = ChartView {
                range: word.to_owned(),
                ..chosen.view()
            };
            paths::monitoring(&here.read(), &view)
        };
        let current = move || (*chosen.range.read() == word).then_some("true");
        view! {
            <li>
                <a href=href data-noscroll="true" aria-current=current title=long(t, one)>
                    {short(t, one)}
                </a>
            </li>
        }
    };
    let other = move || {
        let view = chosen.view();
        let view = ChartView {
            as_table: !view.as_table,
            ..view
        };
        paths::monitoring(&here.read(), &view)
    };
    let other_words = move || match chosen.as_table.get() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_compares_few_clusters_and_each_once() {
        for (words, right) in [("", ""), (",a,,a", "a"), ("e,d,c,b,a", "e,d,c,b")] {
            assert_eq!(few(words), right, "{words}");
        }
        assert_eq!(names("a,b"), ["a", "b"]);
    }
}
