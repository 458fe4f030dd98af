//! The list of a combobox: what was found, and behind it the way to more.

use leptos::prelude::*;

use super::chosen::Chosen;
use super::{FieldContext, Pages};
use crate::i18n::text;
use crate::ui::{Choice, Icon, Listbox};

/// Options shown at once; typing narrows them.
const MOST: usize = 100;

/// What the list shows.
#[derive(Clone, Copy)]
pub struct Found {
    pub choices: Memo<Vec<Choice>>,
    pub pages: Option<Pages>,
    pub query: RwSignal<Option<String>>,
}

impl Found {
    /// Of pages all that were asked for; of what is here all the rest is a matter of typing.
    pub fn shown(self) -> usize {
        let most = self.pages.map_or(MOST, |_| usize::MAX);
        self.choices.with(|found| found.len().min(most))
    }

    pub fn hidden(self) -> usize {
        self.choices.with(Vec::len).saturating_sub(self.shown())
    }

    pub fn has_more(self) -> bool {
        self.pages.is_some_and(|pages| pages.has_more.get())
    }

    /// Options: behind those that can be chosen the one that asks for more.
    pub fn count(self) -> usize {
        self.shown() + usize::from(self.has_more())
    }
}

/// Takes the option of that number, unless it says why not. The one behind the last asks for more.
pub fn choose(
    field: FieldContext,
    value: Chosen,
    list: Listbox,
    found: Found,
) -> impl Fn(usize) + Clone + Send + Sync + 'static {
    move |index| {
        let choice = found.choices.with_untracked(|all| all.get(index).cloned());
        if let (None, Some(pages)) = (&choice, found.pages) {
            pages.more.run(());
        }
        let Some(choice) = choice.filter(|choice| choice.disabled.is_none()) else {
            return;
        };
        value.toggle(&choice.id);
        field.edited();
        found.query.set(None);
        if !value.is_many() {
            list.close();
        }
    }
}

pub fn options(
    list: Listbox,
    value: Chosen,
    found: Found,
    choose: impl Fn(usize) + Clone + Send + Sync + 'static,
) -> AnyView {
    let t = text();
    let choose_more = choose.clone();
    let option = move |(index, choice): (usize, Choice)| {
        let id = StoredValue::new(choice.id.clone());
        let is_chosen = move || id.with_value(|id| value.contains(id));
        let choose = choose.clone();
        let is_disabled = choice.disabled.is_some();
        let is_named = choice.name != choice.id && !choice.id.is_empty();
        view! {
            <li
                id=list.option_id(index)
                class="option"
                class:option-active=move || list.active.get() == Some(index)
                role="option"
                aria-selected=move || is_chosen().to_string()
                aria-disabled=is_disabled.then_some("true")
                // Before the input loses the focus, which would close the list.
                on:mousedown=move |event| {
                    event.prevent_default();
                    choose(index);
                }
            >
                <span class="option-mark">{move || is_chosen().then(|| Icon::Tick.view())}</span>
                <span class="min-w-0">
                    <span class="block">
                        <span class="font-medium">{choice.name}</span>
                        {is_named.then(|| view! { <span class="option-id">{choice.id}</span> })}
                    </span>
                    {(!choice.description.is_empty())
                        .then(|| view! { <span class="block text-xs text-muted">{choice.description}</span> })}
                    {choice.disabled.map(|reason| view! { <span class="block text-xs italic">{reason}</span> })}
                </span>
            </li>
        }
    };
    let more = move || {
        let choose = choose_more.clone();
        let index = found.shown();
        let note = move || found.pages.and_then(|pages| pages.note(t.common.loading));
        view! {
            <li
                id=list.option_id(index)
                class="option"
                class:option-active=move || list.active.get() == Some(index)
                role="option"
                aria-selected="false"
                on:mousedown=move |event| {
                    event.prevent_default();
                    choose(index);
                }
            >
                <span class="option-mark"></span>
                <span class="info-link">
                    {move || note().unwrap_or_else(|| t.forms.show_more.to_owned())}
                </span>
            </li>
        }
    };
    view! {
        <ul
            id=list.id()
            class="listbox"
            role="listbox"
            aria-label=t.forms.choices
            aria-multiselectable=value.is_many().then_some("true")
        >
            {move || {
                let shown = found.choices.get().into_iter().take(found.shown()).enumerate();
                shown.map(option.clone()).collect_view()
            }}
            {move || found.has_more().then(|| more.clone()())}
            {move || {
                let hidden = found.hidden();
                (hidden > 0).then(|| view! { <li class="listbox-note" role="presentation">{t.forms.more(hidden)}</li> })
            }}
        </ul>
    }
    .into_any()
}
