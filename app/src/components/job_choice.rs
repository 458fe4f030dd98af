//! The question before something is done to jobs: whom it means, and how many of them wait and run.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{Refused, Submission};
use crate::api::job::act_on_job;
use crate::i18n::{Text, text};
use crate::model::error::Result;
use crate::model::job::{ActOnJob, Job, JobAction, OfCluster};
use crate::model::job_choice::{Choice, Scope, choices};
use crate::model::job_count::Count;
use crate::ui::form::{Field, RadioCards};
use crate::ui::{self, Button, DialogActions, Look};

/// One way to understand the button, in one cluster or in several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    choice: Choice,
    /// Cluster and id of each that is told.
    acts: Vec<(String, String)>,
}

impl Way {
    /// Says no more than the button did.
    pub fn is_plain(&self) -> bool {
        self.choice.count.alive() == 1
    }

    pub fn is_offered(&self) -> bool {
        self.choice.is_offered
    }

    pub fn id(&self) -> &'static str {
        match self.choice.scope {
            Scope::Chosen => "chosen",
            Scope::Waiting => "waiting",
            Scope::Array(_) => "array",
            Scope::Components(_) => "components",
        }
    }
}

/// The ways to understand the action on these jobs, the narrowest first.
pub fn ways(action: JobAction, chosen: &[OfCluster<Job>], all: &[OfCluster<Job>]) -> Vec<Way> {
    let mut clusters: BTreeMap<&str, Vec<Job>> = BTreeMap::new();
    for job in chosen {
        let jobs = clusters.entry(&job.cluster_id).or_default();
        jobs.push(job.item.clone());
    }
    let ways_in = |(cluster, jobs): (&&str, &Vec<Job>)| {
        let of_it = all.iter().filter(|job| job.cluster_id == **cluster);
        let of_it: Vec<Job> = of_it.map(|job| job.item.clone()).collect();
        let way = |choice: Choice| Way {
            acts: choice
                .ids
                .iter()
                .map(|id| (cluster.to_string(), id.clone()))
                .collect(),
            choice,
        };
        choices(action, jobs, &of_it)
            .into_iter()
            .map(way)
            .collect::<Vec<Way>>()
    };
    let mut of_each: Vec<Vec<Way>> = clusters.iter().map(ways_in).collect();
    if of_each.len() <= 1 {
        return of_each.pop().unwrap_or_default();
    }
    // What was chosen in several clusters is itself.
    let narrow = |ways: Vec<Way>| {
        let chosen = ways
            .iter()
            .position(|way| way.is_offered() && way.choice.scope != Scope::Waiting);
        let mut way = ways.into_iter().nth(chosen?)?;
        // Also when nothing is left in the other clusters.
        way.choice.scope = Scope::Chosen;
        Some(way)
    };
    let together = |one: Way, other: Way| Way {
        acts: [one.acts, other.acts].concat(),
        choice: Choice {
            scope: Scope::Chosen,
            ids: [one.choice.ids, other.choice.ids].concat(),
            count: [one.choice.count, other.choice.count].into_iter().sum(),
            is_of_array: one.choice.is_of_array || other.choice.is_of_array,
            is_offered: true,
        },
    };
    let all = of_each.into_iter().filter_map(narrow).reduce(together);
    all.into_iter().collect()
}

/// The way that was chosen, as it is now; none once it is gone. Another one, however near, was never asked for.
pub fn chosen(ways: &[Way], id: &str) -> Option<Way> {
    ways.iter().find(|way| way.id() == id).cloned()
}

/// "8 waiting tasks", "3 jobs", "job 12".
fn what(t: &'static Text, choice: &Choice) -> String {
    let c = &t.job_choice;
    let is_one = choice.count.alive() == 1 || matches!(choice.scope, Scope::Components(_));
    if let (true, [id]) = (is_one, choice.ids.as_slice()) {
        return match choice.scope {
            // Its number alone would be that of a job.
            Scope::Array(array) => c.whole_array(array),
            _ => t.jobs.one(id),
        };
    }
    let all = choice.count.alive();
    match choice.is_of_array {
        true if choice.count.waiting == all => c.waiting_tasks(all),
        true if choice.count.running == all => c.running_tasks(all),
        true => c.tasks(all),
        false => t.jobs.several(all),
    }
}

