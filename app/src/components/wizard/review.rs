//! The last look: what was chosen, and the same as a command and as JSON.

use leptos::prelude::*;
use serde::Serialize;

use super::Place;
use crate::command;
use crate::i18n::text;
use crate::model::operation::Operation;
use crate::ui::{Code, ExpandableSection};

/// What will be sent, in two other forms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub command: String,
    pub json: String,
}

impl Request {
    pub fn of(operation: Operation, input: &impl Serialize) -> Request {
        Request {
            command: command::aws_cli(operation, input),
            json: command::input_json(input),
        }
    }
}

impl Request {
    /// What takes several commands, one after the other.
    pub fn all(requests: impl IntoIterator<Item = Request>) -> Request {
        let (commands, inputs): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .map(|request| (request.command, request.json))
            .unzip();
        Request {
            command: commands.join("\n"),
            json: inputs.join("\n"),
        }
    }
}

/// One step's choices, as `KeyValue`s, with the way back to it.
#[component]
pub fn ReviewPart(step: usize, title: &'static str, children: Children) -> impl IntoView {
    let t = text();
    let place = use_context::<Place>();
    let edit = move |_| {
        if let Some(place) = place {
            place.go(step);
        }
    };
    view! {
        <section class="rounded-xl border border-line bg-surface" aria-label=title>
            <header class="flex items-center justify-between gap-3 border-b border-line px-5 py-3">
                <h3 class="text-base font-semibold">{title}</h3>
                <button type="button" class="info-link" aria-label=t.wizard.edit_step(title) on:click=edit>
                    {t.common.edit}
                </button>
            </header>
            <dl class="pairs p-5">{children()}</dl>
        </section>
    }
    .into_any()
}

pub fn view(review: ViewFn, request: Signal<Request>) -> AnyView {
    let t = text();
    view! {
        <div class="grid gap-5">
            {review.run()}
            <ExpandableSection title=t.wizard.command open=true>
                <p class="mb-3 text-muted">{t.wizard.command_hint}</p>
                {move || view! { <Code what=t.wizard.command text=request.get().command /> }}
            </ExpandableSection>
            <ExpandableSection title=t.wizard.json>
                <p class="mb-3 text-muted">{t.wizard.json_hint}</p>
                {move || view! { <Code what=t.wizard.json text=request.get().json /> }}
            </ExpandableSection>
        </div>
    }
    .into_any()
}
