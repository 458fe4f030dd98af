//! One or several of many: a list that is searched while typing. Pattern "combobox with listbox popup" of ARIA.

use leptos::prelude::*;

use super::{FieldContext, use_field};
use crate::i18n::text;
use crate::ui::{Choice, Icon, Listbox};

/// Options shown at once; typing narrows them.
const MOST: usize = 100;

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
    fn is_many(self) -> bool {
        matches!(self, Chosen::Many(_))
    }

    fn ids(self) -> Vec<String> {
        match self {
            Chosen::One(one) => Some(one.get())
                .into_iter()
                .filter(|id| !id.is_empty())
                .collect(),
            Chosen::Many(many) => many.get(),
        }
    }

    fn contains(self, id: &str) -> bool {
        match self {
            Chosen::One(one) => one.with(|one| one == id),
            Chosen::Many(many) => many.with(|many| many.iter().any(|other| other == id)),
        }
    }

    /// Takes it; of several, gives it back when it was taken before.
    fn toggle(self, id: &str) {
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

    fn clear(self) {
        match self {
            Chosen::One(one) => one.set(String::new()),
            Chosen::Many(many) => many.set(vec![]),
        }
    }
}

/// `<Combobox value=subnet choices=choices placeholder=t.x.choose />`, `value` a signal of an id or of several.
#[component]
pub fn Combobox(
    #[prop(into)] value: Chosen,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(optional, into)] placeholder: String,
    /// What to say when there is nothing to choose from at all.
    #[prop(optional, into)]
    empty: Signal<String>,
) -> impl IntoView {
    let t = text();
    let field = use_field();
    let list = Listbox::new(format!("{}-list", field.id));
    // None while nothing is being typed: then the input shows what is chosen.
    let query = RwSignal::new(None::<String>);
    let found = Memo::new(move |_| {
        let query = query.get().unwrap_or_default();
        choices.with(|all| {
            all.iter()
                .filter(|c| c.matches(&query))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let count = move || found.with(|found| found.len().min(MOST));
    let choose = choose(field.clone(), value, list, query, found);
    let key = {
        let (choose, edit) = (choose.clone(), field.clone());
        move |event: leptos::ev::KeyboardEvent| {
            let count = untrack(count);
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
    let shown = move || query.get().unwrap_or_else(|| shown_text(value, choices));
    let invalid = field.aria_invalid();
    let chips = chips(field.clone(), value, choices);
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
                <Show when=move || found.with(Vec::is_empty)>
                    <p class="listbox-note" role="status">
                        {move || if choices.with(Vec::is_empty) { empty.get() } else { t.forms.no_match.to_owned() }}
                    </p>
                </Show>
            </Show>
        </div>
        {chips}
    }
    .into_any()
}

/// Backspace in an empty input gives the last of several back.
fn give_back_last(field: &FieldContext, value: Chosen) {
    if let Chosen::Many(many) = value {
        let last = many.try_update(Vec::pop).flatten();
        if last.is_some() {
            field.edited();
        }
    }
}

fn shown_text(value: Chosen, choices: Signal<Vec<Choice>>) -> String {
    let Chosen::One(one) = value else {
        return String::new();
    };
    let id = one.get();
    choices.with(|all| {
        let known = all.iter().find(|choice| choice.id == id);
        known.map_or(id.clone(), |choice| choice.name.clone())
    })
}

/// Takes the option of that number, unless it says why not.
fn choose(
    field: FieldContext,
    value: Chosen,
    list: Listbox,
    query: RwSignal<Option<String>>,
    found: Memo<Vec<Choice>>,
) -> impl Fn(usize) + Clone + Send + Sync + 'static {
    move |index| {
        let choice = found.with_untracked(|found| found.get(index).cloned());
        let Some(choice) = choice.filter(|choice| choice.disabled.is_none()) else {
            return;
        };
        value.toggle(&choice.id);
        field.edited();
        query.set(None);
        if !value.is_many() {
            list.close();
        }
    }
}

fn options(
    list: Listbox,
    value: Chosen,
    found: Memo<Vec<Choice>>,
    choose: impl Fn(usize) + Clone + Send + Sync + 'static,
) -> AnyView {
    let t = text();
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
    let more = move || found.with(|found| found.len().saturating_sub(MOST));
    view! {
        <ul
            id=list.id()
            class="listbox"
            role="listbox"
            aria-label=t.forms.choices
            aria-multiselectable=value.is_many().then_some("true")
        >
            {move || {
                let shown = found.get().into_iter().take(MOST).enumerate();
                shown.map(option.clone()).collect_view()
            }}
            {move || (more() > 0).then(|| view! { <li class="listbox-note" role="presentation">{t.forms.more(more())}</li> })}
        </ul>
    }
    .into_any()
}

/// What is chosen, each with a cross; of one only the cross.
fn chips(field: FieldContext, value: Chosen, choices: Signal<Vec<Choice>>) -> AnyView {
    let t = text();
    let name = move |id: &str| {
        choices.with(|all| {
            let known = all.iter().find(|choice| choice.id == id);
            known.map_or_else(
                || (id.to_owned(), String::new()),
                |c| (c.name.clone(), c.description.clone()),
            )
        })
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
