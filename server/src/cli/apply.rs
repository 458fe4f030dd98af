//! `openpcs apply`: calls the server's pass over a document until nothing waits any more.

use std::time::Duration;

use anyhow::bail;
use app::model::apply::*;

use super::client::{Client, read_file};
use super::plan::text_of;
use crate::config::Apply;

/// Between two passes.
const PAUSE: Duration = Duration::from_millis(500);

pub fn run(options: &Apply) -> anyhow::Result<()> {
    let client = Client::new(&options.reach)?;
    let mut request = ApplyRequest {
        document: read_file(&options.file)?,
        name: options.name.clone(),
        prune: options.prune,
        dry_run: options.dry_run,
        begun: vec![],
    };
    let mut told = vec![];
    loop {
        let outcome: ApplyOutcome = client.post("/openpcs/v1/apply", &request)?;
        for line in outcome.steps.iter().filter_map(line) {
            if !told.contains(&line) {
                print!("{line}");
                told.push(line);
            }
        }
        if let Some((step, refusal)) = outcome.refusal() {
            bail!("{} {}: {refusal}", step.kind.as_str(), step.name);
        }
        let goes_on = outcome.is_waiting() || (options.wait && !outcome.is_done());
        if options.dry_run || !goes_on {
            break;
        }
        request.note(&outcome);
        std::thread::sleep(PAUSE);
    }
    if told.is_empty() {
        println!("Nothing to do: everything is as the document says.");
    }
    Ok(())
}

/// What is done or would be done; silence about what only waits or stays.
fn line(step: &ApplyStep) -> Option<String> {
    let verb = match step.action {
        ApplyAction::Create => "create",
        ApplyAction::Update => "update",
        ApplyAction::Delete => "delete",
        ApplyAction::Keep => return None,
    };
    let planned = match step.state {
        ApplyState::Planned => "would ",
        _ if step.is_begun() => "",
        _ => return None,
    };
    let details = step.plan.as_ref().map(text_of).unwrap_or_default();
    let details: String = details.lines().map(|l| format!("    {l}\n")).collect();
    Some(format!(
        "{planned}{verb} {} {}\n{details}",
        step.kind.as_str(),
        step.name
    ))
}
