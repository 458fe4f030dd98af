//! A table with title, count, actions, filter, choice of columns, sortable headings and pages. Filter, order and page
//! live in the page's address; a change of one row redraws that row's cells and nothing else.

mod address;
mod column;
mod columns;
mod filter;
mod head;
mod query;
mod selection;

use std::collections::{BTreeSet, HashMap};

use leptos::prelude::*;

pub use column::Column;
use column::{AnyColumn, Row, sort};
use columns::Hidden;
use filter::Query;
use selection::Selected;

use crate::i18n::text;

/// Rows drawn at once: enough to scan, few enough to stay fast with thousands.
const PAGE: usize = 50;

/// ```ignore
/// let selected = RwSignal::new(BTreeSet::new());
/// <Table
///     title=t.queues.title noun=t.queues.filter rows=queues columns=columns(t) key=|queue| queue.id.clone()
///     id="queues"                       // keeps the choice of columns in this browser
///     selected                          // boxes before the rows; the set holds their keys
///     actions=move || view! { <Button …/> <ButtonLink …/> }
///     empty=move || view! { <EmptyState …/> }
/// />
/// ```
#[component]
pub fn Table<T>(
    title: &'static str,
    /// What the rows are, for the filter's label.
    noun: &'static str,
    #[prop(into)] rows: Signal<Vec<T>>,
    columns: Vec<Column<T>>,
    key: fn(&T) -> String,
    /// How many of the counted a row stands for.
    #[prop(default = |_| 1)]
    weight: fn(&T) -> usize,
    /// What stands here when there is not a single row.
    #[prop(into)]
    empty: ViewFn,
    #[prop(optional, into)] filter: RwSignal<String>,
    /// The one table of its page that has one: lets columns be chosen, and is remembered by the page's address.
    #[prop(optional)]
    id: &'static str,
    #[prop(optional)] selected: Option<RwSignal<BTreeSet<String>>>,
    /// Buttons at the right of the title.
    #[prop(optional, into)]
    actions: ViewFn,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let erase = move |row: &T| Row::new(key(row), row.clone()).weighing(weight(row));
    let rows = Signal::derive(move || rows.with(|rows| rows.iter().map(erase).collect()));
    let columns: Vec<AnyColumn> = columns.into_iter().map(|column| column.of).collect();
    let hidden = Hidden::of(id, &columns);
    let query = Query {
        tokens: RwSignal::new(vec![]),
        text: filter,
        columns: StoredValue::new(columns),
        rows,
    };
    let slots = Slots {
        title,
        noun,
        id,
        empty,
        actions,
        selected,
        hidden,
    };
    table(slots, query)
}

/// All that does not depend on what a row is.
struct Slots {
    title: &'static str,
    noun: &'static str,
    id: &'static str,
    empty: ViewFn,
    actions: ViewFn,
    selected: Option<Selected>,
    hidden: Hidden,
}

