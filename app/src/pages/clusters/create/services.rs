//! What runs beside the controller: accounting and the REST API; what cannot be had says why.

use leptos::prelude::*;

use super::draft::Draft;
use crate::i18n::text;
use crate::model::catalogue::Catalogue;
use crate::rules::cluster::{accounting_problem, rest_problem};
use crate::ui::Choice;
use crate::ui::form::*;
use crate::ui::help::topic;

#[component]
pub fn Services(draft: Draft, catalogue: RwSignal<Catalogue>) -> impl IntoView {
    let t = text();
    let choices = |off: &str, on: &str, problem: Option<&'static str>| {
        let off = Choice::new("NONE", t.details.accounting_off).description(off);
        let on = Choice::new("STANDARD", t.details.accounting_on).description(on);
        vec![off, on.disabled(problem.map(str::to_owned))]
    };
    let c = &t.create_cluster;
    let problem = move || {
        let (known, version) = (catalogue.read(), draft.version.read());
        accounting_problem(t, &known.slurm_versions, &version)
    };
    let accounting = Signal::derive(move || choices(c.accounting_off, c.accounting_on, problem()));
    let rest = Signal::stored(choices(c.rest_off, c.rest_on, rest_problem(t)));
    view! {
        <Field
            name="slurmConfiguration.accounting"
            label=t.details.accounting
            group=true
            help=topic::ACCOUNTING
        >
            <RadioCards
                value=draft.accounting
                choices=accounting
            />
        </Field>
        <Field name="slurmConfiguration.slurmRest" label=t.details.rest group=true help=topic::SLURM_REST>
            <RadioCards value=draft.rest choices=rest />
        </Field>
    }
    .into_any()
}
