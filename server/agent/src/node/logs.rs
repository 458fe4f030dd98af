//! Sends the ends of the node's logs to the server now and then, and once more at the end: of a host that is gone nobody can
//! read them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::http::{Client, Reply};
use crate::protocol::{Claimed, LOG_BYTES, LogReport};
use crate::tail::end_within;
use crate::{files, say};

/// Soon at first: it is boots that fail.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How long a log was, and when it was written to.
type Stand = (u64, SystemTime);

pub struct Logs {
    client: Client,
    instance_id: String,
    token: String,
    dir: PathBuf,
    /// What the server has of each, by name.
    sent: Mutex<HashMap<String, Stand>>,
}

impl Logs {
    pub fn new(client: Client, node: &Claimed, dir: &Path) -> Arc<Logs> {
        Arc::new(Logs {
            client,
            instance_id: node.instance_id.clone(),
            token: node.bootstrap_id.clone(),
            dir: dir.into(),
            sent: Mutex::default(),
        })
    }

    /// Sends what has changed as long as the agent lives.
    pub fn watch(self: &Arc<Self>) {
        let logs = self.clone();
        std::thread::spawn(move || {
            let mut pause = FIRST_PAUSE;
            loop {
                std::thread::sleep(pause);
                logs.send();
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        });
    }

    /// What the server does not take is left for the next time.
    pub fn send(&self) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, stand) in changed(&self.dir, &sent) {
            let told = match end_within(&self.dir.join(&name), LOG_BYTES) {
                Ok(end) => match self.call(&name, end) {
                    Ok(reply) => reply.success().map(drop),
                    // The others would wait for the server as long.
                    Err(message) => return say(&format!("{name} is not sent: {message}")),
                },
                Err(error) => Err(error.to_string()),
            };
            if let Err(message) = told {
                say(&format!("{name} is not kept: {message}"));
            }
            // What was refused would be refused again as it is.
            sent.insert(name, stand);
        }
    }

    fn call(&self, name: &str, (text, is_cut): (String, bool)) -> Result<Reply, String> {
        let report = LogReport {
            instance_id: self.instance_id.clone(),
            name: name.into(),
            text,
            is_cut,
        };
        self.client.call("/instance/v1/logs", &self.token, &report)
    }
}

/// The logs of a directory that are not as they were sent.
fn changed(dir: &Path, sent: &HashMap<String, Stand>) -> Vec<(String, Stand)> {
    let names = files::names(dir).unwrap_or_default();
    let logs = names.into_iter().filter(|name| name.ends_with(".log"));
    let stands = logs.filter_map(|name| {
        let about = dir.join(&name).symlink_metadata().ok()?;
        let stand = (about.len(), about.modified().ok()?);
        (about.is_file() && about.len() > 0).then_some((name, stand))
    });
    stands
        .filter(|(name, stand)| sent.get(name) != Some(stand))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_sent_when_it_has_changed() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("slurmd.log", "one");
        write("slurmd.log.1", "old");
        write("user-data-01.log", "");
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link.log")).unwrap();
        let mut sent = HashMap::new();
        let names = |sent: &mut HashMap<String, Stand>| -> Vec<String> {
            let changed = changed(dir.path(), sent);
            sent.extend(changed.iter().cloned());
            changed.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(&mut sent), ["slurmd.log"]);
        assert!(names(&mut sent).is_empty());
        write("slurmd.log", "one, two");
        write("user-data-01.log", "hello");
        assert_eq!(names(&mut sent), ["slurmd.log", "user-data-01.log"]);
        assert_eq!(changed(&dir.path().join("nowhere"), &sent), []);
    }
}
