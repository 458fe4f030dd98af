//! What a request names of what the provider offers: so much is asked for, and no more. An account has thousands of images,
//! and any of them may be named.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::catalogue::Catalogue;
use super::cluster::Networking;
use super::compute_node_group::{GroupSettings, PurchaseOption};
use super::error::{Error, Result};

/// Names of one kind each, as requests give them; each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
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
    pub capacity_reservations: BTreeSet<String>,
    /// Names.
    pub placement_groups: BTreeSet<String>,
    /// Names of roles that must be there.
    pub roles: BTreeSet<String>,
}

/// A version of a launch template. The template is found with all its versions: a refusal names those that there are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TemplateRef {
    pub id: String,
    pub version: String,
}

/// The role by which EC2 buys spot instances for an account ("Service-linked role for Spot Instance requests").
pub const SPOT_ROLE: &str = "AWSServiceRoleForEC2Spot";

impl Refs {
    /// The most names that one may ask for.
    pub const MOST: usize = 200;

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
        let is_spot = group.purchase() == PurchaseOption::Spot;
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
            roles: is_spot.then(|| SPOT_ROLE.to_owned()).into_iter().collect(),
            ..Refs::of_types(group.type_names())
        }
    }

    pub fn of_types(names: impl IntoIterator<Item = String>) -> Refs {
        Refs {
            instance_types: names.into_iter().collect(),
            ..Refs::default()
        }
    }

    /// What is named by what was found, and not by these: the VPCs of subnets, the groups, the image, the reservation
    /// and the placement of a template's version. Nothing of it names anything further.
    pub fn following(&self, found: &Catalogue) -> Refs {
        let named = found
            .subnets
            .iter()
            .filter(|it| self.subnets.contains(&it.id));
        let mut next = Refs {
            vpcs: named.map(|subnet| subnet.vpc_id.clone()).collect(),
            ..Refs::default()
        };
        for named in &self.launch_templates {
            let template = found.launch_templates.iter().find(|t| t.id == named.id);
            let versions = template.into_iter().flat_map(|t| &t.versions);
            for version in versions.filter(|v| v.version == named.version) {
                next.images.extend(version.image_id.clone());
                next.capacity_reservations
                    .extend(version.capacity_reservation_id.clone());
                next.placement_groups
                    .extend(version.placement_group.clone());
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

    /// How many names there are.
    pub fn count(&self) -> usize {
        let names = [
            &self.vpcs,
            &self.subnets,
            &self.security_groups,
            &self.instance_profiles,
            &self.images,
            &self.instance_types,
            &self.key_pairs,
            &self.capacity_reservations,
            &self.placement_groups,
            &self.roles,
        ];
        names.iter().map(|names| names.len()).sum::<usize>() + self.launch_templates.len()
    }

    /// Refuses more than one may ask for.
    pub fn check(&self) -> Result<()> {
        let (most, count) = (Refs::MOST, self.count());
        match count <= most {
            true => Ok(()),
            false => Err(Error::field(
                "refs",
                format!("Name at most {most} things, not {count}."),
            )),
        }
    }

    /// What of these, and of what they name in turn, is not known, and nobody has asked for before.
    pub fn missing(&self, known: &Catalogue, asked: &Refs) -> Refs {
        let mut missing = self.clone();
        missing.add(self.following(known));
        missing.remove(asked);
        missing.remove(&Refs::of(known));
        // A form's profile until one is chosen.
        missing.instance_profiles.remove("");
        missing
    }

    /// These and those.
    pub fn add(&mut self, those: Refs) {
        self.vpcs.extend(those.vpcs);
        self.subnets.extend(those.subnets);
        self.security_groups.extend(those.security_groups);
        self.launch_templates.extend(those.launch_templates);
        self.instance_profiles.extend(those.instance_profiles);
        self.images.extend(those.images);
        self.instance_types.extend(those.instance_types);
        self.key_pairs.extend(those.key_pairs);
        self.capacity_reservations
            .extend(those.capacity_reservations);
        self.placement_groups.extend(those.placement_groups);
        self.roles.extend(those.roles);
    }

    fn remove(&mut self, those: &Refs) {
        fn part<T: Ord>(of: &mut BTreeSet<T>, those: &BTreeSet<T>) {
            of.retain(|it| !those.contains(it));
        }
        part(&mut self.vpcs, &those.vpcs);
        part(&mut self.subnets, &those.subnets);
        part(&mut self.security_groups, &those.security_groups);
        part(&mut self.launch_templates, &those.launch_templates);
        part(&mut self.instance_profiles, &those.instance_profiles);
        part(&mut self.images, &those.images);
        part(&mut self.instance_types, &those.instance_types);
        part(&mut self.key_pairs, &those.key_pairs);
        part(
            &mut self.capacity_reservations,
            &those.capacity_reservations,
        );
        part(&mut self.placement_groups, &those.placement_groups);
        part(&mut self.roles, &those.roles);
    }

    /// The names of what is known.
    fn of(known: &Catalogue) -> Refs {
        let templates = known.launch_templates.iter().flat_map(|template| {
            let versions = template.versions.iter().map(|it| it.version.clone());
            // One whose versions are known is known before one of them is chosen.
            let none = (!template.versions.is_empty()).then(String::new);
            versions.chain(none).map(|version| TemplateRef {
                id: template.id.clone(),
                version,
            })
        });
        Refs {
            vpcs: known.vpcs.iter().map(|it| it.id.clone()).collect(),
            subnets: known.subnets.iter().map(|it| it.id.clone()).collect(),
            security_groups: known
                .security_groups
                .iter()
                .map(|it| it.id.clone())
                .collect(),
            launch_templates: templates.collect(),
            instance_profiles: known
                .instance_profiles
                .iter()
                .map(|it| it.arn.clone())
                .collect(),
            images: known.images.iter().map(|it| it.id.clone()).collect(),
            instance_types: known
                .instance_types
                .iter()
                .map(|it| it.id.clone())
                .collect(),
            key_pairs: known.key_pairs.iter().map(|it| it.name.clone()).collect(),
            capacity_reservations: known
                .capacity_reservations
                .iter()
                .map(|it| it.id.clone())
                .collect(),
            placement_groups: known
                .placement_groups
                .iter()
                .map(|it| it.name.clone())
                .collect(),
            roles: known.roles.iter().map(|it| it.name.clone()).collect(),
        }
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
            ..Refs::default()
        };
        assert_eq!(Refs::of_group(&network(), &group), refs);
        let spot = GroupSettings {
            purchase_option: Some(PurchaseOption::Spot),
            ..group
        };
        assert_eq!(
            Refs::of_group(&network(), &spot).roles,
            set(["AWSServiceRoleForEC2Spot"])
        );
    }

    #[test]
    fn what_was_found_names_more_of_the_version_that_was_asked_for() {
        let refs = Refs {
            subnets: set(["subnet-1"]),
            security_groups: set(["sg-1"]),
            launch_templates: [template("2"), template("9")].into(),
            ..Refs::default()
        };
        let version = |version: &str, image: &str, group: &str| json!({"version": version, "imageId": image, "securityGroupIds": ["sg-1", group], "subnetIds": [], "capacityReservationId": format!("cr-{version}"), "placementGroup": format!("near-{version}")});
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
            capacity_reservations: set(["cr-2"]),
            placement_groups: set(["near-2"]),
            ..Refs::default()
        };
        assert_eq!(next, more);
        assert!(next.following(&Catalogue::default()).is_empty());

        // Asked once, what is not there is not asked for again.
        let mut asked = Refs::default();
        let mut missing = refs.missing(&found, &asked);
        let unknown = Refs {
            launch_templates: [template("9")].into(),
            security_groups: set(["sg-1", "sg-3"]),
            ..more
        };
        assert_eq!(missing, unknown);
        asked.add(missing);
        missing = refs.missing(&found, &asked);
        assert!(missing.is_empty(), "{missing:?}");
        missing = refs.missing(&Catalogue::default(), &Refs::default());
        assert_eq!(missing, refs);
        assert!(refs.missing(&Catalogue::default(), &refs).is_empty());
        let profile = |arn| Refs {
            instance_profiles: set([arn]),
            ..Refs::default()
        };
        assert!(profile("").missing(&found, &asked).is_empty());
        assert_eq!(profile("arn").missing(&found, &asked), profile("arn"));
    }

    #[test]
    fn so_many_may_be_named_and_no_more() {
        let named = |count: usize| Refs {
            vpcs: set(["vpc-1"]),
            launch_templates: [template("1")].into(),
            ..Refs::of_types((2..count).map(|number| number.to_string()))
        };
        assert_eq!(named(Refs::MOST).count(), Refs::MOST);
        assert!(named(Refs::MOST).check().is_ok());
        let refusal = named(Refs::MOST + 1).check().unwrap_err();
        assert!(
            refusal.message.contains("at most 200 things, not 201"),
            "{refusal}"
        );
    }
}
