//! Side navigation: the rooms, and every cluster one press away with its status.

use leptos::prelude::*;
use leptos_router::components::A;

use super::status_label;
use crate::i18n::text;
use crate::model::cluster::Cluster;
use crate::model::error::Result;
use crate::model::status;
use crate::paths::{self, ClusterTab};
use crate::ui::Icon;

#[component]
pub fn SideNav(
    clusters: Resource<Result<Vec<Cluster>>>,
    nav_open: RwSignal<bool>,
) -> impl IntoView {
    let t = text();
    let entries = move || {
        let clusters = clusters.get()?.ok()?;
        Some(clusters.into_iter().map(entry).collect_view())
    };
    view! {
        <nav
            id="side-nav"
            class="side-nav"
            class:side-nav-open=nav_open
            aria-label=t.common.main_navigation
            on:click=move |_| nav_open.set(false)
        >
            <ul>
                <li>
                    <A href=paths::CLUSTERS exact=true>
                        {Icon::Cluster.view()}
                        {t.clusters.title}
                    </A>
                    <ul class="side-nav-clusters">
                        <Transition>{entries}</Transition>
                    </ul>
                </li>
                <li>
                    <A href=paths::JOBS>{Icon::Play.view()} {t.jobs.title}</A>
                </li>
                <li>
                    <A href=paths::NODES>{Icon::Nodes.view()} {t.nodes.title}</A>
                </li>
                <li>
                    <A href=paths::LOGS>{Icon::Lines.view()} {t.logs.title}</A>
                </li>
                <li>
                    <A href=paths::MONITORING>{Icon::Chart.view()} {t.monitoring.title}</A>
                </li>
                <li>
                    <A href=paths::AUDIT>{Icon::Audit.view()} {t.audit.title}</A>
                </li>
                <li>
                    <A href=paths::NOTIFICATIONS>{Icon::Bell.view()} {t.notifications.title}</A>
                </li>
                <li>
                    <A href=paths::SYSTEM>{Icon::Pulse.view()} {t.system.title}</A>
                </li>
                <li>
                    <A href=paths::TROUBLESHOOTING>{Icon::Help.view()} {t.troubleshooting.title}</A>
                </li>
            </ul>
        </nav>
    }
    .into_any()
}

fn entry(cluster: Cluster) -> impl IntoView {
    let colour = match cluster.status.tone() {
        status::Tone::InProgress => "bg-info",
        status::Tone::Success => "bg-success",
        status::Tone::Warning => "bg-warning",
        status::Tone::Error => "bg-danger",
    };
    let status = status_label(text(), cluster.status);
    view! {
        <li>
            <A href=paths::cluster(&cluster.id, ClusterTab::Details)>
                <span class=format!("h-2 w-2 shrink-0 rounded-full {colour}") title=status></span>
                <span class="truncate">{cluster.name}</span>
                <span class="read-out">{status}</span>
            </A>
        </li>
    }
    .into_any()
}
