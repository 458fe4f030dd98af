//! What a job should have asked for: told of jobs that used little of what they had for themselves, and of those that had
//! too little. Of what nobody measured nothing is said.

use super::text::Text;
use super::{fill, span, text};
use crate::i18n::Language;
use crate::model::past_job::{PastJob, size};

/// Of shorter jobs nobody could ask better.
const SHORTEST_S: i64 = 60;
/// A share below this is worth a word.
const LITTLE_PERCENT: i64 = 50;
const LITTLE_TIME_PERCENT: i64 = 25;
/// Less memory, and a shorter limit in minutes, keep nobody waiting.
const SMALL_MIB: i64 = 2048;
const SHORT_MINUTES: i64 = 60;
const GIB: i64 = 1024;
const QUARTER_GIB: i64 = GIB / 4;

/// The remedies, the most important first; of a job that asked well none.
pub fn remedies(job: &PastJob, language: Language) -> Vec<String> {
    let t = text(language);
    let told = [memory(t, job), cpu(t, job), time(t, job)];
    told.into_iter().flatten().collect()
}

fn told(text: &str, asked: String, used: String, better: String) -> Option<String> {
    let values = [("asked", asked), ("used", used), ("better", better)];
    Some(fill(text, &values))
}

/// Whether it came to its own end: what was cut off would have used more.
fn is_whole(job: &PastJob) -> bool {
    job.elapsed_seconds >= SHORTEST_S && job.state == "COMPLETED"
}

fn memory(t: &Text, job: &PastJob) -> Option<String> {
    let asked = job.asked_memory_mib;
    if job.state == "OUT_OF_MEMORY" && asked > 0 {
        let better = rounded(asked.saturating_add(asked / 2));
        return told(
            t.efficiency.memory_more,
            size(asked),
            String::new(),
            size(better),
        );
    }
    let used = job.used_memory_mib.filter(|_| is_whole(job))?;
    let better = rounded(with_reserve(used));
    let is_little = job.memory_percent()? < LITTLE_PERCENT && asked > SMALL_MIB && better < asked;
    let tell = || {
        told(
            t.efficiency.memory_less,
            size(asked),
            size(used),
            size(better),
        )
    };
    is_little.then(tell)?
}

fn cpu(t: &Text, job: &PastJob) -> Option<String> {
    let is_little = is_whole(job) && job.cpu_percent()? < LITTLE_PERCENT;
    let had_ms = job.elapsed_seconds.saturating_mul(1000).max(1);
    // In tenths of a CPU.
    let busy = job.used_cpu_ms?.max(0).saturating_mul(10) / had_ms;
    let better = with_reserve(busy).saturating_add(9) / 10;
    let better = better.max(1);
    if !is_little || better >= job.cpus {
        return None;
    }
    let used = format!("{}.{}", busy / 10, busy % 10);
    told(
        t.efficiency.cpu_less,
        job.cpus.to_string(),
        used,
        better.to_string(),
    )
}

fn time(t: &Text, job: &PastJob) -> Option<String> {
    let limit = job.time_limit_minutes.filter(|limit| *limit > 0)?;
    let minutes = |minutes: i64| span(t, minutes.saturating_mul(60_000));
    if job.state == "TIMEOUT" {
        let better = minutes(limit.saturating_mul(2));
        return told(
            t.efficiency.time_more,
            minutes(limit),
            String::new(),
            better,
        );
    }
    let ran = job.elapsed_seconds;
    // In whole quarters of an hour.
    let better = ran.saturating_add(ran / 2) / 60 / 15 * 15 + 15;
    let is_little = job.time_percent()? < LITTLE_TIME_PERCENT;
    if !is_whole(job) || !is_little || limit <= SHORT_MINUTES || better >= limit {
        return None;
    }
    let used = span(t, ran.saturating_mul(1000));
    told(
        t.efficiency.time_less,
        minutes(limit),
        used,
        minutes(better),
    )
}

/// A fifth more: no run is as the one before.
fn with_reserve(used: i64) -> i64 {
    used.saturating_add(used / 5)
}

/// Up to whole GiB, of little to quarters of one.
fn rounded(mib: i64) -> i64 {
    let unit = if mib > GIB { GIB } else { QUARTER_GIB };
    let units = mib.max(1) / unit + i64::from(mib.max(1) % unit > 0);
    units.saturating_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(state: &str) -> PastJob {
        PastJob {
            state: state.into(),
            started_at: 1,
            elapsed_seconds: 3600,
            cpus: 16,
            used_cpu_ms: Some(15 * 3_600_000),
            asked_memory_mib: 64 * GIB,
            used_memory_mib: Some(60 * GIB),
            time_limit_minutes: Some(90),
            ..PastJob::default()
        }
    }

    fn english(job: &PastJob) -> Vec<String> {
        let all = remedies(job, Language::English).into_iter();
        all.map(|text| text.split(". Then").next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn who_asked_well_is_told_nothing() {
        assert_eq!(english(&job("COMPLETED")), [""; 0]);
        assert_eq!(english(&PastJob::default()), [""; 0]);
        let short = PastJob {
            elapsed_seconds: 5,
            used_memory_mib: Some(1),
            used_cpu_ms: Some(1),
            time_limit_minutes: Some(9999),
            ..job("COMPLETED")
        };
        assert_eq!(english(&short), [""; 0]);
    }

    #[test]
    fn who_asked_for_too_much_is_told_what_is_enough() {
        let wasteful = PastJob {
            used_memory_mib: Some(3 * GIB),
            used_cpu_ms: Some(2 * 3_600_000),
            time_limit_minutes: Some(24 * 60),
            ..job("COMPLETED")
        };
        let told = english(&wasteful);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told[0].contains("asked for 64 GiB of memory and used 3 GiB: ask for 4 GiB"),
            "{told:?}"
        );
        assert!(
            told[1].contains("16 CPUs and kept 2.0 of them busy: ask for 3"),
            "{told:?}"
        );
        assert!(
            told[2].contains("1 d and it ran 1 h: ask for 1 h 45 min"),
            "{told:?}"
        );
        let failed = PastJob {
            state: "FAILED".into(),
            ..wasteful
        };
        assert_eq!(english(&failed), [""; 0], "it might have used more");
    }

    #[test]
    fn who_had_too_little_is_told_to_ask_for_more() {
        let told = english(&job("OUT_OF_MEMORY"));
        assert!(
            told[0].contains("it had 64 GiB. Ask for 96 GiB"),
            "{told:?}"
        );
        let told = english(&job("TIMEOUT"));
        assert!(
            told[0].contains("limit of 1 h 30 min: ask for 3 h"),
            "{told:?}"
        );
    }

    #[test]
    fn no_number_is_too_large() {
        let odd = PastJob {
            elapsed_seconds: i64::MAX,
            cpus: i64::MAX,
            used_cpu_ms: Some(i64::MAX),
            asked_memory_mib: i64::MAX,
            used_memory_mib: Some(i64::MAX),
            time_limit_minutes: Some(i64::MAX),
            ..job("COMPLETED")
        };
        for state in ["COMPLETED", "TIMEOUT", "OUT_OF_MEMORY"] {
            let odd = PastJob {
                state: state.into(),
                ..odd.clone()
            };
            assert!(remedies(&odd, Language::SimplifiedChinese).len() < 4);
        }
    }
}
