//! What was begun by a press and goes on after it: its message above the pages says in the end how it ended.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::cluster::list_clusters;
use crate::api::compute_node_group::list_compute_node_groups;
use crate::api::queue::list_queues;
use crate::i18n::{Text, text};
use crate::live;
use crate::model::cluster::Cluster;
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::model::queue::Queue;
use crate::model::setting::ErrorInfo;
use crate::model::status::Status;
use crate::ui::{Flashes, Link, Tone};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    Create,
    Update,
    Delete,
}

/// A cluster, compute node group or queue that is being made, changed or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub task: Task,
    pub kind: Kind,
    pub cluster_id: String,
    pub id: String,
    pub name: String,
}

impl Begun {
    pub fn cluster(task: Task, cluster: &Cluster) -> Begun {
        Begun {
            task,
            kind: Kind::Cluster,
            cluster_id: cluster.id.clone(),
            id: cluster.id.clone(),
            name: cluster.name.clone(),
        }
    }

    pub fn queue(task: Task, queue: &Queue) -> Begun {
        Begun {
            task,
            kind: Kind::Queue,
            cluster_id: queue.cluster_id.clone(),
            id: queue.id.clone(),
            name: queue.name.clone(),
        }
    }

    pub fn group(task: Task, group: &ComputeNodeGroup) -> Begun {
        Begun {
            task,
            kind: Kind::ComputeNodeGroup,
            cluster_id: group.cluster_id.clone(),
            id: group.id.clone(),
            name: group.name.clone(),
        }
    }
}

/// All that is under way, beside the stack of messages.
#[derive(Clone, Copy)]
pub struct FollowUps {
    begun: RwSignal<Vec<(usize, Begun)>>,
    flashes: Flashes,
    /// Of the page: an answer that comes later has no context to find it in.
    t: &'static Text,
}

impl FollowUps {
    pub fn provide(flashes: Flashes) -> FollowUps {
        let all = FollowUps {
            begun: RwSignal::default(),
            flashes,
            t: text(),
        };
        provide_context(all);
        all
    }

    /// While a component is built, as [`crate::ui::flashes`].
    pub fn of_page() -> FollowUps {
        use_context().unwrap_or_else(|| FollowUps::provide(crate::ui::flashes()))
    }

    /// Says that it has begun, and later how it ended; with a way on, if there is one.
    pub fn begin(self, title: String, message: &str, link: Option<Link>, begun: Begun) {
        let id = self.flashes.push_lasting(title, message, link);
        self.begun.update(|all| all.push((id, begun)));
    }

    fn end(self, id: usize, begun: &Begun, end: End) {
        let (t, name) = (self.t, &begun.name);
        let (tone, title, message) = match (end, begun.task) {
            (End::Well, Task::Create) => (Tone::Success, t.follow_up.created(name), String::new()),
            (End::Well, Task::Update) => (Tone::Success, t.follow_up.updated(name), String::new()),
            (End::Well, Task::Delete) => (Tone::Success, t.follow_up.deleted(name), String::new()),
            (End::Badly(why), Task::Create) => (Tone::Danger, t.follow_up.not_created(name), why),
            (End::Badly(why), Task::Update) => (Tone::Danger, t.follow_up.not_updated(name), why),
            (End::Badly(why), Task::Delete) => (Tone::Danger, t.follow_up.not_deleted(name), why),
        };
        self.flashes.settle(id, tone, title, message);
        self.begun
            .update(|all| all.retain(|(known, _)| *known != id));
    }
}

/// What is known of something that is there.
type Found = (Status, Vec<ErrorInfo>);

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Well,
    Badly(String),
}

/// Follows all of them; shows nothing itself.
#[component]
pub fn Following(all: FollowUps) -> impl IntoView {
    view! {
        <For
            each=move || all.begun.get()
            key=|(id, _)| *id
            children=move |(id, begun)| follow(all, id, begun)
        />
    }
    .into_any()
}

fn follow(all: FollowUps, id: usize, begun: Begun) {
    Effect::new(move |_| {
        live::version(begun.kind);
        let begun = begun.clone();
        spawn_local(async move {
            let still = |all: FollowUps| {
                let is_known =
                    |begun: &Vec<(usize, Begun)>| begun.iter().any(|(known, _)| *known == id);
                all.begun.try_with_untracked(is_known) == Some(true)
            };
            // A server out of reach is asked again at the next change.
            if let Some(end) = end_of(all.t, begun.task, look(&begun).await).filter(|_| still(all))
            {
                all.end(id, &begun, end);
            }
        });
    });
}

/// Its status, and what went wrong; None when it is gone. Asked for by its list, where what is gone is no error.
async fn look(begun: &Begun) -> Result<Option<Found>> {
    let (cluster, id) = (begun.cluster_id.clone(), &begun.id);
    Ok(match begun.kind {
        Kind::ComputeNodeGroup => {
            let all = list_compute_node_groups(cluster).await?;
            let found = all.into_iter().find(|group| group.id == *id);
            found.map(|group| (group.status, group.error_info))
        }
        Kind::Queue => {
            let all = list_queues(cluster).await?;
            let found = all.into_iter().find(|queue| queue.id == *id);
            found.map(|queue| (queue.status, queue.error_info))
        }
        _ => {
            let all = list_clusters().await?;
            let found = all.into_iter().find(|cluster| cluster.id == *id);
            found.map(|cluster| (cluster.status, cluster.error_info))
        }
    })
}

/// None while it goes on, and while nobody knows.
fn end_of(t: &Text, task: Task, found: Result<Option<Found>>) -> Option<End> {
    match found.ok()? {
        None if task == Task::Delete => Some(End::Well),
        // Somebody else deleted it meanwhile.
        None => Some(End::Badly(t.follow_up.gone.to_owned())),
        Some((Status::Active, _)) if task != Task::Delete => Some(End::Well),
        Some((Status::CreateFailed | Status::UpdateFailed | Status::DeleteFailed, errors)) => {
            let words = errors.into_iter().filter_map(|error| error.message);
            Some(End::Badly(words.collect::<Vec<_>>().join(" ")))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;
    use crate::model::error::Error;

    #[test]
    fn what_goes_on_is_followed_to_its_end() {
        let at = |status| Ok(Some((status, vec![])));
        for (task, found, expected) in [
            (Task::Create, at(Status::Creating), None),
            (Task::Create, at(Status::Active), Some(End::Well)),
            (
                Task::Create,
                at(Status::CreateFailed),
                Some(End::Badly(String::new())),
            ),
            (Task::Update, at(Status::Updating), None),
            (Task::Update, at(Status::Active), Some(End::Well)),
            (
                Task::Update,
                at(Status::UpdateFailed),
                Some(End::Badly(String::new())),
            ),
            (Task::Delete, at(Status::Active), None),
            (Task::Delete, at(Status::Deleting), None),
            (Task::Delete, Ok(None), Some(End::Well)),
            (Task::Delete, Err(Error::internal()), None),
        ] {
            assert_eq!(
                end_of(Language::English.text(), task, found.clone()),
                expected,
                "{task:?} {found:?}"
            );
        }
    }
}
