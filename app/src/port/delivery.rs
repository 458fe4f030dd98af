//! Deliveries of logs.

use crate::model::delivery::*;

port! {
    /// Where the logs of clusters go: operations of `logs`, AWS's CloudWatch Logs.
    Deliveries {
        /// A new destination, or that of this name: to be another place as long as nothing is delivered there.
        PutDeliveryDestination => put_delivery_destination(input: PutDeliveryDestinationRequest) -> DeliveryDestinationAnswer;
        /// The destination of that name.
        GetDeliveryDestination => get_delivery_destination(input: NamedRequest) -> DeliveryDestinationAnswer;
        /// All destinations by name, page by page.
        DescribeDeliveryDestinations => describe_delivery_destinations(input: DescribeRequest) -> DescribeDeliveryDestinationsResponse;
        /// Refused while something is delivered there.
        DeleteDeliveryDestination => delete_delivery_destination(input: NamedRequest) -> NothingMore;
        /// Who else may deliver there, as JSON. Kept and told: this server has one account.
        PutDeliveryDestinationPolicy => put_delivery_destination_policy(input: PutDeliveryDestinationPolicyRequest) -> PolicyAnswer;
        /// The policy of a destination; none where nobody has set one.
        GetDeliveryDestinationPolicy => get_delivery_destination_policy(input: DeliveryDestinationPolicyRequest) -> PolicyAnswer;
        /// Takes the policy away.
        DeleteDeliveryDestinationPolicy => delete_delivery_destination_policy(input: DeliveryDestinationPolicyRequest) -> NothingMore;
        /// A log of a cluster that can be delivered; the same again changes its tags alone.
        PutDeliverySource => put_delivery_source(input: PutDeliverySourceRequest) -> DeliverySourceAnswer;
        /// The source of that name.
        GetDeliverySource => get_delivery_source(input: NamedRequest) -> DeliverySourceAnswer;
        /// All sources by name, page by page.
        DescribeDeliverySources => describe_delivery_sources(input: DescribeRequest) -> DescribeDeliverySourcesResponse;
        /// Refused while it is delivered anywhere.
        DeleteDeliverySource => delete_delivery_source(input: NamedRequest) -> NothingMore;
        /// Connects a source with a destination: what is logged from now on is delivered.
        CreateDelivery => create_delivery(input: CreateDeliveryRequest) -> DeliveryAnswer;
        /// The delivery of that id.
        GetDelivery => get_delivery(input: DeliveryRequest) -> DeliveryAnswer;
        /// All deliveries by id, page by page.
        DescribeDeliveries => describe_deliveries(input: DescribeRequest) -> DescribeDeliveriesResponse;
        /// Records and their names are as the guide has them: what asks for others is refused.
        UpdateDeliveryConfiguration => update_delivery_configuration(input: UpdateDeliveryConfigurationRequest) -> NothingMore;
        /// Ends a delivery; what was delivered stays where it is.
        DeleteDelivery => delete_delivery(input: DeliveryRequest) -> NothingMore;
    }
}
