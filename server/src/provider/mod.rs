//! What the server has of providers itself: the `local` one, whose instances are sandboxes with Slurm on this host, with
//! the ports that they share; the scripts of nodes and the buckets of this host; who sends logs to AWS; and the faults of
//! one, which are switched on by an option of the server. What a provider is says [`openpcs_provider`].

pub mod aws;
pub mod buckets;
pub mod delivery;
pub mod fault;
pub mod local;
pub mod ports;
pub mod script;
