//! What the daemons of this host's clusters have logged, kept line by line (L5): each cluster in a file of SQLite of its
//! own, which is not the main database, for that may be shared by several servers.
//!
//! [`follow`] reads the daemons' files and puts each line into the [`store`] once, together with the place in the file that
//! it came from; what of them is no daemon's, [`jobcomp`] reads. All else reads by sequence number: search, the log API of
//! AWS, and deliveries. What instances log is kept as it is, in [`instances`], and searched as it is, in [`instance_lines`].

pub mod follow;
pub mod instance_lines;
pub mod instances;
pub mod jobcomp;
pub mod line;
pub mod place;
pub mod recent;
mod retain;
pub mod search;
pub mod store;
pub mod stores;
mod word;
