//! Limits of accounts and qualities of service: Slurm's words for them are put together of parts.
//!
//! `AssocGrpCPURunMinutesLimit` is: the association (`Assoc`), all its jobs together (`Grp`), CPUs, minutes that running
//! jobs may still use (`RunMinutes`).

use super::entry::Entry;
use super::fill;
use super::text::Text;
use crate::model::explanation::Outlook;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub holder: Holder,
    pub kind: Kind,
    pub what: What,
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// User and account.
    Association,
    QualityOfService,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All its jobs together, now; in minutes so far; in minutes that running jobs may still use.
    Group,
    GroupMinutes,
    GroupRunMinutes,
    PerJob,
    MinutesPerJob,
    PerNode,
    PerUser,
    RunMinutesPerUser,
    PerAccount,
    RunMinutesPerAccount,
    /// The least that a job must ask for.
    Minimum,
    /// Slurm does not say more.
    Some,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    BurstBuffer,
    Billing,
    Cpu,
    Energy,
    Gres,
    Jobs,
    License,
    Memory,
    Node,
    SubmittedJobs,
    Time,
    Other,
}

impl Limit {
    pub fn parse(word: &str) -> Option<Limit> {
        use Holder::*;
        let word = word.strip_suffix("Limit").unwrap_or(word);
        let (holder, rest) = if let Some(rest) = word.strip_prefix("Association") {
            (Association, rest)
        } else if let Some(rest) = word.strip_prefix("Assoc") {
            (Association, rest)
        } else if let Some(rest) = word.strip_prefix("QOS") {
            (QualityOfService, rest)
        } else {
            (QualityOfService, word)
        };
        let (kind, what) = if let Some(rest) = rest.strip_prefix("Grp") {
            group(rest)
        } else if let Some(rest) = rest.strip_prefix("Max") {
            maximum(rest)?
        } else if let Some(rest) = rest.strip_prefix("Min") {
            let what = rest.strip_suffix("NotSatisfied").unwrap_or(rest);
            (Kind::Minimum, what)
        } else if rest != word {
            (Kind::Some, rest)
        } else {
            return None;
        };
        Some(Limit {
            holder,
            kind,
            what: What::parse(what)?,
        })
    }

