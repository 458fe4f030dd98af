//! What the provider offers: pages of it for lists to choose from, and what a request names of it. The rules take that and
//! nothing else of the account.

use app::model::catalogue::Catalogue;
use app::model::error::{Error, Result};
use app::model::offer::{OfferPage, OfferQuery};
use app::model::operation::Operation;
use app::model::refs::Refs;
use app::port::{Ctx, Offers};
use async_trait::async_trait;
use openpcs_provider::{NO_SUCH_PAGE, Provider};

use super::{Service, provider_error};
use crate::auth::policy::Authorize as _;
use crate::slurm::catalogue;

#[async_trait]
impl Offers for Service {
    async fn list_offers(&self, ctx: &Ctx, query: OfferQuery) -> Result<OfferPage> {
        ctx.authorize(Operation::ListOffers, "*")?;
        query.check()?;
        let page = self.parts.provider.page(&query).await;
        page.map_err(|error| match error.code.as_str() {
            NO_SUCH_PAGE => Error::field("query.after", error.message),
            _ => provider_error(error),
        })
    }

    async fn resolve_offers(&self, ctx: &Ctx, refs: Refs) -> Result<Catalogue> {
        ctx.authorize(Operation::ResolveOffers, "*")?;
        refs.check()?;
        self.resolve(&refs).await
    }
}

impl Service {
    /// What is there of what these name, and of what that names in turn.
    pub(super) async fn resolve(&self, refs: &Refs) -> Result<Catalogue> {
        let mut found = resolved(self.parts.provider.as_ref(), refs).await?;
        // Those that set-up has added since this server began, too: some looks at files, which cost next to nothing.
        found.slurm_versions = catalogue::versions(&self.itself.scheduler_root);
        Ok(found)
    }
}

