//! The console and the nouns it shares with the server. Compiled twice: `ssr` into the server, `hydrate` into the
//! browser's WebAssembly. It never depends on the server: [`port`] is what the server implements.
//!
//! A page stands in `pages` where its URL says; it asks through `api`, listens to `live`, and is built of
//! `components`, which know the model, and `ui`, which does not. All words are in `locales/`.
//!
//! A view's type is as deep as its tree. Components end in `into_any()`, so that types stay small and compiling fast;
//! and [`shell`], [`routes`] and [`hydrate`] are not generic, so that the views are compiled here and not once more in
//! every crate that uses them.

mod alive;
pub mod api;
mod app;
mod browser;
pub mod command;
mod components;
#[cfg(feature = "hydrate")]
mod early;
#[cfg(feature = "ssr")]
pub mod explain;
pub mod foreign;
pub mod i18n;
pub mod list;
mod live;
pub mod model;
mod pages;
pub mod paths;
#[cfg(feature = "ssr")]
pub mod port;
pub mod preference;
pub mod rules;
#[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "for a browser"))]
mod stream;
mod ui;

#[cfg(feature = "hydrate")]
pub use app::hydrate;
#[cfg(feature = "ssr")]
pub use app::{routes, shell};
