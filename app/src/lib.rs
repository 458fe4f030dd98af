//! The console and the nouns it shares with the server. Compiled twice: `ssr` into the server, `hydrate` into the
//! browser's WebAssembly. It never depends on the server: [`port`] is what the server implements.
use leptos::prelude::*;

pub mod model;
#[cfg(feature = "ssr")]
pub mod port;

/// The console.
#[component]
pub fn App() -> impl IntoView {
    view! { <p>"OpenPCS"</p> }
}
