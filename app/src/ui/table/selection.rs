//! Rows chosen for an action: a box in each row, and one for all rows of the page shown.

use std::collections::BTreeSet;

use leptos::prelude::*;

use crate::i18n::text;

/// The keys of the rows that are chosen.
pub type Selected = RwSignal<BTreeSet<String>>;

pub fn head(selected: Selected, keys: Signal<Vec<String>>) -> AnyView {
    let is_all = move || {
        keys.with(|keys| {
            !keys.is_empty() && selected.with(|all| keys.iter().all(|key| all.contains(key)))
        })
    };
    let turn = move |_| {
        let all = untrack(is_all);
        selected.update(|selected| {
            keys.with_untracked(|keys| {
                for key in keys {
                    match all {
                        true => selected.remove(key),
                        false => selected.insert(key.clone()),
                    };
                }
            });
        });
    };
    view! {
        <th scope="col" class="select-cell">
            <input type="checkbox" aria-label=text().common.select_all prop:checked=is_all on:change=turn />
        </th>
    }
    .into_any()
}

pub fn cell(selected: Selected, key: String) -> AnyView {
    let label = text().common.select_row(&key);
    let key = StoredValue::new(key);
    let is_selected = move || key.with_value(|key| selected.with(|all| all.contains(key)));
    let turn = move |_| {
        selected.update(|selected| {
            let key = key.get_value();
            if !selected.remove(&key) {
                selected.insert(key);
            }
        });
    };
    view! {
        <td class="select-cell">
            <input type="checkbox" aria-label=label prop:checked=is_selected on:change=turn />
        </td>
    }
    .into_any()
}
