//! Lines that daemons logged.

use crate::model::log_line::*;

port! {
    /// The reading half of Amazon CloudWatch Logs, of what this server keeps itself.
    LogLines {
        DescribeLogGroups => describe_log_groups(input: DescribeLogGroupsRequest) -> DescribeLogGroupsResponse;
        DescribeLogStreams => describe_log_streams(input: DescribeLogStreamsRequest) -> DescribeLogStreamsResponse;
        GetLogEvents => get_log_events(input: GetLogEventsRequest) -> GetLogEventsResponse;
        FilterLogEvents => filter_log_events(input: FilterLogEventsRequest) -> FilterLogEventsResponse;
    }
}
