//! Compute node groups: create, get, list, update, delete (N1, N15, N16). What a group may ask for is in `app::rules`.

use std::sync::Arc;

use app::explain::refusal;
use app::i18n::Language;
use app::i18n::Text;
use app::model::catalogue::Catalogue;
use app::model::compute_node_group::*;
use app::model::error::{Error, Result};
use app::model::lifecycle::NodeLifecycleActions;
use app::model::name::{Arns, CHILD_NAME_MAX};
use app::model::operation::Operation;
use app::model::refs::Refs;
use app::port::{ComputeNodeGroups, Ctx};
use app::rules::check_name;
use app::rules::compute_node_group as rules;
use app::rules::status::Action;
use async_trait::async_trait;

use super::cluster::there;
use super::resource::*;
use super::{Service, timestamp, well_formed};
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::{ComputeNodeGroupRow, ComputeNodeGroupSpec};
use crate::db::connection::Connection;
use crate::db::meaning::{filled, spot_options};
use crate::db::queue::QueueRow;
use crate::db::resource::{Meaning, Row};
use crate::quota;
use crate::random;
use crate::slurm::catalogue::Scope;

impl Resource for ComputeNodeGroupSpec {
    const TYPE: &'static str = "COMPUTE_NODE_GROUP";
    const WORDS: &'static str = "compute node group";

    fn arn(arns: &Arns, cluster_id: &str, id: &str) -> String {
        arns.compute_node_group(cluster_id, id)
    }
}

#[async_trait]
impl ComputeNodeGroups for Service {
    async fn create_compute_node_group(
        &self,
        ctx: &Ctx,
        input: CreateComputeNodeGroupRequest,
    ) -> Result<CreateComputeNodeGroupResponse> {
        let (cluster, offers) = self.may_create_group(ctx, &input).await?;
        let (operation, token) = (
            Operation::CreateComputeNodeGroup,
            input.client_token.as_deref(),
        );
        self.change(ctx, operation, &input, token, async |mut change| {
            let db = &mut change.write.tx;
            let row = self
                .created_group(ctx.language, db, &cluster, &offers, &input)
                .await?;
            let compute_node_group = self.compute_node_group(&row);
            let arn = compute_node_group.arn.clone();
            change.create(&row, &arn, input.tags.as_ref()).await?;
            change
                .commit(&arn, CreateComputeNodeGroupResponse { compute_node_group })
                .await
        })
        .await
    }

    async fn get_compute_node_group(
        &self,
        ctx: &Ctx,
        input: GetComputeNodeGroupRequest,
    ) -> Result<GetComputeNodeGroupResponse> {
        let (operation, cluster) = (Operation::GetComputeNodeGroup, &input.cluster_identifier);
        let identifier = &input.compute_node_group_identifier;
        let (_, row) = self.child_for(ctx, operation, cluster, identifier).await?;
        Ok(GetComputeNodeGroupResponse {
            compute_node_group: self.compute_node_group(&row),
        })
    }

    async fn list_compute_node_groups(
        &self,
        ctx: &Ctx,
        input: ListComputeNodeGroupsRequest,
    ) -> Result<ListComputeNodeGroupsResponse> {
        let operation = Operation::ListComputeNodeGroups;
        let cluster = self
            .cluster_for(ctx, operation, &input.cluster_identifier)
            .await?;
        let (parts, token) = (&self.parts, input.next_token.as_deref());
        let (rows, next_token) =
            page_of(parts, Some(&cluster.id), input.max_results, token).await?;
        let compute_node_groups = rows
            .iter()
            .map(|row| self.compute_node_group_summary(row))
            .collect();
        Ok(ListComputeNodeGroupsResponse {
            compute_node_groups,
            next_token,
        })
    }