/// "2 running, 1 suspended, 8 waiting".
pub fn counts(t: &'static Text, count: Count) -> String {
    let c = &t.job_choice;
    let parts = [
        (count.running > 0).then(|| c.running(count.running)),
        (count.suspended > 0).then(|| c.suspended(count.suspended)),
        (count.waiting > 0).then(|| c.waiting(count.waiting)),
    ];
    let all = parts.into_iter().flatten();
    all.reduce(|one, other| c.and(one, other))
        .unwrap_or_else(|| c.waiting(0))
}

fn button(t: &'static Text, action: JobAction, choice: &Choice) -> String {
    let what = what(t, choice);
    match action {
        JobAction::Cancel => t.job_choice.cancel(what),
        JobAction::Requeue => t.job_choice.requeue(what),
        JobAction::Hold => t.job_choice.hold(what),
        JobAction::Release => t.job_choice.release(what),
    }
}

/// What is asked; once what was chosen is gone, that it is.
pub fn title(t: &'static Text, action: JobAction, ways: &[Way], id: &str) -> String {
    let Some(way) = chosen(ways, id) else {
        return match ways.is_empty() {
            true => t.job_choice.nothing_title.to_owned(),
            false => t.job_choice.gone_title.to_owned(),
        };
    };
    let named = match way.choice.scope {
        Scope::Array(array) => t.job_choice.whole_array(array),
        _ => what(t, &way.choice),
    };
    match action {
        JobAction::Cancel => t.jobs.cancel_title(named),
        JobAction::Requeue => t.jobs.requeue_title(named),
        JobAction::Hold => t.job_choice.hold_title(named),
        JobAction::Release => t.job_choice.release_title(named),
    }
}

fn card(t: &'static Text, way: &Way) -> ui::Choice {
    let c = &t.job_choice;
    let choice = &way.choice;
    let (name, words) = match choice.scope {
        Scope::Chosen => (c.chosen.to_owned(), what(t, choice)),
        Scope::Waiting => (c.only_waiting.to_owned(), what(t, choice)),
        Scope::Array(array) => (c.array(array), counts(t, choice.count)),
        Scope::Components(job) => (c.components(job), counts(t, choice.count)),
    };
    ui::Choice::new(way.id(), name).description(words)
}

/// Tells Slurm, one after the other; the first refusal ends it.
pub async fn act(way: Way, action: JobAction) -> Result<()> {
    for (cluster_identifier, job_id) in way.acts {
        act_on_job(ActOnJob {
            cluster_identifier,
            job_id,
            action,
        })
        .await?;
    }
    Ok(())
}

