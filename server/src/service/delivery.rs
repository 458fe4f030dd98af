//! Deliveries of clusters' logs (L1): what `aws logs` asks for of sources, destinations and deliveries. The rules are in
//! `delivery_check.rs`; who brings the lines is a reconciler.

use app::model::delivery::*;
use app::model::error::Result;
use app::model::name::ArnResource;
use app::model::operation::Operation;
use app::port::{Ctx, Deliveries};
use async_trait::async_trait;
use serde::Serialize;

use super::cluster::there;
use super::delivery_check as check;
use super::delivery_view::{policy_answer, put_tags, tags_of};
use super::page::Pages;
use super::tag::check as check_tags;
use super::{Service, well_formed};
use crate::auth::policy::Authorize as _;
use crate::db::delivery::{self as rows, DestinationRow, SourceRow};
use crate::db::{now, tag};
use crate::fault::internal;
use crate::random;

/// What a list shows at once unless fewer are asked for.
const PAGE: i64 = 50;

#[async_trait]
impl Deliveries for Service {
    async fn put_delivery_destination(
        &self,
        ctx: &Ctx,
        input: PutDeliveryDestinationRequest,
    ) -> Result<DeliveryDestinationAnswer> {
        let (operation, name) = (Operation::PutDeliveryDestination, &input.name);
        let arn = self.parts.arns.delivery_destination(name);
        self.allowed(ctx, operation, &input, &arn)?;
        check_tags(input.tags.as_ref(), "tags")?;
        let place = check::place(&input)?;
        self.change(ctx, operation, &input, None, async |mut change| {
            let db = &mut change.write;
            let known = rows::find_destination(&mut *db.tx, name).await;
            if known
                .map_err(internal)?
                .is_some_and(|known| known.resource_arn != place)
            {
                check::unused_destination(db, name, check::MOVE).await?;
            }
            rows::put_destination(db, name, place)
                .await
                .map_err(internal)?;
            let tags = put_tags(db, &arn, input.tags.as_ref()).await?;
            let row = check::destination(db, name).await?;
            let delivery_destination = self.destination(row, tags);
            let answer = DeliveryDestinationAnswer {
                delivery_destination,
            };
            change.commit(&arn, answer).await
        })
        .await
    }

    async fn get_delivery_destination(
        &self,
        ctx: &Ctx,
        input: NamedRequest,
    ) -> Result<DeliveryDestinationAnswer> {
        let arn = self.parts.arns.delivery_destination(&input.name);
        self.allowed(ctx, Operation::GetDeliveryDestination, &input, &arn)?;
        let row = self.destination_of(&input.name).await?;
        let tags = tags_of(self.parts.db.pool(), &arn).await?;
        Ok(DeliveryDestinationAnswer {
            delivery_destination: self.destination(row, tags),
        })
    }

    async fn describe_delivery_destinations(
        &self,
        ctx: &Ctx,
        input: DescribeRequest,
    ) -> Result<DescribeDeliveryDestinationsResponse> {
        let operation = Operation::DescribeDeliveryDestinations;
        let pages = self.pages(ctx, operation, &input)?;
        let (limit, after) = page(&pages, &input)?;
        let pool = self.parts.db.pool();
        let mut found = rows::destinations(pool, &after, limit + 1)
            .await
            .map_err(internal)?;
        let next_token = pages.cut_by(&mut found, limit, |row| &row.name)?;
        let mut delivery_destinations = vec![];
        for row in found {
            let arn = self.parts.arns.delivery_destination(&row.name);
            let tags = tags_of(pool, &arn).await?;
            delivery_destinations.push(self.destination(row, tags));
        }
        Ok(DescribeDeliveryDestinationsResponse {
            delivery_destinations,
            next_token,
        })
    }

