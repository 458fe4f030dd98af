//! The few things that only a browser can do. On the server each does nothing, so pages need no `cfg`.

/// Milliseconds since 1970.
#[cfg(feature = "hydrate")]
pub fn now() -> i64 {
    js_sys::Date::now() as i64
}

/// Milliseconds since 1970.
#[cfg(not(feature = "hydrate"))]
pub fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}

/// Leaves for another page by a full load, so that the server decides what is shown.
#[cfg_attr(not(feature = "hydrate"), allow(unused_variables))]
pub fn leave_for(url: &str) {
    #[cfg(feature = "hydrate")]
    // The only failure is a malformed URL, and ours come from `paths`.
    let _ = leptos::prelude::window().location().assign(url);
}

/// The path and query of the page shown.
pub fn location() -> String {
    #[cfg(feature = "hydrate")]
    {
        let location = leptos::prelude::window().location();
        let part = |text: Result<String, _>| text.unwrap_or_default();
        part(location.pathname()) + &part(location.search())
    }
    #[cfg(not(feature = "hydrate"))]
    String::new()
}

/// Puts text on the clipboard; a browser that does not allow it changes nothing.
#[cfg_attr(not(feature = "hydrate"), allow(unused_variables))]
pub fn copy(text: &str) {
    #[cfg(feature = "hydrate")]
    {
        let clipboard = leptos::prelude::window().navigator().clipboard();
        // The browser runs the promise by itself; nobody waits for it.
        drop(clipboard.write_text(text));
    }
}

/// Shows a theme at once and keeps it for a year.
#[cfg_attr(not(feature = "hydrate"), allow(unused_variables))]
pub fn set_theme(theme: crate::preference::Theme) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let document = leptos::prelude::document();
        if let Some(html) = document.document_element() {
            let _ = html.set_attribute("data-theme", theme.as_str());
        }
        if let Some(document) = document.dyn_ref::<web_sys::HtmlDocument>() {
            let _ = document.set_cookie(&format!(
                "{}={}; Path=/; Max-Age=31536000; SameSite=Lax",
                crate::preference::THEME_COOKIE,
                theme.as_str()
            ));
        }
    }
}
