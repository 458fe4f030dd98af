//! What deliveries of logs can be (L1): AWS's rules, and what this server does not do, each with the remedy.

use app::model::delivery::*;
use app::model::echo::{clip, echo};
use app::model::error::{Error, Result};
use app::model::log::AUDIT_SINCE;
use app::model::log_target::Target;
use app::model::status::Status;

use crate::db::Write;
use crate::db::cluster::ClusterRow;
use crate::db::delivery::{self as rows, DeliveryRow, DestinationRow, SourceRow};
use crate::fault::internal;
use crate::quota;

/// Whose logs they are, in AWS's word.
pub const SERVICE: &str = "pcs";
const SOURCE: &str = "DELIVERY_SOURCE";
const DESTINATION: &str = "DELIVERY_DESTINATION";
const DELIVERY: &str = "DELIVERY";

/// What cannot be done to a destination while something is delivered there.
pub const DELETE: &str = "be deleted";
pub const MOVE: &str = "be another resource";

/// The resource that a destination is to be: one that logs can be brought to, in a form that there is.
pub fn place(input: &PutDeliveryDestinationRequest) -> Result<&str> {
    const CONFIGURATION: &str = "deliveryDestinationConfiguration";
    const FIELD: &str = "deliveryDestinationConfiguration.destinationResourceArn";
    let format = input.output_format.as_deref().unwrap_or(OUTPUT_FORMAT);
    if format != OUTPUT_FORMAT {
        let why = format!(
            "Records are JSON, not {}. Give json, or leave it out.",
            echo(format)
        );
        return Err(Error::field("outputFormat", why));
    }
    let Some(configuration) = &input.delivery_destination_configuration else {
        let why = "This member is required: logs of clusters go to a resource. Give its ARN.";
        return Err(Error::field(CONFIGURATION, why));
    };
    let arn = &configuration.destination_resource_arn;
    let Some(target) = Target::parse(arn) else {
        return Err(no_place(FIELD, arn));
    };
    let asked = input.delivery_destination_type.as_deref();
    if let Some(other) = asked.filter(|kind| *kind != target.kind()) {
        let why = format!(
            "The resource is of type {}, not {}. Correct it, or leave it out.",
            target.kind(),
            clip(other)
        );
        return Err(Error::field("deliveryDestinationType", why));
    }
    Ok(arn)
}

pub fn no_place(field: &str, arn: &str) -> Error {
    let why = format!(
        "{} is nothing that logs can be brought to. Give the ARN of a log group of CloudWatch Logs \
         (arn:aws:logs:REGION:ACCOUNT:log-group:NAME), of an S3 bucket (arn:aws:s3:::BUCKET), of a Firehose stream \
         (arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME), or of a directory of this server \
         (arn:aws:pcs:REGION:ACCOUNT:log-directory/NAME).",
        echo(arn)
    );
    Error::field(field, why)
}

/// Any JSON object: this server has one account, which needs no policy.
pub fn policy(text: &str) -> Result<()> {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        _ => Err(Error::field(
            "deliveryDestinationPolicy",
            "This is no policy: a policy is a JSON object. Correct the text.",
        )),
    }
}

/// The log that is to be a source, if clusters have it.
pub fn source_of_ours(input: &PutDeliverySourceRequest) -> Result<LogType> {
    let configuration = input.delivery_source_configuration.as_ref();
    if configuration.is_some_and(|members| !members.is_empty()) {
        let why = "Logs of clusters have nothing to configure. Leave it out.";
        return Err(Error::field("deliverySourceConfiguration", why));
    }
    LogType::parse(&input.log_type).ok_or_else(|| {
        let why = format!(
            "A cluster has no log of type {}. Give one of {}.",
            echo(&input.log_type),
            LogType::ALL.map(LogType::as_str).join(", ")
        );
        Error::field("logType", why)
    })
}

