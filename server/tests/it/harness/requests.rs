//! Requests as the tutorial makes them; a test changes what it is about.

use app::model::catalogue::Catalogue;
use aws_sdk_pcs::Client;
use aws_sdk_pcs::error::SdkError;
use aws_sdk_pcs::operation::create_cluster::builders::CreateClusterFluentBuilder;
use aws_sdk_pcs::operation::create_compute_node_group::builders::CreateComputeNodeGroupFluentBuilder;
use aws_sdk_pcs::operation::create_queue::builders::CreateQueueFluentBuilder;
use aws_sdk_pcs::types::*;

use super::TestPlane;

pub const VERSION: &str = "24.11";

pub fn setting(name: &str, value: &str) -> SlurmCustomSetting {
    SlurmCustomSetting::builder()
        .parameter_name(name)
        .parameter_value(value)
        .build()
        .unwrap()
}

/// Whether the answer is that the resource does not exist.
pub fn gone<T, E, R>(answer: Result<T, SdkError<E, R>>) -> Result<(), String>
where
    aws_sdk_pcs::Error: From<SdkError<E, R>>,
{
    match answer.map_err(aws_sdk_pcs::Error::from) {
        Err(aws_sdk_pcs::Error::ResourceNotFoundException(_)) => Ok(()),
        Err(other) => Err(format!("{other:?}")),
        Ok(_) => Err("it is still there".into()),
    }
}

/// The ids of the fixed catalogue, by the names that the tutorial uses.
pub struct Ids<'a>(pub &'a Catalogue);

impl Ids<'_> {
    pub fn subnet(&self, name: &str) -> String {
        let found = self.0.subnets.iter().find(|s| s.name == name);
        found
            .unwrap_or_else(|| panic!("no subnet {name}"))
            .id
            .clone()
    }

    pub fn security_group(&self, name: &str) -> String {
        let found = self.0.security_groups.iter().find(|s| s.name == name);
        found
            .unwrap_or_else(|| panic!("no security group {name}"))
            .id
            .clone()
    }

    pub fn template(&self, name: &str) -> CustomLaunchTemplate {
        let found = self.0.launch_templates.iter().find(|t| t.name == name);
        let id = &found
            .unwrap_or_else(|| panic!("no launch template {name}"))
            .id;
        CustomLaunchTemplate::builder()
            .id(id)
            .version("1")
            .build()
            .unwrap()
    }

    pub fn image(&self, name: &str) -> String {
        let found = self.0.images.iter().find(|i| i.name == name);
        found
            .unwrap_or_else(|| panic!("no image {name}"))
            .id
            .clone()
    }

    pub fn profile(&self, name: &str) -> String {
        let found = self.0.instance_profiles.iter().find(|p| p.name == name);
        found
            .unwrap_or_else(|| panic!("no instance profile {name}"))
            .arn
            .clone()
    }
}

pub fn networking(subnets: &[String], security_groups: &[String]) -> NetworkingRequest {
    NetworkingRequest::builder()
        .set_subnet_ids(Some(subnets.to_vec()))
        .set_security_group_ids((!security_groups.is_empty()).then(|| security_groups.to_vec()))
        .build()
}

pub fn scaling(min: i32, max: i32) -> ScalingConfigurationRequest {
    ScalingConfigurationRequest::builder()
        .min_instance_count(min)
        .max_instance_count(max)
        .build()
}

pub fn instance(name: &str) -> InstanceConfig {
    InstanceConfig::builder().instance_type(name).build()
}

pub fn in_queue(group_id: &str) -> ComputeNodeGroupConfiguration {
    ComputeNodeGroupConfiguration::builder()
        .compute_node_group_id(group_id)
        .build()
}

/// Every job is written down.
pub fn accounting_on() -> AccountingRequest {
    let accounting = AccountingRequest::builder().mode(AccountingMode::Standard);
    accounting.build().unwrap()
}

/// How long a node may idle.
pub fn idle(seconds: i32) -> ClusterSlurmConfigurationRequest {
    ClusterSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(seconds)
        .build()
}

impl TestPlane {
    pub fn ids(&self) -> Ids<'_> {
        Ids(self.catalogue())
    }

    /// The tutorial's cluster.
    pub fn new_cluster(&self, name: &str) -> CreateClusterFluentBuilder {
        let scheduler = SchedulerRequest::builder()
            .r#type(SchedulerType::Slurm)
            .version(VERSION)
            .build()
            .unwrap();
        let subnet = self.ids().subnet("hpc-networking:PublicSubnetA");
        let group = self.ids().security_group("cluster-getstarted-sg");
        self.admin()
            .create_cluster()
            .cluster_name(name)
            .scheduler(scheduler)
            .size(Size::Small)
            .networking(networking(&[subnet], &[group]))
    }

    /// The tutorial's group of compute nodes.
    pub fn new_group(
        &self,
        cluster: &str,
        name: &str,
        min: i32,
        max: i32,
    ) -> CreateComputeNodeGroupFluentBuilder {
        new_group(self.admin(), &self.ids(), cluster, name).scaling_configuration(scaling(min, max))
    }

    pub fn new_queue(&self, cluster: &str, name: &str, group_id: &str) -> CreateQueueFluentBuilder {
        self.admin()
            .create_queue()
            .cluster_identifier(cluster)
            .queue_name(name)
            .compute_node_group_configurations(in_queue(group_id))
    }

    /// A cluster that works, with that idle time.
    pub async fn cluster(&self, name: &str, idle_seconds: i32) -> Cluster {
        self.new_cluster(name)
            .slurm_configuration(idle(idle_seconds))
            .send()
            .await
            .unwrap();
        self.wait_cluster(name, ClusterStatus::Active).await
    }

    /// A group that works.
    pub async fn group(&self, cluster: &str, name: &str, min: i32, max: i32) -> ComputeNodeGroup {
        self.new_group(cluster, name, min, max)
            .send()
            .await
            .unwrap();
        self.wait_group(cluster, name, ComputeNodeGroupStatus::Active)
            .await
    }

    /// A queue that works.
    pub async fn queue(&self, cluster: &str, name: &str, group_id: &str) -> Queue {
        self.new_queue(cluster, name, group_id)
            .send()
            .await
            .unwrap();
        self.wait_queue(cluster, name, QueueStatus::Active).await
    }

    /// Gives a group another minimum and maximum, and waits until that is in force.
    pub async fn scale(&self, cluster: &str, group: &str, min: i32, max: i32) {
        let update = self
            .admin()
            .update_compute_node_group()
            .cluster_identifier(cluster);
        update
            .compute_node_group_identifier(group)
            .scaling_configuration(scaling(min, max))
            .send()
            .await
            .unwrap();
        self.wait_group(cluster, group, ComputeNodeGroupStatus::Active)
            .await;
    }
}

fn new_group(
    client: &Client,
    ids: &Ids,
    cluster: &str,
    name: &str,
) -> CreateComputeNodeGroupFluentBuilder {
    client
        .create_compute_node_group()
        .cluster_identifier(cluster)
        .compute_node_group_name(name)
        .subnet_ids(ids.subnet("hpc-networking:PublicSubnetA"))
        .custom_launch_template(ids.template("compute-getstarted-lt"))
        .ami_id(ids.image("aws-pcs-sample_ami-amzn2-x86_64-slurm-24.11"))
        .iam_instance_profile_arn(ids.profile("AWSPCS-getstarted-role"))
        .instance_configs(instance("c6i.xlarge"))
}
