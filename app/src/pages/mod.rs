//! The pages: a folder is a URL.

pub mod clusters;
#[cfg(feature = "design")]
mod design;
mod not_found;
mod sign_in;

#[cfg(feature = "design")]
pub use design::Design;
pub use not_found::NotFound;
pub use sign_in::SignIn;
