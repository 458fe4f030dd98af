//! The steps of a boot as people see them.

use app::model::node::BootStep;
use openpcs_agent::protocol::SCRIPT;

/// A registration is noted by the server and reported by the instance: shown once. Of scripts each is.
pub(super) fn told_once(steps: &[BootStep]) -> impl Iterator<Item = &BootStep> {
    let again = |at: usize| {
        at > 0 && !steps[at].name.starts_with(SCRIPT) && steps[at].name == steps[at - 1].name
    };
    let steps_once = steps.iter().enumerate().filter(move |(at, _)| !again(*at));
    steps_once.map(|(_, step)| step)
}
