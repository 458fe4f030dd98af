//! Clusters: create, get, list, update, delete (C1–C8, C10, C11).

use std::sync::Arc;

use app::explain::refusal;
use app::i18n::{Language, Text};
use app::model::catalogue::Catalogue;
use app::model::cluster::*;
use app::model::echo::clip;
use app::model::error::{Error, Result};
use app::model::limits;
use app::model::name::{Arns, CLUSTER_NAME_MAX};
use app::model::operation::Operation;
use app::model::refs::Refs;
use app::model::status::Status;
use app::port::{Clusters, Ctx};
use app::rules::cluster::{IDLE_TIME, accounting_problem, rest_problem};
use app::rules::status::Action;
use app::rules::{check_name, network};
use async_trait::async_trait;

use super::resource::{Resource, all_of, changeable, check_possible, page_of, refused, taken};
use super::settings::SlurmOf;
use super::version::{self, note_ended_version};
use super::{Service, well_formed};
use crate::auth::policy::Authorize as _;
use crate::db::cluster::{ClusterRow, ClusterSpec, ports};
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::connection::Connection;
use crate::db::placement::{self, Placement};
use crate::db::queue::QueueRow;
use crate::db::resource::{self, Row};
use crate::db::suspension;
use crate::fault::internal;
use crate::slurm::catalogue::{self, Scope};
use crate::{quota, random};

/// `ResourceNotFoundException.resourceType` and friends.
pub const RESOURCE_TYPE: &str = "CLUSTER";

impl Resource for ClusterSpec {
    const TYPE: &'static str = RESOURCE_TYPE;
    const WORDS: &'static str = "cluster";

    fn arn(arns: &Arns, _: &str, id: &str) -> String {
        arns.cluster(id)
    }
}

/// What the checks before a create found out.
pub(super) struct MayCreate {
    /// With what was left out.
    networking: Networking,
    /// What the request names.
    pub(super) offers: Catalogue,
    /// Of `jobSubmitPlugins`.
    script: Option<String>,
}

/// What the checks before an update found out.
pub(super) struct MayUpdate {
    /// The cluster.
    pub(super) found: Arc<ClusterRow>,
    script: NewScript,
}

/// The script that is asked of jobs, after an update.
enum NewScript {
    AsBefore,
    Is(Option<String>),
}

#[async_trait]
impl Clusters for Service {
    async fn create_cluster(
        &self,
        ctx: &Ctx,
        input: CreateClusterRequest,
    ) -> Result<CreateClusterResponse> {
        let may = self.may_create_cluster(ctx, &input).await?;
        let (operation, token) = (Operation::CreateCluster, input.client_token.as_deref());
        self.change(ctx, operation, &input, token, async |mut change| {
            let db = &mut change.write.tx;
            let row = self.created_cluster(ctx.language, db, &may, &input).await?;
            let arn = self.parts.arns.cluster(&row.id);
            change.create(&row, &arn, input.tags.as_ref()).await?;
            // Its daemons will run where it was made; they get their ports when they start.
            let here = Placement::at(self.parts.address, &self.parts.server.id, vec![]);
            placement::put(&mut change.write, row.owner(), &here)
                .await
                .map_err(internal)?;
            note_ended_version(&mut change, &may.offers.slurm_versions, &row).await?;
            self.make_keys(&mut change.write, &row.id, None, &row.spec)
                .await?;
            let cluster = self.cluster(&row);
            change.commit(&arn, CreateClusterResponse { cluster }).await
        })
        .await
    }

    async fn get_cluster(&self, ctx: &Ctx, input: GetClusterRequest) -> Result<GetClusterResponse> {
        let row = self
            .cluster_for(ctx, Operation::GetCluster, &input.cluster_identifier)
            .await?;
        Ok(GetClusterResponse {
            cluster: self.cluster(&row),
        })
    }

    async fn list_clusters(
        &self,
        ctx: &Ctx,
        input: ListClustersRequest,
    ) -> Result<ListClustersResponse> {
        ctx.authorize(Operation::ListClusters, &self.parts.arns.cluster("*"))?;
        let token = input.next_token.as_deref();
        let (rows, next_token) = page_of(&self.parts, None, input.max_results, token).await?;
        let clusters = rows.iter().map(|row| self.cluster_summary(row)).collect();
        Ok(ListClustersResponse {
            clusters,
            next_token,
        })
    }

