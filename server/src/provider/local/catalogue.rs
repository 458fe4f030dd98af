//! The fixed catalogue: the same ids on every machine, so that a tutorial can be followed to the letter.
//!
//! It has what the user guide's tutorial makes with CloudFormation, and a few samples, named `refused-…`, of what the
//! service must refuse. The data is in `catalogue.json`; sample images come from the Slurm versions there are.

use app::model::catalogue::{Catalogue, Image, SlurmVersion};
use app::model::compute_node_group::PurchaseOption;

use super::ProviderError;

const DATA: &str = include_str!("catalogue.json");

/// All that can be chosen, with these Slurm versions.
pub fn catalogue(slurm_versions: Vec<SlurmVersion>) -> Result<Catalogue, ProviderError> {
    let mut catalogue: Catalogue = serde_json::from_str(DATA).map_err(|error| ProviderError {
        code: "LocalCatalogue".into(),
        message: format!("The built-in catalogue is broken: {error}."),
    })?;
    for version in &slurm_versions {
        catalogue.images.extend(sample_images(&version.id));
    }
    catalogue.purchase_options = vec![PurchaseOption::Ondemand];
    catalogue.slurm_versions = slurm_versions;
    Ok(catalogue)
}

/// Named as the guide's sample images are; the id follows from the name's parts and so never changes.
fn sample_images(version: &str) -> Vec<Image> {
    let number: String = version.chars().filter(char::is_ascii_digit).collect();
    let mut images = Vec::new();
    for (os_number, os) in ["amzn2", "al2023"].into_iter().enumerate() {
        for (arch_number, architecture) in ["x86_64", "arm64"].into_iter().enumerate() {
            images.push(Image {
                id: format!("ami-0a5c{number:0>8}{os_number}{arch_number}000"),
                name: format!("aws-pcs-sample_ami-{os}-{architecture}-slurm-{version}"),
                architecture: architecture.into(),
                slurm_version: version.into(),
                state: "available".into(),
            });
        }
    }
    images
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn with(versions: &[&str]) -> Catalogue {
        let version = |id: &&str| SlurmVersion {
            id: (*id).into(),
            name: format!("Slurm {id}"),
            end_of_life: "2026-05-29".into(),
            suspended_from: None,
            installed: true,
            has_accounting: false,
            has_rest: false,
        };
        catalogue(versions.iter().map(version).collect()).unwrap()
    }

    #[test]
    fn it_has_what_the_tutorial_asks_for() {
        let catalogue = with(&["24.11", "25.05"]);
        assert!(
            catalogue
                .vpcs
                .iter()
                .any(|vpc| vpc.name == "hpc-networking")
        );
        let image = "aws-pcs-sample_ami-amzn2-x86_64-slurm-24.11";
        let image = catalogue
            .images
            .iter()
            .find(|found| found.name == image)
            .unwrap();
        for name in ["login-getstarted-lt", "compute-getstarted-lt"] {
            let template = catalogue
                .launch_templates
                .iter()
                .find(|found| found.name == name)
                .unwrap();
            assert_eq!(
                template.versions[0].image_id.as_ref(),
                Some(&image.id),
                "{name}"
            );
        }
    }

    #[test]
    fn ids_are_unique_and_formed_as_those_of_aws() {
        let catalogue = with(&["24.11", "25.05", "25.11"]);
        let mut ids: Vec<(&str, &str)> = Vec::new();
        ids.extend(catalogue.vpcs.iter().map(|it| ("vpc-", it.id.as_str())));
        ids.extend(
            catalogue
                .subnets
                .iter()
                .map(|it| ("subnet-", it.id.as_str())),
        );
        ids.extend(
            catalogue
                .security_groups
                .iter()
                .map(|it| ("sg-", it.id.as_str())),
        );
        ids.extend(
            catalogue
                .launch_templates
                .iter()
                .map(|it| ("lt-", it.id.as_str())),
        );
        ids.extend(catalogue.images.iter().map(|it| ("ami-", it.id.as_str())));
        ids.extend(
            catalogue
                .key_pairs
                .iter()
                .map(|it| ("key-", it.id.as_str())),
        );
        for (prefix, id) in &ids {
            let rest = id.strip_prefix(prefix).unwrap_or_default();
            assert!(
                rest.len() == 17 && rest.chars().all(|c| c.is_ascii_hexdigit()),
                "{id}"
            );
        }
        let distinct: HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }

    #[test]
    fn what_is_named_exists() {
        let catalogue = with(&["24.11"]);
        let vpcs: HashSet<_> = catalogue.vpcs.iter().map(|vpc| &vpc.id).collect();
        let groups: HashSet<_> = catalogue
            .security_groups
            .iter()
            .map(|group| &group.id)
            .collect();
        let subnets: HashSet<_> = catalogue.subnets.iter().map(|subnet| &subnet.id).collect();
        let images: HashSet<_> = catalogue.images.iter().map(|image| &image.id).collect();
        assert!(
            catalogue
                .subnets
                .iter()
                .all(|subnet| vpcs.contains(&subnet.vpc_id))
        );
        assert!(
            catalogue
                .security_groups
                .iter()
                .all(|group| vpcs.contains(&group.vpc_id))
        );
        assert!(
            catalogue
                .vpcs
                .iter()
                .all(|vpc| groups.contains(&vpc.default_security_group_id))
        );
        for version in catalogue
            .launch_templates
            .iter()
            .flat_map(|template| &template.versions)
        {
            assert!(
                version
                    .security_group_ids
                    .iter()
                    .all(|id| groups.contains(id))
            );
            assert!(version.subnet_ids.iter().all(|id| subnets.contains(id)));
            assert!(version.image_id.iter().all(|id| images.contains(id)));
        }
    }
}
