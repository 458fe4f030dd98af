//! One node: its state explained, its boot, its jobs, every instance that it had, its log, its events (X4).

use leptos::prelude::*;
use leptos_router::components::A;

use super::super::jobs::boot_label;
use super::super::{SubHeader, use_page};
use super::attempts::Attempts;
use super::scripts::ScriptRuns;
use crate::api::event::list_events;
use crate::api::node::{get_node, node_attempts, node_scripts};
use crate::components::{
    EventTimeline, Explained, Fetched, JobState, NodeActions, NodePhaseIndicator, TabTitle, asked,
    param,
};
use crate::i18n::{Text, language, text};
use crate::model::event::EventsOf;
use crate::model::job::{Job, OfCluster};
use crate::model::live::Kind;
use crate::model::log::LogView;
use crate::model::node::{HEALTH_FAULT, Instance, NodeDetail, SCRIPT_ERROR};
use crate::model::page::PageRequest;
use crate::paths::{self, ClusterTab};
use crate::ui::time::{Ago, Elapsed, duration};
use crate::ui::{
    Card, Copyable, ExpandableSection, KeyValue, Pairs, Timeline, TimelineStep, Tone, foreign,
    foreign_line,
};

#[component]
pub fn NodePage() -> impl IntoView {
    let t = text();
    let page = use_page();
    let name = param("node");
    let detail = asked([page.id, name], &[Kind::Node, Kind::Job], {
        let language = language();
        move |[cluster, node]| get_node(cluster, node, language.clone())
    });
    let events = asked([page.id, name], &[Kind::Event], {
        let language = language();
        move |[cluster_identifier, resource_id]| {
            let of = EventsOf {
                cluster_identifier,
                resource_type: Kind::Node.as_str().into(),
                resource_id,
            };
            list_events(of, PageRequest::longest(), language.clone())
        }
    });
    let attempts = asked([page.id, name], &[Kind::Node], |[cluster, node]| {
        node_attempts(cluster, node)
    });
    let scripts = asked([page.id, name], &[Kind::Node], |[cluster, node]| {
        node_scripts(cluster, node)
    });
    let (id, refusals) = (page.id, page.refusals());
    view! {
        <TabTitle text=name />
        <Fetched resource=detail let:detail>
            {
                let node = Memo::new(move |_| detail.with(|detail| detail.node.clone()));
                let explanation = Memo::new(move |_| detail.with(|detail| detail.explanation.clone()));
                let instances = Memo::new(move |_| detail.with(|detail| detail.instances.clone()));
                let jobs = Memo::new(move |_| detail.with(|detail| detail.jobs.clone()));
                let newest = Memo::new(move |_| instances.with(|all| all.first().cloned()));
                let log = Memo::new(move |_| {
                    let newest = newest.get();
                    newest.map(|instance| log_of(&page.id.read(), &name.read(), &instance))
                });
                let meant = Signal::derive(move || {
                    vec![
                        OfCluster {
                            cluster_id: page.id.get(),
                            cluster_name: String::new(),
                            item: node.get(),
                        },
                    ]
                });
                view! {
                    <div class="grid gap-5">
                        <SubHeader
                            title=Signal::derive(move || node.with(|node| node.name.clone()))
                            back=t.node.back
                            href=Signal::derive(move || paths::cluster(&page.id.read(), ClusterTab::Nodes))
                        >
                            <span role="status">
                                {move || view! { <NodePhaseIndicator phase=node.with(|node| node.phase) /> }}
                            </span>
                            <span class="flex-1"></span>
                            <NodeActions nodes=meant refusals on_done=|| () />
                        </SubHeader>
                        {move || explanation.get().map(|explanation| view! { <Explained explanation log=log.get() /> })}
                        <div class="grid gap-5 xl:grid-cols-2">
                            <div class="grid content-start gap-5">
                                {move || view! { <Facts detail=detail.get() cluster=page.id.get() /> }}
                                <Card title=t.node.jobs>
                                    {move || view! { <JobsOn jobs=jobs.get() cluster=page.id.get() /> }}
                                </Card>
                            </div>
                            {move || view! { <Boot instance=newest.get() log=log.get() /> }}
                        </div>
                        {move || view! { <Instances instances=instances.get() logs=paths::node_logs(&page.id.read(), &name.read()) /> }}
                        <Fetched resource=scripts let:runs>
                            {move || view! { <ScriptRuns runs=runs.get() logs=paths::node_logs(&page.id.read(), &name.read()) /> }}
                        </Fetched>
                        <Fetched resource=attempts let:attempts>
                            {move || view! { <Attempts attempts=attempts.get() /> }}
                        </Fetched>
                        <Card title=t.node.events>
                            <Fetched resource=events let:page>
                                <EventTimeline cluster=id events=Signal::derive(move || page.with(|page| page.rows.clone())) />
                            </Fetched>
                        </Card>
                    </div>
                }
            }
        </Fetched>
    }
    .into_any()
}