    async fn update_cluster(
        &self,
        ctx: &Ctx,
        input: UpdateClusterRequest,
    ) -> Result<UpdateClusterResponse> {
        let may = self.may_update_cluster(ctx, &input).await?;
        let (operation, token) = (Operation::UpdateCluster, input.client_token.as_deref());
        self.change(ctx, operation, &input, token, async |mut change| {
            let (before, mut row) =
                updated_cluster(ctx.language, &mut change.write.tx, &may, &input).await?;
            self.renew_jwt_key(&row.id, before.spec.has_rest(), &mut row.spec);
            self.make_keys(&mut change.write, &row.id, Some(&before.spec), &row.spec)
                .await?;
            change.update(&row).await?;
            suspension::follow_all(&mut change.write, &row)
                .await
                .map_err(internal)?;
            let cluster = self.cluster(&row);
            change
                .commit(&cluster.arn.clone(), UpdateClusterResponse { cluster })
                .await
        })
        .await
    }

    async fn delete_cluster(
        &self,
        ctx: &Ctx,
        input: DeleteClusterRequest,
    ) -> Result<DeleteClusterResponse> {
        self.may_delete_cluster(ctx, &input.cluster_identifier)
            .await?;
        let (operation, token) = (Operation::DeleteCluster, input.client_token.as_deref());
        self.change(ctx, operation, &input, token, async |mut change| {
            let mut row = deletable_cluster(ctx.language, &mut change.write.tx, &input).await?;
            change.delete(&mut row).await?;
            change
                .commit(&self.parts.arns.cluster(&row.id), DeleteClusterResponse {})
                .await
        })
        .await
    }
}

impl Service {
    /// The checks before the transaction, for the operation and its plan.
    pub(super) async fn may_create_cluster(
        &self,
        ctx: &Ctx,
        input: &CreateClusterRequest,
    ) -> Result<MayCreate> {
        let operation = Operation::CreateCluster;
        ctx.authorize(operation, &self.parts.arns.cluster("*"))?;
        well_formed(operation, input)?;
        let t = ctx.language.text();
        check_name(t, &input.cluster_name, CLUSTER_NAME_MAX)
            .map_err(|why| Error::field("clusterName", why))?;
        let offers = self.resolve(&Refs::of_network(&input.networking)).await?;
        version::check(t, &offers.slurm_versions, &input.scheduler.version)?;
        let networking = network::resolve(t, &offers, &input.networking)?;
        let asked = input.slurm_configuration.clone().unwrap_or_default();
        let of = SlurmOf {
            version: &input.scheduler.version,
            has_accounting: has_accounting(&input.slurm_configuration),
        };
        self.check_cluster(t, of, &asked)?;
        super::tag::check(input.tags.as_ref(), "tags")?;
        let plugins = asked.job_submit_plugins.as_deref().unwrap_or_default();
        let script = self.job_submit_script(t, of.version, plugins).await?;
        Ok(MayCreate {
            networking,
            offers,
            script,
        })
    }

    /// The row to insert, or why not.
    pub(super) async fn created_cluster(
        &self,
        language: Language,
        db: &mut Connection,
        may: &MayCreate,
        input: &CreateClusterRequest,
    ) -> Result<ClusterRow> {
        let existing: Vec<ClusterRow> = resource::list(&mut *db, None).await.map_err(internal)?;
        check_quota(language, &existing, &input.cluster_name)?;
        let id = random::resource_id();
        let asked = input.slurm_configuration.clone().unwrap_or_default();
        let mut spec = ClusterSpec {
            scheduler: input.scheduler.clone(),
            size: input.size,
            networking: may.networking.clone(),
            slurm: slurm_configuration(asked, self.new_auth_key(&id)),
            job_submit_script: may.script.clone(),
        };
        let daemons = ports(spec.has_accounting(), spec.has_rest());
        self.check_ports(&mut *db, daemons).await?;
        self.renew_jwt_key(&id, false, &mut spec);
        Ok(Row::new(id.clone(), id, input.cluster_name.clone(), spec))
    }

