//! What runs beside the controller: accounting and the REST API; what this release refuses says why.

use leptos::prelude::*;

use super::draft::Draft;
use crate::i18n::text;
use crate::rules::cluster::{accounting_problem, rest_problem};
use crate::ui::Choice;
use crate::ui::form::*;
use crate::ui::help::topic;

#[component]
pub fn Services(draft: Draft) -> impl IntoView {
    let t = text();
    let choices = |off: &str, on: &str, problem: Option<&'static str>| {
        let off = Choice::new("NONE", t.details.accounting_off).description(off);
        let on = Choice::new("STANDARD", t.details.accounting_on).description(on);
        Signal::stored(vec![off, on.disabled(problem.map(str::to_owned))])
    };
    let c = &t.create_cluster;
    view! {
        <Field
            name="slurmConfiguration.accounting"
            label=t.details.accounting
            group=true
            help=topic::ACCOUNTING
        >
            <RadioCards
                value=draft.accounting
                choices=choices(c.accounting_off, c.accounting_on, accounting_problem(t))
            />
        </Field>
        <Field name="slurmConfiguration.slurmRest" label=t.details.rest group=true help=topic::SLURM_REST>
            <RadioCards value=draft.rest choices=choices(c.rest_off, c.rest_on, rest_problem(t)) />
        </Field>
    }
    .into_any()
}
