//! What metrics are told apart by, and which clusters are compared: links, as in [`super::range_picker`].

use leptos::prelude::*;

use super::range_picker::{Chosen, names};
use crate::i18n::{Text, text};
use crate::model::metric_part::{By, MOST_COMPARED};
use crate::paths::{self, ChartView};
use crate::ui::foreign;

/// So many clusters are offered beside those that were chosen; the address takes any.
const OFFERED: usize = 24;

/// `here`: the page that it is on. `offered`: beside all together.
#[component]
pub fn PartPicker(
    #[prop(into)] here: Signal<String>,
    chosen: Chosen,
    offered: &'static [By],
) -> impl IntoView {
    let t = text();
    let link = move |by: Option<By>| {
        let href = move || {
            let view = ChartView {
                by,
                clusters: vec![],
                ..chosen.view()
            };
            paths::monitoring(&here.read(), &view)
        };
        let word = by.map_or("", By::as_str);
        let current = move || (*chosen.by.read() == word).then_some("true");
        view! {
            <li>
                <a href=href data-noscroll="true" aria-current=current>
                    {by.map_or(t.monitoring.by_whole, |by| words(t, by))}
                </a>
            </li>
        }
    };
    let all = [None].into_iter().chain(offered.iter().copied().map(Some));
    view! {
        <nav class="range-picker" aria-label=t.monitoring.by data-print="off">
            <ul>{all.map(link).collect_view()}</ul>
        </nav>
    }
    .into_any()
}

fn words(t: &'static Text, by: By) -> &'static str {
    match by {
        By::Cluster => t.monitoring.compare,
        By::ComputeNodeGroup => t.monitoring.by_group,
        By::Queue => t.monitoring.by_queue,
        By::InstanceType => t.monitoring.by_type,
    }
}

/// Puts clusters beside each other, or takes them out again. `all`: their names.
#[component]
pub fn ClusterPicker(
    #[prop(into)] here: Signal<String>,
    chosen: Chosen,
    all: Signal<Vec<String>>,
) -> impl IntoView {
    let t = text();
    let links = move || {
        let now = names(&chosen.clusters.read());
        let is_full = now.len() >= MOST_COMPARED;
        let link = |name: String| {
            let is_in = now.contains(&name);
            if is_full && !is_in {
                let label = foreign(&name);
                let why = t.monitoring.compare_most;
                return view! {
                    <li>
                        <span class="text-muted" title=why>
                            {label}
                        </span>
                    </li>
                }
                .into_any();
            }
            let clusters = toggled(&now, &name);
            let view = ChartView {
                by: (!clusters.is_empty()).then_some(By::Cluster),
                clusters,
                ..chosen.view()
            };
            let href = paths::monitoring(&here.read(), &view);
            view! {
                <li>
                    <a href=href data-noscroll="true" aria-current=is_in.then_some("true")>
                        {foreign(&name)}
                    </a>
                </li>
            }
            .into_any()
        };
        let offered = offered(&all.read(), &now);
        offered.into_iter().map(link).collect_view()
    };
    view! {
        <nav
            class="range-picker flex flex-wrap items-center gap-x-3 gap-y-1"
            aria-label=t.monitoring.compare
            data-print="off"
        >
            <span class="text-muted" aria-hidden="true">
                {t.monitoring.compare}
            </span>
            <ul>{links}</ul>
        </nav>
    }
    .into_any()
}

/// With it where it was missing, and without it where it was not.
fn toggled(chosen: &[String], name: &str) -> Vec<String> {
    let mut others: Vec<String> = chosen.iter().filter(|it| *it != name).cloned().collect();
    if others.len() == chosen.len() {
        others.push(name.to_owned());
    }
    others
}

/// The chosen ones, and the first of the others, by their names.
fn offered(all: &[String], chosen: &[String]) -> Vec<String> {
    let others = all.iter().filter(|name| !chosen.contains(name));
    let mut offered: Vec<String> = others.take(OFFERED).chain(chosen).cloned().collect();
    offered.sort();
    offered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_comes_and_goes_by_its_link() {
        let one = toggled(&[], "b");
        let two = toggled(&one, "a");
        assert_eq!(two, ["b", "a"]);
        assert_eq!(toggled(&two, "b"), ["a"]);
        let all: Vec<String> = (0..100).map(|n| format!("c{n:02}")).collect();
        let offered = offered(&all, &["c77".to_owned()]);
        assert_eq!(offered.len(), OFFERED + 1);
        assert_eq!(offered.last().unwrap(), "c77");
    }
}
