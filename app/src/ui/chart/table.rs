//! The numbers of a chart as a table.

use leptos::prelude::*;

use super::{Unit, in_words};
use crate::i18n::text;
use crate::ui::foreign;
use crate::ui::time::Minute;

/// A column of numbers, one for each time.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    pub label: String,
    pub unit: Unit,
    pub values: Vec<Option<f64>>,
}

/// Columns from a time on (milliseconds since 1970), each row so many milliseconds after the one before.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberTable {
    pub start: i64,
    pub period: i64,
    pub columns: Vec<Numbers>,
}

impl NumberTable {
    /// The times of which something is known, the newest first.
    fn known(&self) -> impl Iterator<Item = usize> {
        let places = self.columns.iter().map(|column| column.values.len()).max();
        (0..places.unwrap_or_default()).rev().filter(|place| {
            self.columns
                .iter()
                .any(|column| column.at(*place).is_some())
        })
    }
}

impl Numbers {
    fn at(&self, place: usize) -> Option<f64> {
        self.values.get(place).copied().flatten()
    }
}

/// The same numbers in words; times of which nothing is known are left out.
#[component]
pub fn ChartTable(
    title: &'static str,
    /// Whether the title is seen, or only read out.
    #[prop(optional)]
    is_titled: bool,
    numbers: Signal<NumberTable>,
) -> impl IntoView {
    let t = text();
    let caption = match is_titled {
        true => "chart-title text-left",
        false => "read-out",
    };
    let heads = move || {
        let head =
            |column: &Numbers| view! { <th scope="col">{foreign(column.label.clone())}</th> };
        numbers.read().columns.iter().map(head).collect_view()
    };
    let rows = move || {
        let all = numbers.read();
        let row = |place: usize| {
            let cell = |column: &Numbers| {
                let words = column
                    .at(place)
                    .map(|value| in_words(t, column.unit, value));
                view! { <td class="tabular-nums">{words.unwrap_or_else(|| "–".to_owned())}</td> }
            };
            view! {
                <tr>
                    <th scope="row">
                        <Minute at=all.start + place as i64 * all.period />
                    </th>
                    {all.columns.iter().map(cell).collect_view()}
                </tr>
            }
        };
        all.known().map(row).collect_view()
    };
    view! {
        <div class="chart-table" role="region" aria-label=title tabindex="0">
            <table class="plain-table">
                <caption class=caption>{title}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.monitoring.time}</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_told_the_newest_first() {
        let column = |values: &[Option<f64>]| Numbers {
            label: String::new(),
            unit: Unit::Count,
            values: values.to_vec(),
        };
        let columns = NumberTable {
            start: 0,
            period: 1,
            columns: vec![
                column(&[Some(1.0), None, None]),
                column(&[None, None, Some(0.0), None]),
            ],
        };
        assert_eq!(columns.known().collect::<Vec<_>>(), [2, 0]);
    }
}
