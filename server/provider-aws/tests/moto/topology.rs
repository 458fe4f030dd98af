//! Where in EC2's network instances are. moto does not know the call, so a door before it answers as EC2's reference says.

use openpcs_provider::{NetworkPlace, Provider};

use crate::canned::answering;
use crate::counting::Door;
use crate::provider::{CLUSTER, Lab, refusal};

const ACTION: &str = "DescribeInstanceTopology";

fn answer(id: &str) -> (u16, String) {
    let body = format!(
        "<DescribeInstanceTopologyResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>\
         <instanceSet><item><instanceId>{id}</instanceId><instanceType>hpc7a.96xlarge</instanceType><groupName>near\
         </groupName><networkNodeSet><item>nn-1</item><item>nn-2</item><item>nn-3</item></networkNodeSet>\
         <availabilityZone>us-east-2b</availabilityZone><zoneId>use2-az2</zoneId></item></instanceSet>\
         </DescribeInstanceTopologyResponse>"
    );
    (200, body)
}

#[tokio::test]
async fn each_instance_is_asked_for_once_and_many_at_a_time() {
    let lab = Lab::start().await;
    let whole = lab.provider(lab.moto.address).await;
    let batch = lab.batch(&whole, 2).await;
    let launched = whole.launch(&batch).await.launched;
    lab.rows.note(&launched);
    let ec2 = launched[1].result.clone().unwrap();
    let told = answering(lab.moto.address, ACTION, vec![answer(&ec2)]).await;
    let door = Door::before(told).await;
    let provider = lab.provider(door.address).await;
    let ids: Vec<String> = launched.iter().map(|one| one.instance_id.clone()).collect();
    let places = provider.network_places(CLUSTER, &ids).await.unwrap();
    let near = NetworkPlace {
        zone: "us-east-2b".into(),
        network_nodes: ["nn-1", "nn-2", "nn-3"].map(str::to_owned).into(),
    };
    // EC2 tells nothing of the first one's type.
    let expected = [NetworkPlace::default(), near];
    assert_eq!(
        places,
        ids.iter().cloned().zip(expected).collect::<Vec<_>>()
    );
    // Not so soon again, nor for nothing.
    assert_eq!(provider.network_places(CLUSTER, &ids).await.unwrap(), []);
    let mut asked = door.asked();
    asked.retain(|action| action == ACTION);
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn of_types_that_ec2_tells_nothing_of_there_is_nothing_to_ask_again() {
    let lab = Lab::start().await;
    let whole = lab.provider(lab.moto.address).await;
    let batch = lab.batch(&whole, 1).await;
    let launched = whole.launch(&batch).await.launched;
    lab.rows.note(&launched);
    let answers = vec![(400, refusal("UnsupportedOperation"))];
    let door = answering(lab.moto.address, ACTION, answers).await;
    let provider = lab.provider(door).await;
    let ids = [launched[0].instance_id.clone()];
    let places = provider.network_places(CLUSTER, &ids).await.unwrap();
    assert_eq!(places, [(ids[0].clone(), NetworkPlace::default())]);
}
