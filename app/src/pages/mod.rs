//! The pages: a folder is a URL.

pub mod clusters;
mod not_found;
mod sign_in;

pub use not_found::NotFound;
pub use sign_in::SignIn;
