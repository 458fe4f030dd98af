//! What the daemons of a cluster's controller log, as they log it.

use std::sync::Arc;

use leptos::prelude::*;

use super::{Fetched, OutputPane, asked};
use crate::api::log::controller_log;
use crate::i18n::text;
use crate::model::cluster::Cluster;
use crate::model::error::Result;
use crate::model::job::JobOutput;
use crate::model::log::{ControllerLogOf, LogDaemon};
use crate::paths;
use crate::ui::Segments;
use crate::ui::form::{Field, Form, TextInput};

#[component]
pub fn LogTail(id: Memo<String>, cluster: Resource<Result<Cluster>>) -> impl IntoView {
    let first = asked([id], &[], |[cluster_identifier]| {
        controller_log(ControllerLogOf {
            cluster_identifier,
            ..ControllerLogOf::default()
        })
    });
    view! {
        <Fetched resource=cluster let:cluster>
            <Fetched resource=first let:first>
                <Tail
                    cluster=id
                    daemons=Memo::new(move |_| daemons(&cluster.read()))
                    first=first.get_untracked()
                />
            </Fetched>
        </Fetched>
    }
    .into_any()
}

fn daemons(cluster: &Cluster) -> Vec<LogDaemon> {
    let slurm = cluster.slurm_configuration.as_ref();
    let has = |daemon: &LogDaemon| match daemon {
        LogDaemon::Slurmctld => true,
        LogDaemon::Slurmdbd => slurm.is_some_and(|slurm| slurm.has_accounting()),
        LogDaemon::Slurmrestd => slurm.is_some_and(|slurm| slurm.has_rest()),
    };
    LogDaemon::ALL.into_iter().filter(has).collect()
}

#[component]
fn Tail(
    cluster: Memo<String>,
    /// Those that it has.
    daemons: Memo<Vec<LogDaemon>>,
    /// Of slurmctld.
    first: JobOutput,
) -> impl IntoView {
    let t = text();
    Form::provide();
    let search = RwSignal::new(String::new());
    let daemon = RwSignal::new(LogDaemon::default());
    let stream = Signal::derive(move || paths::controller_log(&cluster.read(), daemon.get()));
    let file = Signal::derive(move || paths::controller_log_file(&cluster.read(), daemon.get()));
    let earlier = Arc::new(move |before| {
        let of = ControllerLogOf {
            cluster_identifier: cluster.get_untracked(),
            daemon: daemon.get_untracked(),
            from: None,
            before,
        };
        Box::pin(controller_log(of)) as _
    });
    let over = Signal::stored(false);
    let segments = move || {
        let daemons = daemons.get();
        (daemons.len() > 1).then(|| {
            let choices = daemons.into_iter().map(|one| (one, one.as_str()));
            view! { <Segments label=t.logs.which chosen=daemon choices=choices.collect() /> }
        })
    };
    view! {
        <div class="grid gap-3">
            <p class="text-muted">{t.logs.lead}</p>
            <Field name="search" label=t.logs.search hint=t.logs.search_hint optional=true>
                <TextInput value=search />
            </Field>
            <OutputPane label=t.logs.controller first stream file earlier over search>
                {segments}
            </OutputPane>
        </div>
    }
    .into_any()
}
