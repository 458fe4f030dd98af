//! What can be done with a cluster as a whole: edit, export, clone, delete.

use leptos::prelude::*;

use crate::components::delete::{DeleteDialog, Doomed, why_not_delete, why_not_edit_cluster};
use crate::i18n::text;
use crate::model::cluster::Cluster;
use crate::model::live::Kind;
use crate::paths;
use crate::ui::{Button, ButtonLink, Menu};

#[component]
pub fn ClusterActions(cluster: Signal<Cluster>) -> impl IntoView {
    let t = text();
    let deleting = RwSignal::new(false);
    let id = Memo::new(move |_| cluster.read().id.clone());
    let why_not = Memo::new(move |_| {
        let cluster = cluster.read();
        why_not_delete(&cluster.name, cluster.status)
    });
    let not_editable = Memo::new(move |_| {
        let cluster = cluster.read();
        why_not_edit_cluster(&cluster.name, cluster.status)
    });
    let doomed = Signal::derive(move || {
        let cluster = cluster.read();
        Some(Doomed {
            kind: Kind::Cluster,
            cluster_id: cluster.id.clone(),
            id: cluster.id.clone(),
            name: cluster.name.clone(),
        })
    });
    view! {
        <span class="flex-1"></span>
        <ButtonLink
            label=t.cluster.edit
            href=Signal::derive(move || paths::edit_cluster(&id.read()))
            disabled=not_editable
        />
        <Menu label=t.cluster.more>
            <a class="menu-item" href=move || paths::export_cluster(&id.read())>
                {t.transfer.export}
            </a>
            <a class="menu-item" href=move || paths::clone_cluster(&id.read())>
                {t.transfer.clone}
            </a>
            <a class="menu-item" rel="external" href=move || paths::diagnostics(&id.read()) download="">
                {t.troubleshooting.diagnose}
            </a>
        </Menu>
        <Button label=t.cluster.delete disabled=why_not on_press=move |()| deleting.set(true) />
        <DeleteDialog open=deleting doomed />
    }
    .into_any()
}
