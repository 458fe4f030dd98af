//! One job: why it waits or failed, its way, what it writes, what it asked for and got, its script.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;

use super::super::{Page, SubHeader, use_page};
use super::array::ArrayView;
use super::cards::{Again, Facts, ScriptCard, TimelineCard, heading, of_cluster};
use crate::api::job::{job_output, tell_job};
use crate::components::{
    Explained, Fetched, JobActions, JobParts, JobState, JobUsage, Output, StartsAbout, TabTitle,
    asked, param,
};
use crate::i18n::{Text, language, text};
use crate::model::error::Result;
use crate::model::job::*;
use crate::model::job_id::JobId;
use crate::model::job_life::Life;
use crate::model::live::Kind;
use crate::model::log::LogDaemon;
use crate::model::told_job::Told;
use crate::paths::{self, ClusterTab};
use crate::ui::Card;

#[component]
pub fn JobPage() -> impl IntoView {
    let t = text();
    let page = use_page();
    let id = param("job");
    let language = language();
    // With what it was asked for by: the page may be on its way to another job.
    let answer = asked(
        [page.id, id],
        &[Kind::Job, Kind::Node],
        move |[cluster, job]| {
            let detail = tell_job(cluster, job.clone(), language.clone());
            async move { Ok((job, detail.await?)) }
        },
    );
    let output = asked([page.id, id], &[], |[cluster_identifier, job_id]| {
        job_output(OutputOf {
            cluster_identifier,
            job_id,
            kind: None,
            from: None,
            before: None,
        })
    });
    let tab = RwSignal::new(None);
    view! {
        <TabTitle text=Signal::derive(move || {
            tab.get().unwrap_or_else(|| t.job.title(id.get()))
        }) />
        <Fetched resource=answer let:answer>
            {
                let is_past = Memo::new(move |_| answer.with(|(_, told)| matches!(told, Told::Past(_))));
                move || match is_past.get() {
                    true => view! { <Moved answer /> }.into_any(),
                    false => view! { <Known page id answer tab output /> }.into_any(),
                }
            }
        </Fetched>
    }
    .into_any()
}

/// One of which only the history is left: on to its page there.
#[component]
fn Moved(answer: Signal<(String, Told)>) -> impl IntoView {
    let t = text();
    let past = Memo::new(move |_| {
        answer.with(|(asked, told)| match told {
            Told::Past(past) => (
                paths::past_job(&past.row.cluster_id, &past.row.job.id),
                past.row.job.id.clone(),
            ),
            Told::Job(_) => (String::new(), asked.clone()),
        })
    });
    let navigate = use_navigate();
    Effect::new(move |_| {
        let (address, _) = past.get();
        if !address.is_empty() {
            navigate(&address, instead());
        }
    });
    // Who has no script follows it by hand.
    view! {
        <p>
            {t.past.moved} " "
            {move || {
                let (href, id) = past.get();
                view! { <A href>{t.job.title(id)}</A> }
            }}
        </p>
    }
    .into_any()
}

/// The page before is not to come back to.
fn instead() -> NavigateOptions {
    NavigateOptions {
        replace: true,
        ..NavigateOptions::default()
    }
}

#[component]
fn Known(
    page: Page,
    id: Memo<String>,
    answer: Signal<(String, Told)>,
    tab: RwSignal<Option<String>>,
    output: Resource<Result<JobOutput>>,
) -> impl IntoView {
    let t = text();
    let detail = Memo::new(move |last: Option<&JobDetail>| {
        answer.with(|(_, told)| match told {
            Told::Job(detail) => JobDetail::clone(detail),
            Told::Past(_) => last.cloned().unwrap_or_default(),
        })
    });
    let detail: Signal<JobDetail> = detail.into();
    keep_address(page, id, answer);
    let title = Memo::new(move |_| detail.with(|detail| title(t, detail)));
    // As the page itself, on the server too.
    tab.set(Some(title.get_untracked()));
    Effect::new(move |_| tab.set(Some(title.get())));
    let title: Signal<String> = title.into();
    let is_array = Memo::new(move |_| detail.with(is_array));
    let view = move || match is_array.get() {
        true => view! { <ArrayView page detail title /> }.into_any(),
        false => view! { <SingleView page id detail title output /> }.into_any(),
    };
    view.into_any()
}

/// Goes to the address under which the job stays: that of the array, where tasks were named that wait together, and that of
/// the task or component whose own number was given.
fn keep_address(page: Page, id: Memo<String>, answer: Signal<(String, Told)>) {
    let navigate = use_navigate();
    Effect::new(move |_| {
        let own = answer.with(|(asked, told)| {
            let Told::Job(detail) = told else {
                return None;
            };
            let own = &detail.record.job.id;
            let is_here = id.with_untracked(|id| id == asked);
            (is_here && own != asked).then(|| paths::job(&page.id.read_untracked(), own))
        });
        if let Some(address) = own {
            navigate(&address, instead());
        }
    });
}

