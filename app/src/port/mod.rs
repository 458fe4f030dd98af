//! The port: all that the doors may ask of the control plane, a trait for each noun. `app` defines it, `server` implements
//! it, in the file of the same noun.

/// Declares a noun: its methods, each behind the operations that it is asked for. One of them is what a policy must allow
/// for the call, and what the audit trail says. There is no method without one.
///
/// A method that is not implemented says that it is not: a plane for tests has only what they use.
macro_rules! port {
    ($(#[$about:meta])* $noun:ident {
        $($(#[$doc:meta])* $($operation:ident)|+ => $method:ident($($input:ident: $kind:ty),*) -> $answer:ty;)+
    }) => {
        $(#[$about])*
        #[async_trait::async_trait]
        pub trait $noun: Send + Sync {
            $($(#[$doc])*
            async fn $method(&self, ctx: &$crate::port::Ctx, $($input: $kind),*)
            -> $crate::model::error::Result<$answer> {
                let _ = (ctx, $($input),*);
                Err($crate::port::unanswered(stringify!($method)))
            })+
        }

        #[async_trait::async_trait]
        impl<O: $crate::port::Watcher> $noun for $crate::port::Watched<O> {
            $(async fn $method(&self, ctx: &$crate::port::Ctx, $($input: $kind),*)
            -> $crate::model::error::Result<$answer> {
                let ctx = &ctx.for_call();
                let parameters = $crate::port::parameters([
                    $((stringify!($input), serde_json::to_value(&$input))),*
                ]);
                let answer = self.plane.$method(ctx, $($input),*).await;
                let operations = &[$($crate::model::operation::Operation::$operation),+];
                let refusal = answer.as_ref().err();
                self.watcher.answered(ctx, operations, parameters, refusal);
                answer
            })+
        }

        pub(super) const METHODS: &[$crate::port::Method] = &[$($crate::port::Method {
            name: stringify!($method),
            operations: &[$($crate::model::operation::Operation::$operation),+],
        }),+];
    };
}

mod cloudwatch;
mod cluster;
mod cluster_delivery;
mod compute_node_group;
mod console;
mod ctx;
mod delivery;
mod document;
mod event;
mod instance;
mod job;
mod log;
mod log_line;
mod metric;
mod node;
mod notification;
mod offer;
mod plan;
mod queue;
mod secret;
mod server;
mod setting;
mod shares;
mod system;
mod tag;
mod token;
mod trail;
mod watched;

use std::sync::Arc;

pub use self::ctx::{Caller, Ctx, Noted, Notes, Principal, Why};
use self::watched::parameters;
pub use self::watched::{Watched, Watcher};
use crate::model::error::{Error, Result, ValidationReason};
use crate::model::operation::Operation;

macro_rules! nouns {
    ($($file:ident::$noun:ident,)+) => {
        $(pub use self::$file::$noun;)+

        /// All of it.
        pub trait ControlPlane: $($noun +)+ {}

        impl<T: $($noun +)+> ControlPlane for T {}

        /// All methods, noun by noun.
        pub fn methods() -> impl Iterator<Item = &'static Method> {
            [$($file::METHODS),+].into_iter().flatten()
        }
    };
}

nouns! {
    cluster::Clusters,
    compute_node_group::ComputeNodeGroups,
    queue::Queues,
    tag::Tags,
    token::Tokens,
    secret::Secrets,
    instance::Instances,
    job::Jobs,
    log::Logs,
    log_line::LogLines,
    delivery::Deliveries,
    cluster_delivery::ClusterDeliveries,
    node::Nodes,
    event::Events,
    notification::Notifying,
    metric::Monitoring,
    cloudwatch::CloudWatch,
    plan::Plans,
    document::Documents,
    setting::Settings,
    shares::Sharing,
    console::Console,
    offer::Offers,
    system::Systems,
    server::Servers,
    trail::Trail,
}

/// A method of the port.
pub struct Method {
    pub name: &'static str,
    /// What it is asked for; which of them a call is its input says.
    pub operations: &'static [Operation],
}

fn unanswered(method: &str) -> Error {
    let reason = ValidationReason::UnknownOperation;
    Error::validation(reason, format!("This server does not answer {method}."))
}

/// What a server function finds in the Leptos context: the plane, and the context of this request if somebody is signed in.
#[derive(Clone)]
pub struct Backend {
    pub plane: Arc<dyn ControlPlane>,
    pub ctx: Option<Ctx>,
}

impl Backend {
    /// The context of whoever is signed in, or the refusal that sends the browser to the sign-in page.
    pub fn ctx(&self) -> Result<&Ctx> {
        self.ctx.as_ref().ok_or_else(Error::not_signed_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_asked_for_by_a_method() {
        let asked: Vec<Operation> = methods()
            .flat_map(|method| method.operations)
            .copied()
            .collect();
        let missing: Vec<Operation> = Operation::all()
            .filter(|one| !asked.contains(one) && !Operation::HOST.contains(one))
            .collect();
        // Those have doors of their own: the live stream, one that tells of directories of the server's host, and one whose
        // answer is a file.
        let own_doors = [
            Operation::WatchEvents,
            Operation::ConnectCluster,
            Operation::CreateDiagnostics,
        ];
        assert_eq!(missing, own_doors);
    }
}
