//! `openpcs why`: why a job waits or failed, and when it is likely to start, in the words of the console.

use anyhow::bail;
use app::model::explanation::Explanation;
use app::model::job::JobDetail;

use super::client::{Client, cluster_path};
use crate::config::Why;

pub fn run(options: &Why) -> anyhow::Result<()> {
    let path = cluster_path(
        &options.cluster,
        &format!("job?id={}", job_id(&options.job)?),
    )?;
    let detail: JobDetail = Client::new(&options.reach)?.get(&path)?;
    print!("{}", told(&detail));
    Ok(())
}

/// As a part of an address.
fn job_id(text: &str) -> anyhow::Result<String> {
    let is_part = |c: char| c.is_ascii_digit() || "_+".contains(c);
    if text.is_empty() || !text.chars().all(is_part) {
        bail!(
            "{text:?} is no job's id: write it as 12, 12_3 for an array's task, or 12+1 for a component"
        );
    }
    Ok(text.replace('+', "%2B"))
}

fn told(detail: &JobDetail) -> String {
    let job = &detail.record.job;
    let Explanation {
        title,
        meaning,
        prospect,
        remedy,
        ..
    } = match &detail.explanation {
        Some(explanation) => explanation,
        None => return format!("Job {} is {}.\n", job.id, job.state),
    };
    let lines = [meaning, prospect, remedy].into_iter();
    let lines = lines.filter(|line| !line.is_empty());
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    format!("Job {} is {}: {title}\n{lines}", job.id, job.state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jobs_id_is_part_of_an_address() {
        assert_eq!(job_id("12+1").unwrap(), "12%2B1");
        assert_eq!(job_id("12_3").unwrap(), "12_3");
        for wrong in ["", "../x", "12&a=b"] {
            assert!(
                job_id(wrong)
                    .unwrap_err()
                    .to_string()
                    .contains("no job's id")
            );
        }
    }
}
