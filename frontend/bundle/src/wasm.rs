//! From the file that the linker wrote to the pair that a browser loads: `openpcs.js` and
//! `openpcs_bg.wasm`, the names that `HydrationScripts` of Leptos asks for.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::NAME;

/// What rustc emits and binaryen does not yet take for granted.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

/// Does nothing when the result is newer than `linked`: optimising is the slow part.
pub fn bundle(linked: &Path, pkg: &Path) -> anyhow::Result<()> {
    let module = pkg.join(format!("{NAME}_bg.wasm"));
    if is_newer(&module, linked)? {
        return Ok(());
    }
    bind(linked, pkg)?;
    // Optimised last and renamed into place, so that an interrupted run is never taken for a done one.
    let bound = pkg.join(format!("{NAME}.bound.wasm"));
    fs::rename(&module, &bound)?;
    let optimised = pkg.join(format!("{NAME}.optimised.wasm"));
    optimise(&bound, &optimised)?;
    restore_table(&optimised)?;
    fs::remove_file(&bound)?;
    fs::rename(&optimised, &module)?;
    Ok(())
}

fn is_newer(module: &Path, linked: &Path) -> anyhow::Result<bool> {
    let built = fs::metadata(linked)
        .and_then(|file| file.modified())
        .with_context(|| format!("no frontend at {}", linked.display()))?;
    let bundled = fs::metadata(module).and_then(|file| file.modified());
    Ok(bundled.is_ok_and(|bundled| bundled > built))
}

fn bind(linked: &Path, pkg: &Path) -> anyhow::Result<()> {
    Bindgen::new()
        .input_path(linked)
        .out_name(NAME)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(pkg)
}

/// Binaryen before 109 writes the export of a second table as one of the first: the browser would then find functions
/// where `wasm-bindgen` keeps its objects.
fn restore_table(module: &Path) -> anyhow::Result<()> {
    let mut parsed = walrus::Module::from_file(module)?;
    let objects = parsed
        .tables
        .iter()
        .find(|table| table.element_ty == walrus::RefType::EXTERNREF)
        .map(|table| table.id());
    let export = parsed
        .exports
        .iter()
        .find(|export| export.name == "__wbindgen_externrefs")
        .map(|export| export.id());
    if let (Some(objects), Some(export)) = (objects, export) {
        parsed.exports.get_mut(export).item = objects.into();
        parsed.emit_wasm_file(module)?;
    }
    Ok(())
}

fn optimise(from: &Path, to: &Path) -> anyhow::Result<()> {
    let status = Command::new("wasm-opt")
        .args(["-Oz", "-o"])
        .arg(to)
        .args(FEATURES)
        .arg(from)
        .status()
        .context("cannot run wasm-opt (package binaryen)")?;
    ensure!(status.success(), "wasm-opt failed: {status}");
    Ok(())
}
