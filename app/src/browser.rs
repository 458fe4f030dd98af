//! The few things that only a browser can do. On the server each does nothing, so pages need no `cfg`.

#![cfg_attr(
    not(feature = "hydrate"),
    allow(unused_variables, reason = "what a browser is to do it with")
)]

/// A thing of the browser that a component holds, as a stream: it goes with the component.
///
/// Such a thing must not leave its thread, and the server renders and disposes of a component on any of many. So on the
/// server this holds nothing at all. What else would be tied to a thread is refused by `app/clippy.toml`.
pub struct Held<T: 'static>(
    #[cfg(feature = "hydrate")]
    leptos::prelude::StoredValue<Option<T>, leptos::prelude::LocalStorage>,
    #[cfg(not(feature = "hydrate"))] std::marker::PhantomData<fn() -> T>,
);

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Held<T> {}

#[cfg(feature = "hydrate")]
impl<T> Held<T> {
    /// While a component is built. Holds nothing yet.
    #[allow(
        clippy::disallowed_methods,
        clippy::new_without_default,
        reason = "a browser has one thread, and an empty one is for a component only"
    )]
    pub fn new() -> Held<T> {
        use leptos::prelude::{StoredValue, UpdateValue, on_cleanup};
        let held = StoredValue::new_local(None);
        on_cleanup(move || {
            held.try_update_value(Option::take);
        });
        Held(held)
    }

    /// Holds this instead; what was held goes.
    pub fn set(self, thing: Option<T>) {
        use leptos::prelude::SetValue;
        self.0.set_value(thing);
    }
}

#[cfg(not(feature = "hydrate"))]
impl<T> Held<T> {
    #[allow(clippy::new_without_default, reason = "as in a browser")]
    pub fn new() -> Held<T> {
        Held(std::marker::PhantomData)
    }

    pub fn set(self, _: Option<T>) {}
}

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

/// The day in UTC, as `2026-11-22`.
pub fn today() -> String {
    crate::model::date::exact(now()).chars().take(10).collect()
}

/// How far the reader's clock is ahead of UTC at that time, in minutes: with summer time where and when there is any.
#[cfg(feature = "hydrate")]
pub fn zone(at: i64) -> i64 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at as f64));
    -(date.get_timezone_offset() as i64)
}

/// The server does not know the reader's clock.
#[cfg(not(feature = "hydrate"))]
pub fn zone(_at: i64) -> i64 {
    0
}

/// The name of the reader's time zone, as `Europe/Berlin`; none where the browser has none.
#[cfg(feature = "hydrate")]
pub fn time_zone() -> Option<String> {
    use js_sys::{Array, Intl::DateTimeFormat, Object, Reflect};
    let options = DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}

/// The server does not know it.
#[cfg(not(feature = "hydrate"))]
pub fn time_zone() -> Option<String> {
    None
}

/// How far across the thing that it points at a pointer is, from 0 to 1.
#[cfg(feature = "hydrate")]
pub fn part_across(event: &leptos::ev::PointerEvent) -> Option<f64> {
    use wasm_bindgen::JsCast;
    let thing: web_sys::Element = event.target()?.dyn_into().ok()?;
    let place = thing.get_bounding_client_rect();
    let part = (f64::from(event.client_x()) - place.left()) / place.width();
    (0.0..=1.0).contains(&part).then_some(part)
}

/// The server has no pointer.
#[cfg(not(feature = "hydrate"))]
pub fn part_across(_event: &leptos::ev::PointerEvent) -> Option<f64> {
    None
}

/// On the document, once the page answers.
#[cfg(feature = "hydrate")]
const LIVE: &str = "data-live";

/// Marks the page as one that answers: until then buttons and keys do nothing (see [`crate::early`] for fields).
#[cfg(feature = "hydrate")]
pub fn mark_live() {
    if let Some(html) = leptos::prelude::document().document_element() {
        let _ = html.set_attribute(LIVE, "");
    }
}

/// Leaves for another page by a full load, so that the server decides what is shown.
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

