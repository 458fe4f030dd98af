//! The filter's input: words, or properties that it helps to write, and the ones that are in force as chips.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::column::{AnyColumn, Row};
use super::query::{Operator, Token};
use crate::i18n::text;
use crate::ui::{Choice, Icon, Listbox};

/// Values offered for a property.
const MOST: usize = 12;

/// What is asked for, and of which rows.
#[derive(Clone, Copy)]
pub struct Query {
    pub tokens: RwSignal<Vec<Token>>,
    pub text: RwSignal<String>,
    pub columns: StoredValue<Vec<AnyColumn>>,
    pub rows: Signal<Vec<Row>>,
}

impl Query {
    pub fn clear(self) {
        self.tokens.set(vec![]);
        self.text.set(String::new());
    }

    /// Everything asked for in words, for "no matches".
    pub fn words(self) -> String {
        let tokens = self.tokens.get().into_iter();
        let tokens = tokens.map(|token| self.columns.with_value(|columns| token.text(columns)));
        tokens
            .chain([self.text.get()])
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// What could be written next: the names of properties, or the values of the one that is being written. The id is
    /// the text that stands in the input then.
    fn suggestions(self) -> Vec<Choice> {
        let text = self.text.get();
        self.columns
            .with_value(|columns| match Token::parse(columns, &text) {
                Some(token) => values(columns, &token, &self.rows.get()),
                None => properties(columns, text.trim()),
            })
    }

    /// Makes a chip of the property in the input, if it is whole.
    fn take(self) {
        let token = self
            .columns
            .with_value(|columns| Token::parse(columns, &self.text.read_untracked()));
        if let Some(token) = token.filter(|token| !token.value.is_empty()) {
            self.tokens.update(|tokens| tokens.push(token));
            self.text.set(String::new());
        }
    }
}

fn properties(columns: &[AnyColumn], start: &str) -> Vec<Choice> {
    let start = start.to_lowercase();
    columns
        .iter()
        .filter(|column| column.is_filterable() && column.title.to_lowercase().starts_with(&start))
        .flat_map(|column| {
            [Operator::Is, Operator::IsNot].map(|operator| {
                let text = format!("{} {} ", column.title, operator.sign());
                Choice::new(text.clone(), text)
            })
        })
        .collect()
}

fn values(columns: &[AnyColumn], token: &Token, rows: &[Row]) -> Vec<Choice> {
    let Some(column) = columns.get(token.column) else {
        return vec![];
    };
    let all: BTreeSet<String> = rows.iter().filter_map(|row| column.words(row)).collect();
    let start = token.value.to_lowercase();
    all.into_iter()
        .filter(|value| !value.is_empty() && value.to_lowercase().contains(&start))
        .take(MOST)
        .map(|value| {
            let token = Token {
                value: value.clone(),
                ..token.clone()
            };
            Choice::new(token.text(columns), value)
        })
        .collect()
}

pub fn view(noun: &'static str, id: &'static str, query: Query) -> AnyView {
    let t = text();
    let label = t.common.filter_named(noun);
    let list = Listbox::new(format!("filter-{id}"));
    let found = Memo::new(move |_| {
        if list.open.get() {
            query.suggestions()
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
    let chip = move |(index, token): (usize, Token)| {
        let words = query.columns.with_value(|columns| token.text(columns));
        let label = t.forms.remove(&words);
        let remove = move |_| {
            query.tokens.update(|tokens| {
                if index < tokens.len() {
                    tokens.remove(index);
                }
            });
        };
        view! {
            <li class="choice-chip">
                <span>{words}</span>
                <button type="button" class="icon-button" aria-label=label on:click=remove>
                    {Icon::Close.view()}
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || query.tokens.with(|tokens| !tokens.is_empty())>
            <ul class="choice-chips px-5 pb-3" aria-label=t.common.filters>
                {move || query.tokens.get().into_iter().enumerate().map(chip).collect_view()}
            </ul>
        </Show>
    }
    .into_any()
}
