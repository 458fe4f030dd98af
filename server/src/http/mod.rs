//! The doors. `POST /` is the API, `GET /` the console: both on one address.
//!
//! A door decodes, finds out who asks, and calls the plane; it decides nothing else.

pub mod agents;
pub mod alive;
pub mod audit_file;
pub mod aws_json;
pub mod body;
pub mod caller;
pub mod cbor;
pub mod connection;
pub mod console;
pub mod diagnostics;
pub mod documents;
pub mod door;
pub mod error;
pub mod events;
pub mod foreign;
pub mod front;
pub mod function;
pub mod health;
pub mod host;
pub mod instance;
pub mod layer;
pub mod local_user;
pub mod lockout;
pub mod log_lines;
pub mod login;
pub mod metrics;
pub mod origin;
pub mod output;
pub mod past_jobs;
pub mod programs;
pub mod proof;
pub mod protocol;
pub mod query;
pub mod room;
pub mod serve;
pub mod service;
pub mod session;
pub mod session_store;
mod shares;
pub mod sign_in;
mod signed;
pub mod unavailable;
pub mod wire;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use app::model::operation::Operation;
use app::port::ControlPlane;
use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use error::Refusal;
use front::{Ends, Front};
use futures::FutureExt;
use futures::future::BoxFuture;
use layer::RequestId;
use programs::Programs;
use tower::{Service, ServiceExt};

use crate::auth::sigv4::Verifier;
use crate::live::meter::Meter;
use crate::service::audit::Recorder;
use crate::service::doors;

/// What the doors need of the plane.
#[derive(Clone)]
pub struct HttpState {
    pub plane: Arc<dyn ControlPlane>,
    pub hooks: Arc<dyn doors::Hooks>,
    pub logins: Arc<dyn doors::Logins>,
    pub readiness: Arc<dyn doors::Readiness>,
    pub metrics: Arc<dyn doors::Metrics>,
    pub diagnostics: Arc<dyn doors::Diagnostics>,
    pub meter: Meter,
    pub recorder: Recorder,
    pub verifier: Arc<Verifier>,
    pub prover: Arc<proof::Prover>,
    pub front: Arc<Front>,
}

/// Every door behind one address, and around them what each request gets ([`layer::observe`]).
///
/// Calls of the API go straight to theirs: profiled, routing and a layer around a route cost a third of what
/// the handler itself does.
#[derive(Clone)]
pub struct Doors {
    state: Arc<HttpState>,
    others: Router,
    api: Api,
}

/// Which operations of the API are let in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    All,
    Only(Operation),
    None,
}

impl Api {
    fn lets_in(self, operation: Option<Operation>) -> bool {
        match self {
            Api::All => true,
            Api::Only(only) => operation == Some(only),
            Api::None => false,
        }
    }
}

impl Doors {
    /// The console comes with a state of its own.
    pub fn new(state: HttpState, console: Option<Router>) -> Doors {
        let others = people(state.clone()).merge(agents(state.clone()));
        Doors {
            others: others.merge(console.unwrap_or_default()),
            state: Arc::new(state),
            api: Api::All,
        }
    }

    /// What instances and controllers call, and nothing else.
    pub fn for_agents(state: HttpState) -> Doors {
        Doors {
            others: agents(state.clone()),
            state: Arc::new(state),
            api: Api::Only(Operation::RegisterComputeNodeGroupInstance),
        }
    }

    /// What nodes that are hosts of their own call, and nothing else: their network reaches it.
    pub fn for_nodes(state: HttpState, programs: Programs) -> Doors {
        Doors {
            others: nodes(state.clone()).merge(programs::routes(programs)),
            state: Arc::new(state),
            api: Api::None,
        }
    }

    async fn enter(self, request: Request, id: RequestId) -> Response {
        let Some(wanted) = proof::Wanted::by(&request) else {
            return self.answer(request, id).await;
        };
        let prover = self.state.prover.clone();
        let response = self.answer(request, id).await;
        prover.prove(wanted, response).await
    }

