//! What the steps of a plan are, once done, to whoever looks at how the reconcilers are.

use app::model::system::Work;

use crate::plan::node::Step;

/// None: the end of a step that is counted already, or the same once more.
pub fn of(step: &Step) -> Option<Work> {
    let work = match step {
        Step::AskAgain { .. } | Step::Ended { .. } | Step::Close { .. } | Step::Warn { .. } => {
            return None;
        }
        Step::Launch { .. } => Work::NodeLaunched,
        Step::MarkReady { .. } => Work::NodeReady,
        Step::End { .. } | Step::EndOrphan { .. } => Work::NodeEnded,
        Step::RegisterAgain { .. } => Work::NodeRegistered,
        Step::Fail { .. } => Work::NodeFailed,
        Step::Recover { .. } => Work::NodeFreed,
        Step::PowerUp { .. } => Work::NodePoweredUp,
        Step::PowerDown { .. } => Work::NodePoweredDown,
        Step::Replace { .. } => Work::NodeReplaced,
        Step::Ensure { .. } => Work::OwnedEnsured,
        Step::Release { .. } => Work::OwnedReleased,
    };
    Some(work)
}
