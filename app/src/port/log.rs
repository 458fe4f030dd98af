//! What jobs write and controllers log.

use crate::model::job::{JobOutput, OutputOf};
use crate::model::log::ControllerLogOf;

port! {
    /// Bounded pieces of files that grow.
    Logs {
        GetJobOutput => job_output(input: OutputOf) -> JobOutput;
        GetControllerLog => controller_log(input: ControllerLogOf) -> JobOutput;
    }
}
