//! A compute node group of its own: create, edit, look at.

mod choice;
mod create;
mod detail;
mod draft;
mod edit;
mod instances;
mod launch;
mod life;
mod life_draft;
mod lists;
mod steps;

pub use create::CreateGroup;
pub use detail::GroupPage;
pub use edit::EditGroup;
