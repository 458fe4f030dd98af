//! What the provider offers.

use crate::model::catalogue::Catalogue;
use crate::model::offer::{OfferPage, OfferQuery};
use crate::model::refs::Refs;

port! {
    /// Offers of the account: never all of them at once.
    Offers {
        /// A page of those of a kind.
        ListOffers => list_offers(query: OfferQuery) -> OfferPage;
        /// What is there of what these name, of what that names in turn, and every Slurm version.
        ResolveOffers => resolve_offers(refs: Refs) -> Catalogue;
    }
}
