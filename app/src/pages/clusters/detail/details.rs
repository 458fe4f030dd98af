//! Everything that GetCluster tells, and the tags.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::super::size_label;
use super::super::upgrade::Versions;
use super::next_steps::NextSteps;
use super::rest::PlainWarning;
use super::use_page;
use crate::api::tag::list_cluster_tags;
use crate::browser;
use crate::components::{Fetched, StatusIndicator, asked};
use crate::i18n::{Text, text};
use crate::model::catalogue::Catalogue;
use crate::model::cluster::*;
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::ui::time::AgoText;
use crate::ui::{Card, Copyable, KeyValue, Pairs, foreign};

#[component]
pub fn Details() -> impl IntoView {
    let page = use_page();
    let tags = asked([page.id], &[Kind::Cluster], |[id]| list_cluster_tags(id));
    view! {
        <div class="grid gap-5">
            <NextSteps page />
            <Fetched resource=page.cluster let:cluster>
                {move || {
                    let cluster = cluster.get();
                    let slurm = cluster.slurm_configuration.clone().unwrap_or_default();
                    view! {
                        <div class="grid gap-5">
                            <General cluster=cluster.clone() />
                            <Scheduling version=cluster.scheduler.version.clone() slurm=slurm.clone() known=page.known />
                            <div class="grid gap-5 xl:grid-cols-2">
                                <Network networking=cluster.networking.clone() />
                                <Endpoints endpoints=cluster.endpoints.clone().unwrap_or_default() />
                            </div>
                            <Secrets slurm=slurm.clone() />
                            <div class="grid gap-5 xl:grid-cols-2">
                                <CustomSettings slurm />
                                <Tags tags />
                            </div>
                        </div>
                    }
                }}
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn General(cluster: Cluster) -> impl IntoView {
    let t = text();
    let limits = t
        .clusters
        .size_limits(cluster.size.max_instances(), cluster.size.max_jobs());
    view! {
        <Card title=t.details.general>
            <Pairs>
                <KeyValue label=t.details.name>{cluster.name}</KeyValue>
                <KeyValue label=t.details.status>
                    <StatusIndicator status=cluster.status />
                </KeyValue>
                <KeyValue label=t.details.size>
                    {size_label(t, cluster.size)} <span class="block text-xs text-muted">{limits}</span>
                </KeyValue>
                <KeyValue label=t.details.id>
                    <Copyable what=t.details.id value=cluster.id />
                </KeyValue>
                <KeyValue label=t.details.created>
                    <AgoText at=cluster.created_at />
                </KeyValue>
                <KeyValue label=t.details.modified>
                    <AgoText at=cluster.modified_at />
                </KeyValue>
                <KeyValue label=t.details.arn wide=true>
                    <Copyable what=t.details.arn value=cluster.arn />
                </KeyValue>
            </Pairs>
        </Card>
    }
    .into_any()
}

#[component]
fn Scheduling(
    version: String,
    slurm: ClusterSlurmConfiguration,
    known: Resource<Result<Catalogue>>,
) -> impl IntoView {
    let t = text();
    let from = version.clone();
    let ended = move || {
        let versions = Versions {
            all: known.get()?.ok()?.slurm_versions,
            from: from.clone(),
            today: browser::today(),
        };
        let date = versions.ended()?;
        let words = t.details.scheduler_version_ended(date);
        Some(view! { <span class="block text-xs text-warning">{words}</span> })
    };
    let idle = slurm.scale_down_idle_time_in_seconds.map_or_else(
        || t.common.default.to_owned(),
        |seconds| t.details.idle_time_value(seconds),
    );
    let accounting = slurm.accounting.filter(Accounting::is_on);
    let has_accounting = accounting.is_some();
    let on = |on| {
        if on {
            t.details.accounting_on
        } else {
            t.details.accounting_off
        }
    };
    let rest = slurm.slurm_rest.is_some_and(|rest| rest.is_on());
    let script = slurm.job_submit_plugins.into_iter().flatten().next();
    view! {
        <Card title=t.details.scheduler>
            <Pairs>
                <KeyValue label=t.details.scheduler_version>
                    {version} <Transition>{ended}</Transition>
                </KeyValue>
                <KeyValue label=t.details.idle_time>{idle}</KeyValue>
                <KeyValue label=t.details.accounting>{on(has_accounting)}</KeyValue>
                {accounting
                    .map(|accounting| {
                        view! { <KeyValue label=t.details.purge>{purge(t, &accounting)}</KeyValue> }
                    })}
                <KeyValue label=t.details.rest>{on(rest)}</KeyValue>
                {script
                    .map(|script| {
                        let at = script.script_source.script_location;
                        view! { <KeyValue label=t.details.job_submit>{script.name} " · " {foreign(at)}</KeyValue> }
                    })}
            </Pairs>
        </Card>
    }
    .into_any()
}

fn purge(t: &'static Text, accounting: &Accounting) -> String {
    match accounting.days() {
        Some(days) => t.details.purge_days(days),
        None => t.details.purge_forever.to_owned(),
    }
}

#[component]
fn Network(networking: Networking) -> impl IntoView {
    let t = text();
    let network_type = match networking.network_type {
        Some(NetworkType::Ipv6) => "IPv6",
        _ => "IPv4",
    };
    view! {
        <Card title=t.details.networking>
            <Pairs>
                <KeyValue label=t.details.subnets>
                    <Ids what=t.details.subnets ids=networking.subnet_ids.unwrap_or_default() />
                </KeyValue>
                <KeyValue label=t.details.security_groups>
                    <Ids what=t.details.security_groups ids=networking.security_group_ids.unwrap_or_default() />
                </KeyValue>
                <KeyValue label=t.details.network_type>{network_type}</KeyValue>
            </Pairs>
        </Card>
    }
    .into_any()
}

/// Ids, one a line.
#[component]
fn Ids(what: &'static str, ids: Vec<String>) -> impl IntoView {
    if ids.is_empty() {
        return view! { <span class="text-muted">{text().common.none}</span> }.into_any();
    }
    let id = |value: String| view! { <div><Copyable what value /></div> };
    ids.into_iter().map(id).collect_view().into_any()
}

#[component]
fn Endpoints(endpoints: Vec<Endpoint>) -> impl IntoView {
    let t = text();
    let row = move |endpoint: Endpoint| {
        let service = match endpoint.r#type {
            EndpointType::Slurmctld => "slurmctld",
            EndpointType::Slurmdbd => "slurmdbd",
            EndpointType::Slurmrestd => "slurmrestd",
        };
        let address = match endpoint.ipv6_address {
            Some(address) => format!("[{address}]"),
            None => endpoint.private_ip_address,
        };
        [service.to_owned(), address, endpoint.port]
    };
    let mut rest = endpoints.iter();
    let rest = rest.find(|one| one.r#type == EndpointType::Slurmrestd);
    let warning = rest.map(|endpoint| view! { <PlainWarning endpoint=endpoint.clone() /> });
    view! {
        <Card title=t.details.endpoints>
            {warning}
            <Plain
                heads=[t.details.endpoint_type, t.details.endpoint_address, t.details.endpoint_port]
                rows=endpoints.into_iter().map(row).collect()
                empty=t.details.endpoints_empty
            />
        </Card>
    }
    .into_any()
}

#[component]
fn Secrets(slurm: ClusterSlurmConfiguration) -> impl IntoView {
    let t = text();
    let secret = slurm
        .auth_key
        .map(|key| (key.secret_arn, key.secret_version))
        .unwrap_or_default();
    let jwt = slurm.jwt_auth.and_then(|jwt| jwt.jwt_key);
    view! {
        <Card title=t.details.secrets>
            <Pairs>
                <KeyValue label=t.details.secret_arn wide=true>
                    <Copyable what=t.details.secret_arn value=secret.0 />
                </KeyValue>
                <KeyValue label=t.details.secret_version wide=true>
                    <Copyable what=t.details.secret_version value=secret.1 />
                </KeyValue>
                {jwt
                    .map(|key| {
                        view! {
                            <KeyValue label=t.details.jwt_arn wide=true>
                                <Copyable what=t.details.jwt_arn value=key.secret_arn />
                            </KeyValue>
                            <KeyValue label=t.details.jwt_version wide=true>
                                <Copyable what=t.details.jwt_version value=key.secret_version />
                            </KeyValue>
                        }
                    })}
            </Pairs>
        </Card>
    }
    .into_any()
}

#[component]
fn CustomSettings(slurm: ClusterSlurmConfiguration) -> impl IntoView {
    let t = text();
    let slurm_conf = slurm
        .slurm_custom_settings
        .unwrap_or_default()
        .into_iter()
        .map(|s| ["slurm.conf".to_owned(), s.parameter_name, s.parameter_value]);
    let slurmdbd_conf = slurm
        .slurmdbd_custom_settings
        .unwrap_or_default()
        .into_iter()
        .map(|s| {
            [
                "slurmdbd.conf".to_owned(),
                s.parameter_name,
                s.parameter_value,
            ]
        });
    let cgroup_conf = slurm
        .cgroup_custom_settings
        .unwrap_or_default()
        .into_iter()
        .map(|s| {
            [
                "cgroup.conf".to_owned(),
                s.parameter_name,
                s.parameter_value,
            ]
        });
    view! {
        <Card title=t.details.settings>
            <Plain
                heads=[t.details.setting_file, t.details.setting_name, t.details.setting_value]
                rows=slurm_conf.chain(slurmdbd_conf).chain(cgroup_conf).collect()
                empty=t.details.settings_empty
            />
        </Card>
    }
    .into_any()
}

#[component]
fn Tags(tags: Resource<Result<BTreeMap<String, String>>>) -> impl IntoView {
    let t = text();
    view! {
        <Card title=t.details.tags>
            <Fetched resource=tags let:tags>
                {move || {
                    let rows = tags.get().into_iter().map(|(key, value)| [key, value]).collect();
                    view! {
                        <Plain heads=[t.details.tag_key, t.details.tag_value] rows empty=t.details.tags_empty />
                    }
                }}
            </Fetched>
        </Card>
    }
    .into_any()
}

/// A few rows of plain text.
#[component]
fn Plain<const N: usize>(
    heads: [&'static str; N],
    rows: Vec<[String; N]>,
    empty: &'static str,
) -> impl IntoView {
    if rows.is_empty() {
        return view! { <p class="text-muted">{empty}</p> }.into_any();
    }
    let head = |title| view! { <th scope="col">{title}</th> };
    let cell = |text| view! { <td>{text}</td> };
    let row = move |row: [String; N]| {
        view! { <tr>{row.into_iter().map(cell).collect_view()}</tr> }
    };
    view! {
        <table class="plain-table">
            <thead>
                <tr>{heads.into_iter().map(head).collect_view()}</tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
