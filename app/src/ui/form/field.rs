//! A control's surroundings: label, hint, help, and the error in words that a screen reader hears with the control.

use std::sync::Arc;

use leptos::context::Provider;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

use super::{Form, Part, Registered, field_id};
use crate::i18n::text;
use crate::ui::Icon;
use crate::ui::help::{InfoLink, Topic};

/// What a control takes from the field around it.
#[derive(Clone)]
pub struct FieldContext {
    pub name: Arc<str>,
    /// The control's id; the label points to it.
    pub id: Arc<str>,
    /// The ids of hint and error.
    pub described_by: Arc<str>,
    pub invalid: Signal<bool>,
    pub required: bool,
    form: Option<Form>,
    has_rows: RwSignal<bool>,
}

impl FieldContext {
    /// A person changed the value.
    pub fn edited(&self) {
        if let Some(form) = self.form {
            form.edited(&self.name);
        }
    }

    /// The control shows what is wrong with one of its rows at that row; the field says only what is wrong with all.
    pub fn shows_rows(&self) {
        self.has_rows.set(true);
    }

    pub fn aria_invalid(&self) -> impl Fn() -> Option<&'static str> + Clone + Send + Sync + use<> {
        let invalid = self.invalid;
        move || invalid.get().then_some("true")
    }
}

/// The field around this control.
pub fn use_field() -> FieldContext {
    use_context().unwrap_or_else(|| FieldContext {
        name: "".into(),
        id: "field".into(),
        described_by: "".into(),
        invalid: Signal::stored(false),
        required: false,
        form: None,
        has_rows: RwSignal::new(false),
    })
}

/// Around exactly one control. `group` for controls of several parts: radio cards, key-value rows, check boxes.
#[component]
pub fn Field(
    /// The member's path in the request.
    #[prop(into)]
    name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Signal<String>,
    /// May be left empty; the label says so.
    #[prop(optional)]
    optional: bool,
    #[prop(optional)] group: bool,
    #[prop(optional)] help: Option<Topic>,
    /// What is wrong with the value, None when nothing is.
    #[prop(optional, into)]
    check: Signal<Option<String>>,
    children: Children,
) -> impl IntoView {
    let form = use_context::<Form>();
    let has_rows = RwSignal::new(false);
    let Shown { error, invalid } = register(form, &name, &label, check, has_rows);
    let context = FieldContext {
        id: field_id(&name).into(),
        described_by: format!("{0}-hint {0}-error", field_id(&name)).into(),
        name: name.into(),
        invalid: invalid.into(),
        required: !optional,
        form,
        has_rows,
    };
    let leave = {
        let name = context.name.clone();
        move |event: leptos::ev::FocusEvent| {
            if let Some(form) = form.filter(|_| leaves(&event)) {
                form.left(&name);
            }
        }
    };
    let id = context.id.clone();
    view! {
        <div
            class="form-field"
            class:form-field-wrong=invalid
            role=group.then_some("group")
            aria-labelledby=group.then(|| format!("{id}-label"))
            on:focusout=leave
        >
            <div class="form-label">
                {title(&id, label.clone(), group)}
                {optional.then(|| view! { <span class="form-optional">{text().forms.optional}</span> })}
                {help.map(|topic| view! { <InfoLink topic about=label /> })}
            </div>
            <p id=format!("{id}-hint") class="form-hint">{hint}</p>
            <Provider value=context>{children()}</Provider>
            <p id=format!("{id}-error") class="form-error" aria-live="polite">
                {move || error.get().map(|message| view! { {Icon::Warning.view()} <span>{message}</span> })}
            </p>
        </div>
    }
    .into_any()
}

fn title(id: &str, label: String, group: bool) -> AnyView {
    let label_id = format!("{id}-label");
    match group {
        true => view! { <span id=label_id>{label}</span> }.into_any(),
        false => view! { <label id=label_id for=id.to_owned()>{label}</label> }.into_any(),
    }
}

struct Shown {
    /// What the server said, else the check once the field was left.
    error: Memo<Option<String>>,
    /// There is an error, here or at a row.
    invalid: Memo<bool>,
}

fn register(
    form: Option<Form>,
    name: &str,
    label: &str,
    check: Signal<Option<String>>,
    has_rows: RwSignal<bool>,
) -> Shown {
    let Some(form) = form else {
        return Shown {
            error: Memo::new(move |_| check.get()),
            invalid: Memo::new(move |_| check.with(Option::is_some)),
        };
    };
    let name = StoredValue::new(name.to_owned());
    let refusal = move || name.with_value(|name| form.refusal(name));
    let of_all = move || name.with_value(|name| form.refusal_of_all(name));
    let checked = move || {
        let is_shown = name.with_value(|name| form.is_shown(name));
        is_shown.then(|| check.get()).flatten()
    };
    form.register(Registered {
        name: name.get_value(),
        label: label.to_owned(),
        part: use_context::<Part>().map_or(0, |part| part.0),
        error: Signal::derive(move || refusal().or_else(|| check.get())),
    });
    Shown {
        error: Memo::new(move |_| {
            let said = if has_rows.get() { of_all() } else { refusal() };
            said.or_else(checked)
        }),
        invalid: Memo::new(move |_| refusal().is_some() || checked().is_some()),
    }
}

/// Whether the focus goes out of the field altogether.
fn leaves(event: &leptos::ev::FocusEvent) -> bool {
    let node = |target: Option<leptos::web_sys::EventTarget>| {
        target.and_then(|target| target.dyn_into::<leptos::web_sys::Node>().ok())
    };
    let to = node(event.related_target());
    let inside = node(event.current_target()).is_some_and(|field| field.contains(to.as_ref()));
    // Without a target the window lost the focus or the page was pressed: both are a way of leaving.
    to.is_none() || !inside
}
