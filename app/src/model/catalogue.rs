//! What a provider offers to choose from: networks, templates, images, instance types, Slurm versions.
//!
//! `openpcs catalogue --json` prints all that the local provider has. Everybody else has a part of it only: a page that
//! was asked for, or what a request names, which the service checks it against.

use serde::{Deserialize, Serialize};

use super::group_settings::PurchaseOption;

/// All of it or a part; for the local provider all of it is the same on every machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Catalogue {
    pub vpcs: Vec<Vpc>,
    pub subnets: Vec<Subnet>,
    pub security_groups: Vec<SecurityGroup>,
    pub launch_templates: Vec<LaunchTemplate>,
    pub instance_profiles: Vec<InstanceProfile>,
    pub images: Vec<Image>,
    pub instance_types: Vec<InstanceType>,
    pub key_pairs: Vec<KeyPair>,
    #[serde(default)]
    pub capacity_reservations: Vec<CapacityReservation>,
    #[serde(default)]
    pub placement_groups: Vec<PlacementGroup>,
    /// Of the account's roles those that were asked for.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// How instances can be bought (N8).
    #[serde(default)]
    pub purchase_options: Vec<PurchaseOption>,
    pub slurm_versions: Vec<SlurmVersion>,
}

impl Catalogue {
    /// The name of the VPC, subnet, security group, launch template or image of that id.
    pub fn name(&self, id: &str) -> Option<&str> {
        let vpcs = self.vpcs.iter().map(|v| (&v.id, &v.name));
        let subnets = self.subnets.iter().map(|s| (&s.id, &s.name));
        let groups = self.security_groups.iter().map(|g| (&g.id, &g.name));
        let templates = self.launch_templates.iter().map(|t| (&t.id, &t.name));
        let images = self.images.iter().map(|i| (&i.id, &i.name));
        let mut all = (vpcs.chain(subnets).chain(groups))
            .chain(templates)
            .chain(images);
        all.find(|(other, _)| *other == id)
            .map(|(_, name)| name.as_str())
    }

    /// Takes what another part has, each thing once: behind its own, or instead of what it had.
    pub fn learn(&mut self, more: Catalogue) {
        let known = self.launch_templates.iter().map(|it| it.id.clone());
        let known: Vec<String> = known.collect();
        // A page of templates may come without their versions.
        let news = |it: &LaunchTemplate| !it.versions.is_empty() || !known.contains(&it.id);
        let templates = more.launch_templates.into_iter().filter(news).collect();
        put(&mut self.vpcs, more.vpcs, |it| &it.id);
        put(&mut self.subnets, more.subnets, |it| &it.id);
        put(&mut self.security_groups, more.security_groups, |it| &it.id);
        put(&mut self.launch_templates, templates, |it| &it.id);
        put(&mut self.instance_profiles, more.instance_profiles, |it| {
            &it.arn
        });
        put(&mut self.images, more.images, |it| &it.id);
        put(&mut self.instance_types, more.instance_types, |it| &it.id);
        put(&mut self.key_pairs, more.key_pairs, |it| &it.id);
        put(
            &mut self.capacity_reservations,
            more.capacity_reservations,
            |it| &it.id,
        );
        put(&mut self.placement_groups, more.placement_groups, |it| {
            &it.name
        });
        put(&mut self.roles, more.roles, |it| &it.name);
        if !more.purchase_options.is_empty() {
            self.purchase_options = more.purchase_options;
        }
        put(&mut self.slurm_versions, more.slurm_versions, |it| &it.id);
    }
}

