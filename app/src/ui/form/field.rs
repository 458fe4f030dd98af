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
}

impl FieldContext {
    /// A person changed the value.
    pub fn edited(&self) {
        if let Some(form) = self.form {
            form.edited(&self.name);
        }
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
    let error = register(form, &name, &label, check);
    let context = FieldContext {
        id: field_id(&name).into(),
        described_by: format!("{0}-hint {0}-error", field_id(&name)).into(),
        name: name.into(),
        invalid: Signal::derive(move || error.with(Option::is_some)),
        required: !optional,
        form,
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
            class:form-field-wrong=move || error.with(Option::is_some)
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

/// The error to show: what the server said, else the check once the field was left.
fn register(
    form: Option<Form>,
    name: &str,
    label: &str,
    check: Signal<Option<String>>,
) -> Memo<Option<String>> {
    let Some(form) = form else {
        return Memo::new(move |_| check.get());
    };
    let path = name.to_owned();
    let found = Memo::new(move |_| form.refusal(&path).or_else(|| check.get()));
    form.register(Registered {
        name: name.to_owned(),
        label: label.to_owned(),
        part: use_context::<Part>().map_or(0, |part| part.0),
        error: found.into(),
    });
    let path = name.to_owned();
    Memo::new(move |_| {
        let refusal = form.refusal(&path);
        refusal.or_else(|| form.is_shown(&path).then(|| check.get()).flatten())
    })
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
