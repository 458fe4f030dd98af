//! Parts of pages that know the model.

mod asked;
mod confirm_delete;
pub mod delete;
mod error_info;
mod fetched;
mod frame;
pub mod guard;
mod help_panel;
mod job_state;
mod node_grid;
mod node_phase;
mod palette;
pub mod plan;
mod refusal;
mod session;
mod settings;
mod side_nav;
mod status;
mod submission;
mod tags_field;
mod top_bar;
pub mod wizard;

pub use asked::asked;
pub use confirm_delete::ConfirmDelete;
pub use error_info::ErrorInfos;
pub use fetched::Fetched;
pub use frame::{Clusters, Frame};
pub use job_state::{JobReason, JobState, is_pending, is_running, state_label};
pub use node_grid::NodeGrid;
pub use node_phase::{NodePhaseIndicator, phase_label};
pub use refusal::{Refusal, answer_not_found};
pub use settings::Settings;
pub use status::{StatusIndicator, StatusWithErrors, status_label};
pub use submission::{Refused, Submission};
pub use tags_field::{TagsField, shown_tags};
pub use top_bar::{LanguageMenu, Mark, ThemeMenu};
