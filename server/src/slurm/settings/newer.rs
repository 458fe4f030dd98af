//! Values that a later Slurm brought for a setting that is older: a version that does not know them passes them over in
//! silence, or does not start. And settings that a later Slurm goes on taking, though it has another one in their place.

/// The setting, the word, and the first version that knows it (slurm.conf(5); the release notes of 25.11).
const WORDS: [(&str, &str, &str); 4] = [
    ("CommunicationParameters", "disable_http", "25.11"),
    ("CommunicationParameters", "enable_http", "25.11"),
    ("HealthCheckNodeState", "START_ONLY", "25.11"),
    ("SchedulerParameters", "requeue_delay", "25.11"),
];

/// The old setting of a queue, the new one with the value that means the same, and the first version that has that.
const SUPERSEDED: [(&str, &str, &str); 2] = [
    ("ExclusiveTopo", "Exclusive=TOPO", "26.05"),
    ("ExclusiveUser", "Exclusive=USER", "26.05"),
];

/// Which word the version does not know, and which version does, as the end of a sentence.
pub fn problem(version: &str, setting: &str, value: &str) -> Option<String> {
    let has = |word: &str| {
        let mut words = value.split(',');
        words.any(|given| {
            let name = given.split_once('=').map_or(given, |(name, _)| name);
            name.eq_ignore_ascii_case(word)
        })
    };
    let mut words = WORDS.iter().filter(|(of, _, _)| *of == setting);
    let (_, word, since) = words.find(|(_, word, since)| version < *since && has(word))?;
    Some(format!(
        "holds {word}, which needs Slurm {since} or later; this cluster runs {version}."
    ))
}

/// What stands for the queue's setting in that version, if something newer does.
pub fn superseded_by(version: &str, setting: &str) -> Option<&'static str> {
    let mut old = SUPERSEDED.iter();
    let (_, new, since) = old.find(|(old, _, _)| old.eq_ignore_ascii_case(setting))?;
    (version >= *since).then_some(*new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_later_version_names_that_version() {
        for (setting, value) in [
            ("CommunicationParameters", "block_null_hash,Enable_HTTP"),
            ("CommunicationParameters", "disable_http"),
            ("HealthCheckNodeState", "start_only"),
            ("SchedulerParameters", "bf_continue,requeue_delay=9"),
        ] {
            let said = problem("25.05", setting, value).unwrap();
            assert!(said.contains("needs Slurm 25.11 or later"), "{said}");
            assert_eq!(problem("25.11", setting, value), None);
        }
        assert_eq!(problem("24.11", "HealthCheckNodeState", "CYCLE"), None);
    }

    #[test]
    fn an_old_setting_is_told_where_there_is_a_new_one() {
        assert_eq!(
            superseded_by("26.05", "exclusiveuser"),
            Some("Exclusive=USER")
        );
        assert_eq!(superseded_by("25.11", "ExclusiveUser"), None);
        assert_eq!(superseded_by("26.05", "Exclusive"), None);
    }
}
