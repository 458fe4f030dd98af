//! The cluster in seven numbers.

use leptos::prelude::*;

use super::Page;
use crate::i18n::text;
use crate::list::job::state_words;
use crate::model::cluster::Cluster;
use crate::model::error::Result;
use crate::model::job_count::Count;
use crate::model::node::NodePhase;
use crate::paths::{self, ClusterTab};
use crate::ui::ProgressBar;

#[component]
pub fn Strip(page: Page, cluster: Signal<Cluster>) -> impl IntoView {
    let t = text();
    let nodes = move |wanted| Signal::derive(move || count(page.nodes, wanted));
    let jobs = move |wanted: fn(Count) -> usize| {
        Signal::derive(move || Some(wanted(page.jobs.get()?.ok()?.all())))
    };
    let running = nodes(|n| n.instance.is_some());
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
                {phase(t.cluster.nodes_busy, |n| n.phase == NodePhase::Busy, "text-success")}
                {phase(t.cluster.nodes_idle, |n| n.phase == NodePhase::Idle, "text-info")}
                {phase(t.cluster.nodes_starting, |n| n.phase == NodePhase::Starting, "text-info")}
                {phase(t.cluster.nodes_failed, |n| n.phase == NodePhase::Failed, "text-danger")}
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

/// None until it is known.
fn count<T>(resource: Resource<Result<Vec<T>>>, wanted: fn(&T) -> bool) -> Option<usize>
where
    T: Clone + Send + Sync + 'static,
{
    let all = resource.get()?.ok()?;
    Some(all.iter().filter(|one| wanted(one)).count())
}

#[component]
fn Figure(
    label: &'static str,
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