/// Where the console is, as `http://HOST:PORT`: the reader's programs reach the server there as the browser does.
pub fn origin() -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        leptos::prelude::window().location().origin().ok()
    }
    #[cfg(not(feature = "hydrate"))]
    None
}

/// Puts text on the clipboard; a browser that does not allow it changes nothing.
pub fn copy(text: &str) {
    #[cfg(feature = "hydrate")]
    {
        let clipboard = leptos::prelude::window().navigator().clipboard();
        // The browser runs the promise by itself; nobody waits for it.
        drop(clipboard.write_text(text));
    }
}

/// Shows a theme at once and keeps it for a year.
pub fn set_theme(theme: crate::preference::Theme) {
    #[cfg(feature = "hydrate")]
    {
        if let Some(html) = leptos::prelude::document().document_element() {
            let _ = html.set_attribute("data-theme", theme.as_str());
        }
        set_cookie(crate::preference::THEME_COOKIE, theme.as_str());
    }
}

/// Once what is going on now is done.
pub fn soon(task: impl FnOnce() + 'static) {
    #[cfg(feature = "hydrate")]
    leptos::task::spawn_local(async { task() });
}

/// Puts the focus on the element of that id once what is being drawn is drawn.
pub fn focus_soon(id: String) {
    #[cfg(feature = "hydrate")]
    leptos::prelude::request_animation_frame(move || {
        if let Some(element) = leptos::prelude::document().get_element_by_id(&id) {
            focus(element);
        }
    });
}

/// Puts the focus on what says `autofocus` inside, once it is drawn.
pub fn focus_autofocus(inside: &leptos::web_sys::Element) {
    #[cfg(feature = "hydrate")]
    {
        let inside = inside.clone();
        leptos::prelude::request_animation_frame(move || {
            if let Ok(Some(element)) = inside.query_selector("[autofocus]") {
                focus(element);
            }
        });
    }
}

#[cfg(feature = "hydrate")]
fn focus(element: web_sys::Element) {
    use wasm_bindgen::JsCast;
    if let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() {
        // Only an element that cannot have the focus refuses it.
        let _ = element.focus();
    }
}

