//! How to work with the cluster from outside the console: commands with its own values (N18, D2).

use leptos::prelude::*;

use super::labelled::Labelled;
use super::rest::RestApi;
use super::use_page;
use crate::api::compute_node_group::list_compute_node_groups;
use crate::api::node::list_nodes;
use crate::api::user::identity;
use crate::browser;
use crate::command::{Here, get_cluster, read_secret};
use crate::components::{Fetched, asked};
use crate::i18n::{language, text};
use crate::model::cluster::{Cluster, EndpointType, SlurmAuthKey};
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::model::node::{Node, NodePhase};
use crate::model::page::{Operator, PageRequest, Property};
use crate::model::user::Identity;
use crate::ui::Card;
use crate::ui::help::{HelpLink, Topic, help_for_cluster, topic};

/// This server, until the browser says where it is.
const SERVER: &str = "http://SERVER";

#[component]
pub fn Connect() -> impl IntoView {
    let t = text();
    let page = use_page();
    help_for_cluster(page.id);
    let identity = asked([], &[], |[]| identity());
    let language = language();
    let login = asked(
        [page.id],
        &[Kind::Node, Kind::ComputeNodeGroup],
        move |[id]| login_of(id, language.clone()),
    );
    let server = RwSignal::new(SERVER.to_owned());
    Effect::new(move |_| {
        if let Some(origin) = browser::origin() {
            server.set(origin);
        }
    });
    view! {
        <Fetched resource=identity let:identity>
            <Fetched resource=page.cluster let:cluster>
                <div class="grid gap-5">
                    <p class="text-muted">{t.connect.lead}</p>
                    {move || view! { <FromHere cluster=cluster.get() /> }}
                    // A host's own nodes are no machines to log in to, and its controllers answer on this host only.
                    <Show when=move || !identity.read().is_local()>
                        <Login nodes=login />
                        {move || view! { <OwnNode cluster=cluster.get() here=here(identity, server) /> }}
                    </Show>
                    {move || {
                        let local = identity.read().is_local();
                        view! { <Secret cluster=cluster.get() here=here(identity, server) local /> }
                    }}
                    {move || view! { <RestApi cluster=cluster.get() /> }}
                    {move || view! { <Api cluster=cluster.get() here=here(identity, server) /> }}
                    {move || view! { <Guides local=identity.read().is_local() /> }}
                </div>
            </Fetched>
        </Fetched>
    }
    .into_any()
}

fn here(identity: Signal<Identity>, server: RwSignal<String>) -> Here {
    Here {
        region: identity.read().region.clone(),
        endpoint: server.get(),
    }
}

#[component]
fn FromHere(cluster: Cluster) -> impl IntoView {
    let t = text();
    let connect = format!("openpcs connect {}", cluster.name);
    view! {
        <Card title=t.connect.here_title>
            <p class="mb-3 text-muted">{t.connect.here}</p>
            <div class="grid gap-3">
                <Labelled label=t.connect.shell command=connect.clone() />
                <Labelled label=t.connect.one_command command=format!("{connect} -- sinfo") />
                <Labelled label=t.connect.batch command=format!("{connect} -- sbatch -p QUEUE < job.sh") />
            </div>
        </Card>
    }
    .into_any()
}

/// The nodes to log in to: those of static groups that are up, none where nobody logs in.
async fn login_of(cluster: String, language: String) -> Result<Vec<Node>> {
    if identity().await?.is_local() {
        return Ok(vec![]);
    }
    let groups = list_compute_node_groups(cluster.clone()).await?.into_iter();
    let is_fixed =
        |group: &ComputeNodeGroup| group.settings.scaling_configuration.min_instance_count > 0;
    let mut nodes = vec![];
    for group in groups.filter(is_fixed) {
        nodes.extend(up_of(&cluster, &group, &language).await?);
    }
    Ok(nodes)
}

async fn up_of(cluster: &str, group: &ComputeNodeGroup, language: &str) -> Result<Vec<Node>> {
    let of_it = Property {
        column: "name".into(),
        operator: Operator::Contains,
        value: format!("{}-", group.name),
    };
    let mut asked = PageRequest {
        properties: vec![of_it],
        ..PageRequest::longest()
    };
    let mut nodes = vec![];
    loop {
        let page = list_nodes(Some(cluster.into()), asked.clone(), language.into()).await?;
        let found = page.rows.into_iter().map(|row| row.item);
        // `compute-1-` also begins the nodes of a group `compute-1-gpu`.
        nodes.extend(found.filter(|node| node.compute_node_group_id == group.id && is_up(node)));
        asked.page += 1;
        if asked.page >= page.pages {
            return Ok(nodes);
        }
    }
}

fn is_up(node: &Node) -> bool {
    match node.phase {
        NodePhase::Idle | NodePhase::Busy => true,
        NodePhase::Reserved => node.instance.is_some(),
        _ => false,
    }
}

#[component]
fn Login(nodes: Resource<Result<Vec<Node>>>) -> impl IntoView {
    let t = text();
    // Who may read the nodes sees them; the rest of the page does not wait.
    let nodes = move || nodes.get().and_then(Result::ok).unwrap_or_default();
    view! {
        <Card title=t.connect.login_title>
            <Transition>{move || login_nodes(nodes())}</Transition>
        </Card>
    }
    .into_any()
}

