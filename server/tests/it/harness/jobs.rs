//! Slurm as a person on the login node sees it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::{TestPlane, processes, wait_until};

impl TestPlane {
    /// What a command on the cluster's login node prints; it must succeed.
    #[track_caller]
    pub fn connect(&self, cluster: &str, command: &[&str]) -> String {
        match self.try_connect(cluster, command) {
            Ok(text) => text,
            Err(output) => panic!("{command:?} failed: {output:?}"),
        }
    }

    /// What Slurm's own programs print for its administrator, as who owns the server has them.
    pub fn connect_as_admin(&self, cluster: &str, command: &[&str]) -> String {
        let output = self.connecting_as_admin(cluster, command).output().unwrap();
        assert!(output.status.success(), "{command:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, not started yet.
    pub fn connecting_as_admin(&self, cluster: &str, command: &[&str]) -> Command {
        let mut connect = self.server.openpcs();
        let endpoint = self.server.endpoint();
        connect.args(["connect", cluster, "--admin", "--endpoint", &endpoint]);
        connect.arg("--data-dir").arg(self.server.data());
        connect.arg("--").args(command);
        connect
    }

    pub fn try_connect(&self, cluster: &str, command: &[&str]) -> Result<String, Output> {
        let output = self.server.connect(cluster, command);
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(output)
        }
    }

    /// Runs a shell command as the cluster's administrator, where the one controller of this server is.
    #[track_caller]
    pub fn administrate(&self, command: &str) {
        let (pid, line) = processes(self.server.root())
            .into_iter()
            .find(|(_, line)| line.contains("/sbin/slurmctld "))
            .unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let bin = words[0].replace("/sbin/slurmctld", "/bin");
        let conf = words
            .iter()
            .skip_while(|word| **word != "-f")
            .nth(1)
            .unwrap();
        let mut enter = Command::new("nsenter");
        enter.args(["-t", &pid.to_string(), "-m"]);
        if !nix::unistd::geteuid().is_root() {
            enter.args(["-U", "--preserve-credentials"]);
        }
        let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
        let output = enter
            .args(["--", "bash", "-c", command])
            .envs([("SLURM_CONF", *conf), ("PATH", &path)])
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
    }

    /// `sinfo` without the spaces that align its columns.
    pub fn sinfo(&self, cluster: &str) -> Vec<String> {
        let lines = self.connect(cluster, &["sinfo", "--noheader"]);
        lines
            .lines()
            .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// Submits a batch job that runs this shell command, with these options of sbatch, to the queue `demo` unless they
    /// say otherwise; returns its id.
    #[track_caller]
    pub fn sbatch(&self, cluster: &str, options: &[&str], command: &str) -> String {
        let wrap = format!("--wrap={command}");
        let arguments: Vec<&str> = ["sbatch", "--parsable", "--partition=demo"]
            .into_iter()
            .chain(options.iter().copied())
            .chain([wrap.as_str()])
            .collect();
        self.connect(cluster, &arguments).trim().to_string()
    }

    /// What Slurm says of a job: `JobState`, `Restarts`, `NodeList` and so on.
    pub fn job(&self, cluster: &str, job: &str) -> BTreeMap<String, String> {
        fields(&self.connect(cluster, &["scontrol", "--oneliner", "show", "job", job]))
    }

    /// What Slurm says of a node.
    pub fn node(&self, cluster: &str, node: &str) -> BTreeMap<String, String> {
        fields(&self.connect(cluster, &["scontrol", "--oneliner", "show", "node", node]))
    }

    /// The same while the node from which it is asked may be on its way out or in.
    pub fn try_node(&self, cluster: &str, node: &str) -> Result<BTreeMap<String, String>, String> {
        let show = ["scontrol", "--oneliner", "show", "node", node];
        let told = self.try_connect(cluster, &show);
        told.map(|told| fields(&told))
            .map_err(|output| format!("{output:?}"))
    }

    /// Waits until somebody can log in to that node.
    pub async fn wait_login(&self, cluster: &str, node: &str) {
        wait_until(&format!("{node} can be logged in to"), async || {
            let told = self.try_node(cluster, node)?;
            let state = told.get("State").cloned().unwrap_or_default();
            let is_up = state.starts_with("IDLE") && !state.contains("POWER");
            is_up.then_some(()).ok_or(state)
        })
        .await;
    }

    /// Waits until slurmctld has written down what it knows now of the job and of its node. It does every few seconds: of
    /// what has happened since, as that a job's node has come up, nothing is left when it is killed.
    ///
    /// The node has answered once more by then, to a job of a second: Slurm reckons its boot anew, in whole seconds, with
    /// each report. Of one heard of only in the second in which it booted, the next may say that it booted a second later,
    /// and a slurmctld that knows of no later word takes that for a reboot.
    pub async fn wait_saved(&self, cluster: &str, job: &str, node: &str) {
        let short = self.sbatch(cluster, &[&format!("--nodelist={node}")], "sleep 1");
        self.wait_job(cluster, &short, "COMPLETED").await;
        let mark = format!("saved-with-{job}");
        self.administrate(&format!("scontrol update jobid={job} comment={mark}"));
        self.administrate(&format!("scontrol update nodename={node} extra={mark}"));
        for file in ["job_state", "node_state"] {
            self.wait_state(cluster, file, &mark).await;
        }
    }

    /// Waits until this file of slurmctld's state has the word.
    pub async fn wait_state(&self, cluster: &str, file: &str, word: &str) -> PathBuf {
        let id = self.get_cluster(cluster).await.id;
        let clusters = self.server.data().join("clusters");
        let path = clusters.join(id).join("controller/state").join(file);
        wait_until(&format!("{word} is in {file}"), async || {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let mut places = bytes.windows(word.len());
            match places.any(|place| place == word.as_bytes()) {
                true => Ok(()),
                false => Err("not yet".into()),
            }
        })
        .await;
        path
    }

    /// Waits until a job is in that state.
    pub async fn wait_job(
        &self,
        cluster: &str,
        job: &str,
        state: &str,
    ) -> BTreeMap<String, String> {
        wait_until(&format!("job {job} is {state}"), async || {
            match self.try_connect(cluster, &["scontrol", "--oneliner", "show", "job", job]) {
                Ok(text) => {
                    let found = fields(&text);
                    if found.get("JobState").is_some_and(|s| s == state) {
                        Ok(found)
                    } else {
                        Err(text)
                    }
                }
                Err(output) => Err(format!("{output:?}")),
            }
        })
        .await
    }

    /// Waits until `sinfo` prints exactly these lines.
    pub async fn wait_sinfo(&self, cluster: &str, lines: &[&str]) {
        wait_until(&format!("sinfo prints {lines:?}"), async || {
            let output = self.server.connect(cluster, &["sinfo", "--noheader"]);
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let seen: Vec<String> = text
                .lines()
                .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            if seen == lines {
                Ok(())
            } else {
                Err(format!(
                    "{seen:?} {}",
                    String::from_utf8_lossy(&output.stderr)
                ))
            }
        })
        .await;
    }
}

/// `Name=value Name=value …`; a value with spaces keeps its first word, which no test needs more of.
pub fn fields(text: &str) -> BTreeMap<String, String> {
    let pairs = text
        .split_whitespace()
        .filter_map(|word| word.split_once('='));
    pairs
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}
