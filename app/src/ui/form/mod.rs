//! Forms. A [`Field`] gives a control its label, hint, help and error; the controls beside it take a signal of text, so
//! that they are compiled once and not once per noun.
//!
//! ```ignore
//! let form = Form::provide();
//! let name = RwSignal::new(String::new());
//! view! {
//!     <Field name="clusterName" label=t.x.name hint=t.x.name_hint
//!            check=move || rules::name(&name.get()).err()>
//!         <TextInput value=name />
//!     </Field>
//! }
//! // Press of the button:
//! if form.accept() { send } else { form.focus_first() }
//! // The server's answer:
//! form.refuse(error.fields());
//! ```
//!
//! A check is shown as soon as its field is left, or when [`Form::accept`] asks for all. `name` is the member's path in
//! the request: what the server says of `networking.subnetIds[0]` lands at the field `networking.subnetIds`.

mod checkbox;
mod chosen;
mod combobox;
mod field;
mod key_values;
mod options;
mod pages;
mod radio_cards;
mod select;
mod text_input;

use std::collections::BTreeSet;

use leptos::prelude::*;

pub use checkbox::Checkbox;
pub use combobox::Combobox;
pub use field::{Field, FieldContext, use_field};
pub use key_values::{KeyValues, Rows};
pub use pages::Pages;
pub use radio_cards::RadioCards;
pub use select::Select;
pub use text_input::{TextArea, TextInput};

use crate::browser;

/// All fields of a page, in its context.
#[derive(Clone, Copy)]
pub struct Form {
    fields: RwSignal<Vec<Registered>>,
    /// Fields whose errors are shown: they were left or asked for.
    shown: RwSignal<BTreeSet<String>>,
    /// What the server said: member path and message.
    refused: RwSignal<Vec<(String, String)>>,
    /// Something was changed and is not saved.
    pub dirty: RwSignal<bool>,
}

#[derive(Clone)]
struct Registered {
    name: String,
    label: String,
    part: usize,
    error: Signal<Option<String>>,
}

/// A field with something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub name: String,
    pub label: String,
    /// The step of the wizard, 0 in a plain form.
    pub part: usize,
    pub message: String,
}

/// The step of the wizard that a field stands in.
#[derive(Clone, Copy)]
pub struct Part(pub usize);

impl Form {
    pub fn provide() -> Form {
        let form = Form {
            fields: RwSignal::default(),
            shown: RwSignal::default(),
            refused: RwSignal::default(),
            dirty: RwSignal::new(false),
        };
        provide_context(form);
        form
    }

    /// Every field that does not pass, shown already or not, in the order of the page.
    pub fn wrong(self) -> Vec<Wrong> {
        let wrong = |field: &Registered| {
            Some(Wrong {
                name: field.name.clone(),
                label: field.label.clone(),
                part: field.part,
                // Gone with its control, and to be struck off the list in a moment.
                message: field.error.try_get()??,
            })
        };
        self.fields
            .with(|fields| fields.iter().filter_map(wrong).collect())
    }

    /// The ones of a step.
    pub fn wrong_in(self, part: usize) -> Vec<Wrong> {
        let mut wrong = self.wrong();
        wrong.retain(|field| field.part == part);
        wrong
    }

    /// Shows every error; true when there is none. What the server refused before it may take now: it is asked again.
    pub fn accept(self) -> bool {
        if self.refused.with_untracked(|refused| !refused.is_empty()) {
            self.refused.set(vec![]);
        }
        self.show(|_| true);
        untrack(|| self.wrong()).is_empty()
    }

    /// The same for one step.
    pub fn accept_part(self, part: usize) -> bool {
        self.show(|field| field.part == part);
        untrack(|| self.wrong_in(part)).is_empty()
    }

    fn show(self, which: impl Fn(&Registered) -> bool) {
        let names = self.fields.with_untracked(|fields| {
            let names = fields.iter().filter(|field| which(field));
            names.map(|field| field.name.clone()).collect::<Vec<_>>()
        });
        self.shown.update(|shown| shown.extend(names));
    }