fn login_nodes(nodes: Vec<Node>) -> AnyView {
    let t = text();
    let commands = |node: Node| {
        let instance = node
            .instance
            .map(|instance| instance.known_as().to_owned())?;
        let ssh = format!(
            "ssh -i KEY.pem ec2-user@$(aws ec2 describe-instances --instance-ids {instance} \\\n    \
             --query 'Reservations[].Instances[].PublicIpAddress' --output text)"
        );
        let session = format!("aws ssm start-session --target {instance}");
        Some(view! {
            <div class="grid gap-3">
                <h3 class="font-semibold">{node.name}</h3>
                <Labelled label=t.connect.ssh command=ssh />
                <Labelled label=t.connect.session command=session />
            </div>
        })
    };
    if nodes.is_empty() {
        return view! { <p class="text-muted">{t.connect.login_none}</p> }.into_any();
    }
    view! {
        <p class="mb-3 text-muted">{t.connect.login}</p>
        <div class="grid gap-5">{nodes.into_iter().filter_map(commands).collect_view()}</div>
    }
    .into_any()
}

/// A machine of one's own as a login node: `sackd` gives its users the cluster's identity.
#[component]
fn OwnNode(cluster: Cluster, here: Here) -> impl IntoView {
    let t = text();
    let version = cluster.scheduler.version.clone();
    let endpoints = cluster.endpoints.clone().unwrap_or_default();
    let controller = endpoints
        .into_iter()
        .find(|endpoint| endpoint.r#type == EndpointType::Slurmctld);
    let Some(controller) = controller else {
        return view! {
            <Card title=t.connect.own_title>
                <p class="text-muted">{t.connect.own_no_endpoint}</p>
            </Card>
        }
        .into_any();
    };
    let address = format!("{}:{}", controller.private_ip_address, controller.port);
    let secret = format!(
        "sudo mkdir -p /etc/slurm\n{} \\\n    | base64 -d | sudo install -m 0600 /dev/stdin /etc/slurm/slurm.key",
        read_secret(auth_key(&cluster), &here)
    );
    // As root, which the daemons of the cluster are: sackd refuses to be anybody else.
    let sackd =
        format!("sudo /opt/aws/pcs/scheduler/slurm-{version}/sbin/sackd --conf-server={address}");
    view! {
        <Card title=t.connect.own_title>
            <p class="mb-3 text-muted">{t.connect.own(&version)}</p>
            <div class="grid gap-3">
                <Labelled label=t.connect.secret command=secret />
                <Labelled label=t.connect.sackd command=sackd />
                <Labelled label=t.connect.try_it command="sinfo" />
            </div>
        </Card>
    }
    .into_any()
}

fn auth_key(cluster: &Cluster) -> Option<&SlurmAuthKey> {
    cluster.slurm_configuration.as_ref()?.auth_key.as_ref()
}

#[component]
fn Secret(cluster: Cluster, here: Here, local: bool) -> impl IntoView {
    let t = text();
    let file = local.then(|| {
        let file = format!("DATA_DIR/clusters/{}/controller/slurm.key", cluster.id);
        view! { <Labelled label=t.connect.secret_local command=file /> }
    });
    view! {
        <Card title=t.connect.secret_title>
            <p class="mb-3 text-muted">{t.connect.secret_text}</p>
            <div class="grid gap-3">
                <Labelled label=t.connect.secret_read command=read_secret(auth_key(&cluster), &here) />
                {file}
            </div>
        </Card>
    }
    .into_any()
}

#[component]
fn Api(cluster: Cluster, here: Here) -> impl IntoView {
    let t = text();
    let command = get_cluster(&cluster.id, &here);
    view! {
        <Card title=t.connect.api_title>
            <p class="mb-3 text-muted">{t.connect.api}</p>
            <Labelled label=t.connect.api_command command />
        </Card>
    }
    .into_any()
}

/// What goes beyond a command or two: a help page each, filled in for this cluster.
#[component]
fn Guides(local: bool) -> impl IntoView {
    let t = text();
    let g = &t.guides;
    let guides: [(Topic, &str, &str); 6] = [
        (topic::GUIDE_LOGIN_NODE, g.login_node, g.login_node_about),
        (topic::GUIDE_IMAGE, g.image, g.image_about),
        (topic::GUIDE_EFA, g.efa, g.efa_about),
        (topic::GUIDE_FILES, g.files, g.files_about),
        (
            topic::GUIDE_RESERVATIONS,
            g.reservations,
            g.reservations_about,
        ),
        (topic::GUIDE_VOLUMES, g.volumes, g.volumes_about),
    ];
    let row = |(topic, title, about)| {
        view! {
            <li>
                <p>
                    <HelpLink topic title />
                </p>
                <p class="text-sm text-muted">{about}</p>
            </li>
        }
    };
    let rows = (!local).then(|| {
        view! { <ul class="grid gap-3">{guides.into_iter().map(row).collect_view()}</ul> }
    });
    view! {
        <Card title=g.title>
            <p class="mb-3 text-muted">{if local { g.local } else { g.lead }}</p>
            {rows}
        </Card>
    }
    .into_any()
}
