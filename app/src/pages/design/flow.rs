//! Progress, rows, a wizard.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::Shelf;
use crate::browser;
use crate::components::Submission;
use crate::components::wizard::{Request, ReviewPart, Step, Wizard};
use crate::i18n::text;
use crate::model::operation::Operation;
use crate::paths;
use crate::ui::form::*;
use crate::ui::*;

#[component]
pub fn Progressing() -> impl IntoView {
    let t = text();
    let now = browser::now();
    let step = move |label: &str, ago: i64, took: Option<i64>, tone: Tone| TimelineStep {
        label: label.to_owned(),
        detail: t.design.words.to_owned(),
        at: if ago > 0 { now - ago } else { 0 },
        took,
        tone,
    };
    let steps = vec![
        step("submitted", 90_000, Some(1_200), Tone::Success),
        step("nodes starting", 60_000, None, Tone::Progress),
        step("running", 0, None, Tone::Neutral),
        step("node failed", 30_000, None, Tone::Danger),
    ];
    view! {
        <Shelf title=t.design.progress>
            <ProgressBar label=t.cluster.nodes_running value=12_i64 max=32_i64 text=Signal::stored(t.common.count_of(12, 32)) />
            <Timeline label=t.design.progress steps=Signal::stored(steps) />
            <ExpandableSection title=t.design.progress note=t.common.count(4) open=true>
                <p>{t.design.words}</p>
            </ExpandableSection>
            <ExpandableSection title=t.design.messages>
                <p>{t.design.words}</p>
            </ExpandableSection>
        </Shelf>
    }
    .into_any()
}

/// A thousand rows.
#[component]
pub fn Rows() -> impl IntoView {
    let t = text();
    let selected = RwSignal::new(BTreeSet::new());
    let why_not = Signal::derive(move || {
        selected
            .with(BTreeSet::is_empty)
            .then(|| t.design.reason.to_owned())
    });
    let rows: Vec<usize> = (1..=1000).collect();
    let state = move |n: &usize| {
        if n.is_multiple_of(3) {
            t.nodes.idle
        } else {
            t.nodes.busy
        }
        .to_owned()
    };
    let columns = vec![
        Column::new(t.nodes.name, |n: &usize| format!("compute-{n}"))
            .text(|n| format!("compute-{n}")),
        Column::new(t.nodes.phase, state).text(state),
        Column::new(t.nodes.capacity, move |n: &usize| t.nodes.cpus(n % 7))
            .sort(|n| (n % 7) as i64),
        Column::new(t.nodes.reason, |_: &usize| "–").hidden(),
    ];
    view! {
        <Table
            title=t.nodes.title
            id="design"
            noun=t.nodes.filter
            rows=Signal::stored(rows)
            columns
            key=|n| n.to_string()
            selected
            actions=move || {
                view! { <Button label=t.common.delete look=Look::Danger disabled=why_not on_press=move || selected.set(BTreeSet::new()) /> }
            }
            empty=|| ()
        />
    }
    .into_any()
}

#[component]
pub fn Steps() -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let name = RwSignal::new(String::new());
    let check = move || {
        name.with(String::is_empty)
            .then(|| t.forms.required.to_owned())
    };
    let request = move || {
        let input = std::collections::BTreeMap::from([("clusterName", name.get())]);
        Request::of(Operation::CreateCluster, &input)
    };
    view! {
        <Wizard
            label=t.design.title
            steps=vec![
                Step::new(t.design.text_input, t.design.words, move || {
                    view! {
                        <Field name="wizardName" label=t.clusters.name check>
                            <TextInput value=name />
                        </Field>
                    }
                }),
                Step::new(t.design.messages, t.design.words, || view! { <p>{text().design.words}</p> }),
            ]
            form
            submission
            review=move || {
                view! {
                    <ReviewPart step=0 title=t.design.text_input>
                        <KeyValue label=t.clusters.name>{name}</KeyValue>
                    </ReviewPart>
                }
            }
            request
            submit_label=t.common.save
            refused_title=t.forms.delete_refused
            on_submit=move || submission.send(async { Ok(()) }, move |()| form.dirty.set(false))
            cancel=paths::CLUSTERS
        />
    }
    .into_any()
}