    async fn update_compute_node_group(
        &self,
        ctx: &Ctx,
        input: UpdateComputeNodeGroupRequest,
    ) -> Result<UpdateComputeNodeGroupResponse> {
        let (cluster, found, offers) = self.may_update_group(ctx, &input).await?;
        let (operation, token) = (
            Operation::UpdateComputeNodeGroup,
            input.client_token.as_deref(),
        );
        self.change(ctx, operation, &input, token, async |mut change| {
            let (_, row) = self
                .updated_group(
                    ctx.language,
                    &mut change.write.tx,
                    &cluster,
                    &found,
                    &offers,
                    &input,
                )
                .await?;
            change.update(&row).await?;
            let compute_node_group = self.compute_node_group(&row);
            let arn = compute_node_group.arn.clone();
            change
                .commit(&arn, UpdateComputeNodeGroupResponse { compute_node_group })
                .await
        })
        .await
    }

    async fn delete_compute_node_group(
        &self,
        ctx: &Ctx,
        input: DeleteComputeNodeGroupRequest,
    ) -> Result<DeleteComputeNodeGroupResponse> {
        self.may_delete_group(ctx, &input).await?;
        let (operation, token) = (
            Operation::DeleteComputeNodeGroup,
            input.client_token.as_deref(),
        );
        self.change(ctx, operation, &input, token, async |mut change| {
            let db = &mut change.write.tx;
            let cluster = there(db, &input.cluster_identifier).await?;
            let mut row = deletable_group(ctx.language, db, &cluster, &input).await?;
            change.delete(&mut row).await?;
            let arn = self.parts.arns.compute_node_group(&row.cluster_id, &row.id);
            change.commit(&arn, DeleteComputeNodeGroupResponse {}).await
        })
        .await
    }
}

impl Service {
    /// The checks before the transaction, for the operation and its plan; the cluster that gets the group, and what the
    /// request names.
    pub(super) async fn may_create_group(
        &self,
        ctx: &Ctx,
        input: &CreateComputeNodeGroupRequest,
    ) -> Result<(Arc<ClusterRow>, Catalogue)> {
        let operation = Operation::CreateComputeNodeGroup;
        let arn = |cluster_id: &str| self.parts.arns.compute_node_group(cluster_id, "*");
        let cluster = self
            .cluster_with(ctx, operation, &input.cluster_identifier, arn)
            .await?;
        well_formed(operation, input)?;
        check_name(
            ctx.language.text(),
            &input.compute_node_group_name,
            CHILD_NAME_MAX,
        )
        .map_err(|why| Error::field("computeNodeGroupName", why))?;
        super::tag::check(input.tags.as_ref(), "tags")?;
        rules::each_once(ctx.language.text(), &input.settings)?;
        let offers = self
            .check_group(ctx.language.text(), &cluster, &requested(&input.settings))
            .await?;
        Ok((cluster, offers))
    }

    /// The rules that need no transaction; what the settings name.
    pub(super) async fn check_group(
        &self,
        t: &'static Text,
        cluster: &ClusterRow,
        settings: &GroupSettings,
    ) -> Result<Catalogue> {
        let networking = &cluster.spec.networking;
        let offers = self.resolve(&Refs::of_group(networking, settings)).await?;
        let provider = self.parts.provider.profile().name;
        rules::check(t, &offers, networking, settings, provider)?;
        self.check_list(
            Scope::NodeGroup,
            cluster.into(),
            settings.slurm_settings().map(Vec::as_slice),
            "slurmConfiguration.slurmCustomSettings",
        )?;
        Ok(offers)
    }

    /// The row to insert, or why not.
    pub(super) async fn created_group(
        &self,
        language: Language,
        db: &mut Connection,
        cluster: &ClusterRow,
        offers: &Catalogue,
        input: &CreateComputeNodeGroupRequest,
    ) -> Result<ComputeNodeGroupRow> {
        let cluster = usable_cluster(language, db, cluster).await?;
        let siblings: Vec<ComputeNodeGroupRow> = all_of(db, &cluster.id).await?;
        if let Some(twin) = siblings
            .iter()
            .find(|g| g.name == input.compute_node_group_name)
        {
            let values = [
                ("cluster", cluster.name.clone()),
                ("group", twin.name.clone()),
            ];
            let whose = refusal(language, |t| t.group_named, &values);
            return Err(taken(language, twin, &whose));
        }
        let mut spec = ComputeNodeGroupSpec {
            settings: requested(&input.settings),
            launch_generation: 1,
            instance_types: vec![],
            zones: vec![],
            placement_group: None,
        };
        spec.resolve(&offers.instance_types);
        spec.locate(offers);
        check_size(language, &cluster, &siblings, None, &spec)?;
        self.check_ports_of_nodes(db, &cluster, spec.nodes())
            .await?;
        Ok(Row::new(
            random::resource_id(),
            cluster.id.clone(),
            input.compute_node_group_name.clone(),
            spec,
        ))
    }

