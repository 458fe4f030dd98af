//! Instead of what was asked for: what the server said, and the way on.

use leptos::prelude::*;
use leptos_meta::Title;

use super::session::use_session;
use crate::i18n::text;
use crate::model::error::{Error, ErrorKind};
use crate::paths;
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
    let title = match error.kind {
        ErrorKind::AccessDenied => t.errors.denied_title,
        ErrorKind::ResourceNotFound { .. } => t.errors.cluster_gone_title,
        _ => t.errors.failed_title,
    };
    view! {
        // Nothing else heads the page then.
        {not_found
            .then(|| {
                view! {
                    <Title text=title />
                    <h1 class="sr-only">{title}</h1>
                }
            })}
        <div class="grid gap-3">
            <Flash tone=Tone::Danger title=title code=error.code() message=error.message.clone() />
            <p>
                {if not_found {
                    view! { <a class="button" href=paths::CLUSTERS>{t.errors.back_to_clusters}</a> }.into_any()
                } else {
                    view! { <a class="button" rel="external" href="">{t.errors.retry}</a> }.into_any()
                }}
            </p>
        </div>
    }
    .into_any()
}

/// A page about something that is not there answers 404, so that tools and caches know.
pub fn answer_not_found() {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
}
