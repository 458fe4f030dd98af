//! What is chosen in a combobox: how it is changed, and how it is shown.

use leptos::prelude::*;

use super::FieldContext;
use crate::i18n::text;
use crate::ui::{Choice, Icon};

/// What is chosen: a signal of one id, or of several in the order in which they were chosen.
#[derive(Clone, Copy)]
pub enum Chosen {
    One(RwSignal<String>),
    Many(RwSignal<Vec<String>>),
}

impl From<RwSignal<String>> for Chosen {
    fn from(one: RwSignal<String>) -> Chosen {
        Chosen::One(one)
    }
}

impl From<RwSignal<Vec<String>>> for Chosen {
    fn from(many: RwSignal<Vec<String>>) -> Chosen {
        Chosen::Many(many)
    }
}

impl Chosen {
    pub fn is_many(self) -> bool {
        matches!(self, Chosen::Many(_))
    }

    pub fn ids(self) -> Vec<String> {
        match self {
            Chosen::One(one) => Some(one.get())
                .into_iter()
                .filter(|id| !id.is_empty())
                .collect(),
            Chosen::Many(many) => many.get(),
        }
    }

    pub fn contains(self, id: &str) -> bool {
        match self {
            Chosen::One(one) => one.with(|one| one == id),
            Chosen::Many(many) => many.with(|many| many.iter().any(|other| other == id)),
        }
    }

    /// Takes it; of several, gives it back when it was taken before.
    pub fn toggle(self, id: &str) {
        match self {
            Chosen::One(one) => one.set(id.to_owned()),
            Chosen::Many(many) => {
                many.update(|many| match many.iter().position(|other| other == id) {
                    Some(at) => {
                        many.remove(at);
                    }
                    None => many.push(id.to_owned()),
                })
            }
        }
    }

    pub fn clear(self) {
        match self {
            Chosen::One(one) => one.set(String::new()),
            Chosen::Many(many) => many.set(vec![]),
        }
    }
}

/// Where the names of what is chosen stand.
#[derive(Clone, Copy)]
pub struct Names {
    pub choices: Signal<Vec<Choice>>,
    pub known: Signal<Vec<Choice>>,
}

impl Names {
    pub fn find(self, id: &str) -> Option<Choice> {
        let find = |all: &Vec<Choice>| all.iter().find(|choice| choice.id == id).cloned();
        self.choices.with(find).or_else(|| self.known.with(find))
    }
}

/// Backspace in an empty input gives the last of several back.
pub fn give_back_last(field: &FieldContext, value: Chosen) {
    if let Chosen::Many(many) = value {
        let last = many.try_update(Vec::pop).flatten();
        if last.is_some() {
            field.edited();
        }
    }
}

pub fn shown_text(value: Chosen, names: Names) -> String {
    let Chosen::One(one) = value else {
        return String::new();
    };
    let id = one.get();
    names.find(&id).map_or(id, |choice| choice.name)
}

/// What is chosen, each with a cross; of one only the cross.
pub fn chips(field: FieldContext, value: Chosen, names: Names) -> AnyView {
    let t = text();
    let name = move |id: &str| match names.find(id) {
        Some(choice) => (choice.name, choice.description),
        None => (id.to_owned(), String::new()),
    };
    let remove_one = field.clone();
    let chip = move |id: String| {
        let (title, description) = name(&id);
        let label = t.forms.remove(&title);
        let field = remove_one.clone();
        view! {
            <li class="choice-chip">
                <span class="min-w-0 truncate" title=description>{title}</span>
                <button
                    type="button"
                    class="icon-button"
                    aria-label=label
                    on:click=move |_| {
                        value.toggle(&id);
                        field.edited();
                    }
                >
                    {Icon::Close.view()}
                </button>
            </li>
        }
    };
    if !value.is_many() {
        let is_clearable = move || !field.required && !value.ids().is_empty();
        let clear = StoredValue::new(field.clone());
        return view! {
            <Show when=is_clearable>
                <button
                    type="button"
                    class="info-link"
                    on:click=move |_| {
                        value.clear();
                        clear.with_value(FieldContext::edited);
                    }
                >
                    {t.forms.clear}
                </button>
            </Show>
        }
        .into_any();
    }
    view! {
        <ul class="choice-chips" aria-label=t.forms.chosen>
            {move || value.ids().into_iter().map(chip.clone()).collect_view()}
        </ul>
    }
    .into_any()
}