    /// The checks before the transaction; cluster and group as they were found, and what the group then names.
    pub(super) async fn may_update_group(
        &self,
        ctx: &Ctx,
        input: &UpdateComputeNodeGroupRequest,
    ) -> Result<(Arc<ClusterRow>, ComputeNodeGroupRow, Catalogue)> {
        let operation = Operation::UpdateComputeNodeGroup;
        let (cluster, identifier) = (
            &input.cluster_identifier,
            &input.compute_node_group_identifier,
        );
        let (cluster, found): (_, ComputeNodeGroupRow) =
            self.child_for(ctx, operation, cluster, identifier).await?;
        well_formed(operation, input)?;
        rules::changed_once(ctx.language.text(), &input.patch)?;
        let settings = found.spec.settings.clone();
        let offers = self
            .check_group(
                ctx.language.text(),
                &cluster,
                &input.patch.clone().apply(settings),
            )
            .await?;
        Ok((cluster, found, offers))
    }

    /// The row as it is and as it is to be, or why not.
    pub(super) async fn updated_group(
        &self,
        language: Language,
        db: &mut Connection,
        cluster: &ClusterRow,
        found: &ComputeNodeGroupRow,
        offers: &Catalogue,
        input: &UpdateComputeNodeGroupRequest,
    ) -> Result<(ComputeNodeGroupRow, ComputeNodeGroupRow)> {
        let cluster = usable_cluster(language, db, cluster).await?;
        let before = updatable(language, db, found, input.unmodified_since.as_deref()).await?;
        let siblings: Vec<ComputeNodeGroupRow> = all_of(db, &cluster.id).await?;
        let old = &before.spec.settings;
        let settings = input.patch.clone().apply(old.clone());
        let mut spec = ComputeNodeGroupSpec {
            launch_generation: before.spec.launch_generation
                + i64::from(needs_new_instances(old, &settings)),
            settings,
            instance_types: before.spec.instance_types.clone(),
            zones: vec![],
            placement_group: None,
        };
        spec.resolve(&offers.instance_types);
        spec.locate(offers);
        check_size(language, &cluster, &siblings, Some(&before.id), &spec)?;
        let more = spec.nodes().saturating_sub(before.ports().len());
        self.check_ports_of_nodes(db, &cluster, more).await?;
        let row = before.respecified(spec);
        Ok((before, row))
    }

    pub(super) async fn may_delete_group(
        &self,
        ctx: &Ctx,
        input: &DeleteComputeNodeGroupRequest,
    ) -> Result<()> {
        let operation = Operation::DeleteComputeNodeGroup;
        let (cluster, identifier) = (
            &input.cluster_identifier,
            &input.compute_node_group_identifier,
        );
        self.may_delete_child::<ComputeNodeGroupSpec>(ctx, operation, cluster, identifier)
            .await
    }

    fn compute_node_group(&self, row: &ComputeNodeGroupRow) -> ComputeNodeGroup {
        let settings = row.spec.settings.clone();
        let settings = GroupSettings {
            launch_template_mode: Some(settings.template_mode()),
            spot_options: spot_options(settings.purchase(), settings.spot_options.as_ref()),
            ..settings
        };
        ComputeNodeGroup {
            name: row.name.clone(),
            id: row.id.clone(),
            arn: self.parts.arns.compute_node_group(&row.cluster_id, &row.id),
            cluster_id: row.cluster_id.clone(),
            created_at: timestamp(row.created_at),
            modified_at: timestamp(row.modified_at),
            status: row.status,
            settings,
            error_info: row.error_info.clone(),
        }
    }