    async fn delete_delivery_destination(
        &self,
        ctx: &Ctx,
        input: NamedRequest,
    ) -> Result<NothingMore> {
        let (operation, name) = (Operation::DeleteDeliveryDestination, &input.name);
        let arn = self.parts.arns.delivery_destination(name);
        self.allowed(ctx, operation, &input, &arn)?;
        self.change(ctx, operation, &input, None, async |mut change| {
            let db = &mut change.write;
            check::destination(db, name).await?;
            check::unused_destination(db, name, check::DELETE).await?;
            rows::delete_destination(db, name).await.map_err(internal)?;
            tag::clear(db, &arn).await.map_err(internal)?;
            change.commit(&arn, NothingMore {}).await
        })
        .await
    }

    async fn put_delivery_destination_policy(
        &self,
        ctx: &Ctx,
        input: PutDeliveryDestinationPolicyRequest,
    ) -> Result<PolicyAnswer> {
        let operation = Operation::PutDeliveryDestinationPolicy;
        let (name, policy) = (
            &input.delivery_destination_name,
            &input.delivery_destination_policy,
        );
        let arn = self.parts.arns.delivery_destination(name);
        self.allowed(ctx, operation, &input, &arn)?;
        check::policy(policy)?;
        self.change(ctx, operation, &input, None, async |mut change| {
            check::destination(&mut change.write, name).await?;
            rows::put_policy(&mut change.write, name, Some(policy))
                .await
                .map_err(internal)?;
            let answer = policy_answer(Some(policy.clone()));
            change.commit(&arn, answer).await
        })
        .await
    }

    async fn get_delivery_destination_policy(
        &self,
        ctx: &Ctx,
        input: DeliveryDestinationPolicyRequest,
    ) -> Result<PolicyAnswer> {
        let name = &input.delivery_destination_name;
        let arn = self.parts.arns.delivery_destination(name);
        self.allowed(ctx, Operation::GetDeliveryDestinationPolicy, &input, &arn)?;
        let row = self.destination_of(name).await?;
        Ok(policy_answer(row.policy))
    }

    async fn delete_delivery_destination_policy(
        &self,
        ctx: &Ctx,
        input: DeliveryDestinationPolicyRequest,
    ) -> Result<NothingMore> {
        let operation = Operation::DeleteDeliveryDestinationPolicy;
        let name = &input.delivery_destination_name;
        let arn = self.parts.arns.delivery_destination(name);
        self.allowed(ctx, operation, &input, &arn)?;
        self.change(ctx, operation, &input, None, async |mut change| {
            check::destination(&mut change.write, name).await?;
            rows::put_policy(&mut change.write, name, None)
                .await
                .map_err(internal)?;
            change.commit(&arn, NothingMore {}).await
        })
        .await
    }

    async fn put_delivery_source(
        &self,
        ctx: &Ctx,
        input: PutDeliverySourceRequest,
    ) -> Result<DeliverySourceAnswer> {
        let (operation, name) = (Operation::PutDeliverySource, &input.name);
        let arn = self.parts.arns.delivery_source(name);
        self.allowed(ctx, operation, &input, &arn)?;
        check_tags(input.tags.as_ref(), "tags")?;
        let log_type = check::source_of_ours(&input)?;
        let cluster_id = match self.parts.arns.parse(&input.resource_arn) {
            Some(ArnResource::Cluster { cluster_id }) => cluster_id,
            _ => return Err(check::no_cluster(&input.resource_arn)),
        };
        self.change(ctx, operation, &input, None, async |mut change| {
            let db = &mut change.write;
            let cluster = there(&mut db.tx, &cluster_id).await?;
            check::stays(&cluster)?;
            check::has_log(&cluster, log_type)?;
            let row = SourceRow {
                name: name.clone(),
                cluster_id: cluster.id.clone(),
                log_type,
                created_at: now(),
            };
            if !check::is_source_known(db, &row).await? {
                rows::insert_source(db, &row).await.map_err(internal)?;
            }
            let tags = put_tags(db, &arn, input.tags.as_ref()).await?;
            let delivery_source = self.source(&row, tags);
            change
                .commit(&arn, DeliverySourceAnswer { delivery_source })
                .await
        })
        .await
    }

