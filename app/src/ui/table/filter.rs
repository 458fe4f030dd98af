//! The filter's input: words, or properties that it helps to write, and the ones that are in force as chips.

use leptos::prelude::*;

use super::query::Query;
use crate::foreign::folded;
use crate::i18n::text;
use crate::list::Head;
use crate::model::page::{Operator, PageRequest, Property};
use crate::ui::{Choice, Icon, Listbox, foreign_line};

/// What could be written next: the names of properties, or the values of the one that is being written, of those that the
/// answer offers. The id is the text that stands in the input then.
fn suggestions(query: Query, offers: Signal<Vec<Property>>) -> Vec<Choice> {
    let Some(written) = query.written() else {
        let start = query.text.get();
        return query
            .heads
            .with_value(|heads| properties(heads, start.trim()));
    };
    let start = folded(&written.value);
    // The answer may still be about what was written before.
    let fits = |offer: &&Property| {
        (&offer.column, offer.operator) == (&written.column, written.operator)
            && folded(&offer.value).contains(&start)
    };
    offers.with(|offers| {
        let fitting = offers.iter().filter(fits);
        fitting
            .map(|offer| Choice::new(query.words_of(offer), &offer.value))
            .collect()
    })
}

fn properties(heads: &[Head], start: &str) -> Vec<Choice> {
    let start = start.to_lowercase();
    heads
        .iter()
        .filter(|head| head.is_filterable && head.title.to_lowercase().starts_with(&start))
        .flat_map(|head| {
            [Operator::Is, Operator::IsNot].map(|operator| {
                let text = format!("{} {} ", head.title, operator.sign());
                Choice::new(text.clone(), text)
            })
        })
        .collect()
}

pub fn view(
    noun: &'static str,
    id: &'static str,
    query: Query,
    offers: Signal<Vec<Property>>,
) -> AnyView {
    let t = text();
    let label = t.common.filter_named(noun);
    let list = Listbox::new(format!("filter-{id}"));
    let found = Memo::new(move |_| {
        if list.open.get() {
            suggestions(query, offers)
        } else {
            vec![]
        }
    });
    let choose = move |index: usize| {
        if let Some(choice) = found.with_untracked(|found| found.get(index).cloned()) {
            query.text.set(choice.id);
            query.take();
            list.active.set(None);
        }
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        if list.key(&event.key(), found.with_untracked(Vec::len), choose) {
            event.prevent_default();
        } else if event.key() == "Enter" {
            query.take();
        }
    };
    let option = move |(index, choice): (usize, Choice)| {
        view! {
            <li
                id=list.option_id(index)
                class="option"
                class:option-active=move || list.active.get() == Some(index)
                role="option"
                aria-selected=move || (list.active.get() == Some(index)).to_string()
                on:mousedown=move |event| {
                    event.prevent_default();
                    choose(index);
                }
            >
                {choice.name}
            </li>
        }
    };
    view! {
        <div class="combobox list-filter">
            {Icon::Search.view()}
            <input
                type="text"
                role="combobox"
                placeholder=label.clone()
                aria-label=label
                title=t.common.filter_hint
                autocomplete="off"
                maxlength=PageRequest::LONGEST
                spellcheck="false"
                aria-autocomplete="list"
                aria-expanded=move || found.with(|found| !found.is_empty()).to_string()
                aria-controls=list.id()
                aria-activedescendant=move || list.active_id()
                bind:value=query.text
                on:input=move |_| {
                    list.open.set(true);
                    list.active.set(None);
                }
                on:click=move |_| list.open.set(true)
                on:keydown=key
                on:blur=move |_| list.close()
            />
            <ul
                id=list.id()
                class="listbox"
                role="listbox"
                aria-label=t.forms.choices
            >
                {move || found.get().into_iter().enumerate().map(option).collect_view()}
            </ul>
        </div>
    }
    .into_any()
}

/// The properties in force.
pub fn chips(query: Query) -> AnyView {
    let t = text();
    let chip = move |(index, property): (usize, Property)| {
        let words = query.words_of(&property);
        let label = t.forms.remove(&words);
        let remove = move |_| {
            query.properties.update(|properties| {
                if index < properties.len() {
                    properties.remove(index);
                }
            });
        };
        view! {
            <li class="choice-chip">
                {foreign_line(words)}
                <button type="button" class="icon-button" aria-label=label on:click=remove>
                    {Icon::Close.view()}
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || query.properties.with(|properties| !properties.is_empty())>
            <ul class="choice-chips px-5 pb-3" aria-label=t.common.filters>
                {move || query.properties.get().into_iter().enumerate().map(chip).collect_view()}
            </ul>
        </Show>
    }
    .into_any()
}
