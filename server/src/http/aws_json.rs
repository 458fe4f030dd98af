//! The API: `POST /`, AWS JSON, as every AWS SDK and the AWS CLI speak it; for each service that is answered here.

use std::sync::Arc;
use std::time::Instant;

use app::model::error::{Error, ValidationReason};
use app::model::limits::REQUEST_BYTES;
use app::model::operation::Operation;
use app::port::{ControlPlane, Ctx, Principal, Why};
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
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
use super::service::{self, Service};
use crate::auth::sigv4::Denied;
use crate::db::audit::record::Record;
use crate::service::{shape, whole};

/// Operation, caller, document, answer: in this order, so that a stranger learns nothing of the document's rules.
pub async fn handle(
    state: &HttpState,
    RequestId(request_id): RequestId,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if let Some(refusal) = foreign::refusal(&parts.headers) {
        body::discard(body).await;
        return Err(refusal);
    }
    let body = body::read(body, REQUEST_BYTES, &STRANGERS).await?;
    let (service, operation, who) = match come_in(state, &parts, &body.bytes).await {
        Ok(known) => known,
        Err(refusal) => {
            caller::turned_away(state, &parts, &request_id, &refusal);
            return Err(refusal);
        }
    };
    let why = match who {
        Principal::User { .. } | Principal::Host { .. } => Why::Api,
        Principal::Anonymous => Why::Instance,
    };
    let ctx = Ctx::new(who, why, request_id).from(caller::signed(&parts));
    let begun = Instant::now();
    let input = read(operation, &body.bytes);
    drop(body); // others may come in while this one is at work
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
    let headers = [
        (CONTENT_TYPE, service.content_type()),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, answer).into_response())
}

/// What is asked for, and who asks.
async fn come_in(
    state: &HttpState,
    parts: &Parts,
    body: &[u8],
) -> Result<(Service, Operation, Principal), Refusal> {
    let (service, operation) = service::asked(&parts.headers).ok_or_else(unknown_operation)?;
    check_content_type(service, parts)?;
    let who = authenticate(state, service, operation, parts, body).await?;
    Ok((service, operation, who))
}

/// The operation's input; with a refusal what is known of it.
fn read(operation: Operation, body: &Bytes) -> Result<Value, (Error, Value)> {
    let input = document(body).map_err(|error| (error, Value::Null))?;
    match shape::check(operation, &input) {
        Ok(()) => Ok(input),
        Err(error) => Err((error, input)),
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

fn document(body: &Bytes) -> Result<Value, Error> {
    if body.is_empty() {
        return Ok(Value::Object(Default::default()));
    }
    serde_json::from_slice(body).map_err(|e| {
        cannot_parse(format!(
            "The request body is not the JSON that it should be: {e}."
        ))
    })
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
