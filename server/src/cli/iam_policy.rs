//! `openpcs iam-policy`: what the server's role in an AWS account must be allowed.

use std::io::{self, Write};

use crate::config::CloudWatch;
use crate::provider::aws;

pub fn run(metrics: &CloudWatch) -> anyhow::Result<()> {
    let policy = aws::policy(metrics.namespace())?;
    let text = serde_json::to_string_pretty(&policy)? + "\n";
    Ok(io::stdout().write_all(text.as_bytes())?)
}
