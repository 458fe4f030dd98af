//! The cluster in seven numbers.

use leptos::prelude::*;

use super::Page;
use crate::i18n::text;
use crate::list::job::state_words;
use crate::model::cluster::Cluster;
use crate::model::job_count::Count;
use crate::model::node::NodePhase;
use crate::model::node_count::GroupNodes;
use crate::paths::{self, ClusterTab};
use crate::ui::ProgressBar;

#[component]
pub fn Strip(page: Page, cluster: Signal<Cluster>) -> impl IntoView {
    let t = text();
    let nodes = move |wanted: fn(&GroupNodes) -> usize| {
        Signal::derive(move || {
            let groups = page.nodes.get()?.ok()?;
            Some(
                groups
                    .iter()
                    .map(|group| wanted(&group.item))
                    .sum::<usize>(),
            )
        })
    };
    let jobs = move |wanted: fn(Count) -> usize| {
        Signal::derive(move || Some(wanted(page.jobs.get()?.ok()?.all())))
    };
    let running = nodes(|group| group.instances);
    let most = Signal::derive(move || cluster.with(|c| c.size.max_instances()));
    let used = Signal::derive(move || running.get().unwrap_or(0) as i64);
    let in_state = move |state| {
        Signal::derive(move || {
            let jobs = paths::cluster(&page.id.read(), ClusterTab::Jobs);
            paths::with_property(&jobs, t.jobs.state, &state_words(t, state))
        })
    };
    let phase = move |label, wanted, colour| view! { <Figure label value=nodes(wanted) colour /> };
    view! {
        <Transition fallback=|| view! { <div class="skeleton h-20 w-full"></div> }>
            <dl class="strip" aria-label=t.cluster.figures>
                <Figure label=t.cluster.nodes_running value=running colour="">
                    <dd class="text-xs text-muted">
                        {move || t.cluster.nodes_running_of(most.get())}
                        <ProgressBar label=t.cluster.nodes_running value=used max=most />
                    </dd>
                </Figure>
                {phase(t.cluster.nodes_busy, |group| group.count(NodePhase::Busy), "text-success")}
                {phase(t.cluster.nodes_idle, |group| group.count(NodePhase::Idle), "text-info")}
                {phase(t.cluster.nodes_starting, |group| group.count(NodePhase::Starting), "text-info")}
                {phase(t.cluster.nodes_failed, |group| group.count(NodePhase::Failed), "text-danger")}
                <Figure
                    label=t.cluster.jobs_running
                    value=jobs(|count| count.running)
                    colour="text-success"
                    href=in_state("RUNNING")
                />
                <Figure
                    label=t.cluster.jobs_pending
                    value=jobs(|count| count.waiting)
                    colour="text-warning"
                    href=in_state("PENDING")
                />
            </dl>
        </Transition>
    }
    .into_any()
}

#[component]
fn Figure(
    label: &'static str,
    /// None until it is known.
    value: Signal<Option<usize>>,
    /// Worn while the number is not 0: a quiet strip means a quiet cluster.
    colour: &'static str,
    /// Where those that are counted are listed.
    #[prop(optional)]
    href: Option<Signal<String>>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let class = move || match value.get() {
        None | Some(0) => "figure text-muted".to_owned(),
        Some(_) => format!("figure {colour}"),
    };
    let number = move || {
        value
            .get()
            .map_or_else(|| "–".to_owned(), |value| value.to_string())
    };
    view! {
        <div>
            <dt class="text-xs font-medium text-muted">{label}</dt>
            <dd class=class>
                {match href {
                    Some(href) => view! { <a class="text-inherit" aria-label=label href=href>{number}</a> }.into_any(),
                    None => number.into_any(),
                }}
            </dd>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