    /// The checks before the transaction.
    pub(super) async fn may_update_cluster(
        &self,
        ctx: &Ctx,
        input: &UpdateClusterRequest,
    ) -> Result<MayUpdate> {
        let operation = Operation::UpdateCluster;
        let found = self
            .cluster_for(ctx, operation, &input.cluster_identifier)
            .await?;
        well_formed(operation, input)?;
        let asked = input.slurm_configuration.clone().unwrap_or_default();
        let asked = update_as_request(&found.spec.slurm, asked);
        let mut merged = found.spec.slurm.clone();
        merge(&mut merged, asked.clone());
        let t = ctx.language.text();
        let to = input.scheduler.as_ref().map(|s| s.version.as_str());
        let to = to.filter(|to| *to != found.spec.scheduler.version);
        if let Some(to) = to {
            self.check_upgrade(t, &found, to, &merged)?;
            self.check_window(t, &found, to).await?;
            self.check_upgrade_qos(ctx.language, &found).await?;
        }
        let of = SlurmOf {
            has_accounting: merged.has_accounting(),
            version: to.unwrap_or(&found.spec.scheduler.version),
        };
        self.check_cluster(t, of, &asked)?;
        if !of.has_accounting && found.spec.has_accounting() {
            self.check_without_accounting(&found, of, &merged).await?;
        }
        let asked = input.slurm_configuration.as_ref();
        let script = match asked.and_then(|asked| asked.job_submit_plugins.as_deref()) {
            Some(plugins) => {
                let script = self.job_submit_script(t, of.version, plugins).await?;
                NewScript::Is(script)
            }
            None => NewScript::AsBefore,
        };
        Ok(MayUpdate { found, script })
    }

    /// Whether the cluster can go to that version, with what it is to have.
    fn check_upgrade(
        &self,
        t: &'static Text,
        found: &ClusterRow,
        to: &str,
        merged: &ClusterSlurmConfiguration,
    ) -> Result<()> {
        let versions = catalogue::versions(&self.itself.scheduler_root);
        version::check_upgrade(t, &versions, found.slurm_version(), to)?;
        let accounts = accounting_problem(t, &versions, to).filter(|_| merged.has_accounting());
        let rest = rest_problem(t, &versions, to).filter(|_| merged.has_rest());
        let why = accounts.or(rest);
        why.map_or(Ok(()), |why| Err(Error::field("scheduler.version", why)))
    }

    /// What stays as it is must mean something without accounting, too.
    async fn check_without_accounting(
        &self,
        row: &ClusterRow,
        of: SlurmOf<'_>,
        merged: &ClusterSlurmConfiguration,
    ) -> Result<()> {
        let settings = merged.slurm_custom_settings.as_deref();
        let path = "slurmConfiguration.slurmCustomSettings";
        self.check_list(Scope::Cluster, of, settings, path)?;
        let mut db = self.parts.db.pool().acquire().await.map_err(internal)?;
        let queues: Vec<QueueRow> = all_of(&mut db, &row.id).await?;
        for queue in &queues {
            let settings = queue.spec.slurm.as_ref();
            let settings = settings.and_then(|slurm| slurm.slurm_custom_settings.as_deref());
            let path = format!("queue {}", queue.name);
            self.check_list(Scope::Queue, of, settings, &path)?;
        }
        Ok(())
    }
}

/// The cluster, if it can be deleted.
pub(super) async fn deletable_cluster(
    language: Language,
    db: &mut Connection,
    input: &DeleteClusterRequest,
) -> Result<ClusterRow> {
    let row = there(db, &input.cluster_identifier).await?;
    check_possible(language, Action::Delete, &row)?;
    check_empty(language, db, &row).await?;
    Ok(row)
}

/// The cluster of that name or id as it is inside the transaction.
pub(super) async fn there(db: &mut Connection, identifier: &str) -> Result<ClusterRow> {
    let found = resource::find(db, None, identifier).await;
    found
        .map_err(internal)?
        .ok_or_else(|| not_found(identifier))
}

pub(crate) fn not_found(identifier: &str) -> Error {
    Error::not_found(
        RESOURCE_TYPE,
        identifier,
        format!(
            "There is no cluster {}. ListClusters shows the clusters that exist.",
            clip(identifier)
        ),
    )
}

