//! Whether somebody may do something. One question, asked by the service next to the effect, never by a door.

use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::port::{Ctx, Principal};

/// The only gate: every operation passes it before it tells or changes anything.
pub trait Authorize {
    /// Whether they may do that, where nobody is to be refused: for what is left out of an answer.
    fn may(&self, operation: Operation, resource_arn: &str) -> bool;

    /// Refuses those who may not do that to the resource of that ARN; `*` is for what is done to none.
    fn authorize(&self, operation: Operation, resource_arn: &str) -> Result<()> {
        self.authorize_asked(operation, resource_arn, resource_arn)
    }

    /// The same, where the refusal must not tell what a resource that was asked for by another name is called.
    fn authorize_asked(&self, operation: Operation, resource_arn: &str, asked: &str) -> Result<()>;
}

impl Authorize for Ctx {
    /// In this release it is the same for every resource.
    fn may(&self, operation: Operation, _resource_arn: &str) -> bool {
        may(&self.who, operation)
    }

    fn authorize_asked(&self, operation: Operation, resource_arn: &str, asked: &str) -> Result<()> {
        self.notes.asked(operation, resource_arn);
        if self.may(operation, resource_arn) {
            return Ok(());
        }
        tracing::info!(
            who = self.who.arn(),
            action = operation.action(),
            resource_arn,
            "refused"
        );
        Err(Error::access_denied(format!(
            "User: {} is not authorized to perform: {} on resource: {asked}",
            self.who.arn(),
            operation.action()
        )))
    }
}

/// In this release every user may do everything but what is left to commands on the server's host; those may do that and
/// list what is set aside. Who carries no proof may only register an instance, and the service checks the bootstrap id
/// that comes with it (A8).
fn may(who: &Principal, operation: Operation) -> bool {
    let of_host = Operation::HOST.contains(&operation);
    match who {
        Principal::User { .. } => !of_host,
        Principal::Host { .. } => of_host || operation == Operation::ListSetAside,
        Principal::Anonymous => operation == Operation::RegisterComputeNodeGroupInstance,
    }
}

#[cfg(test)]
mod tests {
    use app::port::Why;

    use super::*;

    #[test]
    fn who_may_do_what() {
        let user = Principal::User {
            name: "admin".into(),
            arn: "arn:aws:iam::1:user/admin".into(),
        };
        let host = Principal::of_host("root");
        let word = |who: &Principal, operation| match may(who, operation) {
            true => "allow",
            false => "deny",
        };
        let line = |operation: Operation| {
            let [user, host, anonymous] =
                [&user, &host, &Principal::Anonymous].map(|who| word(who, operation));
            let (name, action) = (operation.name(), operation.action());
            format!("{name:33}{action:40}{user:8}{host:8}{anonymous}\n")
        };
        let head = format!(
            "{:33}{:40}{:8}{:8}{}\n",
            "operation", "action", "user", "host", "anonymous"
        );
        let table: String = Operation::all().map(line).collect();
        insta::assert_snapshot!(head + &table);
    }

    #[test]
    fn a_refusal_names_who_what_and_where() {
        let ctx = Ctx::new(Principal::Anonymous, Why::Api, "r".into());
        assert_eq!(
            ctx.authorize(Operation::DeleteCluster, "arn:x").map_err(|e| e.message),
            Err(
                "User: anonymous is not authorized to perform: pcs:DeleteCluster on resource: arn:x"
                    .into()
            )
        );
    }
}