    /// What the server found wrong. Returns the messages that belong to no field of this form.
    pub fn refuse(self, errors: Vec<(String, String)>) -> Vec<String> {
        let is_here = |path: &str| {
            self.fields
                .with_untracked(|fields| fields.iter().any(|field| is_within(path, &field.name)))
        };
        let lost = errors.iter().filter(|(path, _)| !is_here(path));
        let lost = lost
            .map(|(path, message)| format!("{path}: {message}"))
            .collect();
        self.refused.set(errors);
        lost
    }

    /// What the server says of one field now, in place of what it said before.
    pub fn refuse_within(self, name: &str, errors: Vec<(String, String)>) {
        self.refused.update(|all| {
            all.retain(|(path, _)| !is_within(path, name));
            all.extend(errors);
        });
    }

    /// Puts the focus on a field.
    pub fn focus(self, name: &str) {
        browser::focus_soon(field_id(name));
    }

    pub fn focus_first(self) {
        if let Some(first) = untrack(|| self.wrong()).first() {
            self.focus(&first.name);
        }
    }

    /// The field was left: from now on its error is shown.
    fn left(self, name: &str) {
        if !self.shown.with_untracked(|shown| shown.contains(name)) {
            self.shown.update(|shown| {
                shown.insert(name.to_owned());
            });
        }
    }

    /// The field was changed: what the server said of it holds no longer.
    pub fn edited(self, name: &str) {
        self.dirty.set(true);
        if self
            .refused
            .with_untracked(|all| all.iter().any(|(path, _)| is_within(path, name)))
        {
            self.refused
                .update(|all| all.retain(|(path, _)| !is_within(path, name)));
        }
    }

    /// What the server said of a field or a member of it.
    pub(super) fn refusal(self, name: &str) -> Option<String> {
        self.refusal_where(|path| is_within(path, name))
    }

    /// What the server said of the field as a whole.
    fn refusal_of_all(self, name: &str) -> Option<String> {
        self.refusal_where(|path| path == name)
    }

    fn refusal_where(self, is_meant: impl Fn(&str) -> bool) -> Option<String> {
        self.refused.with(|all| {
            let meant = all.iter().filter(|(path, _)| is_meant(path));
            let messages: Vec<&str> = meant.map(|(_, message)| message.as_str()).collect();
            (!messages.is_empty()).then(|| messages.join(" "))
        })
    }

    fn is_shown(self, name: &str) -> bool {
        self.shown.with(|shown| shown.contains(name))
    }

    fn register(self, field: Registered) {
        let error = field.error;
        self.fields.update(|fields| {
            fields.retain(|other| other.name != field.name);
            fields.push(field);
        });
        on_cleanup(move || {
            // Not now: a page that goes takes its form along, and who is told of a change then looks at what is gone.
            browser::soon(move || {
                let _ = self
                    .fields
                    .try_update(|fields| fields.retain(|field| field.error != error));
            });
        });
    }
}

/// `networking.subnetIds[0]` is within `networking.subnetIds`, `tagsToo` is not within `tags`.
fn is_within(path: &str, name: &str) -> bool {
    path.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The id of a field's control in the document.
pub fn field_id(name: &str) -> String {
    format!("field-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_lands_at_its_field() {
        assert!(is_within("networking.subnetIds[0]", "networking.subnetIds"));
        assert!(is_within("tags", "tags"));
        assert!(!is_within("tagsToo", "tags"));
        assert!(!is_within("networking", "networking.subnetIds"));
    }

    #[test]
    fn errors_of_no_field_come_back() {
        let owner = Owner::new();
        owner.set();
        let form = Form::provide();
        form.register(Registered {
            name: "clusterName".into(),
            label: "Name".into(),
            part: 0,
            error: Signal::stored(None),
        });
        let pair = |path: &str| (path.to_owned(), "is wrong".to_owned());
        let lost = form.refuse(vec![pair("clusterName"), pair("size")]);
        assert_eq!(lost, ["size: is wrong"]);
        assert_eq!(form.refusal("clusterName").as_deref(), Some("is wrong"));
        form.edited("clusterName");
        assert_eq!(form.refusal("clusterName"), None);
    }
}
