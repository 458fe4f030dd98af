//! The printed policy against the calls that are made: nothing that is called lacks in it, and nothing in it is never
//! called.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use app::model::offer::{OfferKind, OfferQuery};
use aws_config::Region;
use aws_sdk_ec2::config::Credentials;
use openpcs_provider::{Progress, Provider};
use openpcs_provider_aws::aws::actions;
use openpcs_provider_aws::client::{Client, loader};
use openpcs_provider_aws::policy::policy;
use openpcs_provider_aws::{Aws, Settings};

use crate::counting::Door;
use crate::denied::enforce_policies;
use crate::offers::{aws, make, refs};
use crate::provider::{CLUSTER, GROUP, Lab};

/// Needed by calls of other names: what a fleet and a template do, and whose role an instance gets.
const IMPLIED: [&str; 3] = ["ec2:CreateTags", "ec2:RunInstances", "iam:PassRole"];

const KINDS: [OfferKind; 8] = [
    OfferKind::Vpc,
    OfferKind::Subnet,
    OfferKind::SecurityGroup,
    OfferKind::LaunchTemplate,
    OfferKind::InstanceProfile,
    OfferKind::Image,
    OfferKind::InstanceType,
    OfferKind::KeyPair,
];

/// The policy as far as moto understands it: actions, but neither conditions nor the tags that they ask for.
fn understood() -> String {
    let mut policy = policy();
    for statement in policy["Statement"].as_array_mut().unwrap() {
        statement.as_object_mut().unwrap().remove("Condition");
        statement["Resource"] = "*".into();
    }
    policy.to_string()
}

/// A client of a user who may do what the policy says.
async fn server(account: &Client, door: &Door) -> Client {
    let iam = &account.iam;
    iam.create_user().user_name("server").send().await.unwrap();
    let put = iam.put_user_policy().user_name("server");
    let put = put.policy_name("openpcs").policy_document(understood());
    put.send().await.unwrap();
    let key = iam.create_access_key().user_name("server").send().await;
    let key = key.unwrap().access_key.unwrap();
    let credentials = Credentials::new(
        key.access_key_id(),
        key.secret_access_key(),
        None,
        None,
        "test",
    );
    let loader = loader()
        .credentials_provider(credentials)
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{}", door.address));
    Client::load(loader).await.unwrap()
}

/// Of an instance that there is.
async fn address(ec2: &aws_sdk_ec2::Client) -> IpAddr {
    let answer = ec2.describe_instances().send().await.unwrap();
    let mut instances = answer.reservations().iter().flat_map(|it| it.instances());
    let address = instances.find_map(|it| it.private_ip_address());
    address.unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_policy_is_what_is_called_and_no_more() {
    let mut lab = Lab::start().await;
    let account = aws(lab.moto.address).await;
    let made = make(&account).await;
    let door = Door::before(lab.moto.address).await;
    let client = server(&account, &door).await;
    enforce_policies(&lab.moto).await;
    let ec2 = client.ec2.clone();
    let provider = Aws::new(client, Settings::default(), lab.rows.clone());

    for kind in KINDS {
        provider.page(&OfferQuery::first(kind)).await.unwrap();
    }
    provider.resolve(&refs(&made)).await.unwrap();
    let host = "10.0.0.1".parse().unwrap();
    provider.network(host, &[(8766, 8766)]).await.unwrap();
    let batch = lab.batch(&provider, 1).await;
    let launched = provider.launch(&batch).await.launched;
    lab.rows.note(&launched);
    // As if this host were an instance.
    let here = address(&ec2).await;
    provider.network(here, &[(8766, 8766)]).await.unwrap();
    let ours = [batch.nodes[0].instance_id.clone()];
    provider.inventory(CLUSTER).await.unwrap();
    provider.logs(CLUSTER, &ours[0]).await.unwrap();
    // Another version of the template.
    lab.owner.generation = 2;
    lab.owner.slurm_version = "25.11".into();
    lab.owner.key = "another".into();
    provider.ensure(&lab.owner).await.unwrap();
    assert_eq!(provider.terminate(CLUSTER, &ours).await, [Ok(())]);
    let released = provider.release(CLUSTER, GROUP).await;
    assert_eq!(released.unwrap(), Progress::Done(()));

    let mut asked: BTreeSet<String> = door.asked().into_iter().collect();
    // The health of instances is asked for beside.
    while !asked.contains("DescribeInstanceStatus") {
        tokio::time::sleep(Duration::from_millis(50)).await;
        asked.extend(door.asked());
    }
    let needed = actions().into_iter().filter(|it| !IMPLIED.contains(it));
    let needed: BTreeSet<String> = needed
        .filter_map(|action| Some(action.split_once(':')?.1.to_owned()))
        .collect();
    assert_eq!(asked, needed);
}
