//! One or several of many: a list that is searched while typing. Pattern "combobox with listbox popup" of ARIA.

use leptos::prelude::*;

use super::chosen::{Chosen, Names, chips, give_back_last, shown_text};
use super::options::{Found, choose, options};
use super::{Pages, use_field};
use crate::i18n::text;
use crate::ui::{Choice, Icon, Listbox};

/// `<Combobox value=subnet choices=choices placeholder=t.x.choose />`, `value` a signal of an id or of several.
#[component]
pub fn Combobox(
    #[prop(into)] value: Chosen,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(optional, into)] placeholder: String,
    /// What to say when there is nothing to choose from at all.
    #[prop(optional, into)]
    empty: Signal<String>,
    /// What may be chosen and not be among the choices: for its name.
    #[prop(optional, into)]
    known: Signal<Vec<Choice>>,
    /// The choices are not all that there are.
    #[prop(optional)]
    pages: Option<Pages>,
) -> impl IntoView {
    let t = text();
    let field = use_field();
    let list = Listbox::new(format!("{}-list", field.id));
    // None while nothing is being typed: then the input shows what is chosen.
    let query = RwSignal::new(None::<String>);
    if let Some(pages) = pages {
        Effect::new(move |_| pages.typed.set(query.get().unwrap_or_default()));
    }
    let found = Memo::new(move |_| {
        let query = query.get().unwrap_or_default();
        let is_answer = pages.is_some_and(|pages| pages.is_answer.get());
        let matching = |choice: &&Choice| is_answer || choice.matches(&query);
        choices.with(|all| all.iter().filter(matching).cloned().collect::<Vec<_>>())
    });
    let found = Found {
        choices: found,
        pages,
        query,
    };
    let choose = choose(field.clone(), value, list, found);
    let key = {
        let (choose, edit) = (choose.clone(), field.clone());
        move |event: leptos::ev::KeyboardEvent| {
            let count = untrack(|| found.count());
            if list.key(&event.key(), count, &choose) {
                event.prevent_default();
                event.stop_propagation();
            } else if event.key() == "Backspace"
                && query.get_untracked().unwrap_or_default().is_empty()
            {
                give_back_last(&edit, value);
            }
        }
    };
    let names = Names { choices, known };
    let shown = move || query.get().unwrap_or_else(|| shown_text(value, names));
    let note = move || {
        let waiting = pages.and_then(|pages| pages.note(t.common.loading));
        let is_answer = pages.is_some_and(|pages| pages.is_answer.get());
        let nothing = || match choices.with(Vec::is_empty) && !is_answer {
            true => empty.get(),
            false => t.forms.no_match.to_owned(),
        };
        waiting.unwrap_or_else(nothing)
    };
    let invalid = field.aria_invalid();
    let chips = chips(field.clone(), value, names);
    view! {
        <div class="combobox">
            <input
                id=field.id.to_string()
                type="text"
                class="input combobox-input"
                role="combobox"
                autocomplete="off"
                spellcheck="false"
                placeholder=placeholder
                aria-autocomplete="list"
                aria-expanded=move || list.open.get().to_string()
                aria-controls=list.id()
                aria-activedescendant=move || list.active_id()
                aria-required=field.required.then_some("true")
                aria-describedby=field.described_by.to_string()
                aria-invalid=invalid
                value=untrack(shown)
                prop:value=shown
                on:input=move |event| {
                    query.set(Some(event_target_value(&event)));
                    list.open.set(true);
                    list.active.set(None);
                }
                on:click=move |_| list.open.set(true)
                on:keydown=key
                on:blur=move |_| {
                    query.set(None);
                    list.close();
                }
            />
            <span class="combobox-mark">{Icon::ChevronDown.view()}</span>
            <Show when=move || list.open.get()>
                {options(list, value, found, choose.clone())}
                <Show when=move || found.choices.with(Vec::is_empty)>
                    <p class="listbox-note" role="status">
                        {note}
                    </p>
                </Show>
            </Show>
        </div>
        {chips}
    }
    .into_any()
}
