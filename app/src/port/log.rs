//! What jobs write and controllers log.

use crate::model::job::{JobOutput, OutputOf};
use crate::model::log::{ControllerLogOf, LogPage, LogQuery, NodeLogPage, NodeLogQuery};

port! {
    /// Bounded pieces of files that grow, and lines that are kept.
    Logs {
        GetJobOutput => job_output(input: OutputOf) -> JobOutput;
        GetControllerLog => controller_log(input: ControllerLogOf) -> JobOutput;
        /// Lines of the last 30 days, the newest first, page by page.
        GetControllerLog => search_log(input: LogQuery) -> LogPage;
        /// The same of one of a node's instances, also after its end.
        GetNodeLogs => search_node_log(input: NodeLogQuery) -> NodeLogPage;
    }
}
