//! Jobs that ended, over all time: of all clusters, those that were deleted lately among them; and one of them.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use super::jobs::JobsTabs;
use crate::api::job::get_past_job;
use crate::components::{
    Fetched, JobState, JobUsage, PastQuery, PastTable, TabTitle, asked, param,
};
use crate::foreign::visible_value;
use crate::i18n::{Text, language, text};
use crate::model::live::Kind;
use crate::model::past_job::{PastJob, PastJobDetail, PastStep, size};
use crate::model::signal;
use crate::paths::{self, ClusterTab};
use crate::ui::help::{page_help, topic};
use crate::ui::time::{Ago, duration};
use crate::ui::{
    ButtonLink, Card, Column, Copyable, Icon, KeyValue, PageHeader, Pairs, Table, foreign,
    foreign_line,
};

#[component]
pub fn PastJobs() -> impl IntoView {
    page_help(topic::JOBS);
    let t = text();
    let query = PastQuery::of_address();
    let jobs = query.answer();
    view! {
        <Title text=t.past.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.jobs.title>""</PageHeader>
                <p class="text-muted">{t.past.lead}</p>
            </div>
            <JobsTabs />
            <Fetched resource=jobs let:answer>
                <PastTable query answer />
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
pub fn PastJobPage() -> impl IntoView {
    page_help(topic::JOBS);
    let t = text();
    let (cluster, id) = (param("cluster"), param("job"));
    let language = language();
    let answer = asked(
        [cluster, id],
        &[Kind::Job, Kind::Cluster],
        move |[cluster, job]| get_past_job(cluster, job, language.clone()),
    );
    view! {
        <TabTitle text=Signal::derive(move || t.job.title(id.get())) />
        <Fetched resource=answer let:detail>
            {move || one(t, detail.get())}
        </Fetched>
    }
    .into_any()
}

fn one(t: &'static Text, detail: PastJobDetail) -> AnyView {
    let (row, steps) = (detail.row.clone(), detail.steps.clone());
    let job = row.job.clone();
    let title = match job.name.as_str() {
        "" => t.job.title(&job.id),
        name => format!("{} · {}", t.job.title(&job.id), visible_value(name)),
    };
    let own_page = detail.has_page.then(|| {
        let href = paths::job(&row.cluster_id, &job.id);
        view! { <ButtonLink label=t.past.page href /> }
    });
    let again = (row.cluster_deleted_at == 0).then(|| {
        let href = paths::submit_again(&row.cluster_id, &job.id);
        view! { <ButtonLink label=t.submit_job.again href /> }
    });
    let cluster = match row.cluster_deleted_at {
        0 => {
            let href = paths::cluster(&row.cluster_id, ClusterTab::Details);
            view! { <A href>{row.cluster_name.clone()}</A> }.into_any()
        }
        at => view! {
            {row.cluster_name.clone()} " "
            <span class="text-muted">{t.past.deleted} " " <Ago at /></span>
        }
        .into_any(),
    };
    let (state, ended) = (job.state.clone(), exit(t, job.signal, job.exit_code));
    let left_out = job.steps_left_out;
    let facts = facts(t, job);
    view! {
        <div class="grid gap-5">
            <header class="grid gap-1">
                <p>
                    <A href=paths::PAST_JOBS attr:class="inline-flex items-center gap-1">
                        {Icon::ChevronLeft.view()}
                        {t.past.back}
                    </A>
                </p>
                <PageHeader title>
                    <JobState state />
                    <span>{ended}</span>
                    <span class="flex-1"></span>
                    {again}
                    {own_page}
                </PageHeader>
            </header>
            <JobUsage detail />
            <Steps steps left_out />
            <Card title=t.past.facts>
                <Pairs>
                    <KeyValue label=t.jobs.cluster>{cluster}</KeyValue>
                    {facts}
                </Pairs>
            </Card>
        </div>
    }
    .into_any()
}

fn facts(t: &'static Text, job: PastJob) -> AnyView {
    let plain = |label, value: String| {
        (!value.is_empty()).then(|| view! { <KeyValue label>{foreign(value)}</KeyValue> })
    };
    let memory = match job.asked_memory_mib {
        0 => "–".to_owned(),
        mib => size(mib),
    };
    view! {
        {plain(t.jobs.queue, job.queue)}
        {plain(t.jobs.user, job.user)}
        {plain(t.job.account, job.account)}
        {plain(t.past.qos, job.quality_of_service)}
        <KeyValue label=t.jobs.submitted><Ago at=job.submitted_at /></KeyValue>
        <KeyValue label=t.past.started><Ago at=job.started_at /></KeyValue>
        <KeyValue label=t.past.ended><Ago at=job.ended_at /></KeyValue>
        <KeyValue label=t.job.restarts>{job.restarts}</KeyValue>
        <KeyValue label=t.job.cpus>{job.asked_cpus}</KeyValue>
        <KeyValue label=t.past.memory>{memory}</KeyValue>
        {plain(t.job.nodes, job.nodes)}
        {plain(t.past.comment, job.comment)}
        <KeyValue label=t.job.directory wide=true>
            <Copyable what=t.job.directory value=job.working_directory />
        </KeyValue>
        {(!job.command.is_empty())
            .then(|| {
                view! {
                    <KeyValue label=t.past.command wide=true>
                        <code class="code-text text-[0.8125rem]">{foreign(job.command)}</code>
                    </KeyValue>
                }
            })}
    }
    .into_any()
}

/// How something ended, in words.
fn exit(t: &'static Text, ended_by: Option<i64>, code: Option<i64>) -> String {
    match (ended_by, code) {
        (Some(number), _) => t.job.exit_signal(signal::named(number)),
        (None, Some(code)) => t.job.exit_code(code),
        (None, None) => String::new(),
    }
}

#[component]
fn Steps(steps: Vec<PastStep>, left_out: i64) -> impl IntoView {
    let t = text();
    view! {
        <Table
            title=t.past.steps
            noun=t.past.steps_filter
            rows=Signal::stored(steps)
            columns=step_columns(t)
            key=|step: &PastStep| step.id.clone()
            empty=move || view! { <p class="px-5 pb-5 text-muted">{t.past.no_steps}</p> }
        />
        {(left_out > 0).then(|| view! { <p class="text-muted">{t.past.steps_left_out(left_out)}</p> })}
    }
    .into_any()
}

fn step_columns(t: &'static Text) -> Vec<Column<PastStep>> {
    let memory = |mib: Option<i64>| mib.map_or_else(|| "–".to_owned(), size);
    vec![
        Column::new(t.past.step, |step: &PastStep| foreign_line(step.id.clone())),
        Column::new(t.jobs.name, |step: &PastStep| {
            foreign_line(step.name.clone())
        }),
        Column::new(t.jobs.state, |step: &PastStep| {
            view! { <JobState state=step.state.clone() /> }
        }),
        Column::new(t.past.exit, move |step: &PastStep| {
            exit(t, step.signal, step.exit_code)
        }),
        Column::new(t.jobs.ran, move |step: &PastStep| {
            duration(t, step.elapsed_seconds.saturating_mul(1000))
        }),
        Column::new(t.job.tasks, |step: &PastStep| step.tasks),
        Column::new(t.past.cpu, move |step: &PastStep| {
            step.used_cpu_ms
                .map_or_else(|| "–".to_owned(), |ms| duration(t, ms))
        }),
        Column::new(t.past.memory, move |step: &PastStep| {
            memory(step.used_memory_mib)
        }),
        Column::new(t.past.largest_task, move |step: &PastStep| {
            memory(step.largest_task_mib)
        }),
    ]
}
