//! What the pages of a job and of an array share: the way it went, what it asked for and got, its script.

use leptos::prelude::*;
use leptos_router::components::A;

use super::super::Page;
use crate::components::JobState;
use crate::foreign::visible_value;
use crate::i18n::{Text, text};
use crate::model::dependency::Dependency;
use crate::model::job::*;
use crate::model::job_life::{Life, LifeEnd};
use crate::model::node::{HEALTH_FAULT, SCRIPT, SCRIPT_ERROR, failed_stage};
use crate::model::operation::Operation;
use crate::model::signal;
use crate::paths::{self, ClusterTab};
use crate::ui::time::Ago;
use crate::ui::{
    ButtonLink, Card, Code, Copyable, KeyValue, Pairs, Timeline, TimelineStep, Tone, foreign,
};

pub(super) fn of_cluster(cluster: &str, jobs: &[Job]) -> Vec<OfCluster<Job>> {
    let of = |job: &Job| OfCluster {
        cluster_id: cluster.to_owned(),
        cluster_name: String::new(),
        item: job.clone(),
    };
    jobs.iter().map(of).collect()
}

#[component]
pub(super) fn TimelineCard(detail: Signal<JobDetail>) -> impl IntoView {
    let t = text();
    let steps = Signal::derive(move || detail.with(|detail| steps(t, detail)));
    view! {
        <Card title=t.job.timeline>
            <Timeline label=t.job.timeline steps />
        </Card>
    }
    .into_any()
}

#[component]
pub(super) fn ScriptCard(detail: Signal<JobDetail>) -> impl IntoView {
    let t = text();
    let script = Memo::new(move |_| detail.with(|detail| detail.script.clone()));
    view! {
        <Card title=t.job.script>
            {move || match script.get() {
                Some(script) => view! { <Code what=t.job.script_text text=script /> }.into_any(),
                None => view! { <p class="text-muted">{t.job.script_none}</p> }.into_any(),
            }}
        </Card>
    }
    .into_any()
}

/// The way to submit it once more; while it is not over that would be a twin.
#[component]
pub(super) fn Again(page: Page, record: Memo<JobRecord>) -> impl IntoView {
    let t = text();
    let refusals = page.refusals();
    let disabled =
        Signal::derive(move || refusals.with(|refusals| refusals.of(Operation::SubmitJob)));
    let is_meant = Memo::new(move |_| record.with(|one| one.is_batch && one.job.is_over()));
    let href = Signal::derive(move || {
        record.with(|record| paths::submit_again(&page.id.read(), &record.job.id))
    });
    let button = move || view! { <ButtonLink label=t.submit_job.again href disabled /> }.into_any();
    let shown = move || is_meant.get().then(button);
    shown.into_any()
}

pub(super) fn heading(title: String, job: &Job) -> String {
    match job.name.as_str() {
        "" => title,
        name => format!("{title} · {}", visible_value(name)),
    }
}

/// The timeline with how long each stage took; what has not ended goes on.
fn steps(t: &'static Text, detail: &JobDetail) -> Vec<TimelineStep> {
    let stages = &detail.timeline;
    let over = detail.record.job.is_over();
    let failed = over && detail.record.job.state != "COMPLETED";
    // Boots run beside each other; the stages of the job follow each other.
    let next_stage = |at: usize| {
        let later = stages.iter().skip(at + 1);
        later
            .filter(|step| step.moment != JobMoment::Boot)
            .map(|step| step.at)
            .next()
    };
    let last = stages
        .iter()
        .rposition(|step| step.moment != JobMoment::Expected);
    // How many lives had ended before it.
    let life = |at: usize| {
        let before = stages.iter().take(at);
        before.filter(|s| s.moment == JobMoment::Requeued).count()
    };
    let step = |(at, step): (usize, &JobStep)| {
        let is_last = Some(at) == last;
        let stage = !matches!(
            step.moment,
            JobMoment::Boot | JobMoment::Ended | JobMoment::Expected
        );
        TimelineStep {
            label: match (step.moment, detail.lives.is_empty()) {
                (JobMoment::Running, false) => t.life.running(life(at) + 1),
                _ => label(t, step),
            },
            detail: match step.moment {
                JobMoment::Running => step.node.clone(),
                JobMoment::Requeued => requeued(t, step.end.as_ref(), detail.lives.get(life(at))),
                JobMoment::Ended => ending(t, &detail.record, &step.detail),
                _ => String::new(),
            },
            at: step.at,
            took: next_stage(at)
                .filter(|_| stage)
                .map(|next| (next - step.at).max(0)),
            tone: match step.moment {
                JobMoment::Expected => Tone::Neutral,
                JobMoment::Ended if failed => Tone::Danger,
                JobMoment::Requeued => match step.end {
                    Some(LifeEnd::NodeFailed { .. }) => Tone::Danger,
                    Some(LifeEnd::Preempted { .. } | LifeEnd::EndLost) => Tone::Warning,
                    _ => Tone::Success,
                },
                JobMoment::Boot if failed_stage(&step.detail).is_some() => Tone::Danger,
                _ if is_last && !over => Tone::Progress,
                _ => Tone::Success,
            },
        }
    };
    stages.iter().enumerate().map(step).collect()
}

