//! What travels together: lines of one log and one hour, as many as the destination takes at once.

use app::model::date::HOUR;
use app::model::log::Log;

use super::names::{Origin, object, stream, test_object, test_stream};
use super::record::{Line, record, test_record};

/// What a destination takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub records: usize,
    /// Of all records, with `overhead` for each.
    pub bytes: usize,
    pub overhead: usize,
}

/// One record of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Milliseconds since 1970.
    pub at: i64,
    /// One line, without its end.
    pub json: String,
}

/// Decided once: the same lines always make the same batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub origin: Origin,
    pub log: Log,
    /// Of the first line.
    pub at: i64,
    pub first_seq: i64,
    pub last_seq: i64,
    pub records: Vec<Record>,
    /// Nothing that comes later could belong to it.
    pub is_full: bool,
    /// It is no part of the log.
    pub is_test: bool,
}

impl Batch {
    /// Of the first of these lines, which are in the order of their numbers; none where there are none.
    pub fn of(origin: &Origin, log: Log, lines: &[Line], limits: &Limits) -> Option<Batch> {
        let first = lines.first()?;
        let mut batch = Batch {
            origin: origin.clone(),
            log,
            at: first.at,
            first_seq: first.seq,
            last_seq: first.seq,
            records: Vec::with_capacity(lines.len().min(limits.records)),
            is_full: false,
            is_test: false,
        };
        let mut bytes = 0;
        for line in lines {
            let json = record(origin, log, line);
            bytes += json.len() + limits.overhead;
            let is_of_another_hour = line.at.div_euclid(HOUR) != first.at.div_euclid(HOUR);
            let is_too_much = bytes > limits.bytes && !batch.records.is_empty();
            if is_of_another_hour || is_too_much {
                batch.is_full = true;
                break;
            }
            batch.last_seq = line.seq;
            batch.records.push(Record { at: line.at, json });
            if batch.records.len() == limits.records {
                batch.is_full = true;
                break;
            }
        }
        Some(batch)
    }

    /// One record that says that it is a test.
    pub fn test(origin: &Origin, at: i64, words: &str) -> Batch {
        let json = test_record(origin, at, words);
        Batch {
            origin: origin.clone(),
            log: Log::JobCompletion,
            at,
            first_seq: at,
            last_seq: at,
            records: vec![Record { at, json }],
            is_full: true,
            is_test: true,
        }
    }

    /// The stream of its log.
    pub fn stream(&self) -> String {
        match self.is_test {
            true => test_stream(&self.origin),
            false => stream(&self.origin, self.log),
        }
    }

    /// Key of an object, or path of a file, of its log and hour.
    pub fn object(&self, hash: &str) -> String {
        if self.is_test {
            return test_object(&self.origin, self.at, hash);
        }
        object(&self.origin, self.log, self.at, hash)
    }

    /// All records, each in a line of its own.
    pub fn text(&self) -> Vec<u8> {
        let bytes = self.records.iter().map(|record| record.json.len() + 1);
        let mut text = Vec::with_capacity(bytes.sum());
        for record in &self.records {
            text.extend_from_slice(record.json.as_bytes());
            text.push(b'\n');
        }
        text
    }
}

#[cfg(test)]
pub(super) mod tests {
    use app::model::log::LogDaemon;

    use super::*;

    pub fn origin() -> Origin {
        Origin {
            account_id: "111122223333".into(),
            region: "us-east-1".into(),
            cluster_id: "pcs_abc".into(),
            version: "24.11.5".into(),
        }
    }

    pub fn line(seq: i64, at: i64) -> Line {
        Line {
            seq,
            at,
            level: "info",
            text: format!("line {seq}"),
        }
    }

    #[test]
    fn a_test_is_beside_the_log() {
        let test = Batch::test(&origin(), 5_000, "nothing happened");
        assert_eq!(test.stream(), "AWSLogs/PCS/pcs_abc/test.log");
        let object = "AWSLogs/111122223333/PCS/us-east-1/pcs_abc/test/PCS_test_5000_pcs_abc_H.log";
        assert_eq!(test.object("H"), object);
        let text = String::from_utf8(test.text()).unwrap();
        let record: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(record["log_name"], "test");
        assert_eq!(record["message"], "nothing happened\n");
    }

    #[test]
    fn a_batch_ends_with_its_hour_and_its_limits() {
        let log = Log::Daemon(LogDaemon::Slurmctld);
        let one = record(&origin(), log, &line(1, 0)).len() + 10;
        let limits = |records, bytes| Limits {
            records,
            bytes,
            overhead: 10,
        };
        // Times, limits, how many lines the batch has, whether it is full.
        for (times, limits, count, is_full) in [
            (vec![0, 1, 2], limits(10, 10 * one), 3, false),
            (vec![0, 1, 2], limits(2, 10 * one), 2, true),
            (vec![0, 1, 2], limits(10, 2 * one), 2, true),
            (vec![0, HOUR - 1, HOUR], limits(10, 10 * one), 2, true),
            (vec![HOUR, HOUR - 1], limits(10, 10 * one), 1, true),
            // A line that is too long by itself is not in the way for ever.
            (vec![0, 1], limits(10, 1), 1, true),
        ] {
            let lines = times.iter().zip(1..).map(|(at, seq)| line(seq, *at));
            let lines: Vec<Line> = lines.collect();
            let batch = Batch::of(&origin(), log, &lines, &limits).unwrap();
            assert_eq!(batch.records.len(), count, "{times:?}");
            assert_eq!(batch.last_seq, count as i64, "{times:?}");
            assert_eq!(batch.is_full, is_full, "{times:?}");
        }
        assert_eq!(Batch::of(&origin(), log, &[], &limits(1, 1)), None);
    }
}
