//! A delivery as it is being filled in, and the steps that fill it.

use leptos::prelude::*;

use super::{kind_label, log_label};
use crate::components::wizard::{Request, ReviewPart, Step};
use crate::i18n::{Text, text};
use crate::model::cluster_delivery::*;
use crate::model::delivery::LogType;
use crate::model::log_target::Target;
use crate::model::name::Arns;
use crate::model::operation::Operation;
use crate::ui::form::{Field, RadioCards, Select, TextInput};
use crate::ui::{Choice, Code, Fact, facts};

#[derive(Clone, Copy)]
pub struct Draft {
    found: Signal<DeliveriesOfCluster>,
    /// AWS's word for the log.
    log: RwSignal<String>,
    kind: RwSignal<String>,
    /// The name of a destination that is there; empty: a new one.
    existing: RwSignal<String>,
    /// The name or ARN of what a new one leads to.
    resource: RwSignal<String>,
}

impl Draft {
    pub fn new(found: Signal<DeliveriesOfCluster>) -> Draft {
        let log_type = LogType::default();
        let draft = Draft {
            found,
            log: RwSignal::new(log_type.as_str().to_owned()),
            kind: RwSignal::new(found.with_untracked(|found| free_kind(found, log_type))),
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
        // What one log has already, another may not.
        Effect::new(move |before: Option<LogType>| {
            let log_type = draft.log_type();
            if before.is_some_and(|before| before != log_type) {
                let found = draft.found.read_untracked();
                draft.kind.set(free_kind(&found, log_type));
            }
            log_type
        });
        draft
    }

    pub fn log_type(self) -> LogType {
        LogType::parse(&self.log.read()).unwrap_or_default()
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
                true => destination_name(&cluster_id, self.log_type(), &self.kind.read()),
                false => existing,
            },
            log_type: self.log_type(),
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
        let log_type = self.log_type();
        let source_name = found.log(log_type).map(|log| log.source_name.clone());
        let source_name = source_name.unwrap_or_default();
        let source = put_source(&source_name, &found.cluster_arn, log_type);
        let arn = arns.delivery_destination(&input.destination_name);
        let connect = connect(&source_name, &arn);
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

fn is_taken(found: &DeliveriesOfCluster, log_type: LogType, kind: &str) -> bool {
    found.of(log_type).any(|one| one.kind == kind)
}

/// The first kind that the log is not delivered to.
fn free_kind(found: &DeliveriesOfCluster, log_type: LogType) -> String {
    let is_free = |kind: &&str| !is_taken(found, log_type, kind);
    let first = Target::KINDS.into_iter().find(is_free);
    first.unwrap_or("CWL").to_owned()
}

fn log_choice(t: &'static Text, found: &DeliveriesOfCluster, log_type: LogType) -> Choice {
    let why_not = found.log(log_type).and_then(|log| log.why_not.clone());
    let hint = match log_type {
        LogType::Scheduler => t.deliveries.scheduler_hint,
        LogType::SchedulerAudit => t.deliveries.audit_hint,
        LogType::JobCompletion => t.deliveries.jobcomp_hint,
    };
    Choice::new(log_type.as_str(), log_label(t, log_type))
        .description(hint)
        .disabled(why_not)
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
    let logs = move || LogType::ALL.map(|log_type| log_choice(t, &found.read(), log_type));
    let log_type = move || draft.log_type();
    let kinds = move || Target::KINDS.map(|kind| kind_choice(t, &found.read(), log_type(), kind));
    let existing = Signal::derive(move || {
        let (found, kind) = (found.read(), draft.kind.read());
        let all = found.destinations.iter();
        all.filter(|one| one.delivery_destination_type == *kind)
            .map(|one| Choice::new(&one.name, &one.name))
            .collect::<Vec<_>>()
    });
    let is_new = move || draft.existing.read().is_empty();
    view! {
        <Field name="logType" label=t.deliveries.log group=true>
            <RadioCards value=draft.log choices=Signal::derive(move || logs().into()) />
        </Field>
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

fn kind_choice(
    t: &'static Text,
    found: &DeliveriesOfCluster,
    log_type: LogType,
    kind: &str,
) -> Choice {
    let hint = match kind {
        "CWL" => t.deliveries.cwl_hint,
        "S3" => t.deliveries.s3_hint,
        "FH" => t.deliveries.fh_hint,
        _ => t.deliveries.local_hint,
    };
    let taken = is_taken(found, log_type, kind).then(|| t.deliveries.taken.to_owned());
    Choice::new(kind, kind_label(t, kind))
        .description(hint)
        .disabled(taken)
}

/// A record, and what the stream or object is called; Firehose has names of its own.
#[component]
fn Preview(draft: Draft) -> impl IntoView {
    let t = text();
    let sample = move || {
        let found = draft.found.read();
        let log = found.log(draft.log_type());
        log.map(|log| log.sample.clone()).unwrap_or_default()
    };
    let place = move || match draft.kind.read().as_str() {
        "CWL" => Some((t.deliveries.stream, sample().stream)),
        "FH" => None,
        _ => Some((t.deliveries.object, sample().object)),
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
        {move || part(t.deliveries.record, sample().record)}
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
        Fact::text(t.deliveries.log, move || {
            log_label(t, draft.log_type()).to_owned()
        }),
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