/// The row as it is and as it is to be, or why not.
pub(super) async fn updated_cluster(
    language: Language,
    db: &mut Connection,
    may: &MayUpdate,
    input: &UpdateClusterRequest,
) -> Result<(ClusterRow, ClusterRow)> {
    let found = &may.found;
    let asked = input.scheduler.as_ref().map(|s| &s.version);
    let action = match asked.is_some_and(|to| *to != found.spec.scheduler.version) {
        true => Action::Upgrade,
        false => Action::Update,
    };
    let since = input.unmodified_since.as_deref();
    let before = changeable(language, db, action, found, since).await?;
    let mut spec = ClusterSpec {
        slurm: merged(&before.spec.slurm, input),
        job_submit_script: match &may.script {
            NewScript::AsBefore => before.spec.job_submit_script.clone(),
            NewScript::Is(script) => script.clone(),
        },
        ..before.spec.clone()
    };
    if let Some(asked) = &input.scheduler {
        // It was judged by the version that the cluster had when it was found.
        if before.slurm_version() != found.slurm_version() {
            let values = [("name", before.name.clone())];
            let message = refusal(language, |t| t.changed_meanwhile, &values);
            return Err(refused(&before, message));
        }
        spec.scheduler.version = asked.version.clone();
    }
    let row = before.respecified(spec);
    Ok((before, row))
}

/// The Slurm configuration as it is after the update.
pub(super) fn merged(
    current: &ClusterSlurmConfiguration,
    input: &UpdateClusterRequest,
) -> ClusterSlurmConfiguration {
    let mut slurm = current.clone();
    let asked = input.slurm_configuration.clone().unwrap_or_default();
    merge(&mut slurm, update_as_request(current, asked));
    slurm
}

fn check_quota(language: Language, existing: &[ClusterRow], name: &str) -> Result<()> {
    if let Some(twin) = existing.iter().find(|c| c.name == name) {
        let values = [("cluster", name.to_owned()), ("id", twin.id.clone())];
        let whose = refusal(language, |t| t.cluster_named, &values);
        return Err(taken(language, twin, &whose));
    }
    if let Some(creating) = existing.iter().find(|c| c.status == Status::Creating) {
        let values = [("cluster", creating.name.clone())];
        let message = refusal(language, |t| t.cluster_being_created, &values);
        return Err(Error::quota(quota::CREATING, message));
    }
    if existing.len() as i64 >= limits::CLUSTERS {
        let values = [("count", existing.len().to_string())];
        let message = refusal(language, |t| t.clusters_full, &values);
        return Err(Error::quota(quota::CLUSTERS, message));
    }
    Ok(())
}

/// Names what stands in the way of a cluster's end (C11).
async fn check_empty(language: Language, db: &mut Connection, row: &ClusterRow) -> Result<()> {
    let (groups, queues) = contents(db, row).await?;
    let queue = |name: &String| refusal(language, |t| t.of_queue, &[("queue", name.clone())]);
    let group = |name: &String| refusal(language, |t| t.of_group, &[("group", name.clone())]);
    let names: Vec<String> = (queues.iter().map(|q| queue(&q.name)))
        .chain(groups.iter().map(|g| group(&g.name)))
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let values = [
        ("cluster", row.name.clone()),
        ("contents", names.join(", ")),
    ];
    let message = refusal(language, |t| t.cluster_not_empty, &values);
    Err(refused(row, message))
}

/// The groups and queues of a cluster.
pub(super) async fn contents(
    db: &mut Connection,
    row: &ClusterRow,
) -> Result<(Vec<ComputeNodeGroupRow>, Vec<QueueRow>)> {
    let groups = all_of(db, &row.id).await?;
    let queues = all_of(db, &row.id).await?;
    Ok((groups, queues))
}

fn has_accounting(asked: &Option<ClusterSlurmConfigurationRequest>) -> bool {
    let accounting = asked.as_ref().and_then(|asked| asked.accounting.as_ref());
    accounting.is_some_and(Accounting::is_on)
}

/// What was asked for, with the defaults that are in force.
fn slurm_configuration(
    asked: ClusterSlurmConfigurationRequest,
    key: SlurmAuthKey,
) -> ClusterSlurmConfiguration {
    ClusterSlurmConfiguration {
        scale_down_idle_time_in_seconds: asked.scale_down_idle_time_in_seconds.or(Some(IDLE_TIME)),
        slurm_custom_settings: asked.slurm_custom_settings,
        slurmdbd_custom_settings: asked.slurmdbd_custom_settings,
        cgroup_custom_settings: asked.cgroup_custom_settings,
        job_submit_plugins: asked.job_submit_plugins,
        auth_key: Some(key),
        jwt_auth: None,
        accounting: asked.accounting,
        slurm_rest: asked.slurm_rest,
    }
}

