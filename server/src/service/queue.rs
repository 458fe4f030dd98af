//! Queues: create, get, list, update, delete (Q1–Q4).

use std::sync::Arc;

use app::model::error::{Error, Result};
use app::model::name::CHILD_NAME_MAX;
use app::model::operation::Operation;
use app::model::queue::*;
use app::port::{Ctx, Queues};
use app::rules::queue as rules;
use app::rules::{check_name, english};
use async_trait::async_trait;
use sqlx::AnyConnection;

use super::alternate::{RESOURCE_TYPE, SETTINGS_PATH};
use super::resource::*;
use super::write::Begun;
use super::{Service, alternate, timestamp, well_formed};
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::queue::{QueueRow, QueueSpec};
use crate::db::resource::Row;
use crate::random;
use crate::slurm::catalogue::Scope;

impl Resource for QueueSpec {
    const TYPE: &'static str = RESOURCE_TYPE;
    const WORDS: &'static str = "queue";
}

#[async_trait]
impl Queues for Service {
    async fn create_queue(
        &self,
        ctx: &Ctx,
        input: CreateQueueRequest,
    ) -> Result<CreateQueueResponse> {
        let cluster = self.may_create_queue(ctx, &input).await?;
        let operation = Operation::CreateQueue;
        let mut change = match self
            .begin(ctx, operation, &input, input.client_token.as_deref())
            .await?
        {
            Begun::Answered(answer) => return Ok(answer),
            Begun::New(change) => change,
        };
        let row = self
            .created_queue(&mut change.write.tx, &cluster, &input)
            .await?;
        let arn = self.arns.queue(&cluster.id, &row.id);
        change.create(&row, &arn, input.tags.as_ref()).await?;
        change
            .commit(
                &arn,
                CreateQueueResponse {
                    queue: self.queue(&row),
                },
            )
            .await
    }

    async fn get_queue(&self, ctx: &Ctx, input: GetQueueRequest) -> Result<GetQueueResponse> {
        let cluster = self.find_cluster(&input.cluster_identifier).await?;
        let row = find_in(self.db.pool(), &cluster, &input.queue_identifier).await?;
        ctx.authorize(Operation::GetQueue, &self.arns.queue(&cluster.id, &row.id))?;
        Ok(GetQueueResponse {
            queue: self.queue(&row),
        })
    }

    async fn list_queues(&self, ctx: &Ctx, input: ListQueuesRequest) -> Result<ListQueuesResponse> {
        let cluster = self.find_cluster(&input.cluster_identifier).await?;
        ctx.authorize(Operation::ListQueues, &self.arns.cluster(&cluster.id))?;
        let (pool, token) = (self.db.pool(), input.next_token.as_deref());
        let (rows, next_token) = page_of(pool, Some(&cluster.id), input.max_results, token).await?;
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
        let operation = Operation::UpdateQueue;
        let mut change = match self
            .begin(ctx, operation, &input, input.client_token.as_deref())
            .await?
        {
            Begun::Answered(answer) => return Ok(answer),
            Begun::New(change) => change,
        };
        let (_, row) = self
            .updated_queue(&mut change.write.tx, &cluster, &found, &input)
            .await?;
        change.update(&row).await?;
        let answer = UpdateQueueResponse {
            queue: self.queue(&row),
        };
        change
            .commit(&self.arns.queue(&cluster.id, &row.id), answer)
            .await
    }

    async fn delete_queue(
        &self,
        ctx: &Ctx,
        input: DeleteQueueRequest,
    ) -> Result<DeleteQueueResponse> {
        let cluster = self.find_cluster(&input.cluster_identifier).await?;
        let operation = Operation::DeleteQueue;
        let mut change = match self
            .begin(ctx, operation, &input, input.client_token.as_deref())
            .await?
        {
            Begun::Answered(answer) => return Ok(answer),
            Begun::New(change) => change,
        };
        let mut row = self
            .deletable_queue(&mut change.write.tx, ctx, &cluster, &input)
            .await?;
        change.delete(&mut row).await?;
        let arn = self.arns.queue(&cluster.id, &row.id);
        change.commit(&arn, DeleteQueueResponse {}).await
    }
}

