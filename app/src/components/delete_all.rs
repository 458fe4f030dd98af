//! Deleting a cluster with all that is in it: queues, then compute node groups, then the cluster, each asked for as soon
//! as the service lets it go. It goes on as long as the page is open; what was asked for by then goes on by itself.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::doomed::{Doomed, delete};
use crate::api::compute_node_group::list_compute_node_groups;
use crate::api::queue::list_queues;
use crate::browser;
use crate::i18n::{Text, text};
use crate::live;
use crate::model::error::{Error, Result};
use crate::model::live::Kind;
use crate::model::plan::Named;
use crate::model::setting::ErrorInfo;
use crate::model::status::Status;
use crate::ui::Tone;

/// How far a part is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Waiting,
    /// Something else must go first; it is asked for again after that.
    Refused(String),
    Going,
    Gone,
    Failed(String),
}

/// A queue or a compute node group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub named: Named,
    pub progress: Progress,
}

/// Of the cluster, as it is there now.
#[derive(Clone, Debug)]
struct Part {
    named: Named,
    status: Status,
    errors: Vec<ErrorInfo>,
}

/// The end of a cluster with all of it.
#[derive(Clone, Copy)]
pub struct DeleteAll {
    pub steps: RwSignal<Vec<Step>>,
    /// The cluster's id, while this is under way.
    cluster: RwSignal<Option<String>>,
    pub error: RwSignal<Option<Error>>,
    is_looking: StoredValue<bool>,
    /// Something changed while it looked.
    looks_again: StoredValue<bool>,
    /// The cluster itself is being deleted.
    on_done: Callback<()>,
}

impl DeleteAll {
    /// While a component is built.
    pub fn new(on_done: Callback<()>) -> DeleteAll {
        let all = DeleteAll {
            steps: RwSignal::default(),
            cluster: RwSignal::default(),
            error: RwSignal::default(),
            is_looking: StoredValue::new(false),
            looks_again: StoredValue::new(false),
            on_done,
        };
        Effect::new(move |_| {
            for kind in [Kind::Queue, Kind::ComputeNodeGroup, Kind::Cluster] {
                live::version(kind);
            }
            if let Some(cluster) = all.cluster.get() {
                all.go_on(cluster);
            }
        });
        all
    }

    pub fn is_under_way(self) -> bool {
        self.cluster.with(Option::is_some)
    }

    pub fn forget(self) {
        self.steps.set(vec![]);
        self.error.set(None);
    }

    pub fn begin(self, cluster_id: String) {
        self.forget();
        self.cluster.set(Some(cluster_id));
    }

    fn go_on(self, cluster: String) {
        if self.is_looking.get_value() {
            self.looks_again.set_value(true);
            return;
        }
        self.is_looking.set_value(true);
        spawn_local(async move {
            // The page may have gone meanwhile: hence every `try_`.
            loop {
                self.looks_again.try_set_value(false);
                self.advance(&cluster).await;
                if self.looks_again.try_get_value() != Some(true) {
                    break;
                }
            }
            self.is_looking.try_set_value(false);
        });
    }

    async fn advance(self, cluster: &str) {
        let still = || self.cluster.try_with_untracked(Option::is_some) == Some(true);
        // A server out of reach is asked again at the next change.
        let (true, Ok(there)) = (still(), look(cluster).await) else {
            return;
        };
        let Some(Some(next)) = self.steps.try_update(|steps| Some(next(steps, &there))) else {
            return;
        };
        if there.is_empty() && still() {
            return self.end(cluster).await;
        }
        for named in next {
            if !still() {
                return;
            }
            let progress = match ask(cluster, &named).await {
                Ok(()) => Progress::Going,
                Err(error) if error.is_not_found() => Progress::Gone,
                Err(error) => Progress::Refused(error.message),
            };
            self.steps.try_update(|steps| {
                for step in steps.iter_mut().filter(|step| step.named.id == named.id) {
                    step.progress = progress.clone();
                }
            });
        }
        // What is refused while nothing else goes stays so: its words stand there, and the button may be pressed again.
        if self.steps.try_with_untracked(|steps| is_stuck(steps)) == Some(true) {
            self.cluster.try_set(None);
        }
    }

