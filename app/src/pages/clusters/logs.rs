//! The Logs tab, and the form of log delivery (L1). Delivery is not running in this release, and the page says so: the
//! form checks the destinations and shows the commands that set them up in AWS; it stores nothing.

use leptos::prelude::*;
use serde_json::json;

use crate::command::{input_json, quoted};
use crate::i18n::{Text, text};
use crate::model::cluster::Cluster;
use crate::ui::form::{Field, Form, RadioCards, TextInput};
use crate::ui::{Button, Card, Choice, Code, Flash, Look, Tone};

/// The log types of the service model, newest last.
const TYPES: [&str; 3] = [
    "PCS_SCHEDULER_LOGS",
    "PCS_SCHEDULER_AUDIT_LOGS",
    "PCS_JOBCOMP_LOGS",
];

/// Kinds of destinations: the form's field, how their ARNs start.
const KINDS: [(&str, &str); 3] = [
    ("cloudWatchLogs", "arn:aws:logs:"),
    ("s3", "arn:aws:s3:::"),
    ("firehose", "arn:aws:firehose:"),
];

fn types(t: &'static Text) -> Vec<Choice> {
    let words = [
        (t.log_delivery.scheduler, t.log_delivery.scheduler_hint),
        (t.log_delivery.audit, t.log_delivery.audit_hint),
        (t.log_delivery.jobcomp, t.log_delivery.jobcomp_hint),
    ];
    let choice = |(id, (name, hint))| Choice::new(id, name).description(hint);
    TYPES.into_iter().zip(words).map(choice).collect()
}

#[component]
pub fn Logs(cluster: Signal<Cluster>) -> impl IntoView {
    let t = text();
    view! {
        <div class="grid gap-5">
            <Flash
                tone=Tone::Warning
                title=t.log_delivery.not_running_title
                message=t.log_delivery.not_running
            />
            <Card title=t.log_delivery.title>
                <Delivery cluster />
            </Card>
            <Card title=t.log_delivery.record>
                {move || view! { <Code what=t.log_delivery.record_label text=record(&cluster.read()) /> }}
            </Card>
        </div>
    }
    .into_any()
}

#[component]
fn Delivery(cluster: Signal<Cluster>) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let log_type = RwSignal::new(TYPES[0].to_owned());
    let arns = KINDS.map(|_| RwSignal::new(String::new()));
    let shown = RwSignal::new(false);
    let words = [
        (t.log_delivery.cloudwatch, t.log_delivery.cloudwatch_hint),
        (t.log_delivery.s3, t.log_delivery.s3_hint),
        (t.log_delivery.firehose, t.log_delivery.firehose_hint),
    ];
    let none = move || arns.iter().all(|arn| arn.with(|arn| arn.trim().is_empty()));
    let field = move |(number, (label, hint)): (usize, (&'static str, &'static str))| {
        let (name, start) = KINDS[number];
        let value = arns[number];
        let check = move || {
            let arn = value.get();
            let wrong = !arn.trim().is_empty() && !arn.trim().starts_with(start);
            let missing = number == 0 && none();
            wrong
                .then(|| t.log_delivery.arn_wrong(start))
                .or_else(|| missing.then(|| t.log_delivery.one_needed.to_owned()))
        };
        view! {
            <Field name label hint optional=true check=Signal::derive(check)>
                <TextInput value mono=true />
            </Field>
        }
    };
    // What is shown belongs to what was checked.
    Effect::new(move |_| {
        log_type.track();
        arns.iter().for_each(|arn| arn.track());
        shown.set(false);
    });
    let show = move |()| {
        if form.accept() {
            shown.set(true);
        } else {
            form.focus_first();
        }
    };
    let filled = move || {
        let arns = KINDS
            .iter()
            .zip(arns)
            .map(|(kind, arn)| (kind.0, arn.get().trim().to_owned()));
        arns.filter(|(_, arn)| !arn.is_empty()).collect::<Vec<_>>()
    };
    view! {
        <div class="grid gap-5">
            <p class="text-muted">{t.log_delivery.lead}</p>
            <Field name="logType" label=t.log_delivery.log_type group=true>
                <RadioCards value=log_type choices=types(t) />
            </Field>
            {words.into_iter().enumerate().map(field).collect_view()}
            <div>
                <Button label=t.log_delivery.show look=Look::Primary on_press=show />
            </div>
            {move || {
                shown
                    .get()
                    .then(|| {
                        let text = commands(&cluster.read(), &log_type.get(), &filled());
                        view! {
                            <section class="grid gap-2" aria-label=t.log_delivery.commands aria-live="polite">
                                <h3 class="font-semibold">{t.log_delivery.commands}</h3>
                                <p class="text-muted">{t.log_delivery.commands_hint}</p>
                                <Code what=t.log_delivery.commands text />
                            </section>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}

/// A source for the cluster, and a destination and a delivery for each place, as CloudWatch Logs wants them.
fn commands(cluster: &Cluster, log_type: &str, places: &[(&str, String)]) -> String {
    let source = format!(
        "{}-{}",
        cluster.name,
        log_type.to_ascii_lowercase().replace('_', "-")
    );
    let mut lines = vec![format!(
        "aws logs put-delivery-source --name {source} \\\n    --resource-arn {} --log-type {log_type}",
        quoted(&cluster.arn)
    )];
    for (kind, arn) in places {
        let destination = format!("{source}-{}", kind.to_ascii_lowercase());
        lines.push(format!(
            "ARN=$(aws logs put-delivery-destination --name {destination} \\\n    \
             --delivery-destination-configuration destinationResourceArn={} \\\n    \
             --query deliveryDestination.arn --output text)\n\
             aws logs create-delivery --delivery-source-name {source} --delivery-destination-arn \"$ARN\"",
            quoted(arn)
        ));
    }
    lines.join("\n")
}

/// A record as it will be delivered (L2).
fn record(cluster: &Cluster) -> String {
    input_json(&json!({
        "resource_id": cluster.id,
        "resource_type": "PCS_CLUSTER",
        "event_timestamp": 1_767_225_600,
        "log_level": "info",
        "log_name": "slurmctld",
        "scheduler_type": "slurm",
        "scheduler_major_version": cluster.scheduler.version,
        "scheduler_patch_version": "5",
        "node_type": "controller_primary",
        "message": "sched: Allocate JobId=1 NodeList=compute-1-[1-4] #CPUs=8 Partition=demo",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cluster::{Networking, Scheduler, SchedulerType, Size};
    use crate::model::status::Status;

    #[test]
    fn each_place_gets_a_destination_and_a_delivery() {
        let cluster = Cluster {
            name: "hpc".into(),
            id: "pcs_a".into(),
            arn: "arn:aws:pcs:us-east-1:111122223333:cluster/pcs_a".into(),
            status: Status::Active,
            created_at: String::new(),
            modified_at: String::new(),
            scheduler: Scheduler {
                r#type: SchedulerType::Slurm,
                version: "24.11".into(),
            },
            size: Size::Small,
            slurm_configuration: None,
            networking: Networking::default(),
            endpoints: None,
            error_info: vec![],
        };
        let text = commands(
            &cluster,
            TYPES[0],
            &[("s3", "arn:aws:s3:::logs/a b".into())],
        );
        assert_eq!(text.matches("create-delivery ").count(), 1);
        assert!(text.contains("put-delivery-source --name hpc-pcs-scheduler-logs"));
        assert!(text.contains("destinationResourceArn='arn:aws:s3:::logs/a b'"));
    }
}
