//! Settings that mean nothing without accounting: Slurm ignores them, or refuses to start.

use super::Scope;

/// The settings, with the values that mean nothing special and so need none.
const CLUSTER: [(&str, &[&str]); 5] = [
    ("AccountingStorageEnforce", &["none"]),
    ("AccountingStorageTRES", &[]),
    ("AccountingStoreFlags", &[]),
    ("PriorityWeightAge", &["0"]),
    ("PriorityWeightFairshare", &["0"]),
];

const QUEUE: [(&str, &[&str]); 5] = [
    ("AllowAccounts", &["ALL"]),
    ("AllowQos", &["ALL"]),
    ("DenyAccounts", &[]),
    ("DenyQos", &[]),
    ("QOS", &[]),
];

/// Words of `PrivateData` for what only accounting keeps.
const PRIVATE: [&str; 4] = ["accounts", "events", "usage", "users"];

/// Whether the value means nothing without accounting.
pub fn is_needed(scope: Scope, setting: &str, value: &str) -> bool {
    problem(scope, setting, value).is_some()
}

/// Why the value cannot be had on a cluster without accounting, as the end of a sentence.
pub fn problem(scope: Scope, setting: &str, value: &str) -> Option<String> {
    let table: &[(&str, &[&str])] = match scope {
        Scope::Cluster => &CLUSTER,
        Scope::Queue => &QUEUE,
        _ => &[],
    };
    if scope == Scope::Cluster && setting == "PrivateData" {
        return private(value);
    }
    let listed = table.iter().find(|(name, _)| *name == setting);
    let needs = match listed {
        Some((_, harmless)) => !harmless.iter().any(|word| word.eq_ignore_ascii_case(value)),
        None => setting == "PreemptType" && value.eq_ignore_ascii_case("preempt/qos"),
    };
    needs.then(|| {
        let but = match listed.and_then(|(_, harmless)| harmless.first()) {
            Some(harmless) => format!(", or give {harmless}."),
            None => ".".to_owned(),
        };
        format!(
            "needs accounting, which this cluster does not have. {SWITCH_ON} or leave it out{but}"
        )
    })
}

const SWITCH_ON: &str = "Switch accounting on (mode STANDARD),";

fn private(value: &str) -> Option<String> {
    let is_kept = |word: &&str| PRIVATE.iter().any(|kept| kept.eq_ignore_ascii_case(word));
    let word = value.split(',').find(is_kept)?;
    Some(format!(
        "holds {word}, which needs accounting, and this cluster does not have it. {SWITCH_ON} or leave it out."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_accounting_keeps_is_refused_and_what_is_harmless_is_not() {
        for (scope, name, value, refused) in [
            (Scope::Cluster, "AccountingStorageEnforce", "limits", true),
            (Scope::Cluster, "AccountingStorageEnforce", "none", false),
            (Scope::Cluster, "AccountingStorageTRES", "gres/gpu", true),
            (Scope::Cluster, "AccountingStoreFlags", "job_script", true),
            (Scope::Cluster, "PreemptType", "preempt/qos", true),
            (
                Scope::Cluster,
                "PreemptType",
                "preempt/partition_prio",
                false,
            ),
            (Scope::Cluster, "PrivateData", "jobs,Usage", true),
            (Scope::Cluster, "PrivateData", "jobs,nodes", false),
            (Scope::Cluster, "PriorityWeightQOS", "10", false),
            (Scope::Cluster, "PriorityWeightAge", "10", true),
            (Scope::Cluster, "PriorityWeightFairshare", "0", false),
            (Scope::Queue, "AllowQos", "high", true),
            (Scope::Queue, "AllowQos", "all", false),
            (Scope::Queue, "AllowAccounts", "physics", true),
            (Scope::Queue, "DenyQos", "ALL", true),
            (Scope::Queue, "QOS", "part", true),
            (Scope::Queue, "AllowGroups", "staff", false),
            (Scope::NodeGroup, "QOS", "part", false),
        ] {
            let problem = problem(scope, name, value);
            assert_eq!(problem.is_some(), refused, "{name}={value}");
        }
    }

    #[test]
    fn every_name_is_one_of_the_catalogue() {
        let listed = CLUSTER.map(|(name, _)| (Scope::Cluster, name));
        let listed = listed
            .into_iter()
            .chain(QUEUE.map(|(name, _)| (Scope::Queue, name)));
        for (scope, name) in listed {
            assert!(scope.find(name).is_some_and(|s| s.name == name), "{name}");
        }
    }
}
