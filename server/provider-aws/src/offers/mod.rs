//! What an account offers: pages of it for lists to choose from, and what a request names of it (A11).
//!
//! A list is asked for whole and kept for a moment ([`cached`]), so that each letter of a search and each page is told from
//! memory: an account of thousands of images is as quick as an empty one. What a request names is asked for by name, each
//! kind beside the others, and kept for as long as a form is filled in ([`named`]).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use app::model::catalogue::*;
use app::model::compute_node_group::PurchaseOption;
use app::model::offer::{OfferKind, OfferPage, OfferQuery};
use app::model::refs::Refs;
use futures::try_join;
use openpcs_provider::ProviderError;

use crate::client::Client;

mod cached;
mod capacity_reservation;
mod cut;
mod image;
mod instance_profile;
mod instance_type;
mod key_pair;
mod kind;
mod launch_template;
mod named;
mod placement_group;
mod role;
mod security_group;
mod source;
mod subnet;
mod vpc;

pub use launch_template::READ_PARAMETERS;

use cached::Cached;
use kind::{Entry, Kind, Listed};
use named::Named;
use source::Source;

/// Every one that EC2 has.
const PURCHASE_OPTIONS: [PurchaseOption; 4] = [
    PurchaseOption::Ondemand,
    PurchaseOption::Spot,
    PurchaseOption::CapacityBlock,
    PurchaseOption::InterruptibleCapacityReservation,
];

/// What the account of a client offers.
pub struct Offers {
    source: Arc<Source>,
    vpcs: Known<Vpc>,
    subnets: Known<Subnet>,
    security_groups: Known<SecurityGroup>,
    launch_templates: Known<LaunchTemplate>,
    instance_profiles: Known<InstanceProfile>,
    images: Known<Image>,
    instance_types: Known<InstanceType>,
    key_pairs: Known<KeyPair>,
    capacity_reservations: Named<CapacityReservation>,
    placement_groups: Named<PlacementGroup>,
    roles: Named<Role>,
    slurm_versions: Vec<SlurmVersion>,
}

/// What is known of a kind.
struct Known<T> {
    list: Arc<Cached<Vec<Entry<T>>>>,
    named: Named<T>,
}

impl<T> Default for Known<T> {
    fn default() -> Known<T> {
        Known {
            list: Arc::default(),
            named: Named::default(),
        }
    }
}

/// The actions of IAM that this needs, each once.
pub fn actions() -> BTreeSet<&'static str> {
    [
        source::ACTIONS,
        Vpc::ACTIONS,
        Subnet::ACTIONS,
        SecurityGroup::ACTIONS,
        LaunchTemplate::ACTIONS,
        InstanceProfile::ACTIONS,
        Image::ACTIONS,
        InstanceType::ACTIONS,
        KeyPair::ACTIONS,
        CapacityReservation::ACTIONS,
        PlacementGroup::ACTIONS,
        Role::ACTIONS,
    ]
    .concat()
    .into_iter()
    .collect()
}

impl Offers {
    /// The versions of Slurm are the host's, not the account's.
    pub fn new(client: Client, slurm_versions: Vec<SlurmVersion>) -> Offers {
        Offers {
            source: Arc::new(Source::new(client)),
            vpcs: Known::default(),
            subnets: Known::default(),
            security_groups: Known::default(),
            launch_templates: Known::default(),
            instance_profiles: Known::default(),
            images: Known::default(),
            instance_types: Known::default(),
            key_pairs: Known::default(),
            capacity_reservations: Named::default(),
            placement_groups: Named::default(),
            roles: Named::default(),
            slurm_versions,
        }
    }