    async fn end(self, cluster: &str) {
        let whole = Named {
            kind: Kind::Cluster,
            id: cluster.to_owned(),
            name: String::new(),
        };
        match ask(cluster, &whole).await {
            Ok(()) => {
                self.cluster.try_set(None);
                self.on_done.try_run(());
            }
            Err(error) => {
                self.cluster.try_set(None);
                self.error.try_set(Some(error));
            }
        }
    }
}

/// Queues first: a group is held by its queues.
async fn look(cluster: &str) -> Result<Vec<Part>> {
    let part = |kind, id, name, status, errors| Part {
        named: Named { kind, id, name },
        status,
        errors,
    };
    let queues = list_queues(cluster.to_owned()).await?.into_iter();
    let groups = list_compute_node_groups(cluster.to_owned()).await?;
    let groups = groups.into_iter();
    let queues = queues.map(|q| part(Kind::Queue, q.id, q.name, q.status, q.error_info));
    let kind = Kind::ComputeNodeGroup;
    let groups = groups.map(|g| part(kind, g.id, g.name, g.status, g.error_info));
    Ok(queues.chain(groups).collect())
}

/// Notes what became of each, and says which are to be deleted now.
fn next(steps: &mut Vec<Step>, there: &[Part]) -> Vec<Named> {
    for step in steps.iter_mut() {
        let found = there.iter().find(|part| part.named.id == step.named.id);
        match found.map(|part| (part.status, part)) {
            None => step.progress = Progress::Gone,
            Some((Status::Deleting, _)) => step.progress = Progress::Going,
            Some((Status::DeleteFailed, part)) if step.progress == Progress::Going => {
                let words = part.errors.iter().filter_map(|error| error.message.clone());
                step.progress = Progress::Failed(words.collect::<Vec<_>>().join(" "));
            }
            Some(_) => {}
        }
    }
    for part in there {
        if !steps.iter().any(|step| step.named.id == part.named.id) {
            let progress = match part.status {
                Status::Deleting => Progress::Going,
                _ => Progress::Waiting,
            };
            let named = part.named.clone();
            steps.push(Step { named, progress });
        }
    }
    let Some(kind) = there.first().map(|part| part.named.kind) else {
        return vec![];
    };
    let may_go = |part: &&Part| {
        let step = steps.iter().find(|step| step.named.id == part.named.id);
        let waits = step
            .is_some_and(|step| matches!(step.progress, Progress::Waiting | Progress::Refused(_)));
        part.named.kind == kind && part.status.can_delete() && waits
    };
    there
        .iter()
        .filter(may_go)
        .map(|part| part.named.clone())
        .collect()
}

/// Nothing is on its way and something cannot go.
fn is_stuck(steps: &[Step]) -> bool {
    let goes = |step: &Step| step.progress == Progress::Going;
    let cannot = |step: &Step| matches!(step.progress, Progress::Refused(_) | Progress::Failed(_));
    !steps.iter().any(goes) && steps.iter().any(cannot)
}

/// For the end of the cluster or of one of its parts.
async fn ask(cluster: &str, named: &Named) -> Result<()> {
    let doomed = Doomed {
        kind: named.kind,
        cluster_id: cluster.to_owned(),
        id: named.id.clone(),
        name: named.name.clone(),
    };
    delete(doomed.request(Some(browser::token()))).await
}

/// "Queue demo": names alone would not say which is a queue and which a group.
pub fn part_title(t: &'static Text, named: &Named) -> String {
    match named.kind {
        Kind::Queue => t.delete.a_queue(&named.name),
        _ => t.delete.a_group(&named.name),
    }
}

