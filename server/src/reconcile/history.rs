//! Notes jobs that ended: Slurm forgets them after minutes, people ask later.

use std::collections::{HashMap, HashSet};

use app::model::job::JobRecord;

use crate::db::{Db, job, past_job};
use crate::slurm::client::{Client, MOST_FILES, SlurmError, has_doubtful_files};

/// Scripts asked for at one look: each is a program's start, and a thousand short jobs may end at once.
const SCRIPTS: usize = 16;

/// What was noted of a job.
struct Noted {
    ended_at: i64,
    /// With its script and the true names of its files, as far as Slurm has them.
    is_complete: bool,
}

impl Noted {
    /// An entry of [`History::noted`].
    fn of(record: &JobRecord, is_complete: bool) -> (String, Noted) {
        let ended_at = record.job.ended_at;
        let noted = Noted {
            ended_at,
            is_complete,
        };
        (record.job.id.clone(), noted)
    }
}

/// The jobs of one cluster that were noted already.
pub struct History {
    cluster_id: String,
    /// By their ids. None until the database was asked.
    noted: Option<HashMap<String, Noted>>,
}

impl History {
    pub fn new(cluster_id: &str) -> Self {
        Self {
            cluster_id: cluster_id.to_owned(),
            noted: None,
        }
    }

    /// Writes down those of the jobs that are over and not noted yet, and completes as many of them as one look may ask
    /// for. Whether some are left that the next look can complete.
    pub async fn keep<'a>(
        &mut self,
        db: &Db,
        client: &Client,
        over: impl Iterator<Item = &'a JobRecord>,
    ) -> sqlx::Result<bool> {
        let over: Vec<&JobRecord> = over.collect();
        let mut noted = match self.noted.take() {
            Some(noted) => noted,
            None => self.noted_before(db, &over).await?,
        };
        // What Slurm has forgotten need not be remembered here either.
        let ids: HashSet<&str> = over.iter().map(|record| record.job.id.as_str()).collect();
        noted.retain(|id, _| ids.contains(id.as_str()));
        let found = self.keep_new(db, client, &over, &mut noted).await;
        self.noted = Some(noted);
        found
    }

    async fn keep_new(
        &self,
        db: &Db,
        client: &Client,
        over: &[&JobRecord],
        noted: &mut HashMap<String, Noted>,
    ) -> sqlx::Result<bool> {
        let of = |record: &JobRecord| {
            let noted = noted.get(&record.job.id);
            noted.filter(|noted| noted.ended_at == record.job.ended_at)
        };
        let mut room = Room::default();
        let (asked, mut left): (Vec<&JobRecord>, Vec<&JobRecord>) = over
            .iter()
            .filter(|record| of(record).is_none_or(|noted| !noted.is_complete))
            .partition(|record| room.takes(record));
        let (complete, can_go_on) = match completed(client, &asked).await {
            Ok(complete) => (complete, !left.is_empty()),
            // Slurm does not answer: at a later look.
            Err(_) => {
                left.extend(&asked);
                (vec![], false)
            }
        };
        left.retain(|record| of(record).is_none());
        if complete.is_empty() && left.is_empty() {
            return Ok(can_go_on);
        }
        let mut write = db.write().await?;
        for (record, script) in &complete {
            job::put(&mut write, &self.cluster_id, record, script.as_deref()).await?;
            past_job::saw(&mut write, &self.cluster_id, record).await?;
        }
        for record in &left {
            job::put(&mut write, &self.cluster_id, record, None).await?;
            past_job::saw(&mut write, &self.cluster_id, record).await?;
        }
        write.commit().await?;
        noted.extend(left.iter().map(|record| Noted::of(record, false)));
        noted.extend(complete.iter().map(|(record, _)| Noted::of(record, true)));
        Ok(can_go_on)
    }

    /// What another process noted of these: it need not be asked for again, nor may it be noted with less.
    async fn noted_before(
        &self,
        db: &Db,
        over: &[&JobRecord],
    ) -> sqlx::Result<HashMap<String, Noted>> {
        let Some(since) = over.iter().map(|record| record.job.ended_at).min() else {
            return Ok(HashMap::new());
        };
        let noted = job::ended_since(db.pool(), &self.cluster_id, since).await?;
        let noted = noted.into_iter().map(|(record, has_script)| {
            let is_complete = has_script && !has_doubtful_files(&record);
            Noted::of(&record, is_complete)
        });
        Ok(noted.collect())
    }
}

/// What one look may still ask for.
#[derive(Default)]
struct Room {
    files: usize,
    scripts: HashSet<String>,
}

impl Room {
    /// Takes what the record wants, if there is room for all of it.
    fn takes(&mut self, record: &JobRecord) -> bool {
        let files = self.files + usize::from(has_doubtful_files(record));
        let script = script_of(record).filter(|script| !self.scripts.contains(script));
        if files > MOST_FILES || (script.is_some() && self.scripts.len() == SCRIPTS) {
            return false;
        }
        self.files = files;
        self.scripts.extend(script);
        true
    }
}

/// Whose script is its script: the tasks of an array have one.
fn script_of(record: &JobRecord) -> Option<String> {
    let who = record.job.who();
    let of = match who.is_of_array() {
        true => who.number().to_string(),
        false => who.to_string(),
    };
    record.is_batch.then_some(of)
}

