//! Who runs a command that works on the database itself: whoever can is a user of this host, and the audit trail names
//! that one.

use anyhow::Context as _;
use app::model::error::Error;
use app::port::{Ctx, Principal, Why};
use nix::unistd::{User, getuid};
use uuid::Uuid;

use crate::db::Db;
use crate::db::audit::chain;
use crate::db::audit::record::Record;

/// For what this command does.
pub fn ctx() -> Ctx {
    let id = getuid();
    let user = User::from_uid(id).ok().flatten();
    // A container may run as a number that has no name.
    let name = user.map_or_else(|| id.to_string(), |user| user.name);
    let who = Principal::of_host(&name);
    Ctx::new(who, Why::Command, Uuid::new_v4().to_string())
}

/// What became of the command; with a refusal in the audit trail. What it did wrote that itself.
pub async fn recorded(db: &Db, ctx: &Ctx, end: anyhow::Result<()>) -> anyhow::Result<()> {
    let refusal = end.as_ref().err().and_then(|e| e.downcast_ref::<Error>());
    if let Some(record) = refusal.and_then(|refusal| Record::of_refusal(ctx, refusal)) {
        let written = async {
            let mut write = db.write().await?;
            chain::append(&mut write, record).await?;
            write.commit().await
        };
        let written = written.await;
        written
            .with_context(|| format!("the audit trail cannot say what was refused: {refusal:?}"))?;
    }
    end
}
