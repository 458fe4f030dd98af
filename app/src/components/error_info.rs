//! Why a resource failed, in the words that GetCluster and its sisters answer.

use leptos::prelude::*;

use crate::i18n::text;
use crate::model::setting::ErrorInfo;
use crate::ui::{Flash, Tone};

#[component]
pub fn ErrorInfos(errors: Vec<ErrorInfo>) -> impl IntoView {
    let title = text().cluster.error_title;
    errors
        .into_iter()
        .map(|error| {
            view! {
                <Flash
                    tone=Tone::Danger
                    title=title
                    code=error.code.unwrap_or_default()
                    message=error.message.unwrap_or_default()
                />
            }
        })
        .collect_view()
}
