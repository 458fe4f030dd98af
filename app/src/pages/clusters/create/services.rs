//! What runs beside the controller: accounting and the REST API; what cannot be had says why.

use leptos::prelude::*;

use super::accounting::{AccountingField, choices};
use super::draft::Draft;
use crate::i18n::text;
use crate::model::catalogue::Catalogue;
use crate::rules::cluster::rest_problem;
use crate::ui::form::*;
use crate::ui::help::topic;

#[component]
pub fn Services(draft: Draft, catalogue: RwSignal<Catalogue>) -> impl IntoView {
    let t = text();
    let versions = Signal::derive(move || catalogue.read().slurm_versions.clone());
    let no_rest = move || {
        let (known, version) = (catalogue.read(), draft.version.read());
        rest_problem(t, &known.slurm_versions, &version)
    };
    view! {
        <AccountingField draft=draft.accounting versions version=draft.version />
        <RestField value=draft.rest problem=Signal::derive(no_rest) />
    }
    .into_any()
}

/// Whether the cluster has the REST API, or is to have it.
#[component]
pub fn RestField(
    value: RwSignal<String>,
    /// Why it cannot.
    #[prop(optional, into)]
    problem: Signal<Option<&'static str>>,
) -> impl IntoView {
    let t = text();
    let c = &t.create_cluster;
    let offered = Signal::derive(move || choices(c.rest_off, c.rest_on, problem.get()));
    view! {
        <Field name="slurmConfiguration.slurmRest" label=t.details.rest group=true help=topic::SLURM_REST>
            <RadioCards value=value choices=offered />
        </Field>
    }
    .into_any()
}