/// An update's members in the shape of a create, so that one check serves both. What has members of its own and is named
/// with some of them keeps the others.
fn update_as_request(
    current: &ClusterSlurmConfiguration,
    update: UpdateClusterSlurmConfigurationRequest,
) -> ClusterSlurmConfigurationRequest {
    ClusterSlurmConfigurationRequest {
        scale_down_idle_time_in_seconds: update.scale_down_idle_time_in_seconds,
        slurm_custom_settings: update.slurm_custom_settings,
        slurmdbd_custom_settings: update.slurmdbd_custom_settings,
        cgroup_custom_settings: update.cgroup_custom_settings,
        job_submit_plugins: update.job_submit_plugins,
        accounting: update.accounting.map(|asked| {
            let is = current.accounting.as_ref();
            let days = is.and_then(|is| is.default_purge_time_in_days);
            let mode = is.map_or(AccountingMode::None, |is| is.mode);
            Accounting {
                mode: asked.mode.unwrap_or(mode),
                default_purge_time_in_days: asked.default_purge_time_in_days.or(days),
            }
        }),
        slurm_rest: update
            .slurm_rest
            .and_then(|r| r.mode)
            .map(|mode| SlurmRest { mode }),
    }
}

/// What is named replaces what was; what is not named stays.
fn merge(current: &mut ClusterSlurmConfiguration, asked: ClusterSlurmConfigurationRequest) {
    fn set<T>(current: &mut Option<T>, asked: Option<T>) {
        if asked.is_some() {
            *current = asked;
        }
    }
    set(
        &mut current.scale_down_idle_time_in_seconds,
        asked.scale_down_idle_time_in_seconds,
    );
    set(
        &mut current.slurm_custom_settings,
        asked.slurm_custom_settings,
    );
    set(
        &mut current.slurmdbd_custom_settings,
        asked.slurmdbd_custom_settings,
    );
    set(
        &mut current.cgroup_custom_settings,
        asked.cgroup_custom_settings,
    );
    set(&mut current.job_submit_plugins, asked.job_submit_plugins);
    set(&mut current.accounting, asked.accounting);
    set(&mut current.slurm_rest, asked.slurm_rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_keeps_what_it_does_not_name() {
        let key = SlurmAuthKey {
            secret_arn: "arn".into(),
            secret_version: "1".into(),
        };
        let mut current =
            slurm_configuration(ClusterSlurmConfigurationRequest::default(), key.clone());
        let asked = UpdateClusterSlurmConfigurationRequest {
            scale_down_idle_time_in_seconds: Some(60),
            ..Default::default()
        };
        let asked = update_as_request(&current, asked);
        merge(&mut current, asked);
        assert_eq!(current.scale_down_idle_time_in_seconds, Some(60));
        assert_eq!(current.auth_key, Some(key));
    }

    /// One member of accounting says nothing of the other.
    #[test]
    fn accounting_is_merged_member_by_member() {
        use AccountingMode::{None as Off, Standard};
        let days = |mode, days| Accounting {
            mode,
            default_purge_time_in_days: days,
        };
        for (is, mode, asked, becomes) in [
            (None, None, Some(30), days(Off, Some(30))),
            (None, Some(Standard), None, days(Standard, None)),
            (
                Some(days(Standard, None)),
                None,
                Some(30),
                days(Standard, Some(30)),
            ),
            (
                Some(days(Standard, Some(30))),
                Some(Off),
                None,
                days(Off, Some(30)),
            ),
            (
                Some(days(Standard, Some(30))),
                None,
                Some(-1),
                days(Standard, Some(-1)),
            ),
            (
                Some(days(Standard, Some(30))),
                None,
                None,
                days(Standard, Some(30)),
            ),
        ] {
            let current = ClusterSlurmConfiguration {
                accounting: is,
                ..Default::default()
            };
            let update = UpdateClusterSlurmConfigurationRequest {
                accounting: Some(UpdateAccountingRequest {
                    mode,
                    default_purge_time_in_days: asked,
                }),
                ..Default::default()
            };
            let found = update_as_request(&current, update).accounting;
            assert_eq!(found, Some(becomes));
        }
    }
}