/// Each part with how far it is.
#[component]
pub fn DeleteSteps(all: DeleteAll) -> impl IntoView {
    let t = text();
    let step = move |step: Step| {
        let (tone, word) = match step.progress {
            Progress::Waiting => (Tone::Neutral, t.delete.waits.to_owned()),
            Progress::Refused(words) if all.is_under_way() => (Tone::Neutral, words),
            Progress::Refused(words) | Progress::Failed(words) => (Tone::Danger, words),
            Progress::Going => (Tone::Progress, t.delete.goes.to_owned()),
            Progress::Gone => (Tone::Success, t.delete.gone.to_owned()),
        };
        view! {
            <li class="flex items-start gap-2">
                <span class=format!("mt-0.5 {}", tone.class())>{tone.icon().view()}</span>
                <span class="min-w-0 break-words">
                    <span class="font-semibold">{part_title(t, &step.named)}</span> " · " {word}
                </span>
            </li>
        }
    };
    view! {
        <ul class="grid gap-1" aria-label=t.delete.progress aria-live="polite">
            {move || all.steps.get().into_iter().map(step).collect_view()}
        </ul>
        <Show when=move || all.is_under_way()>
            <p class="text-muted">{t.delete.keep_open}</p>
        </Show>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: Kind, name: &str, status: Status) -> Part {
        Part {
            named: Named {
                kind,
                id: name.into(),
                name: name.into(),
            },
            status,
            errors: vec![ErrorInfo {
                code: None,
                message: Some("why".into()),
            }],
        }
    }

    /// What is to be deleted now, and how far each is.
    fn after(steps: &mut Vec<Step>, there: &[Part]) -> (Vec<String>, Vec<Progress>) {
        let next = next(steps, there).into_iter().map(|named| named.name);
        let next = next.collect();
        (
            next,
            steps.iter().map(|step| step.progress.clone()).collect(),
        )
    }

    #[test]
    fn queues_go_first_then_groups_and_what_comes_between_is_not_forgotten() {
        use Progress::{Failed, Going, Gone, Waiting};
        use Status::{Active, DeleteFailed, Deleting};
        let (queue, group) = (Kind::Queue, Kind::ComputeNodeGroup);
        let mut steps = vec![];
        let all = [
            part(queue, "demo", Active),
            part(queue, "test", Deleting),
            part(group, "compute", Active),
        ];
        let (next, progress) = after(&mut steps, &all);
        assert_eq!(next, ["demo"]);
        assert_eq!(progress, [Waiting, Going, Waiting]);
        steps[0].progress = Going;
        // Somebody made another queue meanwhile.
        let there = [part(queue, "late", Active), part(group, "compute", Active)];
        let (next, progress) = after(&mut steps, &there);
        assert_eq!(next, ["late"]);
        assert_eq!(progress, [Gone, Gone, Waiting, Waiting]);
        let (next, _) = after(&mut steps, &there[1..]);
        assert_eq!(next, ["compute"]);
        steps[2].progress = Going;
        assert!(!is_stuck(&steps));
        let (next, progress) = after(&mut steps, &[part(group, "compute", DeleteFailed)]);
        assert!(next.is_empty(), "not again by itself: {next:?}");
        assert_eq!(progress[2], Failed("why".into()));
        assert!(is_stuck(&steps));
        assert_eq!(after(&mut steps, &[]).1, [Gone, Gone, Gone, Gone]);
    }

    #[test]
    fn a_refusal_is_tried_again_as_long_as_something_goes() {
        let mut steps = vec![];
        let there = [
            part(Kind::Queue, "spare", Status::Active),
            part(Kind::Queue, "own", Status::Active),
        ];
        after(&mut steps, &there);
        steps[0].progress = Progress::Refused("own names it".into());
        steps[1].progress = Progress::Going;
        assert!(!is_stuck(&steps));
        assert_eq!(after(&mut steps, &there[..1]).0, ["spare"]);
        assert!(is_stuck(&steps), "if it is refused again");
    }
}
