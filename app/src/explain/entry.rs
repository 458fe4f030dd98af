//! The texts of a reason.

use crate::model::explanation::Outlook;

/// Their placeholders are not yet filled in.
pub(super) struct Entry {
    pub title: &'static str,
    pub meaning: &'static str,
    pub remedy: &'static str,
    pub outlook: Outlook,
}