fn table(slots: Slots, query: Query) -> AnyView {
    let t = text();
    let Slots {
        title, noun, id, ..
    } = slots;
    let (columns, rows) = (query.columns, query.rows);
    let order: head::Order = RwSignal::new(None);
    let page = RwSignal::new(0_usize);
    if !id.is_empty() {
        address::keep(query, order, page);
    }

    let found = Memo::new(move |_| {
        let mut found = rows.with(|rows| {
            columns.with_value(|columns| {
                query::filter(rows, columns, &query.tokens.read(), &query.text.read())
            })
        });
        if let Some((column, descending)) = order.get() {
            columns.with_value(|columns| sort(&mut found, &columns[column], descending));
        }
        found
    });
    // Another order or filter begins at the top.
    Effect::new(move |seen: Option<()>| {
        order.track();
        query.text.track();
        query.tokens.track();
        if seen.is_some() {
            page.set(0);
        }
    });
    let total = Memo::new(move |_| rows.with(Vec::len));
    let shown = Memo::new(move |_| found.with(Vec::len));
    let pages = Memo::new(move |_| shown.get().div_ceil(PAGE).max(1));
    let current = Memo::new(move |_| page.get().min(pages.get() - 1));
    let visible = Memo::new(move |_| {
        let start = current.get() * PAGE;
        found.with(|rows| {
            rows.iter()
                .skip(start)
                .take(PAGE)
                .cloned()
                .collect::<Vec<Row>>()
        })
    });
    let by_key = Memo::new(move |_| {
        visible.with(|rows| {
            let pairs = rows.iter().map(|row| (row.key.clone(), row.clone()));
            pairs.collect::<HashMap<_, _>>()
        })
    });
    let keys = Signal::derive(move || {
        visible.with(|rows| rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>())
    });
    let is_empty = Memo::new(move |_| total.get() == 0);
    let cells = Cells {
        columns,
        by_key,
        selected: slots.selected,
        hidden: slots.hidden,
    };
    let weigh = |rows: &Vec<Row>| rows.iter().map(|row| row.weight).sum::<usize>();
    let count = move || {
        let (shown, total) = (found.with(weigh), rows.with(weigh));
        if shown == total {
            t.common.count(total)
        } else {
            t.common.count_of(shown, total)
        }
    };
    let (empty, actions) = (slots.empty, slots.actions);

    view! {
        <section class="data-table" aria-label=title>
            <div class="data-table-head">
                <h2 class="text-base font-semibold">
                    {title} " " <span class="font-normal text-muted">{count}</span>
                </h2>
                <div class="flex flex-wrap items-center gap-2">
                    <Show when=move || !is_empty.get()>
                        {filter::view(noun, id, query)}
                        {head::pages(current, pages, page)}
                        {(!id.is_empty())
                            .then(|| {
                                let titles = columns.with_value(|all| all.iter().map(|c| c.title).collect());
                                columns::menu(cells.hidden, titles)
                            })}
                    </Show>
                    {actions.run()}
                </div>
            </div>
            {filter::chips(query)}
            {move || {
                if is_empty.get() {
                    return empty.run().into_any();
                }
                view! {
                    <div class="data-table-scroll" tabindex="0" role="group" aria-label=title>
                        <table>
                            <thead>
                                <tr>{move || cells.head(order, keys)}</tr>
                            </thead>
                            <tbody>
                                <For each=move || keys.get() key=String::clone let:key>
                                    {cells.row(key)}
                                </For>
                            </tbody>
                        </table>
                    </div>
                    <Show when=move || shown.get() == 0>
                        {no_matches(query)}
                    </Show>
                }
                    .into_any()
            }}
        </section>
    }
    .into_any()
}

/// What stands in the lines.
#[derive(Clone, Copy)]
struct Cells {
    columns: StoredValue<Vec<AnyColumn>>,
    by_key: Memo<HashMap<String, Row>>,
    selected: Option<Selected>,
    hidden: Hidden,
}

impl Cells {
    /// Depends on which columns are shown, and on nothing else.
    fn shown(self) -> Vec<(usize, AnyColumn)> {
        let all = self.columns.get_value().into_iter().enumerate();
        all.filter(|(i, _)| !self.hidden.contains(*i)).collect()
    }

    fn head(self, order: head::Order, keys: Signal<Vec<String>>) -> AnyView {
        let heading = |(i, column): (usize, AnyColumn)| {
            head::heading(i, column.title, column.is_sortable(), order)
        };
        view! {
            {self.selected.map(|selected| selection::head(selected, keys))}
            {self.shown().into_iter().map(heading).collect_view()}
        }
        .into_any()
    }

    fn row(self, key: String) -> AnyView {
        let by_key = self.by_key;
        let row = {
            let key = key.clone();
            Memo::new(move |_| by_key.with(|rows| rows.get(&key).cloned()))
        };
        let cell = move |(_, column): (usize, AnyColumn)| {
            view! {
                <td data-label=column.title>
                    {move || row.with(|row| row.as_ref().and_then(|row| (column.cell)(row.value())))}
                </td>
            }
        };
        view! {
            <tr>
                {self.selected.map(|selected| selection::cell(selected, key))}
                {move || self.shown().into_iter().map(cell).collect_view()}
            </tr>
        }
        .into_any()
    }
}

fn no_matches(query: Query) -> AnyView {
    let t = text();
    view! {
        <div class="grid justify-items-center gap-2 px-5 py-10 text-center">
            <p class="font-semibold">{t.common.no_matches}</p>
            <p class="text-muted">{move || t.common.no_matches_hint(query.words())}</p>
            <button type="button" class="button" on:click=move |_| query.clear()>
                {t.common.clear_filter}
            </button>
        </div>
    }
    .into_any()
}
