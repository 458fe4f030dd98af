//! An array as one thing: how far it is, its tasks, and what each of them writes.

use leptos::prelude::*;

use super::super::{Page, SubHeader};
use super::cards::{Again, Facts, ScriptCard, TimelineCard, of_cluster};
use crate::components::{
    Explained, JobActions, JobParts, JobState, Output, StartsAbout, job_counts,
};
use crate::i18n::{Text, text};
use crate::list::job::state_words;
use crate::model::job::*;
use crate::model::job_count::Count;
use crate::model::job_id::JobId;
use crate::paths::{self, ClusterTab};
use crate::ui::form::{Field, Select};
use crate::ui::{Card, Choice, EmptyState};

/// What became of tasks, in the order in which the bar shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Completed,
    Failed,
    Cancelled,
    Running,
    Suspended,
    Waiting,
}

impl Fate {
    const ALL: [Fate; 6] = [
        Fate::Completed,
        Fate::Failed,
        Fate::Cancelled,
        Fate::Running,
        Fate::Suspended,
        Fate::Waiting,
    ];

    fn of(job: &Job) -> Fate {
        match job.state.as_str() {
            "COMPLETED" => Fate::Completed,
            "CANCELLED" => Fate::Cancelled,
            _ if job.is_over() => Fate::Failed,
            _ if job.is_pending() => Fate::Waiting,
            _ if job.is_suspended() => Fate::Suspended,
            _ => Fate::Running,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Fate::Completed => "fate fate-completed",
            Fate::Failed => "fate fate-failed",
            Fate::Cancelled => "fate fate-cancelled",
            Fate::Running => "fate fate-running",
            Fate::Suspended => "fate fate-suspended",
            Fate::Waiting => "fate fate-waiting",
        }
    }