    /// What there is of what these name. Unknown names are no error.
    pub async fn resolve(&self, refs: &Refs) -> Result<Catalogue, ProviderError> {
        let from = &self.source;
        let templates = refs.launch_templates.iter().map(|it| it.id.clone());
        let templates = templates.collect();
        let (
            vpcs,
            subnets,
            security_groups,
            launch_templates,
            instance_profiles,
            images,
            instance_types,
            key_pairs,
            capacity_reservations,
            placement_groups,
            roles,
        ) = try_join!(
            self.vpcs.named.get(from, &refs.vpcs),
            self.subnets.named.get(from, &refs.subnets),
            self.security_groups.named.get(from, &refs.security_groups),
            self.launch_templates.named.get(from, &templates),
            self.instance_profiles
                .named
                .get(from, &refs.instance_profiles),
            self.images.named.get(from, &refs.images),
            self.instance_types.named.get(from, &refs.instance_types),
            self.key_pairs.named.get(from, &refs.key_pairs),
            self.capacity_reservations
                .get(from, &refs.capacity_reservations),
            self.placement_groups.get(from, &refs.placement_groups),
            self.roles.get(from, &refs.roles),
        )?;
        Ok(Catalogue {
            vpcs,
            subnets,
            security_groups,
            launch_templates,
            instance_profiles,
            images,
            instance_types,
            key_pairs,
            capacity_reservations,
            placement_groups,
            roles,
            purchase_options: PURCHASE_OPTIONS.into(),
            slurm_versions: self.slurm_versions.clone(),
        })
    }

    /// A page of what is asked for. A list is in an order that all its pages share.
    pub async fn page(&self, query: &OfferQuery) -> Result<OfferPage, ProviderError> {
        let mut page = OfferPage::default();
        let (offers, after) = (&mut page.offers, &mut page.after);
        match query.kind {
            OfferKind::Vpc => {
                let listed;
                (listed, *after) = self.cut(&self.vpcs, query).await?;
                offers.vpcs = self.whole(listed).await?;
            }
            OfferKind::Subnet => {
                (offers.subnets, *after) = self.cut(&self.subnets, query).await?;
            }
            OfferKind::SecurityGroup => {
                (offers.security_groups, *after) = self.cut(&self.security_groups, query).await?;
            }
            OfferKind::LaunchTemplate => {
                (offers.launch_templates, *after) = self.cut(&self.launch_templates, query).await?;
            }
            OfferKind::InstanceProfile => {
                (offers.instance_profiles, *after) =
                    self.cut(&self.instance_profiles, query).await?;
            }
            OfferKind::Image => {
                (offers.images, *after) = self.cut(&self.images, query).await?;
            }
            OfferKind::InstanceType => {
                (offers.instance_types, *after) = self.cut(&self.instance_types, query).await?;
            }
            OfferKind::KeyPair => {
                (offers.key_pairs, *after) = self.cut(&self.key_pairs, query).await?;
            }
        }
        Ok(page)
    }

    /// How old the list is that pages of that kind are from; none before the first.
    pub fn age(&self, kind: OfferKind) -> Option<Duration> {
        match kind {
            OfferKind::Vpc => self.vpcs.list.age(),
            OfferKind::Subnet => self.subnets.list.age(),
            OfferKind::SecurityGroup => self.security_groups.list.age(),
            OfferKind::LaunchTemplate => self.launch_templates.list.age(),
            OfferKind::InstanceProfile => self.instance_profiles.list.age(),
            OfferKind::Image => self.images.list.age(),
            OfferKind::InstanceType => self.instance_types.list.age(),
            OfferKind::KeyPair => self.key_pairs.list.age(),
        }
    }

    async fn cut<T: Listed>(
        &self,
        known: &Known<T>,
        query: &OfferQuery,
    ) -> Result<(Vec<T>, Option<String>), ProviderError> {
        let source = self.source.clone();
        let ask = async move || {
            let mut entries = T::all(&source).await?;
            cut::sort(&mut entries);
            Ok(entries)
        };
        let entries = known.list.get(T::LIST, ask).await?;
        cut::cut(&entries, query)
    }

    /// These with what the list does not have of them, in their order.
    async fn whole(&self, listed: Vec<Vpc>) -> Result<Vec<Vpc>, ProviderError> {
        let names = listed.iter().map(|it| it.id.clone()).collect();
        let found = self.vpcs.named.get(&self.source, &names).await?;
        let whole = |it: Vpc| found.iter().find(|whole| whole.id == it.id).cloned();
        Ok(listed.into_iter().filter_map(whole).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_of_a_call_that_only_looks() {
        let actions = actions();
        assert_eq!(actions.len(), 16, "{actions:?}");
        for action in actions {
            let (service, name) = action.split_once(':').unwrap();
            assert!(["ec2", "iam", "ssm"].contains(&service), "{action}");
            let looks = ["Describe", "Get", "List"];
            assert!(looks.iter().any(|it| name.starts_with(it)), "{action}");
        }
    }
}
