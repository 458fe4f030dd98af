//! A table with title, count, actions, filter, choice of columns, sortable headings and pages. Filter, order and page
//! live in the page's address; a change of one row redraws that row's cells and nothing else.
//!
//! A short list is there whole, and [`Table`] runs the query itself. A long one comes page by page, and [`PagedTable`]
//! draws the page that was answered; what is asked for is then made before it is fetched, by [`Query::of_address`].

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
use column::{AnyColumn, Row};
use columns::Hidden;
pub use query::Query;
pub use selection::Selected;

use crate::i18n::text;
use crate::list::{self, Field};
use crate::model::page::{PageOf, Sort};

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
    let rows = Signal::derive(move || rows.with(|rows| rows.iter().map(erase).collect::<Vec<_>>()));
    let columns = erased(columns);
    let fields: Vec<Field<Row>> = columns.iter().map(|column| column.field.clone()).collect();
    let heads = fields.iter().map(|field| field.head).collect();
    let query = match id.is_empty() {
        true => Query::new(heads),
        false => Query::of_address(heads),
    };
    let slots = Slots {
        title,
        noun,
        id,
        empty,
        actions,
        selected,
        hidden: Hidden::of(id, &columns),
    };
    table(slots, query, columns, page_of(rows, fields, query).into())
}

/// Runs the query here.
fn page_of(rows: Signal<Vec<Row>>, fields: Vec<Field<Row>>, query: Query) -> Memo<PageOf<Row>> {
    let asked = query.asked();
    Memo::new(move |_| {
        rows.with(|rows| {
            let page = list::page(rows, &fields, &asked.read(), |row| row.weight);
            page.map(Row::clone)
        })
    })
}

fn erased<T>(columns: Vec<Column<T>>) -> Vec<AnyColumn> {
    columns.into_iter().map(|column| column.of).collect()
}

/// A table of a list that comes page by page.
#[component]
pub fn PagedTable<T>(
    title: &'static str,
    /// What the rows are, for the filter's label.
    noun: &'static str,
    /// What was asked for, and the answer.
    query: Query,
    #[prop(into)] page: Signal<PageOf<T>>,
    columns: Vec<Column<T>>,
    key: fn(&T) -> String,
    /// What stands here when there is not a single row.
    #[prop(into)]
    empty: ViewFn,
    /// The one table of its page that has one: lets columns be chosen.
    #[prop(optional)]
    id: &'static str,
    /// Boxes before the rows, for those that `query` says are chosen: they stay so on other pages.
    #[prop(optional)]
    selectable: bool,
    /// Buttons at the right of the title.
    #[prop(optional, into)]
    actions: ViewFn,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let page = Memo::new(move |_| page.get().map(|row| Row::new(key(&row), row)));
    let columns = erased(columns);
    let slots = Slots {
        title,
        noun,
        id,
        empty,
        actions,
        selected: selectable.then_some(query.selected),
        hidden: Hidden::of(id, &columns),
    };
    table(slots, query, columns, page.into())
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

fn table(
    slots: Slots,
    query: Query,
    columns: Vec<AnyColumn>,
    answer: Signal<PageOf<Row>>,
) -> AnyView {
    let t = text();
    let Slots {
        title, noun, id, ..
    } = slots;
    let columns = StoredValue::new(columns);
    let pages = Memo::new(move |_| answer.with(|answer| answer.pages));
    let current = Memo::new(move |_| answer.with(|answer| answer.page));
    let offers = Memo::new(move |_| answer.with(|answer| answer.offers.clone()));
    let by_key = Memo::new(move |_| {
        answer.with(|answer| {
            let rows = answer.rows.iter();
            let pairs = rows.map(|row| (row.key.clone(), row.clone()));
            pairs.collect::<HashMap<_, _>>()
        })
    });
    let keys = Memo::new(move |_| {
        answer.with(|answer| {
            let keys = answer.rows.iter().map(|row| row.key.clone());
            keys.collect::<Vec<_>>()
        })
    });
    let is_empty = Memo::new(move |_| answer.with(|answer| answer.total == 0));
    let is_nothing_found = Memo::new(move |_| answer.with(|answer| answer.rows.is_empty()));
    let cells = Cells {
        columns,
        by_key,
        selected: slots.selected,
        hidden: slots.hidden,
    };
    let count = move || {
        let (found, is_more, total) = answer.with(|a| (a.found, a.is_more, a.total));
        match is_more {
            true => t.common.count_over(found, total),
            false if found == total => t.common.count(total),
            false => t.common.count_of(found, total),
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
                        {filter::view(noun, id, query, offers.into())}
                        {head::pages(current, pages, query.page)}
                        {(!id.is_empty())
                            .then(|| {
                                let titles = columns.with_value(|all| all.iter().map(|c| c.head().title).collect());
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
                                <tr>{move || cells.head(query.order, keys.into())}</tr>
                            </thead>
                            <tbody>
                                <For each=move || keys.get() key=String::clone let:key>
                                    {cells.row(key)}
                                </For>
                            </tbody>
                        </table>
                    </div>
                    <Show when=move || is_nothing_found.get()>
                        {no_matches(query)}
                    </Show>
                    {move || {
                        let unsearched = answer.with(|answer| answer.unsearched);
                        (unsearched > 0)
                            .then(|| view! { <p class="px-5 py-3 text-muted">{t.common.unsearched(unsearched)}</p> })
                    }}
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
    fn shown(self) -> Vec<AnyColumn> {
        let all = self.columns.get_value().into_iter().enumerate();
        all.filter(|(i, _)| !self.hidden.contains(*i))
            .map(|(_, column)| column)
            .collect()
    }

    fn head(self, order: RwSignal<Option<Sort>>, keys: Signal<Vec<String>>) -> AnyView {
        let heading = |column: AnyColumn| head::heading(column.head(), order);
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
        let cell = move |column: AnyColumn| {
            let title = column.head().title;
            view! {
                <td data-label=title>
                    {move || row.with(|row| row.as_ref().and_then(|row| (column.cell)(row)))}
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
