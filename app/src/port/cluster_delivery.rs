//! Deliveries of the logs of one cluster, as its page has them.

use crate::model::cluster_delivery::{
    DeliveriesOfCluster, SetUpDeliveryRequest, TestDeliveryResponse,
};
use crate::model::delivery::{DeliveryAnswer, DeliveryRequest, NothingMore};

port! {
    /// What takes `aws logs` several requests.
    ClusterDeliveries {
        /// Those of the cluster, each with how it goes.
        DescribeDeliveries => cluster_deliveries(cluster_identifier: String) -> DeliveriesOfCluster;
        /// Destination, source and delivery, each as the operation that it is; what is there is used. Refused before
        /// anything is made where the delivery itself would be.
        PutDeliveryDestination | PutDeliverySource | CreateDelivery
            => set_up_delivery(input: SetUpDeliveryRequest) -> DeliveryAnswer;
        /// The delivery, and what [`Self::set_up_delivery`] made for it as far as nothing else uses it.
        DeleteDelivery | DeleteDeliverySource | DeleteDeliveryDestination
            => remove_delivery(input: DeliveryRequest) -> NothingMore;
        /// Sends one record that is marked as a test, beside what is delivered.
        TestDelivery => test_delivery(input: DeliveryRequest) -> TestDeliveryResponse;
    }
}
