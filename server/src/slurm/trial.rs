//! Tries a configuration out before it is in force: see [`openpcs_agent`]'s role `trial` for what is tried.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use app::model::setting::SlurmCustomSetting;
use openpcs_agent::configuration::{Files, write_files};
use openpcs_agent::files;
use openpcs_agent::layout::SLURMDBD_CONF;
use openpcs_agent::protocol::{TrialFile, Verdict};
use openpcs_agent::tail::last_lines;

use super::controller_host::ControllerHost;
use crate::random;

use crate::sandbox::{AGENT_LOG, Role, Sandbox};

/// More than all the waits of the agent's trial together: only a host that stands still takes longer.
const PATIENCE: Duration = Duration::from_secs(120);
/// Bytes of the trial's own key.
const KEY_BYTES: usize = 1024;

impl ControllerHost {
    /// Where a cluster's next configuration is tried.
    pub fn trial_dir(&self, cluster_id: &str) -> PathBuf {
        self.dir(cluster_id).join("trial")
    }

    /// What Slurm's programs make of these files, which are those of a trial: see `configuration::render_trial`. Without a
    /// slurmdbd.conf there is no slurmdbd to try. The running controller, if there is one, is neither asked nor touched. An error says nothing of the configuration.
    pub async fn try_out(
        &self,
        cluster_id: &str,
        new: &Files,
        slurmdbd_conf: Option<&str>,
        file: &TrialFile,
    ) -> anyhow::Result<Verdict> {
        self.check()?;
        let sandbox = Sandbox::new(self.trial_dir(cluster_id));
        // What a server that was killed has left.
        end(&sandbox).await?;
        sandbox.prepare()?;
        prepare(sandbox.dir(), new, file)?;
        if let Some(conf) = slurmdbd_conf {
            let path = sandbox.dir().join(SLURMDBD_CONF);
            files::write(&path, conf.as_bytes(), files::SECRET)?;
        }
        let status = sandbox
            .run(self.agent(), Role::Trial, self.data_dir(), PATIENCE)
            .await?;
        let verdict = std::fs::read(sandbox.dir().join("verdict.json"));
        let words = last_lines(&sandbox.dir().join(AGENT_LOG), 3);
        end(&sandbox).await?;
        match verdict {
            Ok(verdict) => Ok(serde_json::from_slice(&verdict)?),
            Err(_) => anyhow::bail!("the trial of the configuration ended with {status}: {words}"),
        }
    }
}

async fn end(sandbox: &Sandbox) -> anyhow::Result<()> {
    let sandbox = sandbox.clone();
    Ok(tokio::task::spawn_blocking(move || sandbox.end(None)).await??)
}

fn prepare(dir: &Path, new: &Files, file: &TrialFile) -> io::Result<()> {
    files::create_dir(&dir.join("state"))?;
    files::create_dir(&dir.join("bin"))?;
    for program in ["resume", "suspend", "prolog"] {
        files::link(Path::new("/bin/true"), &dir.join("bin").join(program))?;
    }
    files::write(
        &dir.join("slurm.key"),
        &random::random_bytes(KEY_BYTES),
        files::SECRET,
    )?;
    files::write(
        &dir.join("trial.json"),
        &serde_json::to_vec(file)?,
        files::PLAIN,
    )?;
    write_files(dir, new)
}

/// Why the configuration is not to be had, for what it changes: a setting that slurmctld complains of by name or by value
/// and then ignores is not in force, whatever the row says.
pub fn refusal(verdict: &Verdict, changed: &[&SlurmCustomSetting]) -> Option<String> {
    if verdict.refusal.is_some() {
        return verdict.refusal.clone();
    }
    let about = |complaint: &&String| changed.iter().any(|given| is_about(complaint, given));
    let complaints = verdict.complaints.iter().filter(about);
    let complaints: Vec<&str> = complaints.map(String::as_str).collect();
    (!complaints.is_empty()).then(|| format!("slurmctld: {}", complaints.join(" | ")))
}

/// Whether the complaint has the setting's name as a word, or what is distinctive of its value.
fn is_about(complaint: &str, given: &SlurmCustomSetting) -> bool {
    let mut words = complaint.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named = words.any(|word| word.eq_ignore_ascii_case(&given.parameter_name));
    let mut parts = given
        .parameter_value
        .split(',')
        .flat_map(|item| [item, item.split('=').next().unwrap_or(item)]);
    named
        || parts.any(|part| {
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            part.len() >= 3 && !is_number && complaint.contains(part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(complaint: &str, name: &str, value: &str) -> bool {
        let verdict = Verdict {
            refusal: None,
            complaints: vec![complaint.to_owned()],
        };
        let given = SlurmCustomSetting {
            parameter_name: name.to_owned(),
            parameter_value: value.to_owned(),
        };
        refusal(&verdict, &[&given]).is_some()
    }

    /// What slurmctld 24.11 logs.
    #[test]
    fn a_complaint_about_what_changes_is_a_refusal_and_any_other_is_not() {
        let bf = "error: Invalid SchedulerParameters bf_interval: -5";
        let group = "error: _get_group_members: Could not find configured group no-such-group";
        let exit = "error: _make_requeue_array: exit values: a-b,c";
        let fair = "error: PriorityWeightFairshare can only be used with SlurmDBD, ignoring";
        let gathered = "error: Job accounting information gathered, but not stored";
        for (complaint, name, value, is_refused) in [
            (bf, "schedulerparameters", "bf_interval=-5", true),
            (bf, "MinJobAge", "60", false),
            (group, "AllowGroups", "root,no-such-group", true),
            (group, "AllowGroups", "root", false),
            (exit, "RequeueExit", "a-b,c", true),
            (exit, "RequeueExitHold", "exit-values", false),
            (fair, "PriorityWeightFairshare", "10", true),
            (fair, "PriorityWeightAge", "10", false),
            (gathered, "JobAcctGatherType", "jobacct_gather/linux", false),
        ] {
            assert_eq!(
                refused(complaint, name, value),
                is_refused,
                "{name}={value}"
            );
        }
    }

    #[test]
    fn what_no_program_can_work_with_is_refused_whatever_changed() {
        let verdict = Verdict {
            refusal: Some("srun: fatal".into()),
            complaints: vec![],
        };
        assert_eq!(refusal(&verdict, &[]).unwrap(), "srun: fatal");
    }
}
