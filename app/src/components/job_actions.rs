//! What a person does to one job or to several: a button each, disabled with the reason where it makes no sense.

use leptos::prelude::*;

use super::Submission;
use super::job_choice::{AskWhom, Way, act, title, ways};
use crate::i18n::{Text, text};
use crate::model::job::{Job, JobAction, JobObstacle, OfCluster};
use crate::model::user::Refusals;
use crate::ui::{Button, Dialog, Look};

/// The jobs that are meant: the selected ones of a list, or the one of a page.
pub type Meant = Signal<Vec<OfCluster<Job>>>;

#[component]
pub fn JobActions(
    jobs: Meant,
    /// What else is known, of which those may be a part: other tasks of their array, other components.
    #[prop(into)]
    all: Meant,
    #[prop(into)] refusals: Signal<Refusals>,
    /// Why none of it is known yet.
    #[prop(optional, into)]
    not_yet: Signal<Option<String>>,
    /// Called when it is done: a list then selects nothing.
    #[prop(into)]
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let submission = Submission::new();
    let asked = RwSignal::new(None::<JobAction>);
    let open = RwSignal::new(false);
    let scope = RwSignal::new(String::new());
    let ways_now = Memo::new(move |_| {
        let action = asked.get();
        action.map_or_else(Vec::new, |action| ways(action, &jobs.read(), &all.read()))
    });
    // What ends work or means many is asked about first; an error of the rest shows in the same dialog.
    let press = move |action: JobAction| {
        asked.set(Some(action));
        submission.error.set(None);
        let ends_work = matches!(action, JobAction::Cancel | JobAction::Requeue);
        let mut offered = ways_now.get_untracked();
        offered.retain(Way::is_offered);
        scope.set(offered.first().map_or("", Way::id).to_owned());
        match offered.as_slice() {
            [way] if way.is_plain() && !ends_work => {
                submission.send(act(way.clone(), action), move |()| on_done.run(()));
            }
            _ => open.set(true),
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
        let disabled = Signal::derive(move || {
            let not_yet = not_yet.get();
            not_yet.or_else(|| why_not(t, action, jobs, refusals))
        });
        view! { <Button label look disabled on_press=move || press(action) /> }
    };
    let title = Signal::derive(move || match asked.get() {
        Some(action) => title(t, action, &ways_now.read(), &scope.read()),
        None => String::new(),
    });
    view! {
        <div class="flex flex-wrap gap-2">
            {[JobAction::Hold, JobAction::Release, JobAction::Requeue, JobAction::Cancel]
                .map(button)
                .into_iter()
                .collect_view()}
        </div>
        <Dialog open title>
            {move || {
                asked.get().map(|action| view! { <AskWhom action ways=ways_now scope submission open on_done /> })
            }}
        </Dialog>
    }
    .into_any()
}

/// Why not: nothing is chosen, the reader may not, or none of the jobs is in a state for it.
fn why_not(
    t: &'static Text,
    action: JobAction,
    jobs: Meant,
    refusals: Signal<Refusals>,
) -> Option<String> {
    let refusal = refusals.with(|refusals| refusals.of(action.operation()));
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
        // The parts of an array are in several states: what the action makes no sense for is left out, and the question
        // says for whom it does.
        let of_array = jobs.iter().any(|job| job.item.who().is_of_array());
        let fits = |job: &OfCluster<Job>| action.obstacle(&job.item).is_none();
        let obstacle = match of_array && jobs.iter().any(fits) {
            true => None,
            false => jobs.iter().find_map(obstacle),
        };
        refusal.or(obstacle)
    })
}
