//! A queue of its own: create, edit, look at.

mod create;
mod detail;
mod draft;
mod edit;

pub use create::CreateQueue;
pub use detail::QueuePage;
pub use edit::EditQueue;
