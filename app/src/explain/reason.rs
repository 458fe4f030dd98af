//! Slurm's reasons: every word that `job_state_reason_string()` of Slurm knows, read into a type.
//!
//! Some 60 words stand for themselves; the other 150 are limits, put together of who has the limit, what kind it is and
//! what it limits, and read by [`super::limit`].

use super::entry::Entry;
use super::limit::Limit;
use super::text::Text;
use crate::model::explanation::Outlook;

/// Why a job is in the state that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Plain(Plain),
    Limit(Limit),
}

impl Reason {
    /// The reason of a word of Slurm's; none for one that it does not have.
    pub fn parse(word: &str) -> Option<Reason> {
        // With some reasons Slurm gives more than the word: `ReqNodeNotAvail, UnavailableNodes:a-1`.
        let word = word.split([',', ' ', '(']).next().unwrap_or(word);
        Plain::parse(word)
            .map(Reason::Plain)
            .or_else(|| Limit::parse(word).map(Reason::Limit))
    }
}

/// The table: Slurm's word, the name of its texts, how it goes on.
macro_rules! reasons {
    ($($variant:ident $word:literal $text:ident $outlook:ident;)*) => {
        /// A reason that stands for itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Plain { $($variant),* }

        impl Plain {
            pub const ALL: &[Plain] = &[$(Plain::$variant),*];

            /// Slurm's word; in angle brackets where the word is ours, for what Slurm's own leaves open.
            pub fn word(self) -> &'static str {
                match self { $(Plain::$variant => $word),* }
            }

            pub(super) fn entry(self, t: &Text) -> Entry {
                match self {
                    $(Plain::$variant => Entry {
                        title: t.title.$text,
                        meaning: t.meaning.$text,
                        remedy: t.remedy.$text,
                        outlook: Outlook::$outlook,
                    }),*
                }
            }
        }
    };
}

reasons! {
    None "None" none ByItself;
    Prolog "Prolog" prolog ByItself;
    Priority "Priority" priority ByItself;
    Dependency "Dependency" dependency ByItself;
    Resources "Resources" resources ByItself;
    PartitionNodeLimit "PartitionNodeLimit" partition_node_limit NeedsAction;
    PartitionTimeLimit "PartitionTimeLimit" partition_time_limit NeedsAction;
    PartitionDown "PartitionDown" partition_down NeedsAction;
    PartitionInactive "PartitionInactive" partition_inactive NeedsAction;
    PartitionConfig "PartitionConfig" partition_config NeedsAction;
    HeldByAdmin "JobHeldAdmin" held_by_admin NeedsAction;
    HeldByUser "JobHeldUser" held_by_user NeedsAction;
    HeldAfterRequeues "JobHoldMaxRequeue" held_after_requeues NeedsAction;
    BeginTime "BeginTime" begin_time ByItself;
    Licenses "Licenses" licenses ByItself;
    Reservation "Reservation" reservation ByItself;
    ReservationDeleted "ReservationDeleted" reservation_deleted NeedsAction;
    ReservationInvalid "ReservationInvalid" reservation_invalid NeedsAction;
    NodeNotAvailable "ReqNodeNotAvail" node_not_available NeedsAction;
    FrontEndDown "FrontEndDown" front_end_down NeedsAction;
    Deferred "SchedDefer" deferred ByItself;
    NodeDown "NodeDown" node_down Over;
    BadConstraints "BadConstraints" bad_constraints NeedsAction;
    Constraints "Constraints" constraints NeedsAction;
    SystemFailure "SystemFailure" system_failure Over;
    LaunchFailure "JobLaunchFailure" launch_failure Over;
    ExitCode "NonZeroExitCode" exit_code Over;
    Signal "RaisedSignal" signal Over;
    TimeLimit "TimeLimit" time_limit Over;
    InactiveLimit "InactiveLimit" inactive_limit Over;
    InvalidAccount "InvalidAccount" invalid_account NeedsAction;
    InvalidQos "InvalidQOS" invalid_qos NeedsAction;
    QosUsageThreshold "QOSUsageThreshold" qos_usage_threshold ByItself;
    QosNotAllowed "QOSNotAllowed" qos_not_allowed NeedsAction;
    AccountNotAllowed "AccountNotAllowed" account_not_allowed NeedsAction;
    AccountingPolicy "AccountingPolicy" accounting_policy NeedsAction;
    Cleaning "Cleaning" cleaning ByItself;
    DependencyNeverSatisfied "DependencyNeverSatisfied" dependency_never NeedsAction;
    ArrayTaskLimit "JobArrayTaskLimit" array_task_limit ByItself;
    BurstBufferResources "BurstBufferResources" burst_buffer_resources ByItself;
    BurstBufferStageIn "BurstBufferStageIn" burst_buffer_stage_in ByItself;
    BurstBufferOperation "BurstBufferOperation" burst_buffer_operation NeedsAction;
    Deadline "DeadLine" deadline Over;
    FederationLock "FedJobLock" federation_lock ByItself;
    OutOfMemory "OutOfMemory" out_of_memory Over;
    MemoryLimit "MaxMemPerLimit" memory_limit NeedsAction;
    PoweredUpNodes "MaxPoweredUpNodes" powered_up_nodes ByItself;
    MpiPorts "MpiPortsBusy" mpi_ports ByItself;
    // What Slurm's words leave open and we know.
    NodesStarting "<NodesStarting>" nodes_starting ByItself;
    NodesBusy "<NodesBusy>" nodes_busy ByItself;
    NodesUnavailable "<NodesUnavailable>" nodes_unavailable NeedsAction;
    NoCapacity "<NoCapacity>" no_capacity ByItself;
    QueueTooSmall "<QueueTooSmall>" queue_too_small NeedsAction;
    ComponentsTooMany "<ComponentsTooMany>" components_too_many NeedsAction;
    ComponentsUnavailable "<ComponentsUnavailable>" components_unavailable NeedsAction;
    NodeTooSmall "<NodeTooSmall>" node_too_small NeedsAction;
    QueueGone "<QueueGone>" queue_gone NeedsAction;
    QueueEmpty "<QueueEmpty>" queue_empty NeedsAction;
    Requeued "<Requeued>" requeued ByItself;
    LaunchFailed "<LaunchFailed>" launch_failed NeedsAction;
    RequeuedHeld "<RequeuedHeld>" requeued_held NeedsAction;
    NodesReserved "<NodesReserved>" nodes_reserved ByItself;
    FilesNotOpened "<FilesNotOpened>" files_not_opened Over;
    DependencyCancelled "<DependencyCancelled>" dependency_cancelled Over;
    QueueDeleted "<QueueDeleted>" queue_deleted Over;
    CancelledBy "<CancelledBy>" cancelled_by Over;
    Cancelled "<Cancelled>" cancelled Over;
    BootFailed "<BootFailed>" boot_failed Over;
    Preempted "<Preempted>" preempted Over;
    Suspended "<Suspended>" suspended NeedsAction;
    Unknown "<Unknown>" unknown NeedsAction;
}

