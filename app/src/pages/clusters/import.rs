//! A cluster out of a document: imported, or cloned from another cluster.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::transfer::{apply, export_cluster};
use crate::browser;
use crate::components::plan::PlanView;
use crate::components::{Fetched, Refused, Submission, TabTitle};
use crate::i18n::{Text, text};
use crate::live;
use crate::model::apply::*;
use crate::model::live::Kind;
use crate::model::name::CLUSTER_NAME_MAX;
use crate::paths::{self, ClusterTab};
use crate::rules;
use crate::ui::form::{Field, Form, TextArea, TextInput};
use crate::ui::{
    Breadcrumbs, Button, ButtonLink, Crumb, ExpandableSection, Flash, Indicator, Look, PageHeader,
    Tone, use_search,
};

/// `/clusters/import`, and `?from=CLUSTER` to clone one.
#[component]
pub fn ImportCluster() -> impl IntoView {
    let t = text();
    let query = use_search();
    let from = Memo::new(move |_| query.read().get("from").unwrap_or_default());
    let document = Resource::new(
        move || from.get(),
        |from| async move {
            match from.is_empty() {
                true => Ok(String::new()),
                false => export_cluster(from, Format::Yaml).await,
            }
        },
    );
    let title = Signal::derive(move || match from.get() {
        from if from.is_empty() => t.transfer.import_title.to_owned(),
        _ => t.transfer.clone.to_owned(),
    });
    let crumbs = vec![Crumb {
        title: t.clusters.title.into(),
        href: paths::CLUSTERS.into(),
    }];
    view! {
        <TabTitle text=title />
        <div class="grid gap-5">
            <Breadcrumbs crumbs />
            <PageHeader title />
            <p class="max-w-3xl text-muted">{t.transfer.import_lead}</p>
            <Fetched resource=document let:document>
                <Import document=document.get_untracked() />
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn Import(document: String) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let cloning = !document.is_empty();
    let document = RwSignal::new(document);
    let name = RwSignal::new(String::new());
    let outcome = RwSignal::new(None::<ApplyOutcome>);
    // The document that is being applied: the passes go on while something waits.
    let applying = RwSignal::new(None::<ApplyRequest>);
    let request = move |dry_run: bool| ApplyRequest {
        document: document.get(),
        name: Some(name.get().trim().to_owned()).filter(|name| !name.is_empty()),
        prune: false,
        dry_run,
        begun: vec![],
    };
    // Something changed while a pass was under way: it may have looked too early.
    let again = StoredValue::new(false);
    let pass = move |request: ApplyRequest| {
        if submission.busy.get_untracked() {
            again.set_value(true);
            return;
        }
        again.set_value(false);
        submission.send(apply(request), move |found: ApplyOutcome| {
            if found.refusal().is_some() || found.is_done() {
                applying.set(None);
            }
            applying.update_untracked(|request| {
                if let Some(request) = request {
                    request.note(&found);
                }
            });
            outcome.set(Some(found));
            if again.get_value() {
                applying.notify();
            }
        });
    };
    go_on(applying, pass);
    let preview = move |()| {
        if form.accept() {
            applying.set(None);
            pass(untrack(|| request(true)));
        } else {
            form.focus_first();
        }
    };
    let begin = move |()| {
        let request = untrack(|| request(false));
        form.dirty.set(false);
        applying.set(Some(request));
    };
    let is_previewed = move || outcome.with(|o| o.as_ref().is_some_and(|o| o.refusal().is_none()));
    let why_not = move || (!is_previewed()).then(|| t.transfer.preview_first.to_owned());
    // What was looked at is not what would be applied any more.
    Effect::new(move |before: Option<()>| {
        document.track();
        name.track();
        if before.is_some() {
            outcome.set(None);
        }
    });
    let check_name = move || {
        let name = name.get();
        match name.trim() {
            "" if cloning => rules::check_name(t, "", CLUSTER_NAME_MAX).err(),
            "" => None,
            name => rules::check_name(t, name, CLUSTER_NAME_MAX).err(),
        }
    };
    let check_document = move || {
        let empty = document.with(|d| d.trim().is_empty());
        empty.then(|| t.transfer.document_needed.to_owned())
    };
    let busy = Signal::derive(move || applying.with(Option::is_some));
    view! {
        <div class="wizard-card">
            <Field
                name="name"
                label=t.transfer.name
                hint=if cloning { "" } else { t.transfer.name_hint }
                optional=!cloning
                check=Signal::derive(check_name)
            >
                <TextInput value=name />
            </Field>
            <Field
                name="document"
                label=t.transfer.paste
                hint=t.transfer.paste_hint
                check=Signal::derive(check_document)
            >
                <TextArea value=document rows=16 />
            </Field>
            <label class="grid gap-1">
                <span class="font-medium">{t.transfer.file}</span>
                <input
                    type="file"
                    class="file-input"
                    accept=".yaml,.yml,.json"
                    on:change=move |event| browser::read_file(&event, move |text| document.set(text))
                />
            </label>
        </div>
        <div class="flex flex-wrap gap-3">
            <Button label=t.transfer.preview on_press=preview />
            <Button
                label=t.transfer.apply
                look=Look::Primary
                disabled=Signal::derive(why_not)
                busy
                on_press=begin
            />
        </div>
        <Refused submission title=t.transfer.failed />
        {move || outcome.get().map(|outcome| view! { <Outcome outcome /> })}
    }
    .into_any()
}

/// A pass now, and another whenever a resource has changed, until nothing is left to do.
fn go_on(applying: RwSignal<Option<ApplyRequest>>, pass: impl Fn(ApplyRequest) + Copy + 'static) {
    Effect::new(move |_| {
        for kind in [Kind::Cluster, Kind::ComputeNodeGroup, Kind::Queue] {
            live::version(kind);
        }
        if let Some(request) = applying.get() {
            // After this turn: the signals that the pass writes are being read now.
            spawn_local(async move { pass(request) });
        }
    });
}

#[component]
fn Outcome(outcome: ApplyOutcome) -> impl IntoView {
    let t = text();
    let done = outcome.is_done();
    let open = outcome.cluster_id.clone().map(|id| {
        view! { <ButtonLink label=t.transfer.open href=paths::cluster(&id, ClusterTab::Details) /> }
    });
    view! {
        <section class="plan" aria-label=t.transfer.steps aria-live="polite">
            <h2 class="plan-title">{t.transfer.steps}</h2>
            <ol class="grid gap-4 p-5">
                {outcome.steps.into_iter().map(|step| view_step(t, step)).collect_view()}
            </ol>
        </section>
        {done
            .then(|| view! { <Flash tone=Tone::Success title=t.transfer.finished message="" /> })}
        {open}
    }
    .into_any()
}

fn view_step(t: &'static Text, step: ApplyStep) -> AnyView {
    let kind = match step.kind {
        Kind::ComputeNodeGroup => t.transfer.kind_group,
        Kind::Queue => t.transfer.kind_queue,
        _ => t.transfer.kind_cluster,
    };
    let action = match step.action {
        ApplyAction::Create => t.transfer.create,
        ApplyAction::Update => t.transfer.update,
        ApplyAction::Delete => t.transfer.delete,
        ApplyAction::Keep => t.transfer.keep,
    };
    let refusal = match &step.state {
        ApplyState::Refused { error } => Some(error.clone()),
        _ => step.plan.as_ref().and_then(|plan| plan.refusal.clone()),
    };
    let waits_for = match &step.state {
        ApplyState::Waiting { on } => Some(t.transfer.waiting(on.join(", "))),
        _ => None,
    };
    let (tone, state) = match (&step.state, &refusal) {
        (_, Some(_)) => (Tone::Danger, t.transfer.refused),
        (ApplyState::Done, _) => (Tone::Success, t.transfer.done),
        (ApplyState::Begun, _) => (Tone::Progress, t.transfer.begun),
        (ApplyState::UnderWay, _) => (Tone::Progress, t.transfer.under_way),
        _ => (Tone::Neutral, t.transfer.planned),
    };
    let details = step
        .plan
        .filter(|plan| plan.refusal.is_none() && !plan.changes.is_empty());
    view! {
        <li class="grid gap-2">
            <p class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <Indicator tone label=state />
                <span class="font-semibold">{step.name}</span>
                <span class="text-muted">{kind} " · " {action}</span>
                <span class="text-muted">{waits_for}</span>
            </p>
            {refusal.map(|e| view! { <Flash tone=Tone::Danger title=t.transfer.refused code=e.code() message=e.message /> })}
            {details
                .map(|plan| {
                    view! {
                        <ExpandableSection title=t.transfer.details>
                            <div class="grid gap-4">
                                <PlanView plan />
                            </div>
                        </ExpandableSection>
                    }
                })}
        </li>
    }
    .into_any()
}
