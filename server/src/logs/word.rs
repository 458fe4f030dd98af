//! How SQLite's index of words is asked (FTS5).
//!
//! For words that begin so, it puts the numbers of all lines that have one together before it gives the first, whatever the
//! page: a second where ten million lines have it. So it is asked which words begin so, and then for each of these as it
//! is, which it reads only as far as the page goes.

use super::store::LogStore;

/// More words than that begin so: it is asked for the beginning after all.
const WORDS: usize = 64;

impl LogStore {
    /// What finds the lines that have each of these words, or one that begins so; none: there is no word.
    ///
    /// Each is quoted, so that it has no meaning of its own.
    pub(super) async fn words(&self, text: &str) -> sqlx::Result<Option<String>> {
        let mut all = vec![];
        for word in text.split_whitespace() {
            if word.chars().any(char::is_alphanumeric) {
                all.push(self.word(word).await?);
            }
        }
        Ok((!all.is_empty()).then(|| all.join(" AND ")))
    }

    async fn word(&self, word: &str) -> sqlx::Result<String> {
        let Some((before, last)) = parts(word) else {
            return Ok(beginning(word));
        };
        let mut found = self.begin_with(&last).await?;
        if found.len() > WORDS {
            return Ok(beginning(word));
        }
        if found.is_empty() {
            // No line has it.
            found.push(last);
        }
        let each = found.iter().map(|last| format!("\"{before}{last}\""));
        let each: Vec<String> = each.collect();
        Ok(format!("({})", each.join(" OR ")))
    }

    /// The words of the index that begin so, up to one more than [`WORDS`].
    async fn begin_with(&self, beginning: &str) -> sqlx::Result<Vec<String>> {
        // From one word to the next: all characters of a word come after a space.
        sqlx::query_scalar(
            "WITH RECURSIVE found (term) AS (SELECT (SELECT term FROM term WHERE term >= ?1 LIMIT 1) \
             UNION ALL SELECT (SELECT term FROM term WHERE term >= found.term || ' ' LIMIT 1) FROM found \
             WHERE substr(found.term, 1, length(?1)) = ?1 LIMIT ?2) \
             SELECT term FROM found WHERE substr(term, 1, length(?1)) = ?1",
        )
        .bind(beginning)
        .bind(i64::try_from(WORDS + 1).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await
    }
}

/// As the index cuts and writes it: what comes before its last word, and that. None where that takes tables of letters.
fn parts(word: &str) -> Option<(String, String)> {
    if !word.is_ascii() {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let last = words.pop()?.to_owned();
    let before = words.iter().map(|word| format!("{word} ")).collect();
    Some((before, last))
}

fn beginning(word: &str) -> String {
    format!("\"{}\"*", word.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use app::model::log::{Log, LogDaemon, LogLevel};

    use super::*;
    use crate::logs::line::Entry;
    use crate::logs::place::Place;
    use crate::logs::store::Stream;

    #[tokio::test]
    async fn what_is_found_begins_so() {
        let dir = tempfile::tempdir().unwrap();
        let store = LogStore::open(dir.path(), "pcs_1").await.unwrap();
        let texts = [
            "sched: Allocate JobId=47 NodeList=compute-1-1 Partition=demo",
            "scheduler: JobId=470 état du nœud 节点 Partition=demo2",
            "schedmd Sched Partition=other_demo",
            "job_id job-id JobId job id",
        ];
        let numbers = (0..500).map(|number| format!("sched: JobId={number}"));
        let entries = texts.iter().map(ToString::to_string).chain(numbers);
        let entries: Vec<Entry> = entries
            .map(|text| Entry {
                at: 1,
                level: LogLevel::Info,
                is_audit: false,
                text,
            })
            .collect();
        let stream = Stream {
            log: Log::Daemon(LogDaemon::Slurmctld),
            version: "25.05".to_owned(),
        };
        let place = Place::default();
        let appended = store.append(&stream, &entries, &[], None, &place);
        appended.await.unwrap();
        let found = async |query: &str| -> Vec<i64> {
            let query = sqlx::query_scalar("SELECT rowid FROM word WHERE word MATCH ?").bind(query);
            query.fetch_all(&store.pool).await.unwrap()
        };
        for (words, count) in [
            ("sched", 503),
            ("SCHED: alloc", 1),
            ("scheduler", 1),
            ("schedulers", 0),
            ("JobId=47", 13),
            ("jobid=", 503),
            // More words begin so than are asked for.
            ("JobId=4", 113),
            ("job_id", 1),
            ("partition=demo", 2),
            ("=demo", 3),
            ("état", 1),
            ("ETA", 1),
            ("nœ", 1),
            ("节", 1),
            ("\"sched\"", 503),
            ("sched* OR", 0),
            ("a\"b", 0),
            ("- --", 504),
        ] {
            let Some(asked) = store.words(words).await.unwrap() else {
                assert_eq!(words, "- --");
                continue;
            };
            let told = found(&asked).await;
            assert_eq!(told.len(), count, "{words}: {asked}");
            let plainly: Vec<String> = words.split_whitespace().map(beginning).collect();
            assert_eq!(told, found(&plainly.join(" ")).await, "{words}: {asked}");
        }
    }
}
