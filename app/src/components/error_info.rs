//! Why a resource failed, in the words that GetCluster and its sisters answer.

use leptos::prelude::*;

use super::trouble_href;
use crate::i18n::text;
use crate::model::setting::ErrorInfo;
use crate::ui::{Flash, Link, Tone};

#[component]
pub fn ErrorInfos(errors: Vec<ErrorInfo>) -> impl IntoView {
    let t = text();
    let (title, about) = (t.cluster.error_title, t.troubleshooting.about);
    errors
        .into_iter()
        .map(|error| {
            let code = error.code.unwrap_or_default();
            let page = trouble_href(&code);
            let links: Vec<Link> = page
                .map(|href| Link::new(about, href))
                .into_iter()
                .collect();
            view! {
                <Flash
                    tone=Tone::Danger
                    title=title
                    code=code
                    links=links
                    message=error.message.unwrap_or_default()
                />
            }
        })
        .collect_view()
}