    pub(super) fn entry(self, t: &Text) -> (Entry, Vec<(&'static str, String)>) {
        let l = &t.limit;
        let (title, meaning, remedy, outlook) = match self.kind {
            Kind::Group => (l.title_used_up, l.group, l.wait_or_raise, Outlook::ByItself),
            Kind::GroupRunMinutes => (
                l.title_used_up,
                l.group_run_minutes,
                l.wait_or_raise,
                Outlook::ByItself,
            ),
            Kind::PerUser => (
                l.title_used_up,
                l.per_user,
                l.wait_or_raise,
                Outlook::ByItself,
            ),
            Kind::RunMinutesPerUser => (
                l.title_used_up,
                l.run_minutes_per_user,
                l.wait_or_raise,
                Outlook::ByItself,
            ),
            Kind::PerAccount => (
                l.title_used_up,
                l.per_account,
                l.wait_or_raise,
                Outlook::ByItself,
            ),
            Kind::RunMinutesPerAccount => (
                l.title_used_up,
                l.run_minutes_per_account,
                l.wait_or_raise,
                Outlook::ByItself,
            ),
            Kind::GroupMinutes => (
                l.title_used_up,
                l.group_minutes,
                l.raise,
                Outlook::NeedsAction,
            ),
            Kind::PerJob => (
                l.title_too_much,
                l.per_job,
                l.ask_less,
                Outlook::NeedsAction,
            ),
            Kind::PerNode => (
                l.title_too_much,
                l.per_node,
                l.ask_less,
                Outlook::NeedsAction,
            ),
            Kind::MinutesPerJob => (
                l.title_too_much,
                l.minutes_per_job,
                l.ask_less,
                Outlook::NeedsAction,
            ),
            Kind::Minimum => (
                l.title_too_little,
                l.minimum,
                l.ask_more,
                Outlook::NeedsAction,
            ),
            Kind::Some => (l.title_used_up, l.some, l.wait_or_raise, Outlook::ByItself),
        };
        let holder = match self.holder {
            Holder::Association => l.association,
            Holder::QualityOfService => l.quality_of_service,
        };
        let entry = Entry {
            title,
            meaning,
            remedy,
            outlook,
        };
        let what = self.what.text(t);
        (
            entry,
            vec![("holder", fill(holder, &[])), ("what", what.to_owned())],
        )
    }
}

fn group(rest: &str) -> (Kind, &str) {
    for (suffix, kind) in [
        ("RunMinutes", Kind::GroupRunMinutes),
        ("Minutes", Kind::GroupMinutes),
    ] {
        if let Some(what) = rest.strip_suffix(suffix) {
            return (kind, what);
        }
    }
    (Kind::Group, rest)
}

fn maximum(rest: &str) -> Option<(Kind, &str)> {
    for (suffix, kind) in [
        ("RunMinsPerAccount", Kind::RunMinutesPerAccount),
        ("RunMinsPerUser", Kind::RunMinutesPerUser),
        ("PerAccount", Kind::PerAccount),
        ("PerUser", Kind::PerUser),
        ("MinutesPerJob", Kind::MinutesPerJob),
        ("DurationPerJob", Kind::PerJob),
        ("PerJob", Kind::PerJob),
        ("PerNode", Kind::PerNode),
    ] {
        if let Some(what) = rest.strip_suffix(suffix) {
            return Some((kind, what));
        }
    }
    // The association's limits on jobs are per user without saying so.
    matches!(rest, "Jobs" | "SubmitJob").then_some((Kind::PerUser, rest))
}

impl What {
    fn parse(word: &str) -> Option<What> {
        Some(match word {
            "BB" => What::BurstBuffer,
            "Billing" => What::Billing,
            "Cpu" | "CPU" => What::Cpu,
            "Energy" => What::Energy,
            "GRES" => What::Gres,
            "Job" | "Jobs" => What::Jobs,
            "License" => What::License,
            "Mem" | "Memory" => What::Memory,
            "Node" => What::Node,
            "SubmitJob" | "SubmitJobs" => What::SubmittedJobs,
            "Wall" | "Time" => What::Time,
            "Unknown" | "Resource" => What::Other,
            _ => return None,
        })
    }

    fn text(self, t: &Text) -> &'static str {
        let l = &t.limit;
        match self {
            What::BurstBuffer => l.what_burst_buffer,
            What::Billing => l.what_billing,
            What::Cpu => l.what_cpu,
            What::Energy => l.what_energy,
            What::Gres => l.what_gres,
            What::Jobs => l.what_jobs,
            What::License => l.what_license,
            What::Memory => l.what_memory,
            What::Node => l.what_node,
            What::SubmittedJobs => l.what_submitted_jobs,
            What::Time => l.what_time,
            What::Other => l.what_other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_part_by_part() {
        use Holder::*;
        for (word, holder, kind, what) in [
            (
                "AssocGrpCPURunMinutesLimit",
                Association,
                Kind::GroupRunMinutes,
                What::Cpu,
            ),
            (
                "QOSGrpMemoryMinutes",
                QualityOfService,
                Kind::GroupMinutes,
                What::Memory,
            ),
            (
                "QOSMaxWallDurationPerJobLimit",
                QualityOfService,
                Kind::PerJob,
                What::Time,
            ),
            (
                "MaxGRESRunMinsPerUser",
                QualityOfService,
                Kind::RunMinutesPerUser,
                What::Gres,
            ),
            ("AssocMaxJobsLimit", Association, Kind::PerUser, What::Jobs),
            (
                "QOSMinCpuNotSatisfied",
                QualityOfService,
                Kind::Minimum,
                What::Cpu,
            ),
            ("AssociationTimeLimit", Association, Kind::Some, What::Time),
        ] {
            assert_eq!(
                Limit::parse(word),
                Some(Limit { holder, kind, what }),
                "{word}"
            );
        }
    }
}