/// The records with the true names of their files, each with its script.
async fn completed(
    client: &Client,
    records: &[&JobRecord],
) -> Result<Vec<(JobRecord, Option<String>)>, SlurmError> {
    let mut records: Vec<JobRecord> = records.iter().copied().cloned().collect();
    client.name_files(&mut records).await?;
    let mut scripts: HashMap<String, Option<String>> = HashMap::new();
    let mut complete = Vec::with_capacity(records.len());
    for record in records {
        let script = match script_of(&record) {
            None => None,
            Some(of) => match scripts.get(&of) {
                Some(script) => script.clone(),
                None => {
                    let script = script(client, &record, &of).await?;
                    scripts.insert(of, script.clone());
                    script
                }
            },
        };
        complete.push((record, script));
    }
    Ok(complete)
}

/// None where Slurm answers, and has none. Tasks that never started have their array's only.
async fn script(
    client: &Client,
    record: &JobRecord,
    of: &str,
) -> Result<Option<String>, SlurmError> {
    let own = record.job.who().lasting().to_string();
    for id in [own.as_str(), of] {
        match client.script(id).await {
            Ok(script) => return Ok(Some(script)),
            Err(error) if error.is_silence() => return Err(error),
            Err(_) if own == of => break,
            Err(_) => {}
        }
    }
    client.ping().await.map(|()| None)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    /// Notes what it is asked, and answers unless there is a file `silent`.
    const SLURM: &str = r#"#!/bin/sh
cd "$(dirname "$0")/.." || exit 1
echo "${0##*/} $*" >> asked
[ ! -e silent ] || exit 1
for word; do
    case $word in --job=*) jobs=${word#--job=} ;; esac
done
case $0 in
*squeue)
    IFS=,
    for job in $jobs; do
        printf '%-12s%-12s%-12s%-12s%-12s%-1024s%-1024s%-1024s%-4097s%-4097s\n' \
            1 "${job%_*}" "${job#*_}" 0 0 ann node-1 name "/w/%N.%a" "/w/%N.%a"
    done ;;
*) echo "script of $3" ;;
esac
"#;

    fn client(directory: &Path) -> Client {
        let bin = directory.join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        for program in ["scontrol", "squeue"] {
            let path = bin.join(program);
            std::fs::write(&path, SLURM).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Client {
            lease: None,
            prefix: directory.to_owned(),
            enter: vec!["env".into(), "--".into()],
            conf: directory.join("slurm.conf"),
        }
    }

    fn ended(id: String, output: &str) -> JobRecord {
        let mut record = JobRecord {
            is_batch: true,
            standard_output: output.into(),
            ..JobRecord::default()
        };
        record.job.id = id;
        record.job.ended_at = 5;
        record
    }

    /// What was asked since the last time, by program.
    fn asked(directory: &Path, program: &str) -> usize {
        let all = std::fs::read_to_string(directory.join("asked")).unwrap_or_default();
        all.lines().filter(|line| line.starts_with(program)).count()
    }

    #[tokio::test]
    async fn all_that_ends_at_once_is_completed_look_by_look() {
        let dir = tempfile::tempdir().unwrap();
        let client = client(dir.path());
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let tasks = (0..90).map(|task| ended(format!("9_{task}"), "/w/%N"));
        let jobs = (20..50).map(|job| ended(job.to_string(), "/w/out"));
        let over: Vec<JobRecord> = tasks.chain(jobs).collect();
        let noted = async || {
            let all = job::ended_since(db.pool(), "c", 0).await.unwrap();
            let is_open =
                |(record, script): &&(JobRecord, bool)| !script || has_doubtful_files(record);
            (all.len(), all.iter().filter(is_open).count())
        };
        let mut history = History::new("c");
        std::fs::write(dir.path().join("silent"), "").unwrap();
        let go_on = history.keep(&db, &client, over.iter()).await.unwrap();
        assert_eq!(
            (go_on, noted().await),
            (false, (120, 120)),
            "as far as known"
        );
        std::fs::remove_file(dir.path().join("silent")).unwrap();
        std::fs::remove_file(dir.path().join("asked")).unwrap();
        let mut looks = 1;
        while history.keep(&db, &client, over.iter()).await.unwrap() {
            looks += 1;
            assert!(looks < 9, "{:?}", noted().await);
        }
        assert_eq!(noted().await, (120, 0));
        let of = |id: &'static str| job::find(db.pool(), "c", id);
        let (record, script) = of("9_89").await.unwrap().unwrap();
        assert_eq!(record.standard_output, "/w/node-1.89");
        assert!(script.unwrap().starts_with("script of 9_"));
        let (_, script) = of("49").await.unwrap().unwrap();
        assert_eq!(script.unwrap(), "script of 49\n");
        // Once for all tasks that a look completes.
        assert!(asked(dir.path(), "scontrol") <= 30 + looks);
        // Neither this one nor the next process asks again.
        let before = asked(dir.path(), "s");
        for history in [&mut history, &mut History::new("c")] {
            assert!(!history.keep(&db, &client, over.iter()).await.unwrap());
        }
        assert_eq!(asked(dir.path(), "s"), before);
    }
}