/// Moves a list so that the option of that id can be seen; the page around it stays.
pub fn scroll_to_option(id: String) {
    #[cfg(feature = "hydrate")]
    leptos::prelude::request_animation_frame(move || {
        use wasm_bindgen::JsCast;
        let option = leptos::prelude::document().get_element_by_id(&id);
        let option = option.and_then(|option| option.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some((option, list)) = option.and_then(|o| Some((o.clone(), o.parent_element()?))) {
            let (top, height) = (option.offset_top(), option.offset_height());
            if top < list.scroll_top() {
                list.set_scroll_top(top);
            } else if top + height > list.scroll_top() + list.client_height() {
                list.set_scroll_top(top + height - list.client_height());
            }
        }
    });
}

/// A text that no other press of a button has: the client token of a request.
#[cfg(feature = "hydrate")]
pub fn token() -> String {
    let random = || (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    format!("console-{:x}-{:08x}{:08x}", now(), random(), random())
}

/// Only a browser presses buttons.
#[cfg(not(feature = "hydrate"))]
pub fn token() -> String {
    String::new()
}

/// A cookie of this page, on the server of the request that is being answered.
pub fn cookie(name: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    let cookies = html_document()?.cookie().ok()?;
    #[cfg(all(feature = "ssr", not(feature = "hydrate")))]
    let cookies = {
        let parts = leptos::prelude::use_context::<http::request::Parts>()?;
        parts
            .headers
            .get(http::header::COOKIE)?
            .to_str()
            .ok()?
            .to_owned()
    };
    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    let cookies = String::new();
    crate::preference::cookie(&cookies, name).map(str::to_owned)
}

/// Keeps a cookie for a year.
pub fn set_cookie(name: &str, value: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(document) = html_document() {
        // A browser that keeps no cookies forgets the choice; nothing else is lost.
        let _ = document.set_cookie(&format!(
            "{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax"
        ));
    }
}

#[cfg(feature = "hydrate")]
fn html_document() -> Option<web_sys::HtmlDocument> {
    use wasm_bindgen::JsCast;
    leptos::prelude::document().dyn_into().ok()
}

/// Asks `hold` before a link of this console is followed in this window; true holds the person back.
pub fn before_link(hold: impl Fn(String) -> bool + 'static) {
    #[cfg(feature = "hydrate")]
    on_link(move |event, href| {
        let elsewhere =
            event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0;
        if !elsewhere && hold(href) {
            event.prevent_default();
            event.stop_propagation();
        }
    });
}

/// Links load the next page as a whole until [`mark_live`]. The router follows them already before that, while a part of the
/// console is still on its way: then that would take what the server said at the first address for what it says at the next.
#[cfg(feature = "hydrate")]
pub fn load_links_until_live() {
    on_link(|event, _| {
        let html = leptos::prelude::document().document_element();
        if !html.is_some_and(|html| html.has_attribute(LIVE)) {
            event.stop_propagation();
        }
    });
}

/// What is done at a click on a link of this console, before the router does anything, as long as there is a page.
#[cfg(feature = "hydrate")]
fn on_link(handle: impl Fn(&web_sys::MouseEvent, String) + 'static) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    let handler = Closure::<dyn Fn(web_sys::MouseEvent)>::new(move |event: web_sys::MouseEvent| {
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest("a[href]:not([target])").ok().flatten());
        let href = link
            .and_then(|link| link.get_attribute("href"))
            .unwrap_or_default();
        if href.starts_with('/') {
            handle(&event, href);
        }
    });
    // On its way down, before the router sees it.
    let _ = leptos::prelude::document().add_event_listener_with_callback_and_bool(
        "click",
        handler.as_ref().unchecked_ref(),
        true,
    );
    handler.forget(); // both users last as long as the page
}

/// Puts the page shown into the history once more, so that "back" first comes here.
pub fn push_here() {
    #[cfg(feature = "hydrate")]
    if let Ok(history) = leptos::prelude::window().history() {
        let _ = history.push_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&location()));
    }
}

/// Puts these into the query of the page's address, in the place of all of those names. The page stays as it is.
pub fn replace_query(names: &[&str], pairs: &[(&'static str, String)]) {
    #[cfg(feature = "hydrate")]
    {
        let window = leptos::prelude::window();
        let location = window.location();
        let query = location.search().unwrap_or_default();
        let kept = query.trim_start_matches('?').split('&').filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !pair.is_empty() && !names.contains(&name)
        });
        let new = pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", crate::paths::encode(value)));
        let query: Vec<String> = kept.map(str::to_owned).chain(new).collect();
        let path = location.pathname().unwrap_or_default();
        let address = match query.is_empty() {
            true => path,
            false => format!("{path}?{}", query.join("&")),
        };
        if let Ok(history) = window.history() {
            let state = history.state().unwrap_or(wasm_bindgen::JsValue::NULL);
            let _ = history.replace_state_with_url(&state, "", Some(&address));
        }
    }
}

/// As the browser's button.
pub fn back() {
    #[cfg(feature = "hydrate")]
    if let Ok(history) = leptos::prelude::window().history() {
        let _ = history.back();
    }
}

/// The text of the file that was chosen in the input of this event; a file that cannot be read changes nothing.
pub fn read_file(event: &leptos::web_sys::Event, done: impl Fn(String) + 'static) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::closure::Closure;
        use wasm_bindgen::{JsCast, JsValue};
        let input = event
            .target()
            .and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok());
        let file = input
            .and_then(|input| input.files())
            .and_then(|files| files.get(0));
        if let Some(file) = file {
            let read = Closure::<dyn FnMut(JsValue)>::new(move |text: JsValue| {
                done(text.as_string().unwrap_or_default());
            });
            drop(file.text().then(&read));
            read.forget(); // it is called once, later
        }
    }
}
