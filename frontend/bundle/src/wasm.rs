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

/// Functions of fewer instructions are often alike, and the compiler keeps one of them for all.
const SHARED: u64 = 40;

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
    let mut module = walrus::Module::from_file(linked)?;
    drop_lazy_hydration(&mut module);
    Bindgen::new()
        .input_module(NAME, module)
        .out_name(NAME)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(pkg)
}

/// Leptos compiles each view's hydration twice: at once, as `app` does, and step by step for pages that load parts of
/// themselves later (`hydrate_lazy`). The second is never called, but tables of functions hold on to it: a sixth of the
/// download. Emptied, nothing holds on to what it calls either, and the optimiser lets it go.
fn drop_lazy_hydration(module: &mut walrus::Module) {
    let lazy: Vec<_> = module
        .funcs
        .iter_local()
        .filter(|(_, function)| function.size() >= SHARED)
        .filter(|(id, _)| {
            module
                .funcs
                .get(*id)
                .name
                .as_deref()
                .is_some_and(is_lazy_hydration)
        })
        .map(|(id, function)| (id, function.ty(), function.args.clone()))
        .collect();
    for (id, ty, args) in lazy {
        let (params, results) = module.types.params_results(ty);
        let (params, results) = (params.to_vec(), results.to_vec());
        let mut empty = walrus::FunctionBuilder::new(&mut module.types, &params, &results);
        empty.func_body().unreachable();
        module.funcs.get_mut(id).kind = walrus::FunctionKind::Local(empty.local_func(args));
    }
}

/// By the compiler's name for it: the function itself or a closure in it. A function inside may be shared with the
/// hydration that is used, where both are alike.
fn is_lazy_hydration(symbol: &str) -> bool {
    const CLOSURE: &str = "28_$u7b$$u7b$closure$u7d$$u7d$";
    symbol
        .rsplit_once("13hydrate_async")
        .is_some_and(|(_, rest)| rest.replace(CLOSURE, "").starts_with("17h"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lazy_hydration_is_known_by_its_symbol() {
        assert!(is_lazy_hydration(
            "_ZN71_$LT$T$u20$as$u20$tachys..view..any_view..IntoAny$GT$8into_any13hydrate_async17h0b032254c200eb0dE"
        ));
        assert!(!is_lazy_hydration(
            "_ZN6tachys4view10RenderHtml7hydrate17h0b032254c200eb0dE"
        ));
        assert!(is_lazy_hydration(
            "_ZN6tachys4view10RenderHtml13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$17h0b032254c200eb0dE"
        ));
        assert!(!is_lazy_hydration(
            "_ZN6tachys4view10RenderHtml13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$7inner_117h6489a89369e66e19E"
        ));
    }
}
