//! What is asked for of the [catalogue](super::catalogue).

use app::model::catalogue::Catalogue;
use app::model::refs::Refs;

/// What these name, and all Slurm versions.
pub fn resolved(all: &Catalogue, refs: &Refs) -> Catalogue {
    let templates = &refs.launch_templates;
    Catalogue {
        vpcs: those(&all.vpcs, |it| refs.vpcs.contains(&it.id)),
        subnets: those(&all.subnets, |it| refs.subnets.contains(&it.id)),
        security_groups: those(&all.security_groups, |it| {
            refs.security_groups.contains(&it.id)
        }),
        launch_templates: those(&all.launch_templates, |it| {
            templates.iter().any(|named| named.id == it.id)
        }),
        instance_profiles: those(&all.instance_profiles, |it| {
            refs.instance_profiles.contains(&it.arn)
        }),
        images: those(&all.images, |it| refs.images.contains(&it.id)),
        instance_types: those(&all.instance_types, |it| {
            refs.instance_types.contains(&it.id)
        }),
        key_pairs: those(&all.key_pairs, |it| refs.key_pairs.contains(&it.name)),
        slurm_versions: all.slurm_versions.clone(),
    }
}

fn those<T: Clone>(all: &[T], wanted: impl Fn(&T) -> bool) -> Vec<T> {
    all.iter().filter(|it| wanted(it)).cloned().collect()
}
