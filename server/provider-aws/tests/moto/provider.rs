//! The provider as reconcilers use it: a group's template, its instances, their end.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};

use app::model::group_settings::GroupSettings;
use async_trait::async_trait;
use aws_sdk_ec2::types::{InstanceStateName, ResourceType};
use openpcs_provider::names::{Name, Names};
use openpcs_provider::{
    Batch, LaunchError, Launched, NodeLaunch, Owner, Progress, Provider, ProviderError, State,
};
use openpcs_provider_aws::{Aws, Settings};
use serde_json::json;

use crate::canned::answering;
use crate::counting::Door;
use crate::ec2::{Moto, client};
use crate::lossy::losing;
use crate::offers::aws;

pub const CLUSTER: &str = "pcs_cluster000";
pub const GROUP: &str = "pcs_group00000";
const TOKEN: &str = "0123456789abcdef";

/// The database.
#[derive(Default)]
pub struct Rows(Mutex<Vec<(String, Name)>>);

#[async_trait]
impl Names for Rows {
    async fn of_cluster(&self, cluster_id: &str) -> Result<Vec<Name>, ProviderError> {
        let rows = self.0.lock().unwrap();
        let of = rows.iter().filter(|(cluster, _)| cluster == cluster_id);
        Ok(of.map(|(_, row)| row.clone()).collect())
    }
}

impl Rows {
    fn insert(&self, batch: &Batch) {
        let row = |node: &NodeLaunch| Name {
            id: node.instance_id.clone(),
            launch_token: batch.token.clone(),
            provider_id: None,
            has_ended: false,
        };
        let rows = batch
            .nodes
            .iter()
            .map(|node| (batch.cluster_id.clone(), row(node)));
        self.0.lock().unwrap().extend(rows);
    }

    pub fn note(&self, launched: &[Launched]) {
        for (_, row) in self.0.lock().unwrap().iter_mut() {
            let of = launched.iter().find(|it| it.instance_id == row.id);
            if let Some(Ok(id)) = of.map(|it| &it.result) {
                row.provider_id = Some(id.clone());
            }
        }
    }
}

/// A group without a template of its own in a moto of its own.
pub struct Lab {
    pub moto: Moto,
    pub rows: Arc<Rows>,
    pub owner: Owner,
}

impl Lab {
    pub async fn start() -> Lab {
        let moto = Moto::start().await;
        let (settings, security_group_ids) = furnished(&moto).await;
        Lab {
            rows: Arc::default(),
            owner: Owner {
                cluster_id: CLUSTER.into(),
                compute_node_group_id: GROUP.into(),
                generation: 1,
                slurm_version: "25.05".into(),
                settings,
                security_group_ids,
                key: "key".into(),
            },
            moto,
        }
    }

    pub async fn provider(&self, door: SocketAddr) -> Aws {
        let settings = Settings {
            endpoint: "http://10.0.0.1:8080".into(),
            ..Settings::default()
        };
        Aws::new(aws(door).await, settings, self.rows.clone())
    }

    /// Everything that was made in it is gone.
    pub async fn reset(&mut self) {
        let url = format!("http://{}/moto-api/reset", self.moto.address);
        let answer = Command::new("curl")
            .args(["-fsS", "-X", "POST", &url])
            .output();
        let answer = answer.unwrap();
        assert!(answer.status.success(), "{answer:?}");
        self.rows.0.lock().unwrap().clear();
        (self.owner.settings, self.owner.security_group_ids) = furnished(&self.moto).await;
    }

    /// So many nodes of the group, asked for now.
    pub async fn batch(&self, provider: &Aws, count: usize) -> Batch {
        let made = provider.ensure(&self.owner).await.unwrap();
        let Progress::Done(owned) = made else {
            panic!("{made:?}");
        };
        self.rows_of(owned, count)
    }