    async fn get_delivery_source(
        &self,
        ctx: &Ctx,
        input: NamedRequest,
    ) -> Result<DeliverySourceAnswer> {
        let arn = self.parts.arns.delivery_source(&input.name);
        self.allowed(ctx, Operation::GetDeliverySource, &input, &arn)?;
        let pool = self.parts.db.pool();
        let row = rows::find_source(pool, &input.name)
            .await
            .map_err(internal)?;
        let row = row.ok_or_else(|| check::no_source(&input.name))?;
        let tags = tags_of(pool, &arn).await?;
        Ok(DeliverySourceAnswer {
            delivery_source: self.source(&row, tags),
        })
    }

    async fn describe_delivery_sources(
        &self,
        ctx: &Ctx,
        input: DescribeRequest,
    ) -> Result<DescribeDeliverySourcesResponse> {
        let pages = self.pages(ctx, Operation::DescribeDeliverySources, &input)?;
        let (limit, after) = page(&pages, &input)?;
        let pool = self.parts.db.pool();
        let mut found = rows::sources(pool, &after, limit + 1)
            .await
            .map_err(internal)?;
        let next_token = pages.cut_by(&mut found, limit, |row| &row.name)?;
        let mut delivery_sources = vec![];
        for row in found {
            let tags = tags_of(pool, &self.parts.arns.delivery_source(&row.name)).await?;
            delivery_sources.push(self.source(&row, tags));
        }
        Ok(DescribeDeliverySourcesResponse {
            delivery_sources,
            next_token,
        })
    }

    async fn delete_delivery_source(&self, ctx: &Ctx, input: NamedRequest) -> Result<NothingMore> {
        let (operation, name) = (Operation::DeleteDeliverySource, &input.name);
        let arn = self.parts.arns.delivery_source(name);
        self.allowed(ctx, operation, &input, &arn)?;
        self.change(ctx, operation, &input, None, async |mut change| {
            let db = &mut change.write;
            let row = check::unused_source(db, name).await?;
            rows::delete_source(db, &row).await.map_err(internal)?;
            tag::clear(db, &arn).await.map_err(internal)?;
            change.commit(&arn, NothingMore {}).await
        })
        .await
    }

    async fn create_delivery(
        &self,
        ctx: &Ctx,
        input: CreateDeliveryRequest,
    ) -> Result<DeliveryAnswer> {
        let operation = Operation::CreateDelivery;
        self.allowed(ctx, operation, &input, &self.parts.arns.delivery("*"))?;
        check_tags(input.tags.as_ref(), "tags")?;
        let destination_arn = &input.delivery_destination_arn;
        let none = self.parts.arns.delivery_destination("");
        let name = destination_arn.strip_prefix(&none);
        let name = name.ok_or_else(|| check::no_destination(destination_arn))?;
        self.change(ctx, operation, &input, None, async |mut change| {
            let db = &mut change.write;
            let (source, destination) = check::ends(db, &input.delivery_source_name, name).await?;
            let s3 = input.s3_delivery_configuration.as_ref();
            check::form(
                source.log_type,
                &input.record_fields,
                &input.field_delimiter,
                s3,
            )?;
            let id = random::delivery_id();
            rows::insert(db, &id, &source, &destination.name)
                .await
                .map_err(internal)?;
            let arn = self.parts.arns.delivery(&id);
            let tags = put_tags(db, &arn, input.tags.as_ref()).await?;
            let row = check::delivery(db, &id).await?;
            let delivery = self.delivery(&row, tags);
            change.commit(&arn, DeliveryAnswer { delivery }).await
        })
        .await
    }

