//! `openpcs plan`: what an operation would do, for people or as JSON.

use anyhow::{Context, bail};
use app::command::kebab;
use app::model::operation::Operation;
use app::model::plan::*;
use serde_json::{Value, json};

use super::client::{Client, read_file};
use crate::config;
use crate::slurm::hostlist;

pub fn run(options: &config::Plan) -> anyhow::Result<()> {
    let operation = Operation::PCS
        .iter()
        .copied()
        .find(|o| kebab(o.name()) == options.operation || o.name() == options.operation);
    let Some(operation) = operation else {
        bail!(
            "there is no operation {}; create-, update- and delete-cluster, -compute-node-group and -queue can be planned",
            options.operation
        );
    };
    let text = read_file(&options.cli_input_json)?;
    let input: Value = serde_json::from_str(&text).context("the input is not JSON")?;
    let request = json!({"operation": operation.name(), "input": input});
    let plan: Plan = Client::new(&options.reach)?.post("/openpcs/v1/plan", &request)?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&plan)?);
    } else {
        print!("{}", text_of(&plan));
    }
    match plan.refusal {
        Some(refusal) => bail!("refused: {}: {refusal}", refusal.code()),
        None => Ok(()),
    }
}

/// The plan in lines, each kind of news with a mark of its own.
pub fn text_of(plan: &Plan) -> String {
    let mut lines = vec![];
    for change in &plan.changes {
        let none = || "(none)".to_string();
        lines.push(match (&change.before, &change.after) {
            (None, Some(after)) => format!("+ {} = {after}", change.path),
            (before, after) => format!(
                "~ {}: {} → {}",
                change.path,
                before.clone().unwrap_or_else(none),
                after.clone().unwrap_or_else(none)
            ),
        });
    }
    let nodes = &plan.nodes;
    let mut tell = |mark: &str, names: &[String], what: &str| {
        if !names.is_empty() {
            lines.push(format!("{mark} {} {what}", hostlist::compress(names)));
        }
    };
    tell("+", &nodes.created, "new");
    tell("+", &nodes.starting, "start at once");
    tell("~", &nodes.replaced_now, "replaced at once");
    tell(
        "~",
        &nodes.replaced_after_jobs,
        "replaced when their jobs have ended",
    );
    tell("-", &nodes.removed, "removed");
    tell("-", &nodes.ending, "with an instance that ends");
    for job in &plan.jobs {
        let (mark, what) = match job.effect {
            JobEffect::Cancelled => ("-", "ends"),
            JobEffect::Requeued => ("~", "goes back to the queue and starts again"),
            JobEffect::FinishesFirst => ("=", "ends before its node is replaced"),
            JobEffect::Untouched => ("=", "is not touched"),
        };
        lines.push(format!(
            "{mark} job {} {} ({}) {what}",
            job.id, job.name, job.user
        ));
    }
    let counts = plan.job_counts;
    let total = counts.cancelled + counts.requeued + counts.finishes_first + counts.untouched;
    let listed: usize = plan.jobs.iter().map(JobImpact::count).sum();
    if total > listed {
        lines.push(format!("  … and {} more jobs", total - listed));
    }
    for named in &plan.in_the_way {
        lines.push(format!(
            "! {} {} is in the way",
            named.kind.as_str(),
            named.name
        ));
    }
    lines.extend(plan.quotas.iter().map(quota));
    lines.extend(plan.addresses.iter().map(|a| {
        format!(
            "  takes {} of {} free addresses in {}",
            a.needed, a.free, a.subnet_id
        )
    }));
    lines.extend(plan.stays.iter().map(stay));
    lines.extend(plan.warnings.iter().map(warning));
    if lines.is_empty() && plan.refusal.is_none() {
        lines.push("  Nothing else is touched.".into());
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn quota(used: &QuotaUse) -> String {
    let what = match used.quota {
        Quota::Clusters => "clusters",
        Quota::Instances => "instances of the cluster",
    };
    format!(
        "  {what}: {} → {} of {}",
        used.before, used.after, used.limit
    )
}

fn stay(stay: &Stay) -> String {
    match stay {
        Stay::Nodes { count } => format!("= {count} running nodes stay as they are"),
        Stay::Jobs { count } => format!("= {count} jobs are not touched"),
        Stay::Submissions => "= jobs that are submitted meanwhile are not lost".into(),
        Stay::SettingsInForce => {
            "= if Slurm refuses the settings, those of today stay in force".into()
        }
    }
}

fn warning(warning: &Warning) -> String {
    match warning {
        Warning::NothingChanges => "! nothing changes: it is as asked for already".into(),
        Warning::SlurmSilent => {
            "! Slurm has not been heard of: jobs and nodes may be others than these".into()
        }
        Warning::Elsewhere { host, url } => format!(
            "! another server runs this cluster, on the host {host}: its jobs and nodes are seen there, at {url}"
        ),
        Warning::FewAddresses { free, needed } => format!(
            "! the subnets have {free} free addresses together, and up to {needed} instances may start"
        ),
        Warning::ImageLacksSlurm {
            group,
            image,
            has,
            wants,
        } => format!(
            "! new nodes of group {group} cannot start with Slurm {wants}: image {image} has {has}; give the group an \
             image with both"
        ),
        Warning::ClosedPorts { ports, remedy } => format!(
            "! the security groups do not let the cluster's machines reach each other at TCP {ports}: {remedy}"
        ),
        Warning::Superseded { setting, by } => {
            format!("! {setting} is the old word: give {by}, which means the same")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_told_in_lines() {
        let plan = Plan {
            changes: vec![FieldChange {
                path: "scalingConfiguration.maxInstanceCount".into(),
                before: Some("4".into()),
                after: Some("2".into()),
            }],
            nodes: NodeChanges {
                removed: vec!["compute-3".into(), "compute-4".into()],
                ..NodeChanges::default()
            },
            jobs: vec![JobImpact {
                id: "7".into(),
                name: "cfd".into(),
                user: "ana".into(),
                effect: JobEffect::Requeued,
            }],
            stays: vec![Stay::Nodes { count: 2 }],
            ..Plan::default()
        };
        assert_eq!(
            text_of(&plan),
            "~ scalingConfiguration.maxInstanceCount: 4 → 2\n\
             - compute-[3-4] removed\n\
             ~ job 7 cfd (ana) goes back to the queue and starts again\n\
             = 2 running nodes stay as they are\n"
        );
        assert_eq!(text_of(&Plan::default()), "  Nothing else is touched.\n");
    }
}
