//! What a person does to one job or to several: a button each, disabled with the reason where it makes no sense.

use leptos::prelude::*;

use super::{Refused, Submission};
use crate::api::job::act_on_job;
use crate::i18n::{Text, text};
use crate::model::error::Result;
use crate::model::job::{ActOnJob, Job, JobAction, JobObstacle, OfCluster};
use crate::model::user::Refusals;
use crate::ui::{Button, Dialog, DialogActions, Look};

/// The jobs that are meant: the selected ones of a list, or the one of a page.
pub type Meant = Signal<Vec<OfCluster<Job>>>;

#[component]
pub fn JobActions(
    jobs: Meant,
    #[prop(into)] refusals: Signal<Refusals>,
    /// Called when it is done: a list then selects nothing.
    #[prop(into)]
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let submission = Submission::new();
    let asked = RwSignal::new(None::<JobAction>);
    let open = RwSignal::new(false);
    let act = move |action: JobAction| {
        let jobs = jobs.get_untracked();
        submission.send(act_on_all(jobs, action), move |()| {
            open.set(false);
            on_done.run(());
        });
    };
    // What ends work is asked about first; an error of the others shows in the same dialog.
    let press = move |action: JobAction| {
        asked.set(Some(action));
        submission.error.set(None);
        match action {
            JobAction::Cancel | JobAction::Requeue => open.set(true),
            JobAction::Hold | JobAction::Release => act(action),
        }
    };
    Effect::new(move |_| {
        if submission.error.with(Option::is_some) {
            open.set(true);
        }
    });
    let button = move |action: JobAction| {
        let (label, look) = match action {
            JobAction::Cancel => (t.jobs.cancel, Look::Danger),
            JobAction::Requeue => (t.jobs.requeue, Look::Normal),
            JobAction::Hold => (t.jobs.hold, Look::Normal),
            JobAction::Release => (t.jobs.release, Look::Normal),
        };
        let disabled = Signal::derive(move || why_not(t, action, jobs, refusals));
        view! { <Button label look disabled on_press=move || press(action) /> }
    };
    let title = Signal::derive(move || title(t, asked.get(), jobs));
    view! {
        <div class="flex flex-wrap gap-2">
            {[JobAction::Hold, JobAction::Release, JobAction::Requeue, JobAction::Cancel]
                .map(button)
                .into_iter()
                .collect_view()}
        </div>
        <Dialog open title>
            <div class="grid gap-4">
                {move || asked.get().and_then(|action| consequence(t, action)).map(|words| view! { <p>{words}</p> })}
                <Refused submission title=t.jobs.not_done />
                <DialogActions>
                    <Button label=t.jobs.keep on_press=move || open.set(false) />
                    {move || {
                        asked
                            .get()
                            .filter(|action| consequence(t, *action).is_some())
                            .map(|action| {
                                let label = match action {
                                    JobAction::Cancel => t.jobs.cancel,
                                    _ => t.jobs.requeue,
                                };
                                view! {
                                    <Button
                                        label
                                        look=Look::Danger
                                        busy=submission.busy
                                        autofocus=true
                                        on_press=move || act(action)
                                    />
                                }
                            })
                    }}
                </DialogActions>
            </div>
        </Dialog>
    }
    .into_any()
}

/// One after the other; the first refusal ends it.
async fn act_on_all(jobs: Vec<OfCluster<Job>>, action: JobAction) -> Result<()> {
    for job in jobs {
        act_on_job(ActOnJob {
            cluster_identifier: job.cluster_id,
            job_id: job.item.id,
            action,
        })
        .await?;
    }
    Ok(())
}

fn consequence(t: &'static Text, action: JobAction) -> Option<&'static str> {
    match action {
        JobAction::Cancel => Some(t.jobs.cancel_text),
        JobAction::Requeue => Some(t.jobs.requeue_text),
        JobAction::Hold | JobAction::Release => None,
    }
}

fn title(t: &'static Text, action: Option<JobAction>, jobs: Meant) -> String {
    let named = jobs.with(|jobs| match jobs.as_slice() {
        [job] => t.jobs.one(&job.item.id),
        jobs => t.jobs.several(jobs.len()),
    });
    match action {
        Some(JobAction::Cancel) => t.jobs.cancel_title(named),
        Some(JobAction::Requeue) => t.jobs.requeue_title(named),
        _ => t.jobs.not_done.to_owned(),
    }
}

/// Why not: nothing is chosen, the reader may not, or one of the jobs is in no state for it.
fn why_not(
    t: &'static Text,
    action: JobAction,
    jobs: Meant,
    refusals: Signal<Refusals>,
) -> Option<String> {
    let refusal = refusals.with(|refusals| {
        match action {
            JobAction::Cancel => &refusals.cancel_job,
            JobAction::Requeue => &refusals.requeue_job,
            JobAction::Hold => &refusals.hold_job,
            JobAction::Release => &refusals.release_job,
        }
        .clone()
    });
    jobs.with(|jobs| {
        if jobs.is_empty() {
            return Some(t.jobs.select_first.to_owned());
        }
        let obstacle = |job: &OfCluster<Job>| {
            let id = &job.item.id;
            action.obstacle(&job.item).map(|obstacle| match obstacle {
                JobObstacle::Over => t.jobs.why_not_over(id),
                JobObstacle::NotStarted => t.jobs.why_not_started(id),
                JobObstacle::Started => t.jobs.why_not_pending(id),
                JobObstacle::Held => t.jobs.why_not_held(id),
                JobObstacle::NotHeld => t.jobs.why_not_release(id),
            })
        };
        refusal.or_else(|| jobs.iter().find_map(obstacle))
    })
}
