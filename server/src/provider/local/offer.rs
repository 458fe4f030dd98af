//! What is asked for of the [catalogue](super::catalogue).

use app::model::catalogue::*;
use app::model::offer::{OfferKind, OfferPage, OfferQuery};
use app::model::refs::Refs;
use openpcs_provider::ProviderError;

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
        purchase_options: all.purchase_options.clone(),
        slurm_versions: all.slurm_versions.clone(),
        // Nothing of these is on this host.
        capacity_reservations: vec![],
        placement_groups: vec![],
        roles: vec![],
    }
}

fn those<T: Clone>(all: &[T], wanted: impl Fn(&T) -> bool) -> Vec<T> {
    all.iter().filter(|it| wanted(it)).cloned().collect()
}

/// A page of what is asked for, in the catalogue's order.
pub fn page(all: &Catalogue, query: &OfferQuery) -> Result<OfferPage, ProviderError> {
    let mut page = OfferPage::default();
    let (offers, after) = (&mut page.offers, &mut page.after);
    match query.kind {
        OfferKind::Vpc => {
            let about = |it: &Vpc| About::new(&it.id, &[&it.name, &it.cidr]);
            (offers.vpcs, *after) = cut(&all.vpcs, query, about)?;
        }
        OfferKind::Subnet => {
            let about = |it: &Subnet| {
                let words = [&*it.name, &it.cidr, &it.availability_zone];
                About::new(&it.id, &words).within(&it.vpc_id)
            };
            (offers.subnets, *after) = cut(&all.subnets, query, about)?;
        }
        OfferKind::SecurityGroup => {
            let about = |it: &SecurityGroup| {
                About::new(&it.id, &[&it.name, &it.description]).within(&it.vpc_id)
            };
            (offers.security_groups, *after) = cut(&all.security_groups, query, about)?;
        }
        OfferKind::LaunchTemplate => {
            let about = |it: &LaunchTemplate| About::new(&it.id, &[&it.name]);
            (offers.launch_templates, *after) = cut(&all.launch_templates, query, about)?;
        }
        OfferKind::InstanceProfile => {
            let about = |it: &InstanceProfile| About::new(&it.arn, &[&it.name]);
            (offers.instance_profiles, *after) = cut(&all.instance_profiles, query, about)?;
        }
        OfferKind::Image => {
            let about =
                |it: &Image| About::new(&it.id, &[&it.name, &it.architecture, &it.slurm_version]);
            (offers.images, *after) = cut(&all.images, query, about)?;
        }
        OfferKind::InstanceType => {
            let about = |it: &InstanceType| {
                let size = format!("{} vCPUs {} GiB", it.vcpus, it.memory_mib / 1024);
                let gpu = it.gpu_name.as_deref().unwrap_or_default();
                About::new(&it.id, &[&it.architecture, &size, gpu])
            };
            (offers.instance_types, *after) = cut(&all.instance_types, query, about)?;
        }
        OfferKind::KeyPair => {
            let about = |it: &KeyPair| About::new(&it.id, &[&it.name]);
            (offers.key_pairs, *after) = cut(&all.key_pairs, query, about)?;
        }
    }
    Ok(page)
}

/// What is told of an offer.
struct About {
    key: String,
    /// What words are searched in.
    text: String,
    vpc_id: Option<String>,
}

impl About {
    fn new(key: &str, words: &[&str]) -> About {
        About {
            key: key.into(),
            text: format!("{key} {}", words.join(" ")).to_lowercase(),
            vpc_id: None,
        }
    }

    fn within(self, vpc_id: &str) -> About {
        About {
            vpc_id: Some(vpc_id.into()),
            ..self
        }
    }

    fn is_found(&self, query: &OfferQuery) -> bool {
        let (own, wanted) = (&self.vpc_id, &query.vpc_id);
        let is_there = own.is_none() || wanted.is_none() || own == wanted;
        let search = query.search.to_lowercase();
        is_there
            && search
                .split_whitespace()
                .all(|word| self.text.contains(word))
    }
}

