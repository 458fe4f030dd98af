//! What accounts, users and queues took in the last days, in sum and over time.

use leptos::prelude::*;

use super::pick::Pick;
use super::usage_chart::UsageChart;
use crate::api::shares::usage;
use crate::components::{Fetched, asked};
use crate::i18n::{Text, text};
use crate::model::error::Result;
use crate::model::shares::{Shares, Usage, UsageReport};
use crate::ui::table::Table;
use crate::ui::{Column, foreign};

/// Days that can be chosen.
const RANGES: [&str; 4] = ["1", "7", "30", "365"];
const FIRST: &str = "30";

/// CPU hours, of seconds.
pub fn hours(seconds: f64) -> String {
    match seconds / 3600.0 {
        little if little > 0.0 && little < 0.1 => "< 0.1".to_owned(),
        hours => format!("{hours:.1}"),
    }
}

/// What was used in as many days as were chosen.
#[derive(Clone, Copy)]
pub struct Used {
    days: RwSignal<String>,
    asked: Resource<Result<UsageReport>>,
}

impl Used {
    pub fn new(cluster: Memo<String>) -> Used {
        let days = RwSignal::new(FIRST.to_owned());
        let chosen = Memo::new(move |_| days.get());
        let asked = asked([cluster, chosen], &[], |[id, days]| {
            usage(id, days.parse().unwrap_or_default())
        });
        Used { days, asked }
    }

    /// Asks again once accounting is on. Not at each change of a cluster: all its records are read for this.
    pub fn follow(self, shares: Signal<Shares>) {
        Effect::new(move |was: Option<bool>| {
            let is_on = shares.with(|shares| shares.has_accounting);
            if is_on && was == Some(false) {
                self.asked.refetch();
            }
            is_on
        });
    }
}

#[component]
pub fn UsageParts(used: Used) -> impl IntoView {
    view! {
        <Fetched resource=used.asked let:report>
            <div class="grid gap-5">
                <UsageTable report days=used.days />
                <Show when=move || report.with(|report| !report.usage.is_empty())>
                    <UsageChart report />
                </Show>
            </div>
        </Fetched>
    }
    .into_any()
}

#[component]
fn UsageTable(report: Signal<UsageReport>, days: RwSignal<String>) -> impl IntoView {
    let t = text();
    let rows = Signal::derive(move || report.with(|report| report.usage.clone()));
    view! {
        <Table
            title=t.shares.usage
            noun=t.shares.usage_filter
            rows
            columns=columns(t, rows)
            key=|usage| format!("{}/{}/{}", usage.account, usage.user, usage.queue)
            actions=move || view! { <Range chosen=days /> }
            empty=move || view! { <p class="p-5 text-muted">{t.shares.usage_none}</p> }
        />
    }
    .into_any()
}

#[component]
fn Range(chosen: RwSignal<String>) -> impl IntoView {
    let t = text();
    let words = |days| match days {
        "1" => t.shares.last_day.to_owned(),
        days => t.shares.last_days(days),
    };
    let choices = RANGES.map(|days| (days, words(days))).to_vec();
    view! { <Pick label=t.shares.range choices chosen /> }.into_any()
}

fn columns(t: &'static Text, rows: Signal<Vec<Usage>>) -> Vec<Column<Usage>> {
    let most = Memo::new(move |_| {
        rows.with(|rows| {
            rows.iter()
                .map(|usage| usage.cpu_seconds)
                .max()
                .unwrap_or(1)
        })
    });
    let who = |title, of: fn(&Usage) -> &String| {
        Column::new(title, move |usage: &Usage| foreign(of(usage)))
            .text(move |usage| of(usage).clone())
    };
    vec![
        who(t.shares.account, |usage| &usage.account),
        who(t.shares.user, |usage| &usage.user),
        who(t.shares.queue, |usage| &usage.queue),
        Column::new(t.shares.jobs, |usage: &Usage| {
            view! { <span class="tabular-nums">{usage.jobs}</span> }
        })
        .sort(|usage| i64::try_from(usage.jobs).unwrap_or(i64::MAX)),
        Column::new(t.shares.cpu_hours, move |usage: &Usage| {
            bar(usage.cpu_seconds, most)
        })
        .sort(|usage| i64::try_from(usage.cpu_seconds).unwrap_or(i64::MAX)),
    ]
}

/// The number, and beside it how much of the largest it is.
fn bar(seconds: u64, most: Memo<u64>) -> AnyView {
    let width = move || {
        let part = seconds as f64 * 100.0 / most.get().max(1) as f64;
        format!("{part:.2}")
    };
    view! {
        <span class="flex items-center gap-3">
            <span class="min-w-14 text-right tabular-nums">{hours(seconds as f64)}</span>
            <svg class="usage-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                <rect width=width height="1"></rect>
            </svg>
        </span>
    }
    .into_any()
}
