//! From the file that the linker wrote to what a browser loads: `openpcs.js` and `openpcs_bg.wasm`, the names that
//! `HydrationScripts` of Leptos asks for, and a `.wasm` for every part that a page loads when it is opened.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow, ensure};
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

/// The script that loads the parts: the macro `lazy` of Leptos imports from a module of this name.
const LOADER: &str = "./__wasm_split.______________________.js";
/// Which parts belong to which page, for the server to announce them in the page's head.
const MANIFEST: &str = "__wasm_split_manifest.json";

/// Does nothing when the result is newer than `linked`: optimising is the slow part.
pub fn bundle(linked: &Path, pkg: &Path) -> anyhow::Result<()> {
    let module = pkg.join(format!("{NAME}_bg.wasm"));
    if is_newer(&module, linked)? {
        return Ok(());
    }
    remove_modules(pkg)?;
    let first = pkg.join(format!("{NAME}.wasm"));
    let parts = split(linked, &first, pkg)?;
    bind(&first, pkg)?;
    fs::remove_file(&first)?;
    for part in &parts {
        optimise(part)?;
    }
    // Bound to another name and renamed last, so that an interrupted run is never taken for a done one.
    let bound = pkg.join(format!("{NAME}.bound.wasm"));
    fs::rename(&module, &bound)?;
    optimise(&bound)?;
    restore_table(&bound)?;
    fs::rename(&bound, &module)?;
    Ok(())
}

fn is_newer(module: &Path, linked: &Path) -> anyhow::Result<bool> {
    let built = fs::metadata(linked)
        .and_then(|file| file.modified())
        .with_context(|| format!("no frontend at {}", linked.display()))?;
    let bundled = fs::metadata(module).and_then(|file| file.modified());
    Ok(bundled.is_ok_and(|bundled| bundled > built))
}

/// The parts of the last time have names that may not come again.
fn remove_modules(pkg: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(pkg)? {
        let path = entry?.path();
        if path.to_string_lossy().contains(".wasm") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Cuts `linked` into what every page needs, written to `first`, and the parts, written beside it.
fn split(linked: &Path, first: &Path, pkg: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let input = fs::read(linked)?;
    let main_module = format!("./{NAME}.js");
    let mut options = wasm_split_cli_support::Options::new(&input);
    options.output_dir = pkg;
    options.main_out_path = first;
    options.main_module = &main_module;
    options.link_name = LOADER;
    let split = wasm_split_cli_support::transform(options).map_err(|error| anyhow!("{error:?}"))?;
    fs::write(
        pkg.join(MANIFEST),
        serde_json::to_string(&split.prefetch_map)?,
    )?;
    Ok(split.split_modules)
}

fn bind(first: &Path, pkg: &Path) -> anyhow::Result<()> {
    Bindgen::new()
        .input_path(first)
        .out_name(NAME)
        .web(true)?
        .typescript(false)
        // The parts call the first module by its linker's names.
        .keep_lld_exports(true)
        .demangle(false)
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

fn optimise(module: &Path) -> anyhow::Result<()> {
    let output = Command::new("wasm-opt")
        .args(["-Oz", "-o"])
        .arg(module)
        .args(FEATURES)
        .arg(module)
        .output()
        .context("cannot run wasm-opt (package binaryen)")?;
    // Its warnings are about names, which are not kept.
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "wasm-opt failed: {said}");
    Ok(())
}
