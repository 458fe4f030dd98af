//! A delivery as it is being filled in, and the steps that fill it.

use leptos::prelude::*;

use super::kind_label;
use crate::components::wizard::{Request, ReviewPart, Step};
use crate::i18n::{Text, text};
use crate::model::cluster_delivery::*;
use crate::model::log_target::Target;
use crate::model::name::Arns;
use crate::model::operation::Operation;
use crate::ui::form::{Field, RadioCards, Select, TextInput};
use crate::ui::{Choice, Code, Fact, facts};

#[derive(Clone, Copy)]
pub struct Draft {
    found: Signal<DeliveriesOfCluster>,
    kind: RwSignal<String>,
    /// The name of a destination that is there; empty: a new one.
    existing: RwSignal<String>,
    /// The name or ARN of what a new one leads to.
    resource: RwSignal<String>,
}

impl Draft {
    pub fn new(found: Signal<DeliveriesOfCluster>) -> Draft {
        let is_free = |kind: &&str| found.with_untracked(|found| !is_taken(found, kind));
        let first = Target::KINDS.into_iter().find(is_free);
        let draft = Draft {
            found,
            kind: RwSignal::new(first.unwrap_or("CWL").to_owned()),
            existing: RwSignal::default(),
            resource: RwSignal::default(),
        };
        // A destination of another kind is none to choose.
        Effect::new(move |before: Option<String>| {
            let kind = draft.kind.get();
            if before.is_some_and(|before| before != kind) {
                draft.existing.set(String::new());
            }
            kind
        });
        draft
    }

    fn arn(self) -> String {
        let (kind, resource) = (self.kind.read(), self.resource.read());
        let found = self.found.read();
        Target::arn_of(&kind, &resource, &found.region, &found.account_id)
    }

    pub fn input(self) -> SetUpDeliveryRequest {
        let cluster_id = self.found.with(|found| found.cluster_id.clone());
        let existing = self.existing.get();
        let is_new = existing.is_empty();
        SetUpDeliveryRequest {
            destination_name: match is_new {
                true => destination_name(&cluster_id, &self.kind.read()),
                false => existing,
            },
            destination_resource_arn: is_new.then(|| self.arn()),
            cluster_identifier: cluster_id,
        }
    }

    /// The requests of `aws logs` that do the same.
    pub fn request(self) -> Request {
        let (input, found) = (self.input(), self.found.read());
        let arns = Arns {
            region: found.region.clone(),
            account: found.account_id.clone(),
        };
        let destination = put_destination(&input)
            .map(|input| Request::of(Operation::PutDeliveryDestination, &input));
        let source = put_source(&found.source_name, &found.cluster_arn);
        let arn = arns.delivery_destination(&input.destination_name);
        let connect = connect(&found.source_name, &arn);
        Request::all(destination.into_iter().chain([
            Request::of(Operation::PutDeliverySource, &source),
            Request::of(Operation::CreateDelivery, &connect),
        ]))
    }

    fn wrong(self, t: &'static Text) -> Option<String> {
        if !self.existing.read().is_empty() {
            return None;
        }
        let kind = self.kind.get();
        let target = Target::parse(&self.arn());
        let why = match kind.as_str() {
            "CWL" => t.deliveries.cwl_wrong,
            "S3" => t.deliveries.s3_wrong,
            "FH" => t.deliveries.fh_wrong,
            _ => t.deliveries.local_wrong,
        };
        let is_right = target.is_some_and(|target| target.kind() == kind);
        (!is_right).then(|| why.to_owned())
    }
}

fn is_taken(found: &DeliveriesOfCluster, kind: &str) -> bool {
    found.deliveries.iter().any(|one| one.kind == kind)
}

pub fn steps(draft: Draft) -> Vec<Step> {
    let t = text();
    vec![
        Step::new(
            t.deliveries.destination_step,
            t.deliveries.destination_lead,
            move || view! { <Destination draft /> },
        ),
        Step::new(
            t.deliveries.preview_step,
            t.deliveries.preview_lead,
            move || view! { <Preview draft /> },
        ),
    ]
}

#[component]
fn Destination(draft: Draft) -> impl IntoView {
    let t = text();
    let found = draft.found;
    let kinds = move || Target::KINDS.map(|kind| kind_choice(t, &found.read(), kind));
    let existing = Signal::derive(move || {
        let (found, kind) = (found.read(), draft.kind.read());
        let all = found.destinations.iter();
        all.filter(|one| one.delivery_destination_type == *kind)
            .map(|one| Choice::new(&one.name, &one.name))
            .collect::<Vec<_>>()
    });
    let is_new = move || draft.existing.read().is_empty();
    view! {
        <Field name="deliveryDestinationType" label=t.deliveries.kind group=true>
            <RadioCards value=draft.kind choices=Signal::derive(move || kinds().into()) />
        </Field>
        <Show when=move || !existing.read().is_empty()>
            <Field
                name="destinationName"
                label=t.deliveries.existing
                hint=t.deliveries.existing_hint
                optional=true
            >
                <Select value=draft.existing choices=existing empty=t.deliveries.new />
            </Field>
        </Show>
        <div hidden=move || !is_new()>
            <Field
                name="deliveryDestinationConfiguration.destinationResourceArn"
                label=t.deliveries.name
                hint=t.deliveries.name_hint
                check=Signal::derive(move || draft.wrong(t))
            >
                <TextInput value=draft.resource mono=true />
            </Field>
        </div>
    }
    .into_any()
}

fn kind_choice(t: &'static Text, found: &DeliveriesOfCluster, kind: &str) -> Choice {
    let hint = match kind {
        "CWL" => t.deliveries.cwl_hint,
        "S3" => t.deliveries.s3_hint,
        "FH" => t.deliveries.fh_hint,
        _ => t.deliveries.local_hint,
    };
    let taken = is_taken(found, kind).then(|| t.deliveries.taken.to_owned());
    Choice::new(kind, kind_label(t, kind))
        .description(hint)
        .disabled(taken)
}

/// A record, and what the stream or object is called; Firehose has names of its own.
#[component]
fn Preview(draft: Draft) -> impl IntoView {
    let t = text();
    let place = move || {
        let found = draft.found.read();
        match draft.kind.read().as_str() {
            "CWL" => Some((t.deliveries.stream, found.sample.stream.clone())),
            "FH" => None,
            _ => Some((t.deliveries.object, found.sample.object.clone())),
        }
    };
    let part = |what: &'static str, text: String| {
        view! {
            <section class="grid gap-1">
                <h3 class="font-semibold">{what}</h3>
                <Code what text />
            </section>
        }
        .into_any()
    };
    view! {
        {move || part(t.deliveries.record, draft.found.read().sample.record.clone())}
        {move || place().map(|(what, name)| part(what, name))}
    }
    .into_any()
}

pub fn review(draft: Draft) -> AnyView {
    let t = text();
    let resource = move || {
        let (existing, found) = (draft.existing.read(), draft.found.read());
        let known = found.destinations.iter().find(|one| one.name == *existing);
        known.map_or_else(
            || draft.arn(),
            |one| {
                let to = &one.delivery_destination_configuration;
                to.destination_resource_arn.clone()
            },
        )
    };
    let all = vec![
        Fact::text(t.deliveries.kind, move || {
            kind_label(t, &draft.kind.read()).to_owned()
        }),
        Fact::text(t.deliveries.destination, move || {
            draft.input().destination_name
        }),
        Fact::text(t.deliveries.resource, resource).wide(),
    ];
    view! {
        <ReviewPart step=0 title=t.deliveries.destination_step>
            {facts(all)}
        </ReviewPart>
    }
    .into_any()
}