/// What page and browser tab are called.
fn title(t: &'static Text, detail: &JobDetail) -> String {
    let job = &detail.record.job;
    let is_whole = matches!(job.who(), JobId::Whole(_)) && !detail.members.is_empty();
    let title = match (is_array(detail), is_whole) {
        (true, _) => t.array.title(job.who().number()),
        (false, true) => t.array.het_title(&job.id),
        (false, false) => t.job.title(&job.id),
    };
    heading(title, job)
}

/// All tasks are told as one.
fn is_array(detail: &JobDetail) -> bool {
    let of_array = detail.members.iter().any(|job| job.who().is_of_array());
    of_array && matches!(detail.record.job.who(), JobId::Whole(_))
}

/// A job, a task of an array, a heterogeneous job or one of its components.
#[component]
fn SingleView(
    page: Page,
    id: Memo<String>,
    detail: Signal<JobDetail>,
    title: Signal<String>,
    output: Resource<Result<JobOutput>>,
) -> impl IntoView {
    let t = text();
    let refusals = page.refusals();
    let job = Memo::new(move |_| detail.with(|detail| detail.record.job.clone()));
    let record = Memo::new(move |_| detail.with(|detail| detail.record.clone()));
    let explanation = Memo::new(move |_| detail.with(|detail| detail.explanation.clone()));
    let members = Memo::new(move |_| detail.with(|detail| detail.members.clone()));
    let over = Memo::new(move |_| job.with(Job::is_over));
    let all = Signal::derive(move || of_cluster(&page.id.read(), &members.read()));
    let meant = Signal::derive(move || {
        let job = job.get();
        // The whole of a heterogeneous job is its components.
        match (job.who(), members.with(Vec::is_empty)) {
            (JobId::Whole(_), false) => all.get(),
            _ => of_cluster(&page.id.read(), &[job]),
        }
    });
    let lives = Memo::new(move |_| detail.with(|detail| later_lives(&detail.lives)));
    let past = Memo::new(move |_| detail.with(|detail| detail.past.clone()));
    let has_components = Memo::new(move |_| members.with(|members| !members.is_empty()));
    view! {
        <div class="grid gap-5">
            <SubHeader
                title
                back=t.job.back
                href=Signal::derive(move || paths::cluster(&page.id.read(), ClusterTab::Jobs))
            >
                <span role="status">{move || view! { <JobState state=job.get().state /> }}</span>
                {move || view! { <StartsAbout job=job.get() /> }}
                {move || whole_of(t, &page.id.read(), &job.read())}
                <span class="flex-1"></span>
                <Again page record />
                <JobActions jobs=meant all=all refusals on_done=|| () />
            </SubHeader>
            {move || {
                let log = log_of(&page.id.read(), &job.read());
                explanation.get().map(|explanation| view! { <Explained explanation log /> })
            }}
            {move || {
                has_components
                    .get()
                    .then(|| {
                        view! {
                            <div class="grid gap-2">
                                <p class="text-muted">{t.array.het_text}</p>
                                <JobParts
                                    jobs=all
                                    title=t.array.components
                                    refusals
                                    empty=|| ()
                                />
                            </div>
                        }
                    })
            }}
            <div class="job-columns">
                <Card title=t.job.output>
                    <Fetched resource=output let:first>
                        {
                            let two_files = record.with_untracked(JobRecord::has_two_files);
                            view! {
                                <Output
                                    cluster=page.id
                                    job=id
                                    first=first.get_untracked()
                                    over
                                    lives=lives
                                    two_files
                                />
                            }
                        }
                    </Fetched>
                </Card>
                <TimelineCard detail />
            </div>
            {move || past.get().map(|detail| view! { <JobUsage detail /> })}
            {move || view! { <Facts detail=detail.get() cluster=page.id.get() /> }}
            <ScriptCard detail />
        </div>
    }
    .into_any()
}

/// The number of each life but the first, and the byte of the output at which it begins.
fn later_lives(ended: &[Life]) -> Vec<(i64, i64)> {
    let next = |life: &Life| Some((life.restarts + 2, life.output_bytes?));
    ended.iter().filter_map(next).collect()
}

/// What slurmctld logged when it gave up a job for a node's sake.
fn log_of(cluster: &str, job: &Job) -> Option<String> {
    let is_for_node = ["NODE_FAIL", "BOOT_FAIL", "LAUNCH_FAILED"].contains(&job.state.as_str());
    let is_logged = is_for_node && job.ended_at > 0;
    is_logged.then(|| paths::log_at(cluster, LogDaemon::Slurmctld, job.ended_at))
}

/// The way from a task to its array and from a component to its job.
fn whole_of(t: &'static Text, cluster: &str, job: &Job) -> Option<AnyView> {
    let who = job.who();
    let number = who.number();
    let words = match who {
        JobId::Task { .. } => t.array.part_of_array(number),
        JobId::Component { .. } => t.array.part_of_het(number),
        _ => return None,
    };
    let href = paths::job(cluster, &number.to_string());
    Some(view! { <A href>{words}</A> }.into_any())
}
