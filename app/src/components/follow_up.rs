//! What was begun by a press and goes on after it: its message above the pages says in the end how it ended.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::cluster::get_cluster;
use crate::api::compute_node_group::get_compute_node_group;
use crate::api::queue::get_queue;
use crate::i18n::text;
use crate::live;
use crate::model::error::Result;
use crate::model::live::Kind;
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

/// All that is under way, beside the stack of messages.
#[derive(Clone, Copy)]
pub struct FollowUps {
    begun: RwSignal<Vec<(usize, Begun)>>,
    flashes: Flashes,
}

impl FollowUps {
    pub fn provide(flashes: Flashes) -> FollowUps {
        let all = FollowUps {
            begun: RwSignal::default(),
            flashes,
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
        let t = text();
        let name = &begun.name;
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
            if let Some(end) = end_of(begun.task, look(&begun).await).filter(|_| still(all)) {
                all.end(id, &begun, end);
            }
        });
    });
}

async fn look(begun: &Begun) -> Result<(Status, Vec<ErrorInfo>)> {
    let (cluster, id) = (begun.cluster_id.clone(), begun.id.clone());
    match begun.kind {
        Kind::ComputeNodeGroup => {
            let group = get_compute_node_group(cluster, id).await?;
            Ok((group.status, group.error_info))
        }
        Kind::Queue => {
            let queue = get_queue(cluster, id).await?;
            Ok((queue.status, queue.error_info))
        }
        _ => {
            let cluster = get_cluster(id).await?;
            Ok((cluster.status, cluster.error_info))
        }
    }
}

/// None while it goes on, and while nobody knows.
fn end_of(task: Task, found: Result<(Status, Vec<ErrorInfo>)>) -> Option<End> {
    match found {
        Err(error) if error.is_not_found() => match task {
            Task::Delete => Some(End::Well),
            // Somebody else deleted it meanwhile.
            _ => Some(End::Badly(error.message)),
        },
        Err(_) => None,
        Ok((Status::Active, _)) if task != Task::Delete => Some(End::Well),
        Ok((Status::CreateFailed | Status::UpdateFailed | Status::DeleteFailed, errors)) => {
            let words = errors.into_iter().filter_map(|error| error.message);
            Some(End::Badly(words.collect::<Vec<_>>().join(" ")))
        }
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::Error;

    #[test]
    fn what_goes_on_is_followed_to_its_end() {
        let at = |status| Ok((status, vec![]));
        let gone = || Err(Error::not_found("QUEUE", "q", "There is no such queue."));
        for (task, found, expected) in [
            (Task::Create, at(Status::Creating), None),
            (Task::Create, at(Status::Active), Some(End::Well)),
            (
                Task::Create,
                at(Status::CreateFailed),
                Some(End::Badly(String::new())),
            ),
            (Task::Update, at(Status::Updating), None),
            (Task::Delete, at(Status::Active), None),
            (Task::Delete, at(Status::Deleting), None),
            (Task::Delete, gone(), Some(End::Well)),
            (
                Task::Update,
                gone(),
                Some(End::Badly("There is no such queue.".into())),
            ),
            (Task::Delete, Err(Error::internal()), None),
        ] {
            assert_eq!(end_of(task, found.clone()), expected, "{task:?} {found:?}");
        }
    }
}