impl Plain {
    fn parse(word: &str) -> Option<Plain> {
        let found = Plain::ALL.iter().find(|plain| plain.word() == word);
        found
            .copied()
            .filter(|plain| !plain.word().starts_with('<'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    /// `job_state_reason.c` of Slurm 24.11.5, each word once.
    const WORDS: &str = include_str!("reasons-24.11.txt");

    #[test]
    fn every_reason_of_slurm_is_known() {
        let unknown: Vec<&str> = WORDS
            .lines()
            .filter(|word| Reason::parse(word).is_none())
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        assert_eq!(WORDS.lines().count(), 216);
    }

    #[test]
    fn no_word_of_ours_is_taken_for_slurms() {
        for word in [
            "",
            "<NodesBusy>",
            "Resource",
            "QOSMax",
            "MaxBananaPerAccount",
            "AssocGrp",
        ] {
            assert_eq!(Reason::parse(word), None, "{word}");
        }
        let plain = Plain::ALL.iter().map(|plain| plain.word());
        let invented: Vec<&str> = plain
            .filter(|word| !word.starts_with('<') && !WORDS.lines().any(|known| known == *word))
            .collect();
        assert!(invented.is_empty(), "{invented:?}");
    }

    #[test]
    fn what_stands_behind_a_reason_does_not_hide_it() {
        let word = "ReqNodeNotAvail, UnavailableNodes:compute-1-1";
        assert_eq!(
            Reason::parse(word),
            Some(Reason::Plain(Plain::NodeNotAvailable))
        );
    }

    #[test]
    fn every_entry_has_its_texts_in_both_languages() {
        for language in Language::ALL {
            let t = super::super::text(language);
            for plain in Plain::ALL {
                let entry = plain.entry(t);
                for text in [entry.title, entry.meaning, entry.remedy] {
                    assert!(!text.is_empty(), "{plain:?} {language:?}");
                }
            }
        }
    }
}
