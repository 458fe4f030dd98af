//! Queues: create, get, list, update, delete (Q1–Q4).

use std::sync::Arc;

use app::explain::refusal;
use app::i18n::Language;
use app::i18n::Text;
use app::model::error::{Error, Result};
use app::model::name::Arns;
use app::model::operation::Operation;
use app::model::queue::*;
use app::port::{Ctx, Queues};
use app::rules::queue as rules;
use app::rules::status::Action;
use async_trait::async_trait;

use super::alternate::{RESOURCE_TYPE, SETTINGS_PATH};
use super::cluster::there;
use super::resource::*;
use super::{Service, alternate, timestamp, well_formed};
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::connection::Connection;
use crate::db::queue::{QueueRow, QueueSpec};
use crate::db::resource::Row;
use crate::random;
use crate::slurm::catalogue::Scope;

impl Resource for QueueSpec {
    const TYPE: &'static str = RESOURCE_TYPE;
    const WORDS: &'static str = "queue";

    fn arn(arns: &Arns, cluster_id: &str, id: &str) -> String {
        arns.queue(cluster_id, id)
    }
}

#[async_trait]
impl Queues for Service {
    async fn create_queue(
        &self,
        ctx: &Ctx,
        input: CreateQueueRequest,
    ) -> Result<CreateQueueResponse> {
        let cluster = self.may_create_queue(ctx, &input).await?;
        let (operation, token) = (Operation::CreateQueue, input.client_token.as_deref());
        self.change(ctx, operation, &input, token, async |mut change| {
            let db = &mut change.write.tx;
            let row = self
                .created_queue(ctx.language, db, &cluster, &input)
                .await?;
            let queue = self.queue(&row);
            change.create(&row, &queue.arn, input.tags.as_ref()).await?;
            change
                .commit(&queue.arn.clone(), CreateQueueResponse { queue })
                .await
        })
        .await
    }

    async fn get_queue(&self, ctx: &Ctx, input: GetQueueRequest) -> Result<GetQueueResponse> {
        let (operation, cluster) = (Operation::GetQueue, &input.cluster_identifier);
        let (_, row) = self
            .child_for(ctx, operation, cluster, &input.queue_identifier)
            .await?;
        Ok(GetQueueResponse {
            queue: self.queue(&row),
        })
    }

    async fn list_queues(&self, ctx: &Ctx, input: ListQueuesRequest) -> Result<ListQueuesResponse> {
        let cluster = self
            .cluster_for(ctx, Operation::ListQueues, &input.cluster_identifier)
            .await?;
        let (parts, token) = (&self.parts, input.next_token.as_deref());
        let (rows, next_token) =
            page_of(parts, Some(&cluster.id), input.max_results, token).await?;
        Ok(ListQueuesResponse {
            queues: rows.iter().map(|row| self.queue_summary(row)).collect(),
            next_token,
        })
    }

    async fn update_queue(
        &self,
        ctx: &Ctx,
        input: UpdateQueueRequest,
    ) -> Result<UpdateQueueResponse> {
        let (cluster, found) = self.may_update_queue(ctx, &input).await?;
        let (operation, token) = (Operation::UpdateQueue, input.client_token.as_deref());
        self.change(ctx, operation, &input, token, async |mut change| {
            let (_, row) = self
                .updated_queue(ctx.language, &mut change.write.tx, &cluster, &found, &input)
                .await?;
            change.update(&row).await?;
            let queue = self.queue(&row);
            change
                .commit(&queue.arn.clone(), UpdateQueueResponse { queue })
                .await
        })
        .await
    }

    async fn delete_queue(
        &self,
        ctx: &Ctx,
        input: DeleteQueueRequest,
    ) -> Result<DeleteQueueResponse> {
        self.may_delete_queue(ctx, &input).await?;
        let (operation, token) = (Operation::DeleteQueue, input.client_token.as_deref());
        self.change(ctx, operation, &input, token, async |mut change| {
            let db = &mut change.write.tx;
            let cluster = there(db, &input.cluster_identifier).await?;
            let mut row = deletable_queue(ctx.language, db, &cluster, &input).await?;
            change.delete(&mut row).await?;
            let arn = self.parts.arns.queue(&row.cluster_id, &row.id);
            change.commit(&arn, DeleteQueueResponse {}).await
        })
        .await
    }
}

impl Service {
    /// The checks before the transaction, for the operation and its plan; the cluster that gets the queue.
    pub(super) async fn may_create_queue(
        &self,
        ctx: &Ctx,
        input: &CreateQueueRequest,
    ) -> Result<Arc<ClusterRow>> {
        let operation = Operation::CreateQueue;
        let arn = |cluster_id: &str| self.parts.arns.queue(cluster_id, "*");
        let cluster = self
            .cluster_with(ctx, operation, &input.cluster_identifier, arn)
            .await?;
        well_formed(operation, input)?;
        rules::check_name(ctx.language.text(), &input.queue_name)
            .map_err(|why| Error::field("queueName", why))?;
        self.check_queue_settings(ctx, &cluster, input.slurm_configuration.as_ref())
            .await?;
        super::tag::check(input.tags.as_ref(), "tags")?;
        Ok(cluster)
    }

    async fn check_queue_settings(
        &self,
        ctx: &Ctx,
        cluster: &ClusterRow,
        asked: Option<&QueueSlurmConfiguration>,
    ) -> Result<()> {
        self.check_list(
            Scope::Queue,
            cluster.into(),
            asked.and_then(|s| s.slurm_custom_settings.as_deref()),
            SETTINGS_PATH,
        )?;
        self.check_queue_qos(ctx.language, cluster, asked).await
    }

