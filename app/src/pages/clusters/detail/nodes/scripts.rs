//! The scripts that ran on a node's instances: how each ended, and the last lines that it wrote.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::components::{error_words, readable};
use crate::i18n::text;
use crate::model::lifecycle::{InstanceScriptRun, ScriptRun};
use crate::model::log::LogView;
use crate::paths;
use crate::ui::time::{TimeOfDay, duration};
use crate::ui::{Card, ExpandableSection, Icon, foreign_lines};

/// Newest first. Nothing where no script ever ran: most groups have none.
#[component]
pub fn ScriptRuns(
    runs: Vec<InstanceScriptRun>,
    /// The page with what the node's instances logged.
    logs: String,
) -> impl IntoView {
    let t = text();
    if runs.is_empty() {
        return ().into_any();
    }
    let one = move |InstanceScriptRun { instance_id, run }| {
        let view = LogView {
            around: run.ended_at.to_string(),
            instance: instance_id.clone(),
            ..LogView::default()
        };
        view! { <One instance_id run href=paths::logs(&logs, &view) /> }
    };
    view! {
        <Card title=t.node_life.runs>
            <div class="grid gap-3">{runs.into_iter().map(one).collect_view()}</div>
        </Card>
    }
    .into_any()
}

#[component]
fn One(instance_id: String, run: ScriptRun, href: String) -> impl IntoView {
    let t = text();
    let took = duration(t, run.ended_at - run.started_at);
    let outcome = match &run.failure {
        None => view! { <span>{t.node_life.ran_well}</span> }.into_any(),
        Some(why) => {
            let follows = t.node_life.followed(error_words(t, run.on_error));
            view! {
                <span class="form-error">{Icon::Warning.view()} " " {foreign_lines(why)}</span>
                <span class="text-muted">{follows}</span>
            }
            .into_any()
        }
    };
    let last_lines = match run.log.is_empty() {
        true => view! { <p class="text-muted">{t.node_life.no_log}</p> }.into_any(),
        false => {
            let label = t.node_life.log_of(&run.name);
            view! {
                <ExpandableSection title=t.node_life.last_lines open=run.failure.is_some()>
                    <pre class="output-text" tabindex="0" role="region" aria-label=label>
                        {readable(&run.log)}
                    </pre>
                </ExpandableSection>
            }
            .into_any()
        }
    };
    let title = t.node_life.run(run.stage.member(), &run.name);
    view! {
        <div class="instance grid gap-1">
            <h3 class="font-semibold">{title}</h3>
            <p>{outcome}</p>
            <p class="text-muted">
                <TimeOfDay at=run.started_at />
                {format!(" · {took} · {instance_id} · ")} <A href>{t.logs.at_log}</A>
            </p>
            {last_lines}
        </div>
    }
    .into_any()
}
