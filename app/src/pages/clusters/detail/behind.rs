//! Which nodes still run an older Slurm than the controller.

use leptos::prelude::*;

use super::Page;
use crate::i18n::text;
use crate::model::cluster::Cluster;
use crate::ui::{Flash, Tone};

/// So many are named.
const NAMED: usize = 8;

#[component]
pub fn Behind(page: Page, cluster: Signal<Cluster>) -> impl IntoView {
    let t = text();
    let behind = move || {
        let groups = page.nodes.get().and_then(Result::ok).unwrap_or_default();
        let nodes = groups.into_iter().flat_map(|group| group.item.behind);
        nodes.collect::<Vec<String>>()
    };
    let version = Memo::new(move |_| cluster.with(|cluster| cluster.scheduler.version.clone()));
    let line = move |nodes: Vec<String>| {
        let mut names = nodes
            .iter()
            .take(NAMED)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        if let Some(more) = nodes.len().checked_sub(NAMED).filter(|more| *more > 0) {
            names = t.cluster.behind_more(names, more);
        }
        let version = version.get();
        let title = match nodes.len() {
            1 => t.cluster.behind_one.to_owned(),
            count => t.cluster.behind_title(count),
        };
        let message = t.cluster.behind(version, names);
        view! { <Flash tone=Tone::Info title message /> }
    };
    let shown = move || Some(behind()).filter(|nodes| !nodes.is_empty()).map(line);
    view! { <Transition>{shown}</Transition> }.into_any()
}
