//! Server functions: how a page asks the control plane. Each one names the operation and nothing else; who asks, the
//! HTTP status of a refusal and the typed error stand here once.
//!
//! Every function takes JSON under `/console` at a fixed name: a form on another site can send neither.

#[cfg(feature = "ssr")]
mod argument;
pub mod cluster;
pub mod cluster_delivery;
pub mod compute_node_group;
pub mod event;
pub mod help;
pub mod job;
pub mod log;
pub mod metric;
pub mod node;
pub mod notification;
pub mod offer;
pub mod plan;
pub mod queue;
pub mod server;
pub mod setting;
pub mod shares;
pub mod system;
pub mod tag;
pub mod token;
pub mod trail;
pub mod transfer;
pub mod troubleshooting;
pub mod user;

use leptos::server_fn::codec::Post;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::i18n;
use crate::model::error::{Error, ErrorKind, ValidationReason};

/// Resources on a page: a list of the console is whole, so its pages are the largest that the service model has.
#[cfg(feature = "ssr")]
const MOST_RESULTS: i64 = 100;

/// What every function takes and gives.
pub type Json = Post<JsonText>;

/// JSON, read from text as a page reads what stands in its own source. The framework's codec reads bytes: every type
/// would have two readers in the download.
pub struct JsonText;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(value: &T) -> serde_json::Result<Bytes> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    #[cfg(feature = "ssr")]
    type Error = argument::Wrong;
    #[cfg(not(feature = "ssr"))]
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, <Self as Decodes<T>>::Error> {
        // What is no text is no JSON either: the empty text gives the error that says so.
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        #[cfg(feature = "ssr")]
        return argument::read(text);
        #[cfg(not(feature = "ssr"))]
        serde_json::from_str(text)
    }
}

/// The framework's own failures, in the words of the product.
impl FromServerFnError for Error {
    type Encoder = JsonText;

    fn from_server_fn_error(failure: ServerFnErrorErr) -> Error {
        match failure {
            ServerFnErrorErr::Request(_) => Error::new(
                ErrorKind::Throttling {
                    retry_after_seconds: 2,
                },
                i18n::text().errors.unreachable,
            ),
            // The server reads requests only.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(wrong) => {
                let refusal = argument::Wrong::refusal(&wrong);
                ssr::set_status(&refusal);
                refusal
            }
            ServerFnErrorErr::Args(reason) | ServerFnErrorErr::MissingArg(reason) => {
                Error::validation(ValidationReason::CannotParse, reason)
            }
            _ => Error::internal(),
        }
    }
}

#[cfg(feature = "ssr")]
mod ssr {
    use std::sync::Arc;

    use http::StatusCode;
    use leptos::prelude::*;
    use leptos_axum::ResponseOptions;

    use crate::model::error::{Error, ErrorKind, Result};
    use crate::port::{Backend, ControlPlane, Ctx};

    /// Runs one operation for whoever asks.
    pub async fn call<T, F>(operation: impl FnOnce(Arc<dyn ControlPlane>, Ctx) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let result = match backend() {
            Ok((plane, ctx)) => {
                let id = ctx.request_id.clone();
                let result = operation(plane, ctx).await;
                result.map_err(|error| error.of_request(&id))
            }
            Err(refusal) => Err(refusal),
        };
        if let Err(error) = &result {
            set_status(error);
        }
        result
    }

    /// The same, with sentences in the language of that tag: the page's own, whatever another page has chosen since.
    pub async fn call_in<T, F>(
        language: &str,
        operation: impl FnOnce(Arc<dyn ControlPlane>, Ctx) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        call(|plane, ctx| operation(plane, ctx.in_language(language))).await
    }

    fn backend() -> Result<(Arc<dyn ControlPlane>, Ctx)> {
        let backend = use_context::<Backend>().ok_or_else(Error::internal)?;
        let ctx = backend.ctx()?.clone();
        Ok((backend.plane, ctx))
    }

    /// Only when the function itself was requested: while a page is rendered it would turn the whole page into a
    /// failure.
    pub fn set_status(error: &Error) {
        if use_context::<leptos_router::location::RequestUrl>().is_some() {
            return;
        }
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(status(error));
        }
    }

    /// With which the console's doors answer. The API's own has two: 400 and 500.
    pub fn status(error: &Error) -> StatusCode {
        match error.kind {
            ErrorKind::Validation { .. } => StatusCode::BAD_REQUEST,
            ErrorKind::AccessDenied if error.is_not_signed_in() => StatusCode::UNAUTHORIZED,
            ErrorKind::AccessDenied => StatusCode::FORBIDDEN,
            ErrorKind::ResourceNotFound { .. } => StatusCode::NOT_FOUND,
            ErrorKind::Conflict { .. } | ErrorKind::ServiceQuotaExceeded { .. } => {
                StatusCode::CONFLICT
            }
            ErrorKind::Throttling { .. } => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
#[cfg(feature = "ssr")]
pub use ssr::status;
#[cfg(feature = "ssr")]
use ssr::{call, call_in};
