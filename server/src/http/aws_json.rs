//! The API, as every AWS SDK and the AWS CLI speak it; for each service that is answered here. Nearly all is AWS JSON; what
//! comes in another protocol becomes the same document ([`Wire`]).

use std::sync::Arc;
use std::time::Instant;

use app::model::error::{Error, ValidationReason};
use app::model::limits::REQUEST_BYTES;
use app::model::operation::Operation;
use app::port::{ControlPlane, Ctx, Principal, Why};
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::Response;
use chrono::Utc;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::HttpState;
use super::body::{self, STRANGERS};
use super::caller;
use super::error::{Refusal, cannot_parse};
use super::foreign;
use super::layer::RequestId;
use super::service::Service;
use super::wire::Wire;
use crate::auth::sigv4::Denied;
use crate::db::audit::record::Record;
use crate::service::{shape, whole};

/// Operation, caller, document, answer: in this order, so that a stranger learns nothing of the document's rules.
pub async fn handle(
    state: &HttpState,
    RequestId(request_id): RequestId,
    request: Request,
) -> Result<Response, Refusal> {
    let wire = Wire::of(request.headers());
    let answer = respond(state, wire, request_id, request).await;
    answer.map_err(|refusal| wire.refuse(refusal))
}

async fn respond(
    state: &HttpState,
    wire: Wire,
    request_id: String,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let known = match come_in(state, wire, &parts, body).await {
        Ok(known) => known,
        Err(refusal) => {
            caller::turned_away(state, wire, &parts, &request_id, &refusal);
            return Err(refusal);
        }
    };
    let (service, operation) = known.asked;
    let why = match known.who {
        Principal::User { .. } | Principal::Host { .. } => Why::Api,
        Principal::Anonymous => Why::Instance,
    };
    let ctx = Ctx::new(known.who, why, request_id.clone()).from(caller::signed(&parts));
    let begun = Instant::now();
    let input = read(wire, operation, &known.body.bytes);
    drop(known.body); // others may come in while this one is at work
    let answer = match input {
        Ok(input) => run(state.plane.clone(), ctx, operation, input).await,
        Err((refusal, input)) => {
            let record = Record::of_call(&ctx, operation, "", input);
            state.recorder.record(record.refused(&refusal));
            Err(refusal)
        }
    };
    let code = answer.as_ref().err().map_or("OK", Error::code);
    state
        .meter
        .operated(operation.name(), code, begun.elapsed());
    let answer = answer.map_err(|error| match service.code(&error) {
        Some(code) => Refusal::from(error).called(code),
        None => Refusal::from(error),
    })?;
    Ok(wire.answer((service, operation), &request_id, answer)?)
}

/// A request of which is known what it is for and who sent it.
struct Known {
    asked: (Service, Operation),
    who: Principal,
    body: body::Whole,
}

async fn come_in(
    state: &HttpState,
    wire: Wire,
    parts: &Parts,
    body: axum::body::Body,
) -> Result<Known, Refusal> {
    if let Some(refusal) = foreign::refusal(&parts.headers) {
        body::discard(body).await;
        return Err(refusal);
    }
    let body = body::read(body, REQUEST_BYTES, &STRANGERS).await?;
    let asked = wire.asked(parts, &body.bytes);
    let (service, operation) = asked.ok_or_else(|| unknown(wire))?;
    if wire == Wire::Json {
        check_content_type(service, parts)?;
    }
    let who = authenticate(state, service, operation, parts, &body.bytes).await?;
    Ok(Known {
        asked: (service, operation),
        who,
        body,
    })
}

/// The operation's input; with a refusal what is known of it.
fn read(wire: Wire, operation: Operation, body: &Bytes) -> Result<Value, (Error, Value)> {
    let input = wire.document(body).map_err(|error| (error, Value::Null))?;
    match shape::check(operation, &input) {
        Ok(()) => Ok(input),
        Err(error) => Err((error, input)),
    }
}

fn unknown(wire: Wire) -> Error {
    match wire {
        Wire::Json => unknown_operation(),
        _ => foreign::unanswered("this operation of Amazon CloudWatch"),
    }
}

/// The header names none, or none that this door knows.
pub fn unknown_operation() -> Error {
    let own = Service::Pcs.target();
    Error::validation(
        ValidationReason::UnknownOperation,
        format!(
            "The header X-Amz-Target names no operation of this service. It must be {own}OPERATION, as \
             {own}ListClusters."
        ),
    )
}

fn check_content_type(service: Service, parts: &Parts) -> Result<(), Error> {
    let wanted = service.content_type();
    let value = parts.headers.get(CONTENT_TYPE);
    let essence = value
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.split(';').next())
        .map(str::trim)
        .unwrap_or_default();
    if [wanted, "application/json"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
    {
        return Ok(());
    }
    Err(cannot_parse(format!(
        "The header Content-Type must be {wanted}: this door reads JSON only."
    )))
}