fn label(t: &'static Text, step: &JobStep) -> String {
    match step.moment {
        JobMoment::Submitted => t.job.submitted.into(),
        JobMoment::Eligible => t.job.eligible.into(),
        JobMoment::Allocated => t.job.allocated.into(),
        JobMoment::Running => t.job.running.into(),
        JobMoment::Requeued => t.life.requeued.into(),
        JobMoment::Ended => t.job.ended.into(),
        JobMoment::Expected => t.job.expected.into(),
        JobMoment::Boot => format!("{} · {}", step.node, boot_label(t, &step.detail)),
    }
}

/// Why a life ended, and where its output does.
fn requeued(t: &'static Text, end: Option<&LifeEnd>, life: Option<&Life>) -> String {
    let why = match end {
        None | Some(LifeEnd::Requeued) => t.life.by_scontrol.to_owned(),
        Some(LifeEnd::ByUser { user }) => t.life.by_user(user),
        Some(LifeEnd::Itself) => t.life.itself.to_owned(),
        Some(LifeEnd::Preempted { by }) => t.life.preempted(by),
        Some(LifeEnd::NodeFailed { node }) => t.life.node_failed(node),
        Some(LifeEnd::EndLost) => t.life.end_lost.to_owned(),
    };
    match life.and_then(|life| life.output_bytes) {
        Some(bytes) if bytes > 0 => format!("{why} {}", t.life.output_until(bytes)),
        _ => why,
    }
}

/// A step of a node's boot in words; the agent's own word where we know none.
pub fn boot_label(t: &'static Text, step: &str) -> String {
    match step {
        "launched" => t.job.boot_launched.into(),
        "registered" => t.job.boot_registered.into(),
        "slurm-installed" => t.job.boot_slurm_installed.into(),
        "slurmd-started" => t.job.boot_slurmd_started.into(),
        "ready" => t.job.boot_ready.into(),
        HEALTH_FAULT => t.job.boot_health.into(),
        SCRIPT => t.job.boot_script.into(),
        SCRIPT_ERROR => t.job.boot_script_error.into(),
        other => match failed_stage(other) {
            Some(step) => t.job.boot_failed(step),
            None => other.into(),
        },
    }
}

/// `unopened`: the files that could not be opened, which Slurm tells by a signal.
fn ending(t: &'static Text, record: &JobRecord, unopened: &str) -> String {
    match (record.signal, record.exit_code) {
        _ if !unopened.is_empty() => t.job.exit_unopened(unopened),
        (Some(number), _) => t.job.exit_signal(signal::named(number)),
        (None, Some(code)) => t.job.exit_code(code),
        _ => String::new(),
    }
}

