//! `/clusters`: the list, creating and editing, and one cluster with its tabs.

mod create;
pub mod detail;
mod edit;
mod list;

pub use create::CreateCluster;
pub use edit::EditCluster;
pub use list::ClusterList;

use crate::i18n::Text;
use crate::model::cluster::Size;

/// "Small".
fn size_label(t: &'static Text, size: Size) -> &'static str {
    match size {
        Size::Small => t.clusters.size_small,
        Size::Medium => t.clusters.size_medium,
        Size::Large => t.clusters.size_large,
    }
}