pub fn no_cluster(arn: &str) -> Error {
    let why = format!(
        "{} is no cluster of this account and region. `aws pcs get-cluster` shows a cluster's ARN.",
        echo(arn)
    );
    Error::field("resourceArn", why)
}

pub fn no_source(name: &str) -> Error {
    let why = format!(
        "There is no delivery source {}. `aws logs describe-delivery-sources` shows those that there are.",
        echo(name)
    );
    Error::not_found(SOURCE, name, why)
}

pub fn no_destination(name: &str) -> Error {
    let why = format!(
        "There is no delivery destination {}. `aws logs describe-delivery-destinations` shows those that there are.",
        echo(name)
    );
    Error::not_found(DESTINATION, name, why)
}

pub fn no_delivery(id: &str) -> Error {
    let why = format!(
        "There is no delivery {}. `aws logs describe-deliveries` shows those that there are.",
        echo(id)
    );
    Error::not_found(DELIVERY, id, why)
}

/// A cluster that goes takes its sources with it.
pub fn stays(cluster: &ClusterRow) -> Result<()> {
    if cluster.status != Status::Deleting {
        return Ok(());
    }
    let why = format!(
        "Cluster {} is being deleted. Choose another cluster.",
        cluster.name
    );
    Err(Error::conflict("CLUSTER", &cluster.id, why))
}

/// Refuses the log of who called what where no daemon writes it.
pub fn has_log(cluster: &ClusterRow, log_type: LogType) -> Result<()> {
    let version = cluster.slurm_version();
    if log_type != LogType::SchedulerAudit || version >= AUDIT_SINCE {
        return Ok(());
    }
    let why = format!(
        "Slurm {version} does not say who called what; Slurm {AUDIT_SINCE} and later do. Upgrade cluster {}, or give \
         PCS_SCHEDULER_LOGS.",
        cluster.name
    );
    Err(Error::field("logType", why))
}

/// Whether it is there already, as the same.
pub async fn is_source_known(db: &mut Write, row: &SourceRow) -> Result<bool> {
    let known = rows::find_source(&mut *db.tx, &row.name).await;
    if let Some(known) = known.map_err(internal)? {
        let is_same = known.cluster_id == row.cluster_id && known.log_type == row.log_type;
        let why = format!(
            "The delivery source {} is the log {} of cluster {}. Choose another name, or delete that source first.",
            known.name,
            known.log_type.as_str(),
            known.cluster_id
        );
        return match is_same {
            true => Ok(true),
            false => Err(Error::conflict(SOURCE, known.name, why)),
        };
    }
    let twin = rows::source_of(&mut *db.tx, &row.cluster_id, row.log_type).await;
    match twin.map_err(internal)? {
        None => Ok(false),
        Some(twin) => {
            let why = format!(
                "The log {} of this cluster is the delivery source {} already. Use that one, or delete it first.",
                twin.log_type.as_str(),
                twin.name
            );
            Err(Error::conflict(SOURCE, twin.name, why))
        }
    }
}

pub async fn source(db: &mut Write, name: &str) -> Result<SourceRow> {
    let found = rows::find_source(&mut *db.tx, name).await;
    found.map_err(internal)?.ok_or_else(|| no_source(name))
}

pub async fn destination(db: &mut Write, name: &str) -> Result<DestinationRow> {
    let found = rows::find_destination(&mut *db.tx, name).await;
    found.map_err(internal)?.ok_or_else(|| no_destination(name))
}

pub async fn delivery(db: &mut Write, id: &str) -> Result<DeliveryRow> {
    let found = rows::find(&mut *db.tx, id).await;
    found.map_err(internal)?.ok_or_else(|| no_delivery(id))
}

/// The source, if nothing of it is delivered.
pub async fn unused_source(db: &mut Write, name: &str) -> Result<SourceRow> {
    let row = source(db, name).await?;
    let used = rows::of_source(&mut *db.tx, name).await.map_err(internal)?;
    let Some(first) = used.first() else {
        return Ok(row);
    };
    let why = format!(
        "The delivery source {name} is delivered and cannot be deleted. Delete its deliveries first: {}.",
        first.id
    );
    Err(Error::conflict(SOURCE, name, why))
}

