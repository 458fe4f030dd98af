//! Sources, destinations and deliveries of logs as `aws logs` tells them, with their tags.

use std::collections::BTreeMap;

use app::model::delivery::*;
use app::model::error::Result;
use sqlx::{Any, Executor};

use super::Service;
use super::delivery_check::SERVICE;
use super::tag::check as check_tags;
use crate::db::delivery::{DeliveryRow, DestinationRow, SourceRow};
use crate::db::{Write, tag};
use crate::fault::internal;

type Tags = BTreeMap<String, String>;

impl Service {
    pub(super) fn destination(
        &self,
        row: DestinationRow,
        tags: Option<Tags>,
    ) -> DeliveryDestination {
        DeliveryDestination {
            arn: self.parts.arns.delivery_destination(&row.name),
            name: row.name,
            delivery_destination_type: row.target.kind().into(),
            output_format: OUTPUT_FORMAT.into(),
            delivery_destination_configuration: DeliveryDestinationConfiguration {
                destination_resource_arn: row.resource_arn,
            },
            tags,
        }
    }

    pub(super) fn source(&self, row: &SourceRow, tags: Option<Tags>) -> DeliverySource {
        DeliverySource {
            name: row.name.clone(),
            arn: self.parts.arns.delivery_source(&row.name),
            resource_arns: vec![self.parts.arns.cluster(&row.cluster_id)],
            service: SERVICE.into(),
            log_type: row.log_type.as_str().into(),
            tags,
        }
    }

    pub(super) fn delivery(&self, row: &DeliveryRow, tags: Option<Tags>) -> Delivery {
        let destination = &row.destination;
        let record_fields = row.source.log_type.record_fields().iter();
        Delivery {
            id: row.id.clone(),
            arn: self.parts.arns.delivery(&row.id),
            delivery_source_name: row.source.name.clone(),
            delivery_destination_arn: self.parts.arns.delivery_destination(&destination.name),
            delivery_destination_type: destination.target.kind().into(),
            record_fields: record_fields.map(|field| (*field).to_owned()).collect(),
            tags,
        }
    }
}

pub(super) fn policy_answer(delivery_destination_policy: Option<String>) -> PolicyAnswer {
    PolicyAnswer {
        policy: Policy {
            delivery_destination_policy,
        },
    }
}

/// Sets tags beside those that are there; all of them.
pub(super) async fn put_tags(
    db: &mut Write,
    arn: &str,
    asked: Option<&Tags>,
) -> Result<Option<Tags>> {
    if let Some(asked) = asked {
        tag::put(db, arn, asked).await.map_err(internal)?;
    }
    let tags = tags_of(&mut *db.tx, arn).await?;
    check_tags(tags.as_ref(), "tags")?;
    Ok(tags)
}

pub(super) async fn tags_of<'e>(
    executor: impl Executor<'e, Database = Any>,
    arn: &str,
) -> Result<Option<Tags>> {
    let tags = tag::list(executor, arn).await.map_err(internal)?;
    Ok(Some(tags).filter(|tags| !tags.is_empty()))
}
