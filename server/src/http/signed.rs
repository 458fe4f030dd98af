//! Who signed a request beside the API, and its body: the last argument of what answers it.

use app::model::error::Error;
use app::model::limits::REQUEST_BYTES;
use app::port::{Ctx, Why};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use chrono::Utc;
use serde::de::DeserializeOwned;

use super::HttpState;
use super::body::{self, STRANGERS};
use super::caller;
use super::error::{Refusal, cannot_parse};
use super::layer::RequestId;
use super::wire::Wire;
use crate::fault::internal;

pub struct Signed {
    pub ctx: Ctx,
    pub body: Bytes,
}

impl FromRequest<HttpState> for Signed {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &HttpState) -> Result<Signed, Refusal> {
        let (parts, body) = request.into_parts();
        let id = parts.extensions.get::<RequestId>().cloned();
        let RequestId(id) = id.ok_or_else(|| internal("a request has no id"))?;
        let body = body::read(body, REQUEST_BYTES, &STRANGERS).await?;
        let verified = state.verifier.verify(&parts, &body.bytes, Utc::now()).await;
        let who = verified.map_err(Refusal::from).inspect_err(|refusal| {
            caller::turned_away(state, Wire::Json, &parts, &id, refusal);
        })?;
        Ok(Signed {
            ctx: Ctx::new(who, Why::Command, id).from(caller::signed(&parts)),
            body: body.bytes,
        })
    }
}

impl Signed {
    /// What the body asks for.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|e| {
            cannot_parse(format!(
                "The request body is not the JSON that it should be: {e}."
            ))
        })
    }
}
