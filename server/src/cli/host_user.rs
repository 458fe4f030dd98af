//! Who runs a command that works on the database itself: whoever can is a user of this host, and the audit trail names
//! that one.

use app::port::{Ctx, Principal, Why};
use nix::unistd::{User, getuid};
use uuid::Uuid;

/// For what this command does.
pub fn ctx() -> Ctx {
    let id = getuid();
    let user = User::from_uid(id).ok().flatten();
    // A container may run as a number that has no name.
    let name = user.map_or_else(|| id.to_string(), |user| user.name);
    let who = Principal::of_host(&name);
    Ctx::new(who, Why::Command, Uuid::new_v4().to_string())
}