impl Service {
    /// The checks before the transaction, for the operation and its plan; the cluster that gets the queue.
    pub(super) async fn may_create_queue(
        &self,
        ctx: &Ctx,
        input: &CreateQueueRequest,
    ) -> Result<Arc<ClusterRow>> {
        let cluster = self.find_cluster(&input.cluster_identifier).await?;
        let operation = Operation::CreateQueue;
        ctx.authorize(operation, &self.arns.queue(&cluster.id, "*"))?;
        well_formed(operation, input)?;
        check_name(english(), &input.queue_name, CHILD_NAME_MAX)
            .map_err(|why| Error::field("queueName", why))?;
        self.check_queue_settings(&cluster, input.slurm_configuration.as_ref())?;
        super::tag::check(input.tags.as_ref(), "tags")?;
        Ok(cluster)
    }

    fn check_queue_settings(
        &self,
        cluster: &ClusterRow,
        asked: Option<&QueueSlurmConfiguration>,
    ) -> Result<()> {
        self.check_list(
            Scope::Queue,
            &cluster.spec.scheduler.version,
            asked.and_then(|s| s.slurm_custom_settings.as_deref()),
            SETTINGS_PATH,
        )
    }

    /// The row to insert, or why not.
    pub(super) async fn created_queue(
        &self,
        db: &mut AnyConnection,
        cluster: &ClusterRow,
        input: &CreateQueueRequest,
    ) -> Result<QueueRow> {
        let cluster = usable_cluster(db, cluster).await?;
        let siblings: Vec<QueueRow> = all_of(db, &cluster.id).await?;
        if let Some(twin) = siblings
            .iter()
            .find(|q| q.name.eq_ignore_ascii_case(&input.queue_name))
        {
            let message = format!(
                "Cluster {} has a queue named {} already. Choose another name.",
                cluster.name, twin.name
            );
            return Err(refused(twin, message));
        }
        let asked = input.slurm_configuration.as_ref();
        alternate::check_there(&siblings, &input.queue_name, asked)?;
        let groups = input
            .compute_node_group_configurations
            .clone()
            .unwrap_or_default();
        check_groups(db, &cluster, &groups).await?;
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
        let cluster = self.find_cluster(&input.cluster_identifier).await?;
        let found: QueueRow = find_in(self.db.pool(), &cluster, &input.queue_identifier).await?;
        let arn = self.arns.queue(&cluster.id, &found.id);
        ctx.authorize(Operation::UpdateQueue, &arn)?;
        well_formed(Operation::UpdateQueue, input)?;
        self.check_queue_settings(&cluster, input.slurm_configuration.as_ref())?;
        Ok((cluster, found))
    }

    /// The row as it is and as it is to be, or why not.
    pub(super) async fn updated_queue(
        &self,
        db: &mut AnyConnection,
        cluster: &ClusterRow,
        found: &QueueRow,
        input: &UpdateQueueRequest,
    ) -> Result<(QueueRow, QueueRow)> {
        let cluster = usable_cluster(db, cluster).await?;
        let before = updatable(db, found, input.unmodified_since.as_deref()).await?;
        let mut spec = before.spec.clone();
        if let Some(groups) = &input.compute_node_group_configurations {
            check_groups(db, &cluster, groups).await?;
            spec.groups = groups.clone();
        }
        if input.slurm_configuration.is_some() {
            let queues = all_of(db, &cluster.id).await?;
            let asked = input.slurm_configuration.as_ref();
            alternate::check_there(&queues, &before.name, asked)?;
            spec.slurm = input.slurm_configuration.clone();
        }
        let row = before.respecified(spec);
        Ok((before, row))
    }

    /// The queue, if it may be deleted.
    pub(super) async fn deletable_queue(
        &self,
        db: &mut AnyConnection,
        ctx: &Ctx,
        cluster: &ClusterRow,
        input: &DeleteQueueRequest,
    ) -> Result<QueueRow> {
        let row = find_in(&mut *db, cluster, &input.queue_identifier).await?;
        let arn = self.arns.queue(&cluster.id, &row.id);
        ctx.authorize(Operation::DeleteQueue, &arn)?;
        check_can_delete(&row)?;
        alternate::check_unnamed(&all_of(db, &cluster.id).await?, &row)?;
        Ok(row)
    }

    fn queue(&self, row: &QueueRow) -> Queue {
        Queue {
            name: row.name.clone(),
            id: row.id.clone(),
            arn: self.arns.queue(&row.cluster_id, &row.id),
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
            arn: self.arns.queue(&row.cluster_id, &row.id),
            cluster_id: row.cluster_id.clone(),
            created_at: timestamp(row.created_at),
            modified_at: timestamp(row.modified_at),
            status: row.status,
        }
    }
}

/// Q2: by id, each ACTIVE, each once; none too.
async fn check_groups(
    db: &mut AnyConnection,
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
    rules::groups(english(), &cluster.name, &groups, asked)
}
