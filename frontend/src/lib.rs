//! Hydrates the server-rendered console in the browser, nothing else.

/// Called by the page's loader script once the WebAssembly is there.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::hydrate();
}