    async fn get_delivery(&self, ctx: &Ctx, input: DeliveryRequest) -> Result<DeliveryAnswer> {
        let arn = self.parts.arns.delivery(&input.id);
        self.allowed(ctx, Operation::GetDelivery, &input, &arn)?;
        let pool = self.parts.db.pool();
        let row = rows::find(pool, &input.id).await.map_err(internal)?;
        let row = row.ok_or_else(|| check::no_delivery(&input.id))?;
        let tags = tags_of(pool, &arn).await?;
        Ok(DeliveryAnswer {
            delivery: self.delivery(&row, tags),
        })
    }

    async fn describe_deliveries(
        &self,
        ctx: &Ctx,
        input: DescribeRequest,
    ) -> Result<DescribeDeliveriesResponse> {
        let pages = self.pages(ctx, Operation::DescribeDeliveries, &input)?;
        let (limit, after) = page(&pages, &input)?;
        let pool = self.parts.db.pool();
        let mut found = rows::page(pool, &after, limit + 1)
            .await
            .map_err(internal)?;
        let next_token = pages.cut_by(&mut found, limit, |row| &row.id)?;
        let mut deliveries = vec![];
        for row in found {
            let tags = tags_of(pool, &self.parts.arns.delivery(&row.id)).await?;
            deliveries.push(self.delivery(&row, tags));
        }
        Ok(DescribeDeliveriesResponse {
            deliveries,
            next_token,
        })
    }

    async fn update_delivery_configuration(
        &self,
        ctx: &Ctx,
        input: UpdateDeliveryConfigurationRequest,
    ) -> Result<NothingMore> {
        let operation = Operation::UpdateDeliveryConfiguration;
        let arn = self.parts.arns.delivery(&input.id);
        self.allowed(ctx, operation, &input, &arn)?;
        self.change(ctx, operation, &input, None, async |mut change| {
            let row = check::delivery(&mut change.write, &input.id).await?;
            let s3 = input.s3_delivery_configuration.as_ref();
            let log_type = row.source.log_type;
            check::form(log_type, &input.record_fields, &input.field_delimiter, s3)?;
            change.commit(&arn, NothingMore {}).await
        })
        .await
    }

    async fn delete_delivery(&self, ctx: &Ctx, input: DeliveryRequest) -> Result<NothingMore> {
        let operation = Operation::DeleteDelivery;
        let arn = self.parts.arns.delivery(&input.id);
        self.allowed(ctx, operation, &input, &arn)?;
        self.change(ctx, operation, &input, None, async |mut change| {
            let db = &mut change.write;
            let row = check::delivery(db, &input.id).await?;
            rows::delete(db, &row).await.map_err(internal)?;
            tag::clear(db, &arn).await.map_err(internal)?;
            change.commit(&arn, NothingMore {}).await
        })
        .await
    }
}

impl Service {
    /// The gate, and then the request's shape.
    fn allowed(
        &self,
        ctx: &Ctx,
        operation: Operation,
        input: &impl Serialize,
        arn: &str,
    ) -> Result<()> {
        ctx.authorize(operation, arn)?;
        well_formed(operation, input)
    }

    /// The pages of the list of that operation, for whoever may see it.
    fn pages(&self, ctx: &Ctx, operation: Operation, input: &DescribeRequest) -> Result<Pages<'_>> {
        self.allowed(ctx, operation, input, "*")?;
        Ok(Pages::named(&self.parts.seal, operation.name()))
    }

    async fn destination_of(&self, name: &str) -> Result<DestinationRow> {
        let found = rows::find_destination(self.parts.db.pool(), name).await;
        found
            .map_err(internal)?
            .ok_or_else(|| check::no_destination(name))
    }
}

fn page(pages: &Pages<'_>, input: &DescribeRequest) -> Result<(i64, String)> {
    pages.page(
        Some(input.limit.unwrap_or(PAGE)),
        input.next_token.as_deref(),
    )
}
