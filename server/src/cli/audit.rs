//! `openpcs audit`: the audit trail as the database has it, for whoever may read that.

use std::io::{Write as _, stdout};

use anyhow::bail;
use app::model::name::Arns;

use super::show_time;
use super::store::open;
use crate::config::{AuditCommand, Store};
use crate::db::Db;
use crate::db::audit::chain;
use crate::db::audit::record::whole;
use crate::db::audit::search::{Kept, Wanted, newest};

/// Records that are read at once.
const PORTION: i64 = 1_000;

pub async fn run(store: Store, command: AuditCommand) -> anyhow::Result<()> {
    let db = open(&store).await?;
    match command {
        AuditCommand::List { last } => {
            each(&db, last.into(), |row| {
                let end = if row.error_code.is_empty() {
                    "done"
                } else {
                    &row.error_code
                };
                let who = if row.user_name.is_empty() {
                    &row.principal
                } else {
                    &row.user_name
                };
                let (at, what, of) = (show_time(row.at), &row.operation, &row.resource_arn);
                format!("{at}\t{who}\t{what}\t{of}\t{end}")
            })
            .await
        }
        AuditCommand::Export => {
            each(&db, i64::MAX, |row| {
                whole(&row.record, &Arns::default()).to_string()
            })
            .await
        }
        AuditCommand::Verify => verify(&db).await,
    }
}

/// Prints the newest, each as a line.
async fn each(db: &Db, most: i64, line: impl Fn(&Kept) -> String) -> anyhow::Result<()> {
    let (mut wanted, mut left) = (Wanted::default(), most);
    while left > 0 {
        let portion = left.min(PORTION);
        let rows = newest(db.pool(), &wanted, portion).await?;
        let mut out = stdout().lock();
        for row in &rows {
            writeln!(out, "{}", line(row))?;
        }
        if (rows.len() as i64) < portion {
            break;
        }
        wanted.of.before = rows.last().map(|row| row.number);
        left -= portion;
    }
    Ok(())
}

async fn verify(db: &Db) -> anyhow::Result<()> {
    let (check, last) = chain::verify(db).await?;
    if let Some(number) = check.broken_at {
        bail!(
            "the audit trail is broken at record {number}: it is missing or not as it was written. The {} before it are \
             whole. Compare with a backup, and with records that were exported.",
            check.records
        );
    }
    println!(
        "{} records, none missing or changed. The last is {}: {}",
        check.records, last.number, last.hash
    );
    Ok(())
}
