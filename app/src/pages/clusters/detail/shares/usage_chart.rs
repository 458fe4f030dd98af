//! CPU hours over time: of the accounts, users or queues that took the most, and of all others together.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use leptos::prelude::*;

use super::pick::Pick;
use crate::i18n::{Text, text};
use crate::model::shares::{Usage, UsageReport};
use crate::ui::Card;
use crate::ui::chart::{
    Chart, ChartTable, Curve, Ink, Mark, NumberTable, Numbers, PARTS, Plot, Unit,
};

const SECONDS_OF_HOUR: f64 = 3600.0;

/// What is told apart, by the word of its choice. Not every user has an account.
fn of(by: &str, usage: &Usage) -> String {
    let name = match by {
        "user" => &usage.user,
        "queue" => &usage.queue,
        _ => &usage.account,
    };
    match name.is_empty() {
        true => "–".to_owned(),
        false => name.clone(),
    }
}

#[component]
pub fn UsageChart(report: Signal<UsageReport>) -> impl IntoView {
    let t = text();
    let by = RwSignal::new("account".to_owned());
    let choices = vec![
        ("account", t.shares.account.to_owned()),
        ("user", t.shares.user.to_owned()),
        ("queue", t.shares.queue.to_owned()),
    ];
    let plot = Memo::new(move |_| report.with(|report| plot(t, report, &by.read())));
    let numbers = Signal::derive(move || plot.with(numbers));
    view! {
        <Card title=t.shares.over_time>
            <div class="grid gap-4">
                <div>
                    <Pick label=t.shares.by choices chosen=by />
                </div>
                <Chart title=t.shares.cpu_hours plot=plot.into() pointed=RwSignal::new(None) />
                <details class="more">
                    <summary>{t.shares.numbers}</summary>
                    <ChartTable title=t.shares.cpu_hours numbers />
                </details>
            </div>
        </Card>
    }
    .into_any()
}

fn plot(t: &'static Text, report: &UsageReport, by: &str) -> Plot {
    let mut sums: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for usage in &report.usage {
        add(sums.entry(of(by, usage)).or_default(), &usage.over_time);
    }
    let mut all: Vec<(String, Vec<u64>)> = sums.into_iter().collect();
    if all.len() > PARTS {
        all.sort_by_key(|(_, sum)| Reverse(sum.iter().sum::<u64>()));
        let mut others = vec![];
        for (_, sum) in all.drain(PARTS - 1..) {
            add(&mut others, &sum);
        }
        all.sort();
        all.push((t.monitoring.others.to_owned(), others));
    }
    let curve = |(at, (label, sum)): (usize, (String, Vec<u64>))| Curve {
        label,
        mark: Mark::Bar,
        ink: Ink::Part(at),
        values: sum
            .into_iter()
            .map(|seconds| Some(seconds as f64 / SECONDS_OF_HOUR))
            .collect(),
    };
    Plot {
        start: report.start_time,
        period: report.period,
        unit: Unit::Hours,
        curves: all.into_iter().enumerate().map(curve).collect(),
    }
}

fn add(sum: &mut Vec<u64>, more: &[u64]) {
    sum.resize(more.len().max(sum.len()), 0);
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum = sum.saturating_add(*more);
    }
}

/// The same numbers, without the times in which nobody took anything.
fn numbers(plot: &Plot) -> NumberTable {
    let column = |curve: &Curve| Numbers {
        label: curve.label.clone(),
        unit: plot.unit,
        values: curve
            .values
            .iter()
            .map(|hours| hours.filter(|hours| *hours > 0.0))
            .collect(),
    };
    NumberTable {
        start: plot.start,
        period: plot.period,
        columns: plot.curves.iter().map(column).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    fn usage(account: &str, user: &str, over_time: &[u64]) -> Usage {
        Usage {
            account: account.into(),
            user: user.into(),
            over_time: over_time.into(),
            ..Usage::default()
        }
    }

    fn drawn(usage: Vec<Usage>, by: &str) -> Vec<(String, Vec<f64>)> {
        let report = UsageReport {
            usage,
            ..UsageReport::default()
        };
        let curves = plot(english(), &report, by).curves.into_iter();
        let drawn = |curve: Curve| (curve.label, curve.values.into_iter().flatten().collect());
        curves.map(drawn).collect()
    }

    #[test]
    fn what_is_chosen_is_summed() {
        let all = || {
            vec![
                usage("lab", "jo", &[3600, 0]),
                usage("lab", "al", &[0, 7200]),
                usage("lib", "jo", &[1800, 0]),
            ]
        };
        let told = |name: &str, values: [f64; 2]| (name.to_owned(), values.to_vec());
        let accounts = [told("lab", [1.0, 2.0]), told("lib", [0.5, 0.0])];
        assert_eq!(drawn(all(), "account"), accounts);
        let users = [told("al", [0.0, 2.0]), told("jo", [1.5, 0.0])];
        assert_eq!(drawn(all(), "user"), users);
    }

    #[test]
    fn those_who_took_little_are_others() {
        let one = |at: u64| usage(&format!("a{at:02}"), "jo", &[at * 3600]);
        let drawn = drawn((1..=20).map(one).collect(), "account");
        assert_eq!(drawn.len(), PARTS);
        assert_eq!(drawn[0].0, "a14");
        // 1 to 13.
        assert_eq!(drawn[PARTS - 1], ("Others".to_owned(), vec![91.0]));
    }
}
