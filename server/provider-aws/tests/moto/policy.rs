//! The printed policy against the calls that are made: nothing that is called lacks in it, and nothing in it is never
//! called.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use app::model::metric::Metric;
use app::model::offer::{OfferKind, OfferQuery};
use app::model::refs::Refs;
use aws_config::Region;
use aws_sdk_ec2::config::Credentials;
use openpcs_provider::{ClusterKey, Datum, KeyKind, Progress, Provider};
use openpcs_provider_aws::aws::actions;
use openpcs_provider_aws::calls::kms;
use openpcs_provider_aws::client::{Client, loader};
use openpcs_provider_aws::policy::policy;
use openpcs_provider_aws::{Aws, Settings};

use crate::counting::Door;
use crate::denied::enforce_policies;
use crate::offers::{aws, make, refs};
use crate::provider::{CLUSTER, GROUP, Lab};

/// Needed by calls of other names: what a fleet, a template and a secret do, and whose role an instance gets. Scripts are
/// fetched, and logs delivered, beside the provider.
const IMPLIED: [&str; 13] = [
    "ec2:CreateTags",
    "ec2:RunInstances",
    "firehose:PutRecordBatch",
    "iam:PassRole",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "secretsmanager:TagResource",
    "ssm:GetParameters",
];

/// Of metrics.
const NAMESPACE: &str = "OpenPCS";

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
    let mut policy = policy(Some(NAMESPACE));
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

/// A cluster's key, another one, and none.
async fn keys(provider: &Aws) {
    assert!(provider.keeps_keys().await.unwrap());
    for number in 1..=2 {
        let version = format!("{number:032}");
        let key = ClusterKey {
            kind: KeyKind::Slurm,
            cluster_id: CLUSTER,
            cluster_name: "one",
            version: &version,
            text: &format!("key {number}"),
        };
        let arn = provider.keep_key(key).await.unwrap().unwrap();
        assert!(arn.contains(":secret:openpcs/slurm-secret-pcs_"), "{arn}");
    }
    provider.forget_key(CLUSTER).await.unwrap();
}

fn datum() -> Datum {
    Datum {
        cluster_id: CLUSTER.into(),
        metric: Metric::IdleCapacity,
        at: 1_796_000_040_000,
        count: 1,
        sum: 2.0,
        minimum: 2.0,
        maximum: 2.0,
    }
}

/// What a purchase and a template's place need of the account, each by itself.
fn places() -> [Refs; 3] {
    let names = || ["a-name".to_owned()].into();
    [
        Refs {
            roles: names(),
            ..Refs::default()
        },
        Refs {
            capacity_reservations: names(),
            ..Refs::default()
        },
        Refs {
            placement_groups: names(),
            ..Refs::default()
        },
    ]
}

#[tokio::test]
async fn the_policy_is_what_is_called_and_no_more() {
    let mut lab = Lab::start().await;
    let account = aws(lab.moto.address).await;
    let made = make(&account).await;
    let kms_key = account.kms.create_key().send().await.unwrap();
    let kms_key = kms_key.key_metadata.unwrap().key_id;
    let door = Door::before(lab.moto.address).await;
    let client = server(&account, &door).await;
    enforce_policies(&lab.moto).await;
    let (ec2, kms) = (client.ec2.clone(), client.kms.clone());
    let settings = Settings {
        keeps_keys: true,
        metrics_namespace: Some(NAMESPACE.into()),
        ..Settings::default()
    };
    let provider = Aws::new(client, settings, lab.rows.clone());

    for kind in KINDS {
        provider.page(&OfferQuery::first(kind)).await.unwrap();
    }
    provider.resolve(&refs(&made)).await.unwrap();
    for refs in places() {
        // The emulator has none of them, but they are asked for.
        let _ = provider.resolve(&refs).await;
    }
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
    // moto does not know it.
    let _ = provider.network_places(CLUSTER, &ours).await;
    // Another version of the template.
    lab.owner.generation = 2;
    lab.owner.slurm_version = "25.11".into();
    lab.owner.key = "another".into();
    provider.ensure(&lab.owner).await.unwrap();
    assert_eq!(provider.terminate(CLUSTER, &ours).await, [Ok(())]);
    let released = provider.release(CLUSTER, GROUP).await;
    assert_eq!(released.unwrap(), Progress::Done(()));
    keys(&provider).await;
    let wrapped = kms::wrap(&kms, &kms_key, b"a key").await.unwrap();
    assert_eq!(kms::unwrap(&kms, &wrapped).await.unwrap(), b"a key");
    assert!(provider.profile().takes_metrics);
    // The emulator does not speak CBOR, but it is asked.
    let _ = provider.put_metrics(&[datum()]).await;

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