async fn resolved(provider: &dyn Provider, refs: &Refs) -> Result<Catalogue> {
    let mut found = provider.resolve(refs).await.map_err(provider_error)?;
    let next = refs.following(&found);
    if !next.is_empty() {
        let more = provider.resolve(&next).await.map_err(provider_error)?;
        found.learn(more);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use app::model::catalogue::SlurmVersion;
    use app::model::cluster::Networking;
    use app::model::compute_node_group::*;
    use app::model::error::ErrorKind;
    use app::model::offer::OfferKind;
    use app::port::{Principal, Why};
    use app::rules::{compute_node_group, english, network};
    use serde_json::json;

    use super::*;
    use crate::provider::local::{Local, catalogue::catalogue};
    use crate::service::fixture;

    fn versions() -> Vec<SlurmVersion> {
        vec![SlurmVersion {
            id: "24.11".into(),
            name: "Slurm 24.11".into(),
            end_of_life: "2026-05-31".into(),
            suspended_from: None,
            installed: true,
            has_accounting: false,
            has_rest: false,
        }]
    }

    /// Each of them, and one that there is not.
    fn each<'a>(ids: impl Iterator<Item = &'a String>) -> Vec<String> {
        ids.cloned().chain(["none-such".to_owned()]).collect()
    }

    fn of<T: Clone>(one: &T, change: impl FnOnce(&mut T)) -> T {
        let mut other = one.clone();
        change(&mut other);
        other
    }

    fn cluster(subnets: &[&String], groups: &[&String]) -> Networking {
        serde_json::from_value(json!({"subnetIds": subnets, "securityGroupIds": groups})).unwrap()
    }

    fn group() -> GroupSettings {
        serde_json::from_value(json!({
            "instanceConfigs": [{"instanceType": "c6i.xlarge"}],
            "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 1},
            "subnetIds": ["subnet-03ef3990a11e7a351"],
            "iamInstanceProfileArn": "arn:aws:iam::111122223333:instance-profile/AWSPCS-getstarted-role",
            "customLaunchTemplate": {"id": "lt-049ee8a3d752bbe70", "version": "1"},
        }))
        .unwrap()
    }

    /// Groups with another of each thing that can be named, alone and beside others that are judged with it.
    fn groups(all: &Catalogue) -> Vec<GroupSettings> {
        let template = |id: &String, version: &str| {
            Some(CustomLaunchTemplate {
                id: id.clone(),
                version: version.into(),
            })
        };
        let base = group();
        let mut groups = vec![base.clone()];
        for subnet in each(all.subnets.iter().map(|it| &it.id)) {
            groups.push(of(&base, |it| it.subnet_ids.push(subnet)));
        }
        for profile in each(all.instance_profiles.iter().map(|it| &it.arn)) {
            groups.push(of(&base, |it| it.iam_instance_profile_arn = profile));
        }
        for key in each(all.key_pairs.iter().map(|it| &it.name)) {
            groups.push(of(&base, |it| it.ssh_key_name = Some(key)));
        }
        for name in each(all.instance_types.iter().map(|it| &it.id)) {
            let config = InstanceConfig {
                instance_type: Some(name),
            };
            groups.push(of(&base, |it| it.instance_configs.push(config.clone())));
            groups.push(of(&base, |it| it.instance_configs = vec![config]));
        }
        for id in each(all.launch_templates.iter().map(|it| &it.id)) {
            for version in ["1", "2"] {
                let other = of(&base, |it| {
                    it.custom_launch_template = template(&id, version)
                });
                for image in each(all.images.iter().map(|it| &it.id)) {
                    groups.push(of(&other, |it| it.ami_id = Some(image)));
                }
                for sg in each(all.security_groups.iter().map(|it| &it.id)) {
                    groups.push(of(&other, |it| it.security_group_ids = Some(vec![sg])));
                }
                groups.push(other);
            }
        }
        groups
    }

    /// Whatever is named, of a cluster or a group: what is resolved of it is enough for the same answer, word for word.
    #[tokio::test]
    async fn rules_say_the_same_of_what_is_resolved_as_of_all_there_is() {
        let dir = std::path::Path::new("none");
        let provider = Local::new(dir, dir, dir, "unix:none", versions()).unwrap();
        let all = catalogue(versions()).unwrap();
        let t = english();
        let subnets = each(all.subnets.iter().map(|it| &it.id));
        let (mut accepted, mut refused) = (0, 0);
        for (first, second) in subnets
            .iter()
            .flat_map(|a| subnets.iter().map(move |b| (a, b)))
        {
            for sg in each(all.security_groups.iter().map(|it| &it.id)) {
                let asked = cluster(&[first, second], &[&sg]);
                let some = resolved(&provider, &Refs::of_network(&asked))
                    .await
                    .unwrap();
                let answer = network::resolve(t, &all, &asked);
                assert_eq!(network::resolve(t, &some, &asked), answer);
                if answer.is_ok() {
                    accepted += 1
                } else {
                    refused += 1
                }
            }
        }
        assert!(accepted > 0 && refused > 0, "{accepted} {refused}");

        let at_home = cluster(&[&"subnet-03ef3990a11e7a351".into()], &[]);
        (accepted, refused) = (0, 0);
        for asked in groups(&all) {
            let refs = Refs::of_group(&at_home, &asked);
            let some = resolved(&provider, &refs).await.unwrap();
            assert_eq!(some.slurm_versions, all.slurm_versions);
            let check = |offers| compute_node_group::check(t, offers, &at_home, &asked, "local");
            assert_eq!(check(&some), check(&all), "{asked:?}");
            if check(&all).is_ok() {
                accepted += 1
            } else {
                refused += 1
            }
        }
        assert!(accepted > 0 && refused > 0, "{accepted} {refused}");
    }
    #[tokio::test]
    async fn a_page_and_what_is_named_are_told_and_nonsense_is_refused_by_its_member() {
        let dir = tempfile::tempdir().unwrap();
        let service = fixture::service(dir.path()).await;
        let user = Principal::User {
            name: "admin".into(),
            arn: service.parts.arns.user("admin"),
        };
        let ctx = Ctx::new(user, Why::Console, "request".into());
        let all = catalogue(versions()).unwrap();

        let first = OfferQuery {
            size: 2,
            ..OfferQuery::first(OfferKind::InstanceType)
        };
        let page = service.list_offers(&ctx, first.clone()).await.unwrap();
        assert_eq!(page.offers.instance_types, all.instance_types[..2]);
        let next = first.next(page.after.unwrap());
        let page = service.list_offers(&ctx, next).await.unwrap();
        assert_eq!(page.offers.instance_types, all.instance_types[2..4]);

        let subnet = &all.subnets[0];
        let refs = Refs {
            subnets: [subnet.id.clone()].into(),
            ..Refs::default()
        };
        let found = service.resolve_offers(&ctx, refs).await.unwrap();
        assert_eq!(found.subnets, all.subnets[..1]);
        assert_eq!(found.vpcs[0].id, subnet.vpc_id);
        let installed = found.slurm_versions.iter().filter(|v| v.installed);
        assert_eq!(installed.count(), 1);

        let none = OfferQuery {
            size: 0,
            ..first.clone()
        };
        let many = Refs::of_types((0..=Refs::MOST).map(|number| number.to_string()));
        for (refused, member) in [
            (
                service.list_offers(&ctx, none).await.map(drop),
                "query.size",
            ),
            (
                service
                    .list_offers(&ctx, first.next("nowhere".into()))
                    .await
                    .map(drop),
                "query.after",
            ),
            (service.resolve_offers(&ctx, many).await.map(drop), "refs"),
        ] {
            let error = refused.unwrap_err();
            let ErrorKind::Validation { fields, .. } = &error.kind else {
                panic!("{error}");
            };
            assert_eq!(fields[0].name, member, "{error}");
        }
    }
}