    /// The row to insert, or why not.
    pub(super) async fn created_queue(
        &self,
        language: Language,
        db: &mut Connection,
        cluster: &ClusterRow,
        input: &CreateQueueRequest,
    ) -> Result<QueueRow> {
        let cluster = usable_cluster(language, db, cluster).await?;
        let siblings: Vec<QueueRow> = all_of(db, &cluster.id).await?;
        if let Some(twin) = siblings
            .iter()
            .find(|q| q.name.eq_ignore_ascii_case(&input.queue_name))
        {
            let values = [
                ("cluster", cluster.name.clone()),
                ("queue", twin.name.clone()),
            ];
            let whose = refusal(language, |t| t.queue_named, &values);
            return Err(taken(language, twin, &whose));
        }
        let asked = input.slurm_configuration.as_ref();
        alternate::check_there(&siblings, &input.queue_name, asked)?;
        let groups = input
            .compute_node_group_configurations
            .clone()
            .unwrap_or_default();
        check_groups(language.text(), db, &cluster, &groups).await?;
        let spec = QueueSpec {
            groups,
            slurm: input.slurm_configuration.clone(),
        };
        Ok(Row::new(
            random::resource_id(),
            cluster.id.clone(),
            input.queue_name.clone(),
            spec,
        ))
    }

    /// The checks before the transaction; cluster and queue as they were found.
    pub(super) async fn may_update_queue(
        &self,
        ctx: &Ctx,
        input: &UpdateQueueRequest,
    ) -> Result<(Arc<ClusterRow>, QueueRow)> {
        let (operation, cluster) = (Operation::UpdateQueue, &input.cluster_identifier);
        let (cluster, found) = self
            .child_for(ctx, operation, cluster, &input.queue_identifier)
            .await?;
        well_formed(operation, input)?;
        self.check_queue_settings(ctx, &cluster, input.slurm_configuration.as_ref())
            .await?;
        Ok((cluster, found))
    }

    /// The row as it is and as it is to be, or why not.
    pub(super) async fn updated_queue(
        &self,
        language: Language,
        db: &mut Connection,
        cluster: &ClusterRow,
        found: &QueueRow,
        input: &UpdateQueueRequest,
    ) -> Result<(QueueRow, QueueRow)> {
        let cluster = usable_cluster(language, db, cluster).await?;
        let before = updatable(language, db, found, input.unmodified_since.as_deref()).await?;
        let mut spec = before.spec.clone();
        if let Some(groups) = &input.compute_node_group_configurations {
            check_groups(language.text(), db, &cluster, groups).await?;
            spec.groups = groups.clone();
        }
        // Settings that are not there at all ask for nothing; an empty list takes them away.
        let asks = |asked: &QueueSlurmConfiguration| asked.slurm_custom_settings.is_some();
        if input.slurm_configuration.as_ref().is_some_and(asks) {
            let queues = all_of(db, &cluster.id).await?;
            let asked = input.slurm_configuration.as_ref();
            alternate::check_there(&queues, &before.name, asked)?;
            spec.slurm = input.slurm_configuration.clone();
        }
        let row = before.respecified(spec);
        Ok((before, row))
    }

    pub(super) async fn may_delete_queue(
        &self,
        ctx: &Ctx,
        input: &DeleteQueueRequest,
    ) -> Result<()> {
        let (operation, cluster) = (Operation::DeleteQueue, &input.cluster_identifier);
        self.may_delete_child::<QueueSpec>(ctx, operation, cluster, &input.queue_identifier)
            .await
    }

    fn queue(&self, row: &QueueRow) -> Queue {
        Queue {
            name: row.name.clone(),
            id: row.id.clone(),
            arn: self.parts.arns.queue(&row.cluster_id, &row.id),
            cluster_id: row.cluster_id.clone(),
            created_at: timestamp(row.created_at),
            modified_at: timestamp(row.modified_at),
            status: row.status,
            compute_node_group_configurations: row.spec.groups.clone(),
            slurm_configuration: row.spec.slurm.clone(),
            error_info: row.error_info.clone(),
        }
    }

    fn queue_summary(&self, row: &QueueRow) -> QueueSummary {
        QueueSummary {
            name: row.name.clone(),
            id: row.id.clone(),
            arn: self.parts.arns.queue(&row.cluster_id, &row.id),
            cluster_id: row.cluster_id.clone(),
            created_at: timestamp(row.created_at),
            modified_at: timestamp(row.modified_at),
            status: row.status,
        }
    }
}

/// The queue, if it can be deleted.
pub(super) async fn deletable_queue(
    language: Language,
    db: &mut Connection,
    cluster: &ClusterRow,
    input: &DeleteQueueRequest,
) -> Result<QueueRow> {
    let row = find_in(&mut *db, cluster, &input.queue_identifier).await?;
    check_possible(language, Action::Delete, &row)?;
    alternate::check_unnamed(&all_of(db, &cluster.id).await?, &row)?;
    Ok(row)
}

/// Q2: by id, each ACTIVE, each once; none too.
async fn check_groups(
    t: &'static Text,
    db: &mut Connection,
    cluster: &ClusterRow,
    asked: &[ComputeNodeGroupConfiguration],
) -> Result<()> {
    let rows: Vec<ComputeNodeGroupRow> = all_of(db, &cluster.id).await?;
    let groups: Vec<rules::Group> = rows
        .iter()
        .map(|row| rules::Group {
            id: &row.id,
            name: &row.name,
            status: row.status,
        })
        .collect();
    rules::groups(t, &cluster.name, &groups, asked)
}