    /// The same of a group that owns this: written down, and yet to be asked for.
    pub fn rows_of(&self, owned: String, count: usize) -> Batch {
        let node = |number: usize| NodeLaunch {
            instance_id: format!("i-{number:017x}"),
            node_name: format!("group-{number}"),
            bootstrap_id: "bootstrap".into(),
            proof_key: "proof".into(),
            slurmd_port: 6818,
        };
        let batch = Batch {
            token: TOKEN.into(),
            cluster_id: CLUSTER.into(),
            compute_node_group_id: GROUP.into(),
            instance_type: "c6i.large".into(),
            settings: self.owner.settings.clone(),
            slurm_version: "25.05".into(),
            owned: Some(owned),
            nodes: (1..=count).map(node).collect(),
            resting: vec![],
            lease: None,
        };
        self.rows.insert(&batch);
        batch
    }

    /// Live instances at EC2, each with its tags.
    pub async fn live(&self) -> Vec<(String, Vec<(String, String)>)> {
        let answer = client(self.moto.address).describe_instances().send().await;
        let reservations = answer.unwrap().reservations.unwrap_or_default();
        let instances = reservations.iter().flat_map(|it| it.instances());
        let live = instances.filter(|it| {
            let state = it.state().and_then(|state| state.name());
            state != Some(&InstanceStateName::Terminated)
        });
        let tags = |it: &aws_sdk_ec2::types::Instance| {
            let tag = |tag: &aws_sdk_ec2::types::Tag| {
                (
                    tag.key().unwrap().to_owned(),
                    tag.value().unwrap().to_owned(),
                )
            };
            it.tags().iter().map(tag).collect::<Vec<_>>()
        };
        live.map(|it| (it.instance_id().unwrap().to_owned(), tags(it)))
            .collect()
    }
}

/// A group's settings of what there is, and a security group.
async fn furnished(moto: &Moto) -> (GroupSettings, Vec<String>) {
    let ec2 = client(moto.address);
    let subnets = ec2.describe_subnets().send().await.unwrap();
    let subnet = subnets.subnets()[0].clone();
    let groups = ec2.describe_security_groups().send().await.unwrap();
    let group = groups.security_groups()[0].group_id().unwrap();
    let images = ec2.describe_images().owners("amazon").send().await.unwrap();
    let settings: GroupSettings = serde_json::from_value(json!({
        "instanceConfigs": [{"instanceType": "c6i.large"}, {"instanceType": "c5.large"}],
        "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 4},
        "subnetIds": [subnet.subnet_id().unwrap()], "launchTemplateMode": "MANAGED",
        "amiId": images.images()[0].image_id().unwrap(),
        "iamInstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/AWSPCS-nodes",
    }))
    .unwrap();
    (settings, vec![group.into()])
}

fn ids(launched: &[Launched]) -> Vec<&str> {
    launched
        .iter()
        .map(|it| it.result.as_deref().unwrap())
        .collect()
}

