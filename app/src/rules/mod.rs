//! What may be asked for: the rules that need no database, shared by the service, which refuses with them, and the
//! browser's forms, which tell sooner.

pub mod compute_node_group;
pub mod network;
pub mod queue;