/// Whom it means, what it does, and the button that does it.
#[component]
pub fn AskWhom(
    action: JobAction,
    /// They change while the question stands: what the button says is what it does.
    ways: Memo<Vec<Way>>,
    /// The id of the way that is chosen.
    scope: RwSignal<String>,
    submission: Submission,
    open: RwSignal<bool>,
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let way = Memo::new(move |_| ways.with(|ways| chosen(ways, &scope.read())));
    let cards = Memo::new(move |_| {
        let scope = scope.read();
        let shown = |way: &&Way| way.is_offered() || way.id() == scope.as_str();
        ways.with(|ways| {
            ways.iter()
                .filter(shown)
                .map(|way| card(t, way))
                .collect::<Vec<_>>()
        })
    });
    let is_gone = Memo::new(move |_| way.with(Option::is_none));
    // One that is left beside a choice that is gone was not chosen: it must be.
    let is_asked = Memo::new(move |_| cards.with(Vec::len) > usize::from(!is_gone.get()));
    let of_components = move || {
        way.with(|way| {
            let scope = way.as_ref().map(|way| way.choice.scope);
            matches!(scope, Some(Scope::Components(_)))
        })
    };
    let words = match action {
        JobAction::Cancel => t.jobs.cancel_text,
        JobAction::Requeue => t.jobs.requeue_text,
        JobAction::Hold => t.job_choice.hold_text,
        JobAction::Release => t.job_choice.release_text,
    };
    let label = Signal::derive(move || {
        way.with(|way| {
            let way = way.as_ref();
            way.map_or_else(String::new, |way| button(t, action, &way.choice))
        })
    });
    let look = match action {
        JobAction::Cancel | JobAction::Requeue => Look::Danger,
        JobAction::Hold | JobAction::Release => Look::Primary,
    };
    let words = move || match (is_gone.get(), ways.with(Vec::is_empty)) {
        (false, _) => words,
        (true, false) => t.job_choice.gone,
        (true, true) => t.job_choice.nothing,
    };
    let send = move || {
        if let Some(way) = way.get_untracked() {
            submission.send(act(way, action), move |()| {
                open.set(false);
                on_done.run(());
            });
        }
    };
    view! {
        <div class="grid gap-4">
            <Show when=move || is_asked.get()>
                <Field name="which" label=t.job_choice.which group=true>
                    <RadioCards value=scope choices=cards />
                </Field>
            </Show>
            <p aria-live="polite">{words}</p>
            <Show when=of_components>
                <p class="text-muted">{t.job_choice.components_text}</p>
            </Show>
            <Refused submission title=t.jobs.not_done />
            <DialogActions>
                <Button label=t.jobs.keep on_press=move || open.set(false) />
                <Show when=move || !is_gone.get()>
                    <Button label look busy=submission.busy autofocus=true on_press=send />
                </Show>
            </DialogActions>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    fn jobs(states: &[(&str, &str)]) -> Vec<OfCluster<Job>> {
        let one = |(id, state): &(&str, &str)| OfCluster {
            cluster_id: "c".into(),
            cluster_name: "nine".into(),
            item: Job {
                id: (*id).into(),
                state: (*state).into(),
                ..Job::default()
            },
        };
        states.iter().map(one).collect()
    }

    fn offered(ways: &[Way]) -> Vec<&'static str> {
        let offered = ways.iter().filter(|way| way.is_offered());
        offered.map(Way::id).collect()
    }

    #[test]
    fn what_was_chosen_is_done_or_nothing() {
        let t = Language::English.text();
        let asked = |jobs: &[OfCluster<Job>]| ways(JobAction::Cancel, jobs, jobs);
        let said = |ways: &[Way]| title(t, JobAction::Cancel, ways, "waiting");
        let acts = |ways: &[Way]| chosen(ways, "waiting").map(|way| way.acts);
        let waiting = Some(vec![("c".to_owned(), "5_[2]".to_owned())]);

        let before = asked(&jobs(&[("5_[2%2]", "PENDING"), ("5_1", "RUNNING")]));
        assert_eq!(offered(&before), ["waiting", "array"]);
        assert_eq!(acts(&before), waiting);

        // While nothing runs it means the same as the whole array, and is still what was chosen.
        let alone = asked(&jobs(&[("5_[2%2]", "PENDING")]));
        assert_eq!(offered(&alone), ["array"]);
        assert_eq!(acts(&alone), waiting);

        // The last one has started: no other way takes its place.
        let started = asked(&jobs(&[("5_2", "RUNNING"), ("5_1", "RUNNING")]));
        assert_eq!(offered(&started), ["array"]);
        assert_eq!(acts(&started), None);
        assert_eq!(said(&started), t.job_choice.gone_title);

        // The title names what is chosen, not the button that was pressed.
        let whole = |ways: &[Way]| title(t, JobAction::Cancel, ways, "array");
        assert_eq!(whole(&before), "Cancel whole array 5?");
        assert_eq!(whole(&alone), "Cancel whole array 5?");
        let button_of = |ways: &[Way]| {
            chosen(ways, "array").map(|way| button(t, JobAction::Cancel, &way.choice))
        };
        assert_eq!(button_of(&before).as_deref(), Some("Cancel 2 tasks"));
        assert_eq!(button_of(&alone).as_deref(), Some("Cancel whole array 5"));

        let over = asked(&[]);
        assert_eq!(acts(&over), None);
        assert_eq!(said(&over), t.job_choice.nothing_title);
    }
}
