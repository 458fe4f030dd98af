//! What is not possible in which status, and what to do about it: the one table behind the server's refusals and the
//! console's disabled buttons. A remedy is one that can come true: nothing is waited for that will never be.

use crate::i18n::Text;
use crate::model::status::Status;

/// What somebody wants to do with a cluster, a group or a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Update,
    /// Take a cluster to a newer Slurm.
    Upgrade,
    Delete,
    /// Have others in it or on it: groups, queues, jobs.
    Use,
}

impl Action {
    pub const ALL: [Action; 4] = [Action::Update, Action::Upgrade, Action::Delete, Action::Use];

    pub fn is_possible(self, status: Status) -> bool {
        match self {
            Action::Update => status.can_update(),
            Action::Upgrade => status.can_upgrade(),
            Action::Delete => status.can_delete(),
            Action::Use => status.can_be_used(),
        }
    }
}

/// Why it is not possible now, with the remedy; none if it is. `shown` is the status in the reader's words.
pub fn refusal(
    t: &'static Text,
    action: Action,
    name: &str,
    status: Status,
    shown: &str,
) -> Option<String> {
    if action.is_possible(status) {
        return None;
    }
    Some(match status {
        Status::Creating
        | Status::Updating
        | Status::Resuming
        | Status::Active
        | Status::UpdateFailed => t.rules.status_under_way(name, shown),
        Status::Deleting => t.rules.status_deleting(name, shown),
        Status::CreateFailed => t.rules.status_create_failed(name, shown),
        Status::DeleteFailed => t.rules.status_delete_failed(name, shown),
        Status::Suspending if action == Action::Upgrade => t.rules.status_under_way(name, shown),
        Status::Suspending | Status::Suspended => t.rules.status_suspended(name, shown),
    })
}

/// What to do where something in that status has the name already.
pub fn taken(t: &'static Text, status: Status) -> &'static str {
    match status {
        Status::Deleting => t.rules.taken_deleting,
        Status::CreateFailed => t.rules.taken_failed,
        _ => t.rules.taken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;
    use crate::rules::english;

    /// The ways out of each status, in the words of a refusal: none for what is possible, and never one that leads nowhere.
    #[test]
    fn each_refusal_has_a_remedy_that_can_come_true() {
        use Status::*;
        let (wait, gone) = ("Wait until that is done", "Wait until it is gone");
        let again = "Delete it and make it again";
        let once_more = "Delete it once more";
        let newer = "to a newer Slurm version";
        for (status, update, upgrade, delete, used) in [
            (Creating, Some(wait), Some(wait), Some(wait), Some(wait)),
            (Active, None, None, None, None),
            (Updating, Some(wait), Some(wait), None, None),
            (Deleting, Some(gone), Some(gone), Some(gone), Some(gone)),
            (CreateFailed, Some(again), Some(again), None, Some(again)),
            (
                DeleteFailed,
                Some(once_more),
                Some(once_more),
                None,
                Some(once_more),
            ),
            (UpdateFailed, None, None, None, None),
            (Suspending, Some(newer), Some(wait), None, Some(newer)),
            (Suspended, Some(newer), None, None, Some(newer)),
            (Resuming, Some(wait), Some(wait), None, Some(wait)),
        ] {
            for (action, remedy) in Action::ALL.into_iter().zip([update, upgrade, delete, used]) {
                let shown = status.as_str();
                let told = refusal(english(), action, "demo", status, shown);
                match (&told, remedy) {
                    (None, None) => {}
                    (Some(told), Some(remedy)) => {
                        assert!(told.contains(remedy), "{action:?} {status}: {told}");
                        assert!(told.contains("demo") && told.contains(shown), "{told}");
                    }
                    _ => panic!("{action:?} {status}: {told:?}"),
                }
            }
        }
    }

    #[test]
    fn the_table_has_each_status_in_each_language() {
        for language in Language::ALL {
            for status in Status::ALL {
                assert!(!taken(language.text(), status).is_empty());
                for action in Action::ALL {
                    let told = refusal(language.text(), action, "demo", status, "so");
                    assert_eq!(told.is_none(), action.is_possible(status));
                }
            }
        }
        assert!(taken(english(), Status::Deleting).contains("until it is gone"));
    }
}
