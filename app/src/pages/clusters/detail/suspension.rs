//! That the cluster is about to be suspended: when, and what to do before.

use leptos::prelude::*;

use super::Page;
use crate::i18n::text;
use crate::model::cluster::Cluster;
use crate::model::status::Status;
use crate::paths;
use crate::ui::{Flash, Link, Tone};

#[component]
pub fn SuspensionAhead(page: Page, cluster: Signal<Cluster>) -> impl IntoView {
    let t = text();
    let version = Memo::new(move |_| cluster.with(|cluster| cluster.scheduler.version.clone()));
    let id = Memo::new(move |_| cluster.with(|cluster| cluster.id.clone()));
    let is_ahead = Memo::new(move |_| cluster.with(|cluster| is_ahead(cluster.status)));
    let date = move || {
        let known = page.known.get()?.ok()?.slurm_versions;
        let own = known.into_iter().find(|known| known.id == version.get())?;
        own.suspended_from
    };
    let line = move |date: String| {
        let title = t.cluster.suspension_title(&date);
        let message = t.cluster.suspension(version.get());
        let links = vec![Link::new(t.cluster.edit, paths::edit_cluster(&id.get()))];
        view! { <Flash tone=Tone::Warning title message links /> }
    };
    let shown = move || is_ahead.get().then(date).flatten().map(line);
    view! { <Transition>{shown}</Transition> }.into_any()
}

/// One that is suspended says so itself.
fn is_ahead(status: Status) -> bool {
    status.can_be_used() || status == Status::Creating
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_come_is_not_announced() {
        assert!(is_ahead(Status::Active) && is_ahead(Status::UpdateFailed));
        for status in [Status::Suspending, Status::Suspended, Status::Resuming] {
            assert!(!is_ahead(status), "{status}");
        }
    }
}
