//! Which columns are shown: everybody's own choice, kept in a cookie so that the server's first paint has it already.

use leptos::prelude::*;

use super::column::AnyColumn;
use crate::browser;
use crate::i18n::text;
use crate::ui::{Icon, Menu};

/// The numbers of the columns that are hidden.
#[derive(Clone, Copy)]
pub struct Hidden {
    columns: RwSignal<Vec<usize>>,
    table: &'static str,
}

impl Hidden {
    pub fn of(table: &'static str, columns: &[AnyColumn]) -> Hidden {
        let kept = browser::cookie(&cookie(table)).map(|kept| parse(&kept));
        let at_first = || {
            let columns = columns.iter().enumerate();
            columns
                .filter(|(_, column)| column.is_hidden_first)
                .map(|(i, _)| i)
                .collect()
        };
        Hidden {
            columns: RwSignal::new(kept.unwrap_or_else(at_first)),
            table,
        }
    }

    pub fn contains(self, column: usize) -> bool {
        self.columns.with(|columns| columns.contains(&column))
    }

    fn turn(self, column: usize) {
        self.columns.update(
            |columns| match columns.iter().position(|other| *other == column) {
                Some(at) => {
                    columns.remove(at);
                }
                None => columns.push(column),
            },
        );
        let numbers = self.columns.get_untracked();
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        browser::set_cookie(&cookie(self.table), &numbers.join("."));
    }
}

fn cookie(table: &str) -> String {
    format!("openpcs-hidden-{table}")
}

fn parse(kept: &str) -> Vec<usize> {
    kept.split('.')
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// The first column is what a row is known by and stays.
pub fn menu(hidden: Hidden, titles: Vec<&'static str>) -> AnyView {
    let entry = move |(column, title): (usize, &'static str)| {
        let is_shown = move || !hidden.contains(column);
        view! {
            <label class="menu-item gap-2">
                <input
                    type="checkbox"
                    checked=untrack(is_shown)
                    prop:checked=is_shown
                    on:change=move |_| hidden.turn(column)
                />
                {title}
            </label>
        }
    };
    view! {
        <Menu icon=Icon::Sliders label=text().common.columns>
            {titles.into_iter().enumerate().skip(1).map(entry).collect_view()}
        </Menu>
    }
    .into_any()
}
