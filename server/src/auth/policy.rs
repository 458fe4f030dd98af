//! Whether a caller may do something. One question, asked by the service next to the effect, never by a door.

use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::port::{Caller, Principal};

/// Every user may do everything in this release; who carries no proof may only register an instance, and the
/// service checks the bootstrap id that comes with it (A8).
pub fn authorize(caller: &Caller, action: Operation, resource_arn: &str) -> Result<()> {
    let who = match &caller.principal {
        Principal::User { .. } => return Ok(()),
        Principal::Anonymous if action == Operation::RegisterComputeNodeGroupInstance => {
            return Ok(());
        }
        Principal::Anonymous => "anonymous",
    };
    Err(Error::access_denied(format!(
        "User: {who} is not authorized to perform: {} on resource: {resource_arn}",
        action.action()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_nobody_may_only_register_an_instance() {
        let caller = Caller {
            request_id: "r".into(),
            principal: Principal::Anonymous,
        };
        for action in Operation::ALL.into_iter().chain(Operation::OWN) {
            let allowed = authorize(&caller, action, "arn").is_ok();
            assert_eq!(
                allowed,
                action == Operation::RegisterComputeNodeGroupInstance,
                "{action:?}"
            );
        }
        assert_eq!(
            authorize(&caller, Operation::DeleteCluster, "arn:x").map_err(|e| e.message),
            Err(
                "User: anonymous is not authorized to perform: pcs:DeleteCluster on resource: arn:x"
                    .into()
            )
        );
    }

    #[test]
    fn a_user_may_do_everything() {
        let caller = Caller {
            request_id: "r".into(),
            principal: Principal::User {
                name: "admin".into(),
                arn: "arn:aws:iam::1:user/admin".into(),
            },
        };
        for action in Operation::ALL.into_iter().chain(Operation::OWN) {
            assert_eq!(authorize(&caller, action, "arn"), Ok(()));
        }
    }
}