/// Who asks. An instance registers with its bootstrap id, which the service checks: a request of it may come
/// unsigned, or signed with a key of its cloud that this server cannot know (A8).
async fn authenticate(
    state: &HttpState,
    service: Service,
    operation: Operation,
    parts: &Parts,
    body: &[u8],
) -> Result<Principal, Denied> {
    let name = service.signing_name();
    match state
        .verifier
        .verify_for(name, parts, body, Utc::now())
        .await
    {
        Err(Denied::Missing | Denied::Unrecognized | Denied::SessionToken)
            if operation == Operation::RegisterComputeNodeGroupInstance =>
        {
            Ok(Principal::Anonymous)
        }
        outcome => outcome,
    }
}

/// What changes something runs to its end even when the client hangs up half-way.
async fn run(
    plane: Arc<dyn ControlPlane>,
    ctx: Ctx,
    operation: Operation,
    input: Value,
) -> Result<Vec<u8>, Error> {
    let work = async move { dispatch(plane.as_ref(), &ctx, operation, input).await };
    match operation.is_read_only() {
        true => work.await,
        false => whole(work).await,
    }
}

async fn dispatch(
    plane: &dyn ControlPlane,
    ctx: &Ctx,
    operation: Operation,
    input: Value,
) -> Result<Vec<u8>, Error> {
    macro_rules! call {
        ($method:ident) => {
            encode(&plane.$method(ctx, decode(input)?).await?)
        };
    }
    match operation {
        Operation::CreateCluster => call!(create_cluster),
        Operation::GetCluster => call!(get_cluster),
        Operation::ListClusters => call!(list_clusters),
        Operation::UpdateCluster => call!(update_cluster),
        Operation::DeleteCluster => call!(delete_cluster),
        Operation::CreateComputeNodeGroup => call!(create_compute_node_group),
        Operation::GetComputeNodeGroup => call!(get_compute_node_group),
        Operation::ListComputeNodeGroups => call!(list_compute_node_groups),
        Operation::UpdateComputeNodeGroup => call!(update_compute_node_group),
        Operation::DeleteComputeNodeGroup => call!(delete_compute_node_group),
        Operation::CreateQueue => call!(create_queue),
        Operation::GetQueue => call!(get_queue),
        Operation::ListQueues => call!(list_queues),
        Operation::UpdateQueue => call!(update_queue),
        Operation::DeleteQueue => call!(delete_queue),
        Operation::ListTagsForResource => call!(list_tags_for_resource),
        Operation::TagResource => call!(tag_resource),
        Operation::UntagResource => call!(untag_resource),
        Operation::RegisterComputeNodeGroupInstance => call!(register_compute_node_group_instance),
        Operation::GetSecretValue => call!(get_secret_value),
        Operation::ListMetrics => call!(list_metrics),
        Operation::GetMetricData => call!(get_metric_data),
        Operation::GetMetricStatistics => call!(get_metric_statistics),
        Operation::DescribeLogGroups => call!(describe_log_groups),
        Operation::DescribeLogStreams => call!(describe_log_streams),
        Operation::GetLogEvents => call!(get_log_events),
        Operation::FilterLogEvents => call!(filter_log_events),
        Operation::PutDeliveryDestination => call!(put_delivery_destination),
        Operation::GetDeliveryDestination => call!(get_delivery_destination),
        Operation::DescribeDeliveryDestinations => call!(describe_delivery_destinations),
        Operation::DeleteDeliveryDestination => call!(delete_delivery_destination),
        Operation::PutDeliveryDestinationPolicy => call!(put_delivery_destination_policy),
        Operation::GetDeliveryDestinationPolicy => call!(get_delivery_destination_policy),
        Operation::DeleteDeliveryDestinationPolicy => call!(delete_delivery_destination_policy),
        Operation::PutDeliverySource => call!(put_delivery_source),
        Operation::GetDeliverySource => call!(get_delivery_source),
        Operation::DescribeDeliverySources => call!(describe_delivery_sources),
        Operation::DeleteDeliverySource => call!(delete_delivery_source),
        Operation::CreateDelivery => call!(create_delivery),
        Operation::GetDelivery => call!(get_delivery),
        Operation::DescribeDeliveries => call!(describe_deliveries),
        Operation::UpdateDeliveryConfiguration => call!(update_delivery_configuration),
        Operation::DeleteDelivery => call!(delete_delivery),
        Operation::LookupEvents => call!(lookup_events),
        // The console's own: no service of AWS has them.
        _ => Err(unknown_operation()),
    }
}

fn decode<T: DeserializeOwned>(input: Value) -> Result<T, Error> {
    serde_json::from_value(input).map_err(|e| {
        cannot_parse(format!(
            "The request body is not this operation's input: {e}."
        ))
    })
}

fn encode<T: Serialize>(output: &T) -> Result<Vec<u8>, Error> {
    // Room for most answers, so that writing them does not stop to make more.
    let mut text = Vec::with_capacity(1024);
    match serde_json::to_writer(&mut text, output) {
        Ok(()) => Ok(text),
        Err(cause) => {
            tracing::error!(%cause, "an answer could not be written as JSON");
            Err(Error::internal())
        }
    }
}
