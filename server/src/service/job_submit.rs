//! The script that is asked of each job (`jobSubmitPlugins`, C14): fetched and loaded once, when a cluster is told of it, so
//! that what cannot work is refused at once and the cluster depends on nobody's bucket later.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use app::i18n::Text;
use app::model::error::{Error, Result};
use app::model::job_submit::{JobSubmitPlugin, JobSubmitScriptSource};
use app::rules::cluster::JOB_SUBMIT_SCRIPT_BYTES;
use openpcs_agent::actions::message::Source;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{Service, internal};

/// The plugin of Slurm's that asks the script.
const PLUGIN: &str = "lib/slurm/job_submit_lua.so";
/// The program bounds itself; this is for a host that stands still.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of its words.
const WORDS: usize = 2000;

impl Service {
    /// The text of the script that these name; none where they name none.
    pub(super) async fn job_submit_script(
        &self,
        t: &'static Text,
        version: &str,
        plugins: &[JobSubmitPlugin],
    ) -> Result<Option<String>> {
        let Some(plugin) = plugins.first() else {
            return Ok(None);
        };
        let controllers = &self.parts.controllers;
        let program = controllers.policy_program();
        let can = controllers.prefix(version).join(PLUGIN).is_file() && program.is_file();
        let path = "slurmConfiguration.jobSubmitPlugins[0].scriptSource.scriptLocation";
        if !can {
            return Err(Error::field(path, t.rules.no_job_submit));
        }
        let wrong = |why: String| Error::field(path, why);
        let fetched = self.parts.scripts.get(&source(&plugin.script_source)).await;
        let bytes = fetched.map_err(|error| wrong(error.message))?;
        let text = std::str::from_utf8(&bytes).ok();
        let text = text.filter(|text| text.len() <= JOB_SUBMIT_SCRIPT_BYTES);
        let text = text.ok_or_else(|| wrong(t.rules.job_submit_script.to_owned()))?;
        let complaint = complaint(&program, text).await.map_err(internal)?;
        match complaint {
            Some(words) => Err(wrong(t.rules.job_submit_load(words))),
            None => Ok(Some(text.to_owned())),
        }
    }
}

fn source(source: &JobSubmitScriptSource) -> Source {
    Source {
        script_location: source.script_location.clone(),
        s3_version_id: source.s3_version_id.clone().filter(|id| !id.is_empty()),
        checksum: source.checksum.as_ref().map(|it| it.to_ascii_lowercase()),
    }
}

/// Why the script cannot be loaded, in the words of its language.
async fn complaint(program: &Path, script: &str) -> anyhow::Result<Option<String>> {
    let mut command = Command::new(program);
    command.arg("check").kill_on_drop(true);
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(script.as_bytes()).await?;
    }
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await??;
    if output.status.success() {
        return Ok(None);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let words: String = words.trim().chars().take(WORDS).collect();
    Ok(Some(match words.is_empty() {
        true => output.status.to_string(),
        false => words,
    }))
}
