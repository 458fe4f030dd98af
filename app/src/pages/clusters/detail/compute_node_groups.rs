//! The compute node groups of a cluster.

use leptos::prelude::*;

use super::{Page, use_page};
use crate::components::{Fetched, Settings, StatusWithErrors, status_label};
use crate::i18n::{Text, text};
use crate::model::compute_node_group::*;
use crate::ui::time::{AgoText, parse};
use crate::ui::{Code, Column, Copyable, EmptyState, KeyValue, Pairs, Table};

const CREATE: &str = "aws pcs create-compute-node-group --cluster-identifier CLUSTER \\
    --compute-node-group-name compute-1 --subnet-ids SUBNET_ID \\
    --custom-launch-template id=LAUNCH_TEMPLATE_ID,version=1 \\
    --iam-instance-profile-arn INSTANCE_PROFILE_ARN \\
    --scaling-configuration minInstanceCount=0,maxInstanceCount=4 \\
    --instance-configs instanceType=c6i.xlarge";

#[component]
pub fn ComputeNodeGroups() -> impl IntoView {
    let t = text();
    let page = use_page();
    view! {
        <Fetched resource=page.groups let:groups>
            <Table
                title=t.groups.title
                id="groups"
                noun=t.groups.filter
                rows=groups
                columns=columns(t, page)
                key=|group| group.id.clone()
                empty=move || {
                    let command = CREATE.replace("CLUSTER", &page.id.get());
                    view! {
                        <EmptyState title=t.groups.empty_title text=t.groups.empty>
                            <Code what=t.groups.empty_command text=command />
                        </EmptyState>
                    }
                }
            />
        </Fetched>
    }
    .into_any()
}

fn columns(t: &'static Text, page: Page) -> Vec<Column<ComputeNodeGroup>> {
    vec![
        Column::new(
            t.groups.name,
            |g: &ComputeNodeGroup| view! { <Group group=g.clone() /> },
        )
        .text(|g| format!("{} {}", g.name, g.id)),
        Column::new(t.groups.status, |g: &ComputeNodeGroup| {
            view! { <StatusWithErrors status=g.status errors=g.error_info.clone() /> }
        })
        .text(move |g| status_label(t, g.status).to_owned()),
        Column::new(t.groups.instance_types, instance_types).text(instance_types),
        Column::new(t.groups.scaling, move |g: &ComputeNodeGroup| {
            view! { <span class="whitespace-nowrap">{scaling(t, g)}</span> }
        })
        .text(move |g| scaling(t, g))
        .sort(|g| g.scaling_configuration.max_instance_count),
        Column::new(t.groups.nodes, move |g: &ComputeNodeGroup| {
            let id = g.id.clone();
            let max = g.scaling_configuration.max_instance_count;
            view! { <span class="tabular-nums">{move || running(page, &id)} " / " {max}</span> }
        }),
        Column::new(t.groups.purchase, move |g: &ComputeNodeGroup| {
            purchase(t, g)
        })
        .text(move |g| purchase(t, g).to_owned()),
        Column::new(t.groups.created, |g: &ComputeNodeGroup| {
            view! { <AgoText at=g.created_at.clone() /> }
        })
        .sort(|g| parse(&g.created_at).unwrap_or_default()),
    ]
}

fn instance_types(group: &ComputeNodeGroup) -> String {
    let types = group.instance_configs.iter();
    let types: Vec<_> = types.filter_map(|c| c.instance_type.as_deref()).collect();
    types.join(", ")
}

fn scaling(t: &'static Text, group: &ComputeNodeGroup) -> String {
    let scaling = &group.scaling_configuration;
    if scaling.min_instance_count == 0 {
        t.groups.scaling_dynamic(scaling.max_instance_count)
    } else {
        t.groups.scaling_static(scaling.max_instance_count)
    }
}

/// Nodes of the group that have an instance; a dash until it is known.
fn running(page: Page, group: &str) -> String {
    let nodes = page.nodes.get().and_then(Result::ok);
    let count = nodes.map(|nodes| {
        let running = |n: &&crate::model::node::Node| {
            n.compute_node_group_id == group && n.instance.is_some()
        };
        nodes.iter().filter(running).count()
    });
    count.map_or_else(|| "–".into(), |count| count.to_string())
}

fn purchase(t: &'static Text, group: &ComputeNodeGroup) -> &'static str {
    match group.purchase_option {
        None | Some(PurchaseOption::Ondemand) => t.groups.ondemand,
        Some(PurchaseOption::Spot) => t.groups.spot,
        Some(PurchaseOption::CapacityBlock) => t.groups.capacity_block,
        Some(PurchaseOption::InterruptibleCapacityReservation) => t.groups.interruptible,
    }
}

/// The name, which opens all the rest.
#[component]
fn Group(group: ComputeNodeGroup) -> impl IntoView {
    let t = text();
    let template = match &group.custom_launch_template {
        Some(template) => t.groups.template_version(&template.id, &template.version),
        None => t.groups.template_managed.to_owned(),
    };
    let settings = group
        .slurm_configuration
        .and_then(|slurm| slurm.slurm_custom_settings)
        .unwrap_or_default();
    view! {
        <details class="more">
            <summary class="font-semibold">{group.name}</summary>
            <div class="grid gap-4 py-3">
                <Pairs>
                    <KeyValue label=t.groups.id>
                        <Copyable what=t.groups.id value=group.id />
                    </KeyValue>
                    <KeyValue label=t.groups.ami>
                        {match group.ami_id {
                            Some(ami) => view! { <Copyable what=t.groups.ami value=ami /> }.into_any(),
                            None => t.groups.ami_of_template.into_any(),
                        }}
                    </KeyValue>
                    <KeyValue label=t.groups.template>{template}</KeyValue>
                    <KeyValue label=t.groups.subnets>{group.subnet_ids.join(", ")}</KeyValue>
                    <KeyValue label=t.groups.profile wide=true>
                        <Copyable what=t.groups.profile value=group.iam_instance_profile_arn />
                    </KeyValue>
                    <KeyValue label=t.groups.settings>
                        <Settings settings />
                    </KeyValue>
                    <KeyValue label=t.groups.modified>
                        <AgoText at=group.modified_at />
                    </KeyValue>
                </Pairs>
            </div>
        </details>
    }
    .into_any()
}