/// Refuses what a destination cannot do while something is delivered there.
pub async fn unused_destination(db: &mut Write, name: &str, what: &str) -> Result<()> {
    let used = rows::of_destination(&mut *db.tx, name).await;
    let used = used.map_err(internal)?;
    let Some(first) = used.first() else {
        return Ok(());
    };
    let why = format!(
        "The delivery destination {name} is in use and cannot {what}. Delete its deliveries first: {} of source {}.",
        first.id, first.source.name
    );
    Err(Error::conflict(DESTINATION, name, why))
}

/// Source and destination, if they can be connected: one destination of a kind, and so many of all.
pub async fn ends(
    db: &mut Write,
    source_name: &str,
    destination_name: &str,
) -> Result<(SourceRow, DestinationRow)> {
    let source = source(db, source_name).await?;
    let destination = destination(db, destination_name).await?;
    let all = rows::of_source(&mut *db.tx, source_name).await;
    room(
        source_name,
        &all.map_err(internal)?,
        destination.target.kind(),
    )?;
    Ok((source, destination))
}

/// Refuses another delivery of that kind where a source has no room for it beside those.
pub fn room(source_name: &str, all: &[DeliveryRow], kind: &str) -> Result<()> {
    if let Some(twin) = all.iter().find(|one| one.destination.target.kind() == kind) {
        let why = format!(
            "The delivery source {source_name} is delivered to a destination of type {kind} already: {}. A source has one \
             delivery of each type; delete {} first.",
            twin.destination.name, twin.id
        );
        return Err(Error::conflict(DELIVERY, &twin.id, why));
    }
    if all.len() >= PER_SOURCE {
        let why = format!(
            "The delivery source {source_name} has {} deliveries, the most that one has. Delete one of them first: {}.",
            all.len(),
            all.iter()
                .map(|one| &*one.id)
                .collect::<Vec<_>>()
                .join(", ")
        );
        return Err(Error::quota(quota::DELIVERIES, why));
    }
    Ok(())
}

/// Records and the names of objects are as the guide has them; what asks for just that is allowed.
pub fn form(
    log_type: LogType,
    fields: &Option<Vec<String>>,
    delimiter: &Option<String>,
    s3: Option<&S3DeliveryConfiguration>,
) -> Result<()> {
    let all = log_type.record_fields();
    let whole = |asked: &Vec<String>| {
        asked.len() == all.len() && all.iter().all(|one| asked.iter().any(|a| a == one))
    };
    if fields
        .as_ref()
        .is_some_and(|asked| !asked.is_empty() && !whole(asked))
    {
        let why = format!(
            "A record always has the fields {}. Name all of them, or leave this out.",
            all.join(", ")
        );
        return Err(Error::field("recordFields", why));
    }
    if delimiter.as_ref().is_some_and(|text| !text.is_empty()) {
        let why = "Records are JSON and have no delimiter. Leave it out.";
        return Err(Error::field("fieldDelimiter", why));
    }
    let Some(s3) = s3 else { return Ok(()) };
    let remedy =
        "Leave it out; a prefix can be part of the destination's ARN: arn:aws:s3:::BUCKET/PREFIX.";
    if s3.suffix_path.is_some() {
        let why = format!(
            "Objects are named AWSLogs/ACCOUNT/PCS/REGION/CLUSTER/LOG/VERSION/yyyy/MM/dd/HH. {remedy}"
        );
        return Err(Error::field("s3DeliveryConfiguration.suffixPath", why));
    }
    if s3.enable_hive_compatible_path == Some(true) {
        let field = "s3DeliveryConfiguration.enableHiveCompatiblePath";
        let why = "Objects have no Hive-compatible names. Give false, or leave it out.";
        return Err(Error::field(field, why));
    }
    Ok(())
}