fn put<T>(all: &mut Vec<T>, more: Vec<T>, id: fn(&T) -> &String) {
    for new in more {
        match all.iter_mut().find(|old| id(old) == id(&new)) {
            Some(old) => *old = new,
            None => all.push(new),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vpc {
    pub id: String,
    pub name: String,
    pub cidr: String,
    pub dns_hostnames: bool,
    pub dns_resolution: bool,
    /// `default` or `dedicated`.
    pub tenancy: String,
    /// The group that a cluster gets when it names none.
    pub default_security_group_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subnet {
    pub id: String,
    pub name: String,
    pub vpc_id: String,
    pub cidr: String,
    pub availability_zone: String,
    /// `availability-zone`, `local-zone`, `wavelength-zone` or `outpost`.
    pub zone_type: String,
    pub free_addresses: i64,
    pub public: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    pub vpc_id: String,
    pub description: String,
    #[serde(default)]
    pub inbound: Vec<InboundRule>,
}

/// What a security group lets in, of TCP: to which ports, from the members of which groups, from which addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InboundRule {
    pub from: u16,
    pub to: u16,
    pub groups: Vec<String>,
    /// As `10.3.0.0/16`, or the id of a list of such.
    pub ranges: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchTemplate {
    pub id: String,
    pub name: String,
    pub versions: Vec<LaunchTemplateVersion>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchTemplateVersion {
    /// A number, as text.
    pub version: String,
    pub image_id: Option<String>,
    pub security_group_ids: Vec<String>,
    /// Subnets of the template's network interfaces, if it names any.
    pub subnet_ids: Vec<String>,
    pub key_name: Option<String>,
    /// The reservation that instances go into, if it is named by itself and not by a group of them.
    #[serde(default)]
    pub capacity_reservation_id: Option<String>,
    /// Whether instances go into reservations that are named, by themselves or by a group of them.
    #[serde(default)]
    pub has_reservation: bool,
    /// The placement group that instances go into, if it is named.
    #[serde(default)]
    pub placement_group: Option<String>,
}

impl LaunchTemplateVersion {
    /// Network interfaces come with subnets and security groups of their own.
    pub fn has_interfaces(&self) -> bool {
        !self.subnet_ids.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceProfile {
    pub arn: String,
    pub name: String,
    /// The name of the role in it.
    pub role_name: String,
    /// The role's path.
    pub role_path: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    pub id: String,
    pub name: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    pub slurm_version: String,
    /// `available`, or why not.
    pub state: String,
}

/// Groups keep what they were made of in the database: a member more must have a default, and none may go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceType {
    /// The type's name, as `c6i.xlarge`.
    pub id: String,
    pub name: String,
    pub architecture: String,
    pub vcpus: i64,
    /// Physical cores: Slurm runs one task per core (N10).
    pub cores: i64,
    pub memory_mib: i64,
    pub gpus: i64,
    pub gpu_name: Option<String>,
    pub efa: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyPair {
    pub id: String,
    pub name: String,
}

/// Instances of a type in a zone that are kept for the account, or a block of them for a time (N8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapacityReservation {
    pub id: String,
    pub instance_type: String,
    pub availability_zone: String,
    /// `active`, `scheduled`, `expired` and so on, as EC2 says it.
    pub state: String,
    /// Instances.
    pub total: i64,
    pub free: i64,
    /// When it begins and ends, as `2026-05-29T10:00:00Z`; none: from when it was made, for ever.
    pub begins: Option<String>,
    pub ends: Option<String>,
}

/// Where EC2 puts instances, beside each other or far from each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacementGroup {
    pub name: String,
    /// `cluster`, `spread` or `partition`.
    pub strategy: String,
    /// `available`, or why not.
    pub state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlurmVersion {
    /// `24.11`.
    pub id: String,
    pub name: String,
    /// `2026-05-29`: no new clusters after it.
    pub end_of_life: String,
    /// `2027-01-31`: from that day on clusters with it are suspended. None unless the administrator has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_from: Option<String>,
    /// Whether this controller host has its binaries.
    pub installed: bool,
    /// Whether it can keep accounts there: it was built for it, and there is a database.
    #[serde(default)]
    pub has_accounting: bool,
    /// Whether it has the REST API: it was built for it.
    #[serde(default)]
    pub has_rest: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_learnt_is_known_once_and_no_template_loses_its_versions() {
        let pair = |id: &str, name: &str| KeyPair {
            id: id.into(),
            name: name.into(),
        };
        let template = |id: &str, versions: &[&str]| LaunchTemplate {
            id: id.into(),
            name: id.into(),
            versions: versions
                .iter()
                .map(|version| LaunchTemplateVersion {
                    version: (*version).into(),
                    ..LaunchTemplateVersion::default()
                })
                .collect(),
        };
        let mut known = Catalogue {
            key_pairs: vec![pair("1", "a"), pair("2", "b")],
            launch_templates: vec![template("lt-1", &["1"])],
            ..Catalogue::default()
        };
        known.learn(Catalogue {
            key_pairs: vec![pair("1", "new"), pair("3", "c")],
            launch_templates: vec![template("lt-1", &[]), template("lt-2", &[])],
            ..Catalogue::default()
        });
        let pairs = [pair("1", "new"), pair("2", "b"), pair("3", "c")];
        assert_eq!(known.key_pairs, pairs);
        let templates = [template("lt-1", &["1"]), template("lt-2", &[])];
        assert_eq!(known.launch_templates, templates);
        known.learn(Catalogue {
            launch_templates: vec![template("lt-2", &["1", "2"])],
            ..Catalogue::default()
        });
        assert_eq!(known.launch_templates[1], template("lt-2", &["1", "2"]));
    }
}
