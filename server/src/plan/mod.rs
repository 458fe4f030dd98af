//! What to do about what is seen: pure functions, which reconcilers carry out and previews show.

pub mod node;
pub mod stranded;
