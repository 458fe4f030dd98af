//! The pages: a folder is a URL.

mod audit;
pub mod clusters;
#[cfg(feature = "design")]
mod design;
mod jobs;
mod logs;
mod monitoring;
mod nodes;
mod not_found;
mod notifications;
pub mod parts;
mod past_jobs;
mod sign_in;
mod system;
mod troubleshooting;

#[cfg(feature = "design")]
pub use design::Design;
pub use not_found::NotFound;
pub use sign_in::SignIn;
