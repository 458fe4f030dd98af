//! The status of a cluster, node group or queue.

use leptos::prelude::*;

use super::TroubleLink;
use crate::i18n::{Text, text};
use crate::model::setting::ErrorInfo;
use crate::model::status::{self, Status};
use crate::ui::{Indicator, Tone};

#[component]
pub fn StatusIndicator(status: Status) -> impl IntoView {
    let tone = match status.tone() {
        status::Tone::InProgress => Tone::Progress,
        status::Tone::Success => Tone::Success,
        status::Tone::Warning => Tone::Warning,
        status::Tone::Error => Tone::Danger,
    };
    view! { <Indicator tone label=status_label(text(), status) /> }
}

/// For a table's cell: the status, and below it why it failed.
#[component]
pub fn StatusWithErrors(status: Status, errors: Vec<ErrorInfo>) -> impl IntoView {
    let line = |error: ErrorInfo| {
        let code = error.code.unwrap_or_default();
        let title = code.clone();
        view! {
            <span class="cell-note" title=title>
                {error.message} " " <TroubleLink code />
            </span>
        }
    };
    view! {
        <StatusIndicator status />
        {errors.into_iter().map(line).collect_view()}
    }
    .into_any()
}

pub fn status_label(t: &'static Text, status: Status) -> &'static str {
    match status {
        Status::Creating => t.status.creating,
        Status::Active => t.status.active,
        Status::Updating => t.status.updating,
        Status::Deleting => t.status.deleting,
        Status::CreateFailed => t.status.create_failed,
        Status::DeleteFailed => t.status.delete_failed,
        Status::UpdateFailed => t.status.update_failed,
        Status::Suspending => t.status.suspending,
        Status::Suspended => t.status.suspended,
        Status::Resuming => t.status.resuming,
    }
}
