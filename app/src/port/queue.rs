//! Queues.

use crate::model::queue::*;

port! {
    /// The service model's operations for queues.
    Queues {
        CreateQueue => create_queue(input: CreateQueueRequest) -> CreateQueueResponse;
        GetQueue => get_queue(input: GetQueueRequest) -> GetQueueResponse;
        ListQueues => list_queues(input: ListQueuesRequest) -> ListQueuesResponse;
        UpdateQueue => update_queue(input: UpdateQueueRequest) -> UpdateQueueResponse;
        DeleteQueue => delete_queue(input: DeleteQueueRequest) -> DeleteQueueResponse;
    }
}
