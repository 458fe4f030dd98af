//! What the steps of a plan are, once done, to whoever looks at how the reconcilers are.

use app::model::system::Work;

use crate::plan::node::Step;

pub fn of(step: &Step) -> Work {
    match step {
        Step::Launch { .. } => Work::NodeLaunched,
        Step::MarkReady { .. } => Work::NodeReady,
        Step::End { .. } | Step::EndOrphan { .. } => Work::NodeEnded,
        Step::Fail { .. } => Work::NodeFailed,
        Step::Recover { .. } => Work::NodeFreed,
        Step::PowerUp { .. } => Work::NodePoweredUp,
        Step::PowerDown { .. } => Work::NodePoweredDown,
        Step::Replace { .. } => Work::NodeReplaced,
    }
}
