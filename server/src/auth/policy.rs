//! Whether a caller may do something. One question, asked by the service next to the effect, never by a door.

use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::port::{Ctx, Principal};

/// Every user may do everything in this release; who carries no proof may only register an instance, and the
/// service checks the bootstrap id that comes with it (A8).
pub fn authorize(ctx: &Ctx, action: Operation, resource_arn: &str) -> Result<()> {
    let is_allowed = match ctx.who {
        Principal::User { .. } => true,
        Principal::Anonymous => action == Operation::RegisterComputeNodeGroupInstance,
    };
    if is_allowed {
        return Ok(());
    }
    Err(Error::access_denied(format!(
        "User: {} is not authorized to perform: {} on resource: {resource_arn}",
        ctx.who.arn(),
        action.action()
    )))
}

#[cfg(test)]
mod tests {
    use app::port::Why;

    use super::*;

    #[test]
    fn who_is_nobody_may_only_register_an_instance() {
        let ctx = Ctx::new(Principal::Anonymous, Why::Api, "r".into());
        for action in Operation::ALL.into_iter().chain(Operation::OWN) {
            let allowed = authorize(&ctx, action, "arn").is_ok();
            assert_eq!(
                allowed,
                action == Operation::RegisterComputeNodeGroupInstance,
                "{action:?}"
            );
        }
        assert_eq!(
            authorize(&ctx, Operation::DeleteCluster, "arn:x").map_err(|e| e.message),
            Err(
                "User: anonymous is not authorized to perform: pcs:DeleteCluster on resource: arn:x"
                    .into()
            )
        );
    }

    #[test]
    fn a_user_may_do_everything() {
        let admin = Principal::User {
            name: "admin".into(),
            arn: "arn:aws:iam::1:user/admin".into(),
        };
        let ctx = Ctx::new(admin, Why::Api, "r".into());
        for action in Operation::ALL.into_iter().chain(Operation::OWN) {
            assert_eq!(authorize(&ctx, action, "arn"), Ok(()));
        }
    }
}
