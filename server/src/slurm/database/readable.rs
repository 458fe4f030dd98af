//! Whose records can be read. All clusters are asked for at once: each question is a start of a program.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::records::Records;

/// How long an answer counts, and a failure: for those who have waited while another asked.
const FRESH: Duration = Duration::from_secs(10);
const FRESH_FAILURE: Duration = Duration::from_secs(1);

/// The last answer.
#[derive(Clone, Debug, Default)]
pub struct Readable(Arc<Mutex<Option<Answer>>>);

#[derive(Debug)]
struct Answer {
    at: Instant,
    /// The clusters' ids, or why nobody knows.
    clusters: Result<HashSet<String>, String>,
}

impl Answer {
    fn is_fresh(&self) -> bool {
        let longest = match self.clusters {
            Ok(_) => FRESH,
            Err(_) => FRESH_FAILURE,
        };
        self.at.elapsed() < longest
    }
}

impl Readable {
    /// Whether a cluster's can be; fails where nobody's can.
    pub async fn has(&self, records: &Records, cluster_id: &str) -> io::Result<bool> {
        let mut last = self.0.lock().await;
        let answer = match last.take().filter(Answer::is_fresh) {
            Some(answer) => answer,
            None => {
                let clusters = records.readable().await;
                Answer {
                    clusters: clusters.map_err(|error| error.to_string()),
                    at: Instant::now(),
                }
            }
        };
        let clusters = &last.insert(answer).clusters;
        match clusters {
            Ok(clusters) => Ok(clusters.contains(cluster_id)),
            Err(words) => Err(io::Error::other(words.clone())),
        }
    }
}
