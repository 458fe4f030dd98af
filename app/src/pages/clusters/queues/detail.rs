//! One queue: status, groups, settings, its events, and what can be done with it.

use leptos::prelude::*;

use super::super::crumbs::in_cluster;
use super::super::heading::Heading;
use super::super::related::{Related, events_of};
use super::draft::{group_ids, settings_of};
use crate::api::cluster::get_cluster;
use crate::api::compute_node_group::list_compute_node_groups;
use crate::api::queue::get_queue;
use crate::components::delete::Doomed;
use crate::components::{Fetched, Settings, asked, param};
use crate::i18n::text;
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::model::live::Kind;
use crate::model::queue::Queue;
use crate::paths::{self, ClusterTab};
use crate::ui::time::AgoText;
use crate::ui::{Breadcrumbs, ButtonLink, Card, Copyable, Fact, Look, Pairs, facts};

#[component]
pub fn QueuePage() -> impl IntoView {
    let (id, queue_id) = (param("id"), param("queue"));
    let cluster = asked([id], &[], |[id]| get_cluster(id));
    let queue = asked([id, queue_id], &[Kind::Queue], |[id, queue]| {
        get_queue(id, queue)
    });
    let groups = asked([id], &[Kind::ComputeNodeGroup], |[id]| {
        list_compute_node_groups(id)
    });
    let events = events_of(id, Kind::Queue, queue_id);
    view! {
        <div class="grid gap-5">
            <Fetched resource=cluster let:cluster>
                <Breadcrumbs crumbs=Signal::derive(move || in_cluster(&cluster.read(), ClusterTab::Queues)) />
            </Fetched>
            <Fetched resource=queue let:queue>
                <Header queue />
                <Fetched resource=groups let:groups>
                    <Facts queue groups />
                </Fetched>
                <Related
                    title=text().create_queue.events
                    cluster=id
                    events
                />
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn Header(queue: Signal<Queue>) -> impl IntoView {
    let of = Memo::new(move |_| {
        let queue = queue.read();
        Doomed {
            kind: Kind::Queue,
            cluster_id: queue.cluster_id.clone(),
            id: queue.id.clone(),
            name: queue.name.clone(),
        }
    });
    view! {
        <Heading
            of
            status=Memo::new(move |_| queue.read().status)
            errors=Memo::new(move |_| queue.read().error_info.clone())
            edit=Signal::derive(move || of.with(|of| paths::edit_queue(&of.cluster_id, &of.id)))
        >
            <ButtonLink
                label=text().submit_job.title
                look=Look::Primary
                href=Signal::derive(move || of.with(|of| paths::submit_job(&of.cluster_id)))
            />
        </Heading>
    }
    .into_any()
}

#[component]
fn Facts(queue: Signal<Queue>, groups: Signal<Vec<ComputeNodeGroup>>) -> impl IntoView {
    let t = text();
    let links = move || {
        let queue = queue.read();
        let groups = groups.read();
        let link = |id: String| {
            let known = groups.iter().find(|g| g.id == id);
            let name = known.map_or(id.clone(), |g| g.name.clone());
            view! { <a class="underline" href=paths::compute_node_group(&queue.cluster_id, &id)>{name}</a> " " }
        };
        group_ids(&queue)
            .into_iter()
            .map(link)
            .collect_view()
            .into_any()
    };
    let copy = move |what: &'static str, value: fn(&Queue) -> String| {
        Fact::view(what, move || {
            view! { <Copyable what value=value(&queue.read()) /> }.into_any()
        })
    };
    let ago = move |label: &'static str, at: fn(&Queue) -> String| {
        Fact::view(label, move || {
            view! { <AgoText at=at(&queue.read()) /> }.into_any()
        })
    };
    let settings = move || view! { <Settings settings=settings_of(&queue.read()) /> }.into_any();
    let all = vec![
        Fact::view(t.create_queue.groups, links),
        copy(t.queues.id, |q| q.id.clone()),
        ago(t.queues.created, |q| q.created_at.clone()),
        ago(t.create_queue.modified, |q| q.modified_at.clone()),
        copy(t.details.arn, |q| q.arn.clone()).wide(),
        Fact::view(t.queues.settings, settings).wide(),
    ];
    view! {
        <Card title=t.create_queue.detail>
            <Pairs>{facts(all)}</Pairs>
        </Card>
    }
    .into_any()
}