    async fn answer(self, mut request: Request, id: RequestId) -> Response {
        if request.method() == Method::POST && wire::is_api(request.uri().path()) {
            if !self.api.lets_in(layer::operation(request.headers())) {
                return Refusal::from(aws_json::unknown_operation()).into_response();
            }
            return aws_json::handle(&self.state, id, request)
                .await
                .into_response();
        }
        if let Some(refusal) = foreign::refusal(request.headers()) {
            body::discard(request.into_body()).await;
            return refusal.into_response();
        }
        request.extensions_mut().insert(id);
        let Ok(response) = self.others.oneshot(request).await;
        response
    }
}

impl Service<Request> for Doors {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let doors = self.clone();
        let front = self.state.front.clone();
        if let Some(ends) = request.extensions().get::<Ends>().copied()
            && let Some(client) = front.client(ends.peer.ip(), request.headers())
        {
            request.extensions_mut().insert(client);
        }
        let tls = front.behind_tls_proxy;
        let meter = self.state.meter.clone();
        let answer = layer::observe(request, tls, meter, |request, id| doors.enter(request, id));
        answer.map(Ok).boxed()
    }
}

/// What agents call beside the API.
fn agents(state: HttpState) -> Router {
    Router::new()
        .route("/instance/v1/proof", get(instance::prove))
        .route("/instance/v1/steps", post(instance::step))
        .route("/instance/v1/duties", post(instance::duties))
        .route("/instance/v1/script", post(instance::script))
        .route("/instance/v1/ready", get(instance::ready))
        .route("/controller/v1/hooks", post(instance::hook))
        .with_state(state)
}

/// What a node calls that is a host of its own.
fn nodes(state: HttpState) -> Router {
    Router::new()
        .route("/instance/v1/proof", get(instance::prove))
        .route("/instance/v1/claim", post(instance::claim))
        .route("/instance/v1/steps", post(instance::step))
        .route("/instance/v1/logs", post(instance::log))
        .route("/instance/v1/duties", post(instance::duties))
        .route("/instance/v1/script", post(instance::script))
        .route("/instance/v1/ready", get(instance::ready))
        .route("/instance/v1/hosts", get(instance::hosts))
        .with_state(state)
}

/// What people and their programs call beside the API.
fn people(state: HttpState) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::handle))
        .route(
            "/openpcs/v1/clusters/{identifier}/login",
            get(login::handle),
        )
        .route(
            "/openpcs/v1/clusters/{identifier}/export",
            get(documents::export),
        )
        .route(
            "/openpcs/v1/clusters/{identifier}/token",
            post(documents::create_token),
        )
        .route(
            "/openpcs/v1/clusters/{identifier}/job",
            get(documents::get_job),
        )
        .route(
            "/openpcs/v1/clusters/{identifier}/shares",
            get(shares::list).post(shares::change),
        )
        .route(
            "/openpcs/v1/clusters/{identifier}/reservations",
            get(shares::reservations),
        )
        .route(
            "/openpcs/v1/clusters/{identifier}/usage",
            get(shares::usage),
        )
        .route("/openpcs/v1/plan", post(documents::plan))
        .route("/openpcs/v1/apply", post(documents::apply))
        .route("/openpcs/v1/metrics", post(documents::get_metrics))
        .route("/openpcs/v1/diagnostics", get(diagnostics::command))
        .route(
            "/openpcs/v1/notifications",
            get(documents::list_notifications).post(documents::change_notifications),
        )
        .route(
            "/openpcs/v1/notifications/test",
            post(documents::test_notification_channel),
        )
        .route("/openpcs/v1/servers", get(documents::list_servers))
        .route("/openpcs/v1/servers/forget", post(documents::forget_server))
        .with_state(state)
}

#[cfg(test)]
mod tests;