#[tokio::test]
async fn a_groups_instances_come_and_go() {
    let lab = Lab::start().await;
    let provider = lab.provider(lab.moto.address).await;
    let batch = lab.batch(&provider, 2).await;
    let template = client(lab.moto.address)
        .describe_launch_template_versions()
        .launch_template_name(format!("pcs-{GROUP}-do-not-delete"))
        .send()
        .await
        .unwrap();
    let data = template.launch_template_versions()[0]
        .launch_template_data()
        .unwrap();
    assert_eq!(data.security_group_ids(), lab.owner.security_group_ids);
    let kinds = data.tag_specifications().iter();
    assert!(
        kinds
            .filter_map(|it| it.resource_type())
            .any(|it| *it == ResourceType::Volume)
    );

    let launched = provider.launch(&batch).await.launched;
    let ec2: Vec<String> = ids(&launched).into_iter().map(Into::into).collect();
    assert_eq!(ec2.len(), 2);
    let live = lab.live().await;
    for id in &ec2 {
        let (_, tags) = live.iter().find(|(live, _)| live == id).unwrap();
        for (key, value) in [
            ("pcs:cluster-id", CLUSTER),
            ("pcs:compute-node-group-id", GROUP),
            ("pcs:launch-token", TOKEN),
            ("Name", "pcs_cluster000/pcs_group00000"),
        ] {
            let of_key: Vec<_> = tags.iter().filter(|(of, _)| of == key).collect();
            assert_eq!(of_key, [&(key.to_owned(), value.to_owned())]);
        }
    }
    // The answer was not noted, and the same is asked for once more.
    assert_eq!(ids(&provider.launch(&batch).await.launched), ec2);
    assert_eq!(lab.live().await.len(), 2);

    let ours: Vec<String> = batch
        .nodes
        .iter()
        .map(|it| it.instance_id.clone())
        .collect();
    let before = provider.inventory(CLUSTER).await.unwrap();
    lab.rows.note(&launched);
    let after = provider.inventory(CLUSTER).await.unwrap();
    assert_eq!(before.instances, after.instances);
    let mut seen: Vec<&String> = after.instances.iter().map(|it| &it.id).collect();
    seen.sort();
    assert_eq!(seen, ours.iter().collect::<Vec<_>>());
    assert!(after.instances.iter().all(|it| it.lives()));
    assert!(
        !provider.logs(CLUSTER, &ours[0]).await.unwrap()[0]
            .text
            .is_empty()
    );

    // Another cluster's names mean nothing here, nor does what never was.
    let strange = provider.terminate("pcs_other00000", &ec2).await;
    assert_eq!(strange, [Ok(()), Ok(())]);
    assert_eq!(lab.live().await.len(), 2);
    let asked = [ours[0].clone(), "i-never".into(), ec2[1].clone()];
    assert_eq!(
        provider.terminate(CLUSTER, &asked).await,
        [Ok(()), Ok(()), Ok(())]
    );
    assert_eq!(lab.live().await.len(), 0);
    let gone = async {
        loop {
            let inventory = provider.inventory(CLUSTER).await.unwrap();
            if inventory.instances.iter().all(|it| it.is_gone()) {
                return inventory;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let gone = tokio::time::timeout(std::time::Duration::from_secs(30), gone)
        .await
        .unwrap();
    let State::Gone { cause } = &gone.instances[0].state else {
        panic!("{gone:?}");
    };
    assert!(cause.contains("User"), "{cause}");
    for _ in 0..2 {
        assert_eq!(
            provider.release(CLUSTER, GROUP).await.unwrap(),
            Progress::Done(())
        );
    }
}

#[tokio::test]
async fn one_instance_that_is_not_there_spares_no_other() {
    let lab = Lab::start().await;
    let provider = lab.provider(lab.moto.address).await;
    let batch = lab.batch(&provider, 2).await;
    let mut launched = provider.launch(&batch).await.launched;
    launched[0].result = Ok("i-0123456789abcdef0".into());
    lab.rows.note(&launched);
    let ours: Vec<String> = batch
        .nodes
        .iter()
        .map(|it| it.instance_id.clone())
        .collect();
    assert_eq!(provider.terminate(CLUSTER, &ours).await, [Ok(()), Ok(())]);
    assert_eq!(lab.live().await.len(), 1);
}

#[tokio::test]
async fn a_lost_answer_leaves_as_many_instances_as_were_wanted() {
    let lab = Lab::start().await;
    let made = lab.provider(lab.moto.address).await;
    let batch = lab.batch(&made, 3).await;
    let door = losing(lab.moto.address, "CreateFleet", 1).await;
    // One try of the SDK, as moto does not know a token that it has seen.
    let once = openpcs_provider_aws::client::loader()
        .test_credentials()
        .region(aws_config::Region::new("us-east-1"))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .endpoint_url(format!("http://{door}"));
    let once = openpcs_provider_aws::client::Client::load(once)
        .await
        .unwrap();
    let provider = Aws::new(once, Settings::default(), lab.rows.clone());
    let lost = provider.launch(&batch).await.launched;
    let is_unknown = |it: &Launched| matches!(it.result, Err(LaunchError::Unknown { .. }));
    assert!(lost.iter().all(is_unknown), "{lost:?}");
    let launched = provider.launch(&batch).await.launched;
    let mut ec2 = ids(&launched);
    ec2.sort_unstable();
    ec2.dedup();
    assert_eq!(ec2.len(), 3);
    assert_eq!(lab.live().await.len(), 3);
}

#[tokio::test]
async fn two_clusters_are_looked_at_at_once() {
    let lab = Lab::start().await;
    let door = Door::before(lab.moto.address).await;
    let provider = lab.provider(door.address).await;
    let (one, other) = tokio::join!(
        provider.inventory(CLUSTER),
        provider.inventory("pcs_other00000")
    );
    assert_eq!(one.unwrap().taken_at, other.unwrap().taken_at);
    provider.inventory(CLUSTER).await.unwrap();
    assert_eq!(door.asked(), ["DescribeInstances"]);
}

/// What wants many nodes at once costs few calls.
#[tokio::test]
async fn five_hundred_nodes_take_ten_calls_at_most() {
    let lab = Lab::start().await;
    let door = Door::before(lab.moto.address).await;
    let provider = lab.provider(door.address).await;
    let batch = lab.batch(&provider, 500).await;
    let launched = provider.launch(&batch).await.launched;
    assert!(launched.iter().all(|it| it.result.is_ok()));
    lab.rows.note(&launched);
    let inventory = provider.inventory(CLUSTER).await.unwrap();
    assert_eq!(inventory.instances.len(), 500);
    let asked = door.asked();
    assert!(asked.len() <= 10, "{asked:?}");
    println!("500 nodes: {} calls: {}", asked.len(), asked.join(" "));
}

fn fleet(errors: &[(&str, &str)]) -> String {
    let item = |(code, of_type): &(&str, &str)| {
        format!(
            "<item><launchTemplateAndOverrides><overrides><instanceType>{of_type}</instanceType>\
             <subnetId>subnet-1</subnetId></overrides></launchTemplateAndOverrides><lifecycle>on-demand</lifecycle>\
             <errorCode>{code}</errorCode><errorMessage>no</errorMessage></item>"
        )
    };
    let items: String = errors.iter().map(item).collect();
    format!(
        "<CreateFleetResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15\"><fleetId>fleet-1</fleetId>\
         <errorSet>{items}</errorSet><fleetInstanceSet><item><instanceIds><item>i-0000000000000000a</item></instanceIds>\
         <instanceType>c6i.large</instanceType></item></fleetInstanceSet></CreateFleetResponse>"
    )
}

pub fn refusal(code: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>"
    )
}

#[tokio::test]
async fn what_comes_is_used_and_the_rest_is_told_why_not() {
    let lab = Lab::start().await;
    let none = "InsufficientInstanceCapacity";
    let answers = vec![
        (
            200,
            fleet(&[("Unsupported", "c5.large"), (none, "c6i.large")]),
        ),
        (400, refusal("MaxFleetCountExceeded")),
        // Asked again in other words, and then in those of the first time.
        (400, refusal("IdempotentParameterMismatch")),
        (200, fleet(&[(none, "c6i.large")])),
    ];
    let door = answering(lab.moto.address, "CreateFleet", answers).await;
    let provider = lab.provider(door).await;
    let mut batch = lab.batch(&provider, 2).await;
    let capacity = Err(LaunchError::Capacity {
        pool: "c6i.large in subnet-1".into(),
        message: format!("{none}: no"),
    });
    let launched = provider.launch(&batch).await.launched;
    assert_eq!(launched[0].result.as_deref(), Ok("i-0000000000000000a"));
    assert_eq!(launched[1].result, capacity);
    let launched = provider.launch(&batch).await.launched;
    let is_quota = |it: &Launched| matches!(it.result, Err(LaunchError::Quota { .. }));
    assert!(launched.iter().all(is_quota), "{launched:?}");
    lab.rows.note(&[Launched {
        instance_id: batch.nodes[0].instance_id.clone(),
        result: Ok("i-0000000000000000a".into()),
    }]);
    batch.nodes.remove(0);
    assert_eq!(provider.launch(&batch).await.launched[0].result, capacity);
    assert_eq!(lab.live().await.len(), 0);
}