/// The offers of a page, and the last of them if there are more: the next page begins behind it.
fn cut<T: Clone>(
    all: &[T],
    query: &OfferQuery,
    about: impl Fn(&T) -> About,
) -> Result<(Vec<T>, Option<String>), ProviderError> {
    let is_last = |after: &String| all.iter().position(|it| about(it).key == *after);
    let begin = match &query.after {
        None => 0,
        Some(after) => 1 + is_last(after).ok_or_else(ProviderError::no_such_page)?,
    };
    let mut found = all
        .iter()
        .skip(begin)
        .filter(|it| about(it).is_found(query));
    let offers: Vec<T> = found.by_ref().take(query.size).cloned().collect();
    let last = offers.last().map(|it| about(it).key);
    Ok((offers, last.filter(|_| found.next().is_some())))
}

#[cfg(test)]
mod tests {
    use openpcs_provider::NO_SUCH_PAGE;

    use super::*;
    use crate::provider::local::catalogue::catalogue;

    fn ids(page: &OfferPage) -> Vec<&str> {
        let offers = &page.offers;
        let subnets = offers.subnets.iter().map(|it| &it.id);
        let types = offers.instance_types.iter().map(|it| &it.id);
        subnets.chain(types).map(String::as_str).collect()
    }

    fn query(kind: OfferKind, search: &str) -> OfferQuery {
        OfferQuery {
            search: search.into(),
            ..OfferQuery::first(kind)
        }
    }

    #[test]
    fn pages_of_any_size_are_all_there_is_in_its_order() {
        let all = catalogue(vec![]).unwrap();
        let whole = page(&all, &query(OfferKind::InstanceType, "")).unwrap();
        assert_eq!(whole.offers.instance_types, all.instance_types);
        assert_eq!(whole.after, None);
        for size in [1, 7, all.instance_types.len() - 1, all.instance_types.len()] {
            let first = OfferQuery {
                size,
                ..query(OfferKind::InstanceType, "")
            };
            let (mut next, mut together) = (Some(first), vec![]);
            while let Some(query) = next {
                let page = page(&all, &query).unwrap();
                assert!((1..=size).contains(&page.offers.instance_types.len()));
                together.extend(page.offers.instance_types);
                next = page.after.map(|after| query.next(after));
            }
            assert_eq!(together, all.instance_types, "{size}");
        }
    }

    #[test]
    fn every_word_is_searched_for_and_only_in_the_vpc() {
        let all = catalogue(vec![]).unwrap();
        let found = page(&all, &query(OfferKind::InstanceType, " A100 24XLARGE ")).unwrap();
        assert_eq!(ids(&found), ["p4d.24xlarge", "p4de.24xlarge"]);
        let found = page(
            &all,
            &query(OfferKind::InstanceType, "A10G 96 vCPUs 384 GiB"),
        )
        .unwrap();
        assert_eq!(ids(&found), ["g5.24xlarge"]);
        let one = OfferQuery {
            size: 1,
            ..query(OfferKind::InstanceType, "a100")
        };
        let first = page(&all, &one).unwrap();
        let second = page(&all, &one.next(first.after.unwrap())).unwrap();
        assert_eq!(
            (ids(&second), &second.after),
            (vec!["p4de.24xlarge"], &None)
        );

        let vpc = &all.subnets[0].vpc_id;
        let within = |vpc: &str| OfferQuery {
            vpc_id: Some(vpc.into()),
            ..query(OfferKind::Subnet, "us-east-1a")
        };
        let found = page(&all, &within(vpc)).unwrap();
        let here = |it: &&Subnet| it.vpc_id == *vpc && it.availability_zone == "us-east-1a";
        let wanted: Vec<&str> = all
            .subnets
            .iter()
            .filter(here)
            .map(|it| it.id.as_str())
            .collect();
        assert_eq!(ids(&found), wanted);
        assert!(wanted.len() < all.subnets.len());
        assert_eq!(ids(&page(&all, &within("none")).unwrap()), [""; 0]);
    }

    #[test]
    fn a_page_that_begins_nowhere_is_refused() {
        let all = catalogue(vec![]).unwrap();
        let nowhere = query(OfferKind::KeyPair, "").next("x".into());
        assert_eq!(page(&all, &nowhere).unwrap_err().code, NO_SUCH_PAGE);
    }
}
