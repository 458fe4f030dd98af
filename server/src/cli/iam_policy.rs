//! `openpcs iam-policy`: what the server's role in an AWS account must be allowed.

use std::io::{self, Write};

use crate::provider::aws;

pub fn run() -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(&aws::policy()?)? + "\n";
    Ok(io::stdout().write_all(text.as_bytes())?)
}
