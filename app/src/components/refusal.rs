//! Instead of what was asked for: what the server said, and the way on.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::TroubleLink;
use super::session::use_session;
use crate::i18n::{Text, text};
use crate::model::error::{Error, ErrorKind};
use crate::paths::{self, ClusterTab};
use crate::ui::{Flash, Tone};

#[component]
pub fn Refusal(error: Error) -> impl IntoView {
    let t = text();
    if error.is_not_signed_in() {
        use_session().ended();
    }
    let not_found = matches!(error.kind, ErrorKind::ResourceNotFound { .. });
    if not_found {
        answer_not_found();
    }
    let (title, list) = match &error.kind {
        ErrorKind::AccessDenied => (t.errors.denied_title, None),
        ErrorKind::ResourceNotFound { resource_type, .. } => gone(t, resource_type),
        _ => (t.errors.failed_title, None),
    };
    // Of a cluster's things the way on is to their list in that cluster, which is still there.
    let cluster = use_params_map().with_untracked(|params| params.get("id"));
    let list = list
        .zip(cluster)
        .map(|(tab, cluster)| paths::cluster(&cluster, tab));
    view! {
        // Nothing else heads the page then.
        {not_found
            .then(|| {
                view! {
                    <Title text=title />
                    <h1 class="read-out">{title}</h1>
                }
            })}
        <div class="grid gap-3">
            <Flash tone=Tone::Danger title=title code=error.code() message=error.message.clone() />
            <TroubleLink code=error.code().to_owned() />
            <p>
                {match (not_found, list) {
                    (true, Some(list)) => view! { <a class="button" href=list>{t.errors.back_to_list}</a> }.into_any(),
                    (true, None) => {
                        view! { <a class="button" href=paths::CLUSTERS>{t.errors.back_to_clusters}</a> }.into_any()
                    }
                    _ => view! { <a class="button" rel="external" href="">{t.errors.retry}</a> }.into_any(),
                }}
            </p>
        </div>
    }
    .into_any()
}

/// What is not there, and the tab with those that are.
fn gone(t: &'static Text, resource_type: &str) -> (&'static str, Option<ClusterTab>) {
    match resource_type {
        "COMPUTE_NODE_GROUP" => (t.errors.group_gone_title, Some(ClusterTab::Groups)),
        "QUEUE" => (t.errors.queue_gone_title, Some(ClusterTab::Queues)),
        "JOB" => (t.errors.job_gone_title, Some(ClusterTab::Jobs)),
        "NODE" | "INSTANCE" => (t.errors.node_gone_title, Some(ClusterTab::Nodes)),
        "CLUSTER" => (t.errors.cluster_gone_title, None),
        _ => (t.errors.not_found_title, None),
    }
}

/// A page about something that is not there answers 404, so that tools and caches know.
pub fn answer_not_found() {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
}
