//! What was chosen, step by step, with names instead of ids.

use leptos::prelude::*;

use super::super::fields::name_and_id;
use super::super::size_label;
use super::accounting::accounting_shown;
use super::draft::Draft;
use super::setting_rows::shown;
use crate::components::wizard::ReviewPart;
use crate::components::{Settings, shown_tags};
use crate::i18n::text;
use crate::model::catalogue::Catalogue;
use crate::ui::{KeyValue, foreign};

pub fn review(draft: Draft, catalogue: RwSignal<Catalogue>) -> AnyView {
    let t = text();
    let c = &t.create_cluster;
    let name_of = move |id: &str| catalogue.with(|catalogue| name_and_id(t, catalogue, id));
    let groups = move || {
        let ids = draft.security_groups.get();
        match ids.is_empty() {
            true => t.create_cluster.default_group.to_owned(),
            false => ids
                .iter()
                .map(|id| name_of(id))
                .collect::<Vec<_>>()
                .join(", "),
        }
    };
    let size = move || {
        let size = draft.size();
        let limits = t
            .clusters
            .size_limits(size.max_instances(), size.max_jobs());
        t.create_cluster.size_shown(size_label(t, size), limits)
    };
    let idle = move || match draft.slurm.seconds() {
        Some(seconds) => t.details.idle_time_value(seconds),
        None => t.common.default.to_owned(),
    };
    let on = move |value: RwSignal<String>| {
        move || {
            if value.with(|value| value == "NONE") {
                t.details.accounting_off
            } else {
                t.details.accounting_on
            }
        }
    };
    view! {
        <ReviewPart step=0 title=c.general>
            <KeyValue label=c.name>{draft.name}</KeyValue>
            <KeyValue label=c.version>{draft.version}</KeyValue>
            <KeyValue label=c.size>{size}</KeyValue>
        </ReviewPart>
        <ReviewPart step=1 title=c.network>
            <KeyValue label=c.vpc>{move || name_of(&draft.vpc.read())}</KeyValue>
            <KeyValue label=c.subnet>{move || name_of(&draft.subnet.read())}</KeyValue>
            <KeyValue label=c.security_groups>{groups}</KeyValue>
        </ReviewPart>
        <ReviewPart step=2 title=c.scheduler>
            <KeyValue label=c.idle_time>{idle}</KeyValue>
            <KeyValue label=t.details.accounting>
                {move || accounting_shown(draft.accounting.wanted().as_ref())}
            </KeyValue>
            <KeyValue label=t.details.rest>{on(draft.rest)}</KeyValue>
            <KeyValue label=t.details.job_submit>{move || foreign(draft.job_submit.shown())}</KeyValue>
            <KeyValue label=t.details.settings>
                {move || view! { <Settings settings=draft.slurm.settings.all() /> }}
            </KeyValue>
            <KeyValue label=c.cgroup_settings>
                {move || view! { <Settings settings=shown(draft.slurm.cgroups()) /> }}
            </KeyValue>
            <KeyValue label=c.slurmdbd_settings>
                {move || view! { <Settings settings=shown(draft.accounting.settings()) /> }}
            </KeyValue>
        </ReviewPart>
        <ReviewPart step=3 title=c.tags>
            <KeyValue label=c.tags>{move || shown_tags(&draft.tags.pairs())}</KeyValue>
        </ReviewPart>
    }
    .into_any()
}