    fn label(self, t: &'static Text) -> &'static str {
        match self {
            Fate::Completed => t.array.completed,
            Fate::Failed => t.array.failed,
            Fate::Cancelled => t.array.cancelled,
            Fate::Running => t.array.running,
            Fate::Suspended => t.array.suspended,
            Fate::Waiting => t.array.waiting,
        }
    }
}

/// How many tasks have each fate; those that none has are left out.
fn fates(members: &[Job]) -> Vec<(Fate, usize)> {
    let count = |fate: Fate| {
        let of_it = members.iter().filter(|job| Fate::of(job) == fate);
        (fate, of_it.map(Job::count).sum::<usize>())
    };
    let mut all: Vec<(Fate, usize)> = Fate::ALL.map(count).to_vec();
    all.retain(|(_, count)| *count > 0);
    all
}

#[component]
pub fn ArrayView(page: Page, detail: Signal<JobDetail>, title: Signal<String>) -> impl IntoView {
    let t = text();
    let job = Memo::new(move |_| detail.with(|detail| detail.record.job.clone()));
    let record = Memo::new(move |_| detail.with(|detail| detail.record.clone()));
    let explanation = Memo::new(move |_| detail.with(|detail| detail.explanation.clone()));
    let members = Memo::new(move |_| detail.with(|detail| detail.members.clone()));
    let all = Signal::derive(move || of_cluster(&page.id.read(), &members.read()));
    let alive = Signal::derive(move || {
        let mut alive = all.get();
        alive.retain(|job| !job.item.is_over());
        // Of an array that is over the buttons say so.
        if alive.is_empty() { all.get() } else { alive }
    });
    let back = Signal::derive(move || paths::cluster(&page.id.read(), ClusterTab::Jobs));
    view! {
        <div class="grid gap-5">
            <SubHeader title back=t.job.back href=back>
                <span role="status">{move || view! { <JobState state=job.get().state /> }}</span>
                {move || view! { <StartsAbout job=job.get() /> }}
                <span class="flex-1"></span>
                <Again page record />
                <JobActions jobs=alive all=all refusals=page.refusals() on_done=|| () />
            </SubHeader>
            {move || explanation.get().map(|explanation| view! { <Explained explanation /> })}
            <Card title=t.array.progress>
                <Progress members />
            </Card>
            <div class="job-columns">
                <Card title=t.job.output>
                    <TaskOutput page members record />
                </Card>
                <TimelineCard detail />
            </div>
            <JobParts
                jobs=all
                title=t.array.tasks
                refusals=page.refusals()
                empty=move || view! { <EmptyState title=t.jobs.empty_title text=t.jobs.empty>""</EmptyState> }
            />
            {move || view! { <Facts detail=detail.get() cluster=page.id.get() /> }}
            <ScriptCard detail />
        </div>
    }
    .into_any()
}

#[component]
fn Progress(members: Memo<Vec<Job>>) -> impl IntoView {
    let t = text();
    let count = Memo::new(move |_| members.with(|members| Count::of(members)));
    let total = move || count.with(|count| count.alive() + count.over);
    let words = move || {
        let of = t.array.progress_of(count.get().over, total());
        let most = members.with(|members| members.iter().find_map(at_once));
        match (count.get().alive(), most) {
            (0, _) => of,
            (_, most) => {
                let rest =
                    most.map_or_else(String::new, |most| format!(" {}", t.array.at_once(most)));
                format!("{of} · {}.{rest}", job_counts(t, count.get()))
            }
        }
    };
    let bar = move || {
        let total = total().max(1) as f64;
        let mut left = 0.0;
        let part = |(fate, count): (Fate, usize)| {
            let (from, width) = (left, count as f64 * 100.0 / total);
            left += width;
            view! {
                <rect class=fate.class() x=format!("{from:.3}") y="0" width=format!("{width:.3}") height="1"></rect>
            }
        };
        let parts: Vec<_> = members.with(|members| fates(members).into_iter().map(part).collect());
        parts.collect_view()
    };
    let legend = move || {
        let entry = |(fate, count): (Fate, usize)| {
            view! {
                <li class="inline-flex items-center gap-1.5">
                    <svg class="fate-dot" viewBox="0 0 1 1" aria-hidden="true">
                        <rect class=fate.class() width="1" height="1"></rect>
                    </svg>
                    <span class="tabular-nums font-semibold">{count}</span>
                    {fate.label(t)}
                </li>
            }
        };
        members.with(|members| fates(members).into_iter().map(entry).collect_view())
    };
    view! {
        <div class="grid gap-2">
            <p>{words}</p>
            <svg class="fates" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label=words>
                {bar}
            </svg>
            <ul class="flex flex-wrap gap-x-4 gap-y-1 text-muted" aria-label=t.array.progress>
                {legend}
            </ul>
        </div>
    }
    .into_any()
}

/// How many may run at once, where that is limited.
fn at_once(job: &Job) -> Option<u32> {
    job.who().tasks().at_once()
}

/// The output of the task that is chosen; at first of one that runs, or that failed, or the first.
#[component]
fn TaskOutput(page: Page, members: Memo<Vec<Job>>, record: Memo<JobRecord>) -> impl IntoView {
    let t = text();
    let started = Memo::new(move |_| {
        members.with(|members| {
            let has_begun =
                |job: &&Job| job.started_at > 0 && matches!(job.who(), JobId::Task { .. });
            let mut started: Vec<Job> = members.iter().filter(has_begun).cloned().collect();
            started.sort_by_key(|job| job.who().place());
            started
        })
    });
    let by_hand = RwSignal::new(String::new());
    // Stays with a task once it is shown, also when others fail.
    let chosen = Memo::new(move |before: Option<&String>| {
        let by_hand = by_hand.get();
        started.with(|started| {
            let known = |id: &String| started.iter().any(|job| job.id == *id);
            let kept = [Some(&by_hand), before]
                .into_iter()
                .flatten()
                .find(|id| known(id));
            let first = |fate| started.iter().find(|job| Fate::of(job) == fate);
            let telling = first(Fate::Running)
                .or(first(Fate::Failed))
                .or(started.first());
            kept.cloned()
                .or(telling.map(|job| job.id.clone()))
                .unwrap_or_default()
        })
    });
    Effect::new(move |_| by_hand.set(chosen.get()));
    let choices = Memo::new(move |_| {
        started.with(|started| {
            let choice = |job: &Job| {
                let state = state_words(t, &job.state);
                Choice::new(&job.id, format!("{} · {state}", job.id))
            };
            started.iter().map(choice).collect::<Vec<Choice>>()
        })
    });
    let over = Memo::new(move |_| {
        started.with(|started| {
            let job = started.iter().find(|job| job.id == *chosen.read());
            job.is_some_and(Job::is_over)
        })
    });
    let any = Memo::new(move |_| started.with(|started| !started.is_empty()));
    move || {
        if !any.get() {
            return view! { <p class="text-muted">{t.array.output_none}</p> }.into_any();
        }
        let two_files = record.with_untracked(JobRecord::has_two_files);
        view! {
            <div class="grid gap-3">
                <Field name="task" label=t.array.output_of>
                    <Select value=by_hand choices=choices />
                </Field>
                <Output cluster=page.id job=chosen first=JobOutput::default() over two_files />
            </div>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_counted_by_what_became_of_them() {
        let job = |id: &str, state: &str| Job {
            id: id.into(),
            state: state.into(),
            ended_at: i64::from(matches!(state, "COMPLETED" | "TIMEOUT" | "CANCELLED")),
            ..Job::default()
        };
        let members = [
            job("22_[3-10%2]", "PENDING"),
            job("22_1", "RUNNING"),
            job("22_2", "CONFIGURING"),
            job("22_0", "TIMEOUT"),
            job("22_11", "COMPLETED"),
        ];
        assert_eq!(
            fates(&members),
            [
                (Fate::Completed, 1),
                (Fate::Failed, 1),
                (Fate::Running, 2),
                (Fate::Waiting, 8)
            ]
        );
        assert_eq!(members.iter().find_map(at_once), Some(2));
    }
}
