//! What is typed, chosen and ticked before the page answers. A page that is taken over gets the values of its source: what
//! somebody changed meanwhile is remembered, and done once more when the page answers.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Reflect;
use leptos::prelude::document;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, EventInit, HtmlElement};

/// What holds a value.
const FIELDS: &str = "input:not([type=file]), textarea, select";
/// Of a field that ticks.
const TICKS: [&str; 2] = ["checkbox", "radio"];

/// Watches until the page answers.
pub struct Early {
    changed: Rc<RefCell<Vec<Field>>>,
    listener: Closure<dyn Fn(Event)>,
}

/// A field as somebody left it.
struct Field {
    element: Element,
    value: Option<String>,
    is_ticked: bool,
}

impl Early {
    /// From now on, with what was changed before.
    pub fn watch() -> Early {
        let changed: Rc<RefCell<Vec<Field>>> = Rc::default();
        let found = document().query_selector_all(FIELDS).ok();
        let found = found
            .iter()
            .flat_map(|all| (0..all.length()).filter_map(|at| all.get(at)));
        for element in found.filter_map(|node| node.dyn_into::<Element>().ok()) {
            if is_changed(&element) {
                changed.borrow_mut().push(Field::of(element));
            }
        }
        let kept = changed.clone();
        let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let element = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            if let Some(element) = element.filter(|it| it.matches(FIELDS).unwrap_or_default()) {
                let mut all = kept.borrow_mut();
                all.retain(|field| field.element != element);
                all.push(Field::of(element));
            }
        });
        let _ = document().add_event_listener_with_callback_and_bool(
            "input",
            listener.as_ref().unchecked_ref(),
            true,
        );
        Early { changed, listener }
    }

    /// Does it again where it was lost.
    pub fn redo(self) {
        let _ = document().remove_event_listener_with_callback_and_bool(
            "input",
            self.listener.as_ref().unchecked_ref(),
            true,
        );
        for field in self.changed.take() {
            if field.element.is_connected() {
                field.redo();
            }
        }
    }
}

impl Field {
    fn of(element: Element) -> Field {
        Field {
            value: text(&element, "value"),
            is_ticked: is(&element, "checked"),
            element,
        }
    }

    fn redo(&self) {
        let element = &self.element;
        let kind = text(element, "type").unwrap_or_default();
        if TICKS.contains(&kind.as_str()) {
            // A radio button is let go of by ticking another.
            let is_other = is(element, "checked") != self.is_ticked;
            if is_other && (self.is_ticked || kind == "checkbox") {
                element.unchecked_ref::<HtmlElement>().click();
            }
        } else if let Some(value) = self
            .value
            .as_ref()
            .filter(|it| text(element, "value").as_ref() != Some(it))
        {
            let _ = Reflect::set(element, &"value".into(), &value.into());
            for name in ["input", "change"] {
                say(element, name);
            }
        }
    }
}

/// Whether it is not as its source has it.
fn is_changed(element: &Element) -> bool {
    let of_source = match element.tag_name().as_str() {
        "SELECT" => {
            let chosen = element.query_selector("option[selected]").ok().flatten();
            let first = || element.query_selector("option").ok().flatten();
            chosen
                .or_else(first)
                .and_then(|option| text(&option, "value"))
        }
        _ => text(element, "defaultValue"),
    };
    text(element, "value") != of_source || is(element, "checked") != is(element, "defaultChecked")
}

fn property(element: &Element, name: &str) -> JsValue {
    Reflect::get(element, &name.into()).unwrap_or_default()
}

fn text(element: &Element, name: &str) -> Option<String> {
    property(element, name).as_string()
}

fn is(element: &Element, name: &str) -> bool {
    property(element, name).as_bool().unwrap_or_default()
}

fn say(element: &Element, name: &str) {
    let init = EventInit::new();
    init.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict(name, &init) {
        let _ = element.dispatch_event(&event);
    }
}
