//! The logs of a cluster: what its controller logs, as it logs it.

use std::sync::Arc;

use leptos::prelude::*;

use super::use_page;
use crate::api::log::controller_log;
use crate::components::{Fetched, OutputPane, asked};
use crate::i18n::text;
use crate::model::job::JobOutput;
use crate::model::log::ControllerLogOf;
use crate::paths;
use crate::ui::Card;
use crate::ui::form::{Field, Form, TextInput};

#[component]
pub fn Logs() -> impl IntoView {
    let t = text();
    let page = use_page();
    let first = asked([page.id], &[], |[cluster_identifier]| {
        controller_log(ControllerLogOf {
            cluster_identifier,
            ..ControllerLogOf::default()
        })
    });
    view! {
        <Card title=t.logs.controller>
            <Fetched resource=first let:first>
                <ControllerLog cluster=page.id first=first.get_untracked() />
            </Fetched>
        </Card>
    }
    .into_any()
}

#[component]
fn ControllerLog(cluster: Memo<String>, first: JobOutput) -> impl IntoView {
    let t = text();
    Form::provide();
    let search = RwSignal::new(String::new());
    let stream = Signal::derive(move || paths::controller_log(&cluster.read()));
    let file = Signal::derive(move || paths::controller_log_file(&cluster.read()));
    let earlier = Arc::new(move |before| {
        let of = ControllerLogOf {
            cluster_identifier: cluster.get_untracked(),
            from: None,
            before,
        };
        Box::pin(controller_log(of)) as _
    });
    let over = Signal::stored(false);
    view! {
        <div class="grid gap-3">
            <p class="text-muted">{t.logs.lead}</p>
            <Field name="search" label=t.logs.search hint=t.logs.search_hint optional=true>
                <TextInput value=search />
            </Field>
            <OutputPane label=t.logs.controller first stream file earlier over search>
                ""
            </OutputPane>
        </div>
    }
    .into_any()
}
