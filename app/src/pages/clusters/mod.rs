//! `/clusters`: the list, creating and editing, and one cluster with its tabs.

pub mod compute_node_groups;
mod create;
mod crumbs;
pub mod deliveries;
pub mod detail;
mod edit;
mod export;
mod fields;
mod heading;
mod import;
mod job_submit;
mod list;
mod own_settings;
pub mod queues;
mod related;
mod set_aside;
mod upgrade;

pub use create::CreateCluster;
pub use edit::EditCluster;
pub use export::ExportCluster;
pub use import::ImportCluster;
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