#[component]
fn Facts(detail: NodeDetail, cluster: String) -> impl IntoView {
    let t = text();
    let node = detail.node;
    let group = paths::cluster(&cluster, ClusterTab::Groups);
    view! {
        <Card title=t.node.facts>
            <Pairs>
                <KeyValue label=t.node.group>
                    <A href=group>{node.compute_node_group_name}</A>
                </KeyValue>
                <KeyValue label=t.node.queues>{or_dash(detail.queues.join(", "))}</KeyValue>
                <KeyValue label=t.node.slurm_state>
                    <code class="chip">{node.state}</code>
                </KeyValue>
                <KeyValue label=t.node.cpus_used>{t.node.cpus_of(detail.allocated_cpus, node.cpus)}</KeyValue>
                <KeyValue label=t.node.memory>{t.nodes.memory(node.memory / 1024)}</KeyValue>
                {node
                    .reservation
                    .map(|name| view! { <KeyValue label=t.node.reservation><code class="chip">{foreign(name)}</code></KeyValue> })}
                {node.reason.map(|reason| view! { <KeyValue label=t.nodes.reason wide=true>{foreign(reason)}</KeyValue> })}
            </Pairs>
        </Card>
    }
    .into_any()
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "–".into() } else { text }
}

#[component]
fn JobsOn(jobs: Vec<Job>, cluster: String) -> impl IntoView {
    let t = text();
    if jobs.is_empty() {
        return view! { <p class="text-muted">{t.node.jobs_none}</p> }.into_any();
    }
    let row = |job: Job| {
        let href = paths::job(&cluster, &job.id);
        view! {
            <tr>
                <td>
                    <A href>{job.id}</A>
                </td>
                <td>{foreign_line(job.name)}</td>
                <td>
                    <JobState state=job.state />
                </td>
                <td>
                    <Elapsed from=job.started_at to=job.ended_at />
                </td>
            </tr>
        }
    };
    view! {
        <table class="plain-table">
            <thead>
                <tr>
                    {[t.jobs.id, t.jobs.name, t.jobs.state, t.jobs.ran]
                        .map(|title| view! { <th scope="col">{title}</th> })
                        .into_iter()
                        .collect_view()}
                </tr>
            </thead>
            <tbody>{jobs.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// What an instance logged, where a person would begin to read: around the last step that failed, else around its last one.
fn log_of(cluster: &str, node: &str, instance: &Instance) -> String {
    let mut steps = instance.steps.iter().rev();
    let bad = steps.find(|step| step.failed().is_some() || is_trouble(&step.name));
    let at = bad.or(instance.steps.last()).map(|step| step.at);
    let view = LogView {
        instance: instance.id.clone(),
        around: at.map(|at| at.to_string()).unwrap_or_default(),
        ..LogView::default()
    };
    paths::logs(&paths::node_logs(cluster, node), &view)
}

#[component]
fn Boot(
    instance: Option<Instance>,
    /// Where it says more.
    #[prop(optional_no_strip)]
    log: Option<String>,
) -> impl IntoView {
    let t = text();
    let Some(instance) = instance else {
        return view! {
            <Card title=t.node.instances>
                <p class="text-muted">{t.node.boot_none}</p>
            </Card>
        }
        .into_any();
    };
    view! {
        <section class="rounded-xl border border-line bg-surface">
            <div class="flex flex-wrap items-center gap-3 border-b border-line px-5 py-3">
                <h2 class="text-base font-semibold">{t.node.boot(instance.known_as())}</h2>
                <span class="flex-1"></span>
                {log.map(|href| view! { <A href>{t.node_log.title}</A> })}
            </div>
            <div class="p-5">
                <Timeline label=t.job.timeline steps=Signal::stored(boot_steps(t, &instance)) />
            </div>
        </section>
    }
    .into_any()
}

/// The node goes on, but a person should look.
fn is_trouble(step: &str) -> bool {
    [SCRIPT_ERROR, HEALTH_FAULT].contains(&step)
}

/// Each step with what it took since the one before.
fn boot_steps(t: &'static Text, instance: &Instance) -> Vec<TimelineStep> {
    let steps = &instance.steps;
    let under_way = instance.ready_at == 0 && instance.ended_at == 0;
    let before = |at: usize| at.checked_sub(1).map(|before| steps[before].at);
    let mut shown: Vec<TimelineStep> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| TimelineStep {
            label: boot_label(t, &step.name),
            detail: step.detail.clone().unwrap_or_default(),
            at: step.at,
            took: before(at).map(|before| step.at - before),
            tone: match () {
                () if step.failed().is_some() || is_trouble(&step.name) => Tone::Danger,
                () if under_way && at + 1 == steps.len() => Tone::Progress,
                () => Tone::Success,
            },
        })
        .collect();
    if instance.ended_at > 0 {
        shown.push(TimelineStep {
            label: t.node.ended.into(),
            detail: instance.reason.clone().unwrap_or_default(),
            at: instance.ended_at,
            took: None,
            tone: Tone::Neutral,
        });
    }
    shown
}

/// Every instance, newest first, with the way to its logs.
#[component]
fn Instances(
    instances: Vec<Instance>,
    /// The page with all of them.
    logs: String,
) -> impl IntoView {
    let t = text();
    if instances.is_empty() {
        return view! {
            <Card title=t.node.instances>
                <p class="text-muted">{t.node.no_instances}</p>
            </Card>
        }
        .into_any();
    }
    let one = move |instance: Instance| view! { <One instance logs=logs.clone() /> };
    view! {
        <Card title=t.node.instances>
            <div class="grid gap-3">{instances.into_iter().map(one).collect_view()}</div>
        </Card>
    }
    .into_any()
}

#[component]
fn One(instance: Instance, logs: String) -> impl IntoView {
    let t = text();
    let ready = match instance.ready_at {
        0 => t.node.never.to_owned(),
        at => duration(t, at - instance.launched_at),
    };
    let steps = boot_steps(t, &instance);
    let ended = instance.ended_at;
    let known_as = instance.known_as().to_owned();
    let boot = t.node.boot(&known_as);
    let view = LogView {
        instance: instance.id.clone(),
        ..LogView::default()
    };
    let href = paths::logs(&logs, &view);
    let own_id = instance.provider_id.is_some().then_some(instance.id);
    view! {
        <div class="instance">
            <Pairs>
                <KeyValue label=t.node.instance>
                    <Copyable what=t.node.instance value=known_as />
                </KeyValue>
                {instance
                    .address
                    .map(|address| view! { <KeyValue label=t.node.address><Copyable what=t.node.address value=address /></KeyValue> })}
                <KeyValue label=t.node.instance_type>{instance.instance_type}</KeyValue>
                <KeyValue label=t.node.launched>
                    <Ago at=instance.launched_at />
                </KeyValue>
                <KeyValue label=t.node.ready_after>{ready}</KeyValue>
                <KeyValue label=t.node.ended>
                    {if ended > 0 { view! { <Ago at=ended /> }.into_any() } else { t.node.runs.into_any() }}
                </KeyValue>
                <KeyValue label=t.node_log.title>
                    <A href>{t.node_log.open}</A>
                </KeyValue>
                {own_id.map(|id| view! { <KeyValue label=t.node.own_id><Copyable what=t.node.own_id value=id /></KeyValue> })}
                {instance.reason.map(|reason| view! { <KeyValue label=t.node.reason wide=true>{foreign(reason)}</KeyValue> })}
            </Pairs>
            <div class="mt-3">
                <ExpandableSection title=boot>
                    <Timeline label=t.job.timeline steps=Signal::stored(steps) />
                </ExpandableSection>
            </div>
        </div>
    }
    .into_any()
}