#[component]
pub(super) fn Facts(detail: JobDetail, cluster: String) -> impl IntoView {
    let t = text();
    let record = detail.record;
    let job = record.job;
    let number = |n: i64| match n {
        0 => "–".to_owned(),
        n => n.to_string(),
    };
    let memory = match record.memory {
        0 if detail.takes_whole_memory => t.job.memory_whole.to_owned(),
        0 => "–".to_owned(),
        mib if mib % 1024 == 0 => format!("{} GiB", mib / 1024),
        mib => format!("{mib} MiB"),
    };
    let limit = record.time_limit_minutes.map_or_else(
        || t.job.no_limit.to_owned(),
        |minutes| crate::ui::time::duration(t, minutes * 60_000),
    );
    let plain = |label, value: String| {
        (!value.is_empty()).then(|| view! { <KeyValue label>{foreign(value)}</KeyValue> })
    };
    let queue = paths::cluster(&cluster, ClusterTab::Queues);
    let dependencies = (!detail.dependencies.is_empty()).then(|| {
        let all = dependencies(t, &detail.dependencies, &cluster);
        view! { <KeyValue label=t.job.dependency wide=true>{all}</KeyValue> }
    });
    view! {
        <div class="grid gap-5 xl:grid-cols-2">
            <Card title=t.job.request>
                <Pairs>
                    <KeyValue label=t.jobs.queue>
                        <A href=queue>{foreign(job.queue)}</A>
                    </KeyValue>
                    <KeyValue label=t.job.nodes>{job.node_count}</KeyValue>
                    <KeyValue label=t.job.tasks>{number(record.tasks)}</KeyValue>
                    <KeyValue label=t.job.cpus>{number(record.cpus)}</KeyValue>
                    <KeyValue label=t.job.cpus_per_task>{number(record.cpus_per_task)}</KeyValue>
                    <KeyValue label=t.job.memory>{memory}</KeyValue>
                    {(record.gpus > 0).then(|| view! { <KeyValue label=t.job.gpus>{record.gpus}</KeyValue> })}
                    <KeyValue label=t.job.time_limit>{limit}</KeyValue>
                    {plain(t.job.features, record.features)}
                    {dependencies}
                    <KeyValue label=t.job.tres wide=true>
                        <code class="code-text text-[0.8125rem]">{foreign(record.requested)}</code>
                    </KeyValue>
                </Pairs>
            </Card>
            <Card title=t.job.allocation>
                <Pairs>
                    <KeyValue label=t.job.nodes>{nodes(&job.nodes, &cluster)}</KeyValue>
                    <KeyValue label=t.job.tres>
                        <code class="code-text text-[0.8125rem]">{foreign(or_dash(record.allocated))}</code>
                    </KeyValue>
                    <KeyValue label=t.jobs.user>{foreign(job.user)}</KeyValue>
                    <KeyValue label=t.jobs.submitted>
                        <Ago at=job.submitted_at />
                    </KeyValue>
                    <KeyValue label=t.job.priority>{number(job.priority)}</KeyValue>
                    <KeyValue label=t.job.restarts>{record.restarts}</KeyValue>
                    {plain(t.job.account, record.account)}
                    {plain(t.job.qos, record.quality_of_service)}
                    <KeyValue label=t.job.directory wide=true>
                        <Copyable what=t.job.directory value=record.working_directory />
                    </KeyValue>
                </Pairs>
            </Card>
        </div>
    }
    .into_any()
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "–".into() } else { text }
}

/// Each condition with a link to the job that it is about, and how that stands.
fn dependencies(t: &'static Text, all: &[Dependency], cluster: &str) -> AnyView {
    let one = |dependency: &Dependency| {
        let Dependency {
            condition,
            job,
            state,
            ..
        } = dependency.clone();
        let href = paths::job(cluster, &job);
        let ended = match (&dependency.cancelled_by, dependency.signal) {
            (Some(user), _) => Some(t.job.exit_cancelled(user)),
            (None, Some(number)) => Some(t.job.exit_signal(signal::named(number))),
            (None, None) => {
                let code = dependency.exit_code.filter(|code| *code != 0);
                code.map(|code| t.job.exit_code(code))
            }
        };
        view! {
            <li class="flex flex-wrap items-center gap-2">
                <code class="code-text text-[0.8125rem]">{foreign(condition)}</code>
                {(!job.is_empty()).then(|| view! { <A href>{t.job.title(&job)}</A> })}
                {(!state.is_empty()).then(|| view! { <JobState state /> })}
                {ended.map(foreign)}
            </li>
        }
    };
    let all: Vec<_> = all.iter().map(one).collect();
    view! { <ul class="grid gap-1">{all}</ul> }.into_any()
}

/// One node by its link; a list of many as Slurm writes it.
fn nodes(list: &str, cluster: &str) -> AnyView {
    if list.is_empty() {
        return "–".into_any();
    }
    if list.contains(['[', ',']) {
        return foreign(list);
    }
    let href = paths::node(cluster, list);
    let name = list.to_owned();
    view! { <A href>{foreign(name)}</A> }.into_any()
}
