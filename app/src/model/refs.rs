//! What a request names of what the provider offers: so much is asked for, and no more. An account has thousands of images,
//! and any of them may be named.

use std::collections::BTreeSet;

use super::catalogue::Catalogue;
use super::cluster::Networking;
use super::compute_node_group::GroupSettings;

/// Names of one kind each, as requests give them; each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs {
    pub vpcs: BTreeSet<String>,
    pub subnets: BTreeSet<String>,
    pub security_groups: BTreeSet<String>,
    pub launch_templates: BTreeSet<TemplateRef>,
    /// ARNs.
    pub instance_profiles: BTreeSet<String>,
    pub images: BTreeSet<String>,
    pub instance_types: BTreeSet<String>,
    /// Names, not ids.
    pub key_pairs: BTreeSet<String>,
}

/// A version of a launch template. The template is found with all its versions: a refusal names those that there are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateRef {
    pub id: String,
    pub version: String,
}

impl Refs {
    /// Of a cluster's network (C7).
    pub fn of_network(asked: &Networking) -> Refs {
        Refs {
            subnets: asked.subnet_ids.iter().flatten().cloned().collect(),
            security_groups: asked.security_group_ids.iter().flatten().cloned().collect(),
            ..Refs::default()
        }
    }

    /// Of a group (N3–N7) of a cluster in that network, whose first subnet says in which VPC all is to be.
    pub fn of_group(cluster: &Networking, group: &GroupSettings) -> Refs {
        let of_cluster = cluster.subnet_ids.iter().flatten().take(1);
        let template = group.custom_launch_template.iter();
        Refs {
            subnets: of_cluster.chain(&group.subnet_ids).cloned().collect(),
            security_groups: group.security_group_ids.iter().flatten().cloned().collect(),
            launch_templates: template
                .map(|template| TemplateRef {
                    id: template.id.clone(),
                    version: template.version.clone(),
                })
                .collect(),
            instance_profiles: [group.iam_instance_profile_arn.clone()].into(),
            images: group.ami_id.iter().cloned().collect(),
            key_pairs: group.ssh_key_name.iter().cloned().collect(),
            ..Refs::of_types(group.type_names())
        }
    }

    pub fn of_types(names: impl IntoIterator<Item = String>) -> Refs {
        Refs {
            instance_types: names.into_iter().collect(),
            ..Refs::default()
        }
    }

    /// What is named by what was found, and not by these: the VPCs of subnets, the groups and the image of a template's
    /// version. Nothing of it names anything further.
    pub fn following(&self, found: &Catalogue) -> Refs {
        let vpcs = found.subnets.iter().map(|subnet| subnet.vpc_id.clone());
        let mut next = Refs {
            vpcs: vpcs.collect(),
            ..Refs::default()
        };
        for named in &self.launch_templates {
            let template = found.launch_templates.iter().find(|t| t.id == named.id);
            let versions = template.into_iter().flat_map(|t| &t.versions);
            for version in versions.filter(|v| v.version == named.version) {
                next.images.extend(version.image_id.clone());
                next.security_groups
                    .extend(version.security_group_ids.iter().cloned());
            }
        }
        next.vpcs.retain(|id| !self.vpcs.contains(id));
        next.images.retain(|id| !self.images.contains(id));
        next.security_groups
            .retain(|id| !self.security_groups.contains(id));
        next
    }

    pub fn is_empty(&self) -> bool {
        *self == Refs::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
        names.map(str::to_owned).into()
    }

    fn network() -> Networking {
        serde_json::from_value(
            json!({"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}),
        )
        .unwrap()
    }

    fn template(version: &str) -> TemplateRef {
        TemplateRef {
            id: "lt-1".into(),
            version: version.into(),
        }
    }

    #[test]
    fn a_cluster_names_its_network() {
        let refs = Refs {
            subnets: set(["subnet-1", "subnet-2"]),
            security_groups: set(["sg-1"]),
            ..Refs::default()
        };
        assert_eq!(Refs::of_network(&network()), refs);
        assert!(Refs::of_network(&Networking::default()).is_empty());
    }

    #[test]
    fn a_group_names_each_thing_once_and_its_clusters_first_subnet() {
        let group: GroupSettings = serde_json::from_value(json!({
            "subnetIds": ["subnet-3", "subnet-1", "subnet-3"], "securityGroupIds": ["sg-2"],
            "instanceConfigs": [{"instanceType": "c6i.large"}, {"instanceType": "c6a.large"}, {}],
            "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 1},
            "iamInstanceProfileArn": "arn", "amiId": "ami-1", "sshKeyName": "key",
            "customLaunchTemplate": {"id": "lt-1", "version": "2"},
        }))
        .unwrap();
        let refs = Refs {
            vpcs: set([]),
            subnets: set(["subnet-1", "subnet-3"]),
            security_groups: set(["sg-2"]),
            launch_templates: [template("2")].into(),
            instance_profiles: set(["arn"]),
            images: set(["ami-1"]),
            instance_types: set(["c6a.large", "c6i.large"]),
            key_pairs: set(["key"]),
        };
        assert_eq!(Refs::of_group(&network(), &group), refs);
    }

    #[test]
    fn what_was_found_names_more_of_the_version_that_was_asked_for() {
        let refs = Refs {
            subnets: set(["subnet-1"]),
            security_groups: set(["sg-1"]),
            launch_templates: [template("2"), template("9")].into(),
            ..Refs::default()
        };
        let version = |version: &str, image: &str, group: &str| json!({"version": version, "imageId": image, "securityGroupIds": ["sg-1", group], "subnetIds": []});
        let found = Catalogue {
            subnets: serde_json::from_value(json!([{
                "id": "subnet-1", "name": "a", "vpcId": "vpc-1", "cidr": "", "availabilityZone": "",
                "zoneType": "", "freeAddresses": 1, "public": false,
            }]))
            .unwrap(),
            launch_templates: serde_json::from_value(json!([{
                "id": "lt-1", "name": "a",
                "versions": [version("1", "ami-1", "sg-2"), version("2", "ami-2", "sg-3")],
            }]))
            .unwrap(),
            ..Catalogue::default()
        };
        let next = refs.following(&found);
        let more = Refs {
            vpcs: set(["vpc-1"]),
            security_groups: set(["sg-3"]),
            images: set(["ami-2"]),
            ..Refs::default()
        };
        assert_eq!(next, more);
        assert!(next.following(&Catalogue::default()).is_empty());
    }
}
