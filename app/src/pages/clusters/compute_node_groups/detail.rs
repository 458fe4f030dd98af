//! One compute node group: status, what its nodes are, the queues that use it, its events, and what can be done with it.

use leptos::prelude::*;

use super::super::crumbs::in_cluster;
use super::super::heading::Heading;
use super::super::related::{Related, events_of};
use super::life::life_facts;
use crate::api::cluster::get_cluster;
use crate::api::compute_node_group::get_compute_node_group;
use crate::api::queue::list_queues;
use crate::components::delete::Doomed;
use crate::components::{
    Fetched, Settings, asked, idle_words, param, purchase_words, scaling_words,
};
use crate::i18n::text;
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::model::live::Kind;
use crate::model::queue::Queue;
use crate::paths::{self, ClusterTab};
use crate::ui::time::AgoText;
use crate::ui::{Breadcrumbs, Card, Copyable, Fact, Pairs, facts};

#[component]
pub fn GroupPage() -> impl IntoView {
    let (id, group_id) = (param("id"), param("group"));
    let cluster = asked([id], &[], |[id]| get_cluster(id));
    let group = asked([id, group_id], &[Kind::ComputeNodeGroup], |[id, group]| {
        get_compute_node_group(id, group)
    });
    let queues = asked([id], &[Kind::Queue], |[id]| list_queues(id));
    let events = events_of(id, Kind::ComputeNodeGroup, group_id);
    view! {
        <div class="grid gap-5">
            <Fetched resource=cluster let:cluster>
                <Breadcrumbs crumbs=Signal::derive(move || in_cluster(&cluster.read(), ClusterTab::Groups)) />
            </Fetched>
            <Fetched resource=group let:group>
                <Header group />
                <Fetched resource=queues let:queues>
                    <Facts group queues />
                </Fetched>
                <Related
                    title=text().create_group.events
                    cluster=id
                    events
                />
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn Header(group: Signal<ComputeNodeGroup>) -> impl IntoView {
    let of = Memo::new(move |_| {
        let group = group.read();
        Doomed {
            kind: Kind::ComputeNodeGroup,
            cluster_id: group.cluster_id.clone(),
            id: group.id.clone(),
            name: group.name.clone(),
        }
    });
    view! {
        <Heading
            of
            status=Memo::new(move |_| group.read().status)
            errors=Memo::new(move |_| group.read().error_info.clone())
            edit=Signal::derive(move || of.with(|of| paths::edit_compute_node_group(&of.cluster_id, &of.id)))
        />
    }
    .into_any()
}

#[component]
fn Facts(group: Signal<ComputeNodeGroup>, queues: Signal<Vec<Queue>>) -> impl IntoView {
    let t = text();
    let users = move || {
        let group = group.read();
        let uses = |queue: &&Queue| {
            let mut groups = queue.compute_node_group_configurations.iter();
            groups.any(|c| c.compute_node_group_id.as_ref() == Some(&group.id))
        };
        let link = |queue: &Queue| {
            let href = paths::queue(&queue.cluster_id, &queue.id);
            view! { <a class="underline" href=href>{queue.name.clone()}</a> " " }
        };
        let links: Vec<_> = queues.read().iter().filter(uses).map(link).collect();
        match links.is_empty() {
            true => t.common.none.into_any(),
            false => links.collect_view().into_any(),
        }
    };
    let scaling = move || scaling_words(t, &group.read().settings.scaling_configuration);
    let template = move || match &group.read().settings.custom_launch_template {
        Some(template) => t.groups.template_version(&template.id, &template.version),
        None => t.groups.template_managed.to_owned(),
    };
    let image = move || {
        let image = group.read().settings.ami_id.clone();
        image.unwrap_or_else(|| t.groups.ami_of_template.into())
    };
    let settings = move || {
        let slurm = group.read().settings.slurm_configuration.clone();
        let settings = slurm
            .and_then(|s| s.slurm_custom_settings)
            .unwrap_or_default();
        view! { <Settings settings /> }.into_any()
    };
    let idle = move || {
        let slurm = group.read().settings.slurm_configuration.clone();
        idle_words(t, slurm.and_then(|s| s.scale_down_idle_time_in_seconds))
    };
    let copy = move |what: &'static str, value: fn(&ComputeNodeGroup) -> String| {
        Fact::view(what, move || {
            view! { <Copyable what value=value(&group.read()) /> }.into_any()
        })
    };
    let ago = move |label: &'static str, at: fn(&ComputeNodeGroup) -> String| {
        Fact::view(label, move || {
            view! { <AgoText at=at(&group.read()) /> }.into_any()
        })
    };
    let life = life_facts(
        move || group.read().settings.node_lifecycle_actions.clone(),
        move || group.read().settings.instance_health_checks.clone(),
    );
    let mut all = vec![
        Fact::text(t.groups.scaling, scaling),
        Fact::text(t.groups.instance_types, move || {
            group.read().settings.type_names().join(", ")
        }),
        Fact::text(t.groups.purchase, move || {
            purchase_words(t, group.read().settings.purchase()).to_owned()
        }),
        Fact::view(t.create_group.queues, users),
        Fact::text(t.groups.template, template),
        Fact::text(t.groups.ami, image),
        Fact::text(t.groups.subnets, move || {
            group.read().settings.subnet_ids.join(", ")
        }),
        Fact::text(t.create_group.idle, idle),
        copy(t.groups.id, |g| g.id.clone()),
        ago(t.groups.created, |g| g.created_at.clone()),
        ago(t.groups.modified, |g| g.modified_at.clone()),
        copy(t.groups.profile, |g| {
            g.settings.iam_instance_profile_arn.clone()
        })
        .wide(),
        copy(t.details.arn, |g| g.arn.clone()).wide(),
        Fact::view(t.groups.settings, settings).wide(),
    ];
    all.extend(life);
    view! {
        <Card title=t.create_group.detail>
            <Pairs>{facts(all)}</Pairs>
        </Card>
    }
    .into_any()
}
