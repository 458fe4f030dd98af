//! Makes `target/site/pkg` out of the linked WebAssembly and the stylesheet's sources: what
//! `cargo leptos build` would do, without having to install cargo-leptos.
//!
//! `openpcs-bundle [FRONTEND.WASM [SITE]]`, run from the root of the workspace.

mod compress;
mod stylesheet;
mod wasm;

use std::env;
use std::fs;
use std::path::PathBuf;

/// The stem of every file; the server's `LeptosOptions::output_name` must say the same.
const NAME: &str = "openpcs";

fn main() -> anyhow::Result<()> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let linked = args.next().unwrap_or_else(linked_by_default);
    let site = args.next().unwrap_or_else(|| "target/site".into());

    let pkg = site.join("pkg");
    fs::create_dir_all(&pkg)?;
    wasm::bundle(&linked, &pkg)?;
    stylesheet::generate(&pkg)?;
    compress::directory(&pkg)
}

fn linked_by_default() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    target.join("wasm32-unknown-unknown/wasm-release/frontend.wasm")
}