    fn compute_node_group_summary(&self, row: &ComputeNodeGroupRow) -> ComputeNodeGroupSummary {
        ComputeNodeGroupSummary {
            name: row.name.clone(),
            id: row.id.clone(),
            arn: self.parts.arns.compute_node_group(&row.cluster_id, &row.id),
            cluster_id: row.cluster_id.clone(),
            created_at: timestamp(row.created_at),
            modified_at: timestamp(row.modified_at),
            status: row.status,
        }
    }
}

/// The group, if it can be deleted.
pub(super) async fn deletable_group(
    language: Language,
    db: &mut Connection,
    cluster: &ClusterRow,
    input: &DeleteComputeNodeGroupRequest,
) -> Result<ComputeNodeGroupRow> {
    let row = find_in(&mut *db, cluster, &input.compute_node_group_identifier).await?;
    check_possible(language, Action::Delete, &row)?;
    let queues = queues_of(db, &row).await?;
    if queues.is_empty() {
        return Ok(row);
    }
    let names: Vec<&str> = queues.iter().map(|q| q.name.as_str()).collect();
    let values = [("group", row.name.clone()), ("queues", names.join(", "))];
    let message = refusal(language, |t| t.group_used, &values);
    Err(refused(&row, message))
}

/// The queues that run on the group.
pub(super) async fn queues_of(
    db: &mut Connection,
    group: &ComputeNodeGroupRow,
) -> Result<Vec<QueueRow>> {
    let mut queues: Vec<QueueRow> = all_of(db, &group.cluster_id).await?;
    queues.retain(|q| q.spec.uses(&group.id));
    Ok(queues)
}

/// What is written down of a request for a group.
fn requested(asked: &GroupSettings) -> GroupSettings {
    let slurm = asked.slurm_configuration.clone();
    let actions = asked.node_lifecycle_actions.clone();
    GroupSettings {
        node_lifecycle_actions: actions.filter(NodeLifecycleActions::has_scripts),
        security_group_ids: filled(asked.security_group_ids.as_ref()),
        purchase_option: Some(asked.purchase()),
        slurm_configuration: slurm.map(|asked| asked.over(Default::default())),
        ..asked.clone()
    }
}

/// Whether running instances no longer are what the group asks for (N15). Subnets and the allocation strategy touch
/// only instances to come.
fn needs_new_instances(old: &GroupSettings, new: &GroupSettings) -> bool {
    let (old, new) = (old.plain(), new.plain());
    old.ami_id != new.ami_id
        || old.custom_launch_template != new.custom_launch_template
        || old.launch_template_mode != new.launch_template_mode
        || old.security_group_ids != new.security_group_ids
        || old.ssh_key_name != new.ssh_key_name
        || old.iam_instance_profile_arn != new.iam_instance_profile_arn
        || old.purchase_option != new.purchase_option
        || old.slurm_settings() != new.slurm_settings()
        || old.node_lifecycle_actions != new.node_lifecycle_actions
        || old.instance_health_checks != new.instance_health_checks
}

/// C5: the sum of all groups' maximum stays within the cluster's size.
pub(super) fn check_size(
    language: Language,
    cluster: &ClusterRow,
    groups: &[ComputeNodeGroupRow],
    replaced: Option<&str>,
    spec: &ComputeNodeGroupSpec,
) -> Result<()> {
    let others: i64 = groups
        .iter()
        .filter(|g| Some(g.id.as_str()) != replaced)
        .map(|g| g.spec.most())
        .sum();
    let limit = cluster.spec.size.max_instances();
    if others.saturating_add(spec.most()) <= limit {
        return Ok(());
    }
    let values = [
        ("limit", limit.to_string()),
        ("others", others.to_string()),
        ("asked", spec.most().to_string()),
        ("most", (limit - others).max(0).to_string()),
    ];
    let message = refusal(language, |t| t.instances_full, &values);
    Err(Error::quota(quota::INSTANCES, message))
}
