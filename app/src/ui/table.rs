//! A table with title, count, text filter, sortable columns and pages. Filter, order and page live in the browser;
//! a change of one row redraws that row's cells and nothing else.

use std::any::Any;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude::*;

use super::Icon;
use crate::i18n::text;

/// Rows drawn at once: enough to scan, few enough to stay fast with thousands.
const PAGE: usize = 50;

/// What a column is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Number(i64),
    Text(String),
}

/// What a column does with a row. Rows are erased, so that the table is compiled once and not once per noun: in the
/// browser's download that counts.
type Of<V> = Arc<dyn Fn(&dyn Any) -> V + Send + Sync>;

fn erased<T: 'static, V: Default>(of: impl Fn(&T) -> V + Send + Sync + 'static) -> Of<V> {
    Arc::new(move |row| row.downcast_ref::<T>().map(&of).unwrap_or_default())
}

pub struct Column<T> {
    of: AnyColumn,
    rows: PhantomData<fn(&T)>,
}

#[derive(Clone)]
struct AnyColumn {
    title: &'static str,
    cell: Of<Option<AnyView>>,
    text: Option<Of<String>>,
    sort: Option<Of<i64>>,
}

impl<T: 'static> Column<T> {
    pub fn new<V: IntoView + 'static>(
        title: &'static str,
        cell: impl Fn(&T) -> V + Send + Sync + 'static,
    ) -> Column<T> {
        let of = AnyColumn {
            title,
            cell: erased(move |row| Some(cell(row).into_any())),
            text: None,
            sort: None,
        };
        Column {
            of,
            rows: PhantomData,
        }
    }

    /// The words that the filter finds, and the order, unless [`Column::sort`] says otherwise.
    pub fn text(mut self, text: impl Fn(&T) -> String + Send + Sync + 'static) -> Column<T> {
        self.of.text = Some(erased(text));
        self
    }

    pub fn sort(mut self, number: impl Fn(&T) -> i64 + Send + Sync + 'static) -> Column<T> {
        self.of.sort = Some(erased(number));
        self
    }
}

impl AnyColumn {
    fn sort_key(&self, row: &Row) -> Option<SortKey> {
        match (&self.sort, &self.text) {
            (Some(sort), _) => Some(SortKey::Number(sort(row.value()))),
            (None, Some(text)) => Some(SortKey::Text(natural(&text(row.value())))),
            (None, None) => None,
        }
    }

    fn is_sortable(&self) -> bool {
        self.sort.is_some() || self.text.is_some()
    }
}

#[derive(Clone)]
struct Row {
    key: String,
    value: Arc<dyn Any + Send + Sync>,
    is_same: fn(&dyn Any, &dyn Any) -> bool,
}

impl Row {
    fn new<T: PartialEq + Send + Sync + 'static>(key: String, value: T) -> Row {
        Row {
            key,
            value: Arc::new(value),
            is_same: |a, b| a.downcast_ref::<T>() == b.downcast_ref::<T>(),
        }
    }

    fn value(&self) -> &dyn Any {
        self.value.as_ref()
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.key == other.key && (self.is_same)(self.value(), other.value())
    }
}

#[component]
pub fn Table<T>(
    title: &'static str,
    /// What the rows are, for the filter's label.
    noun: &'static str,
    #[prop(into)] rows: Signal<Vec<T>>,
    columns: Vec<Column<T>>,
    key: fn(&T) -> String,
    /// What stands here when there is not a single row.
    #[prop(into)]
    empty: ViewFn,
    #[prop(optional, into)] filter: RwSignal<String>,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let erase = move |row: &T| Row::new(key(row), row.clone());
    let rows = Signal::derive(move || rows.with(|rows| rows.iter().map(erase).collect()));
    let columns = columns.into_iter().map(|column| column.of).collect();
    table(title, noun, rows, columns, empty, filter)
}

fn table(
    title: &'static str,
    noun: &'static str,
    rows: Signal<Vec<Row>>,
    columns: Vec<AnyColumn>,
    empty: ViewFn,
    filter: RwSignal<String>,
) -> AnyView {
    let t = text();
    let columns = StoredValue::new(columns);
    let order = RwSignal::new(None::<(usize, bool)>);
    let page = RwSignal::new(0_usize);

    let found = Memo::new(move |_| {
        let filter = filter.read().trim().to_lowercase();
        let mut found: Vec<Row> = rows.with(|rows| {
            let matching =
                |row: &&Row| filter.is_empty() || columns.with_value(|c| matches(c, row, &filter));
            rows.iter().filter(matching).cloned().collect()
        });
        if let Some((column, descending)) = order.get() {
            columns.with_value(|c| sort(&mut found, &c[column], descending));
        }
        found
    });
    // Another order or filter begins at the top.
    Effect::new(move |_| {
        order.track();
        filter.track();
        page.set(0);
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
            rows.iter()
                .map(|row| (row.key.clone(), row.clone()))
                .collect::<HashMap<_, _>>()
        })
    });
    let keys =
        move || visible.with(|rows| rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>());
    let is_empty = Memo::new(move |_| total.get() == 0);

    view! {
        <section class="data-table" aria-label=title>
            <div class="data-table-head">
                <h2 class="text-base font-semibold">
                    {title} " "
                    <span class="font-normal text-muted">
                        {move || {
                            let (shown, total) = (shown.get(), total.get());
                            if shown == total { t.common.count(total) } else { t.common.count_of(shown, total) }
                        }}
                    </span>
                </h2>
                <Show when=move || !is_empty.get()>
                    <div class="flex flex-wrap items-center gap-3">
                        <Filter noun filter />
                        <Pages current=current pages=pages set=move |to| page.set(to) />
                    </div>
                </Show>
            </div>
            {move || {
                if is_empty.get() {
                    return empty.run().into_any();
                }
                view! {
                    <div class="data-table-scroll" tabindex="0" role="group" aria-label=title>
                        <table>
                            <thead>
                                <tr>
                                    {columns
                                        .with_value(|columns| {
                                            columns
                                                .iter()
                                                .enumerate()
                                                .map(|(i, c)| heading(i, c.title, c.is_sortable(), order))
                                                .collect_view()
                                        })}
                                </tr>
                            </thead>
                            <tbody>
                                <For each=keys key=String::clone let:id>
                                    {row(id, columns, by_key)}
                                </For>
                            </tbody>
                        </table>
                    </div>
                    <Show when=move || shown.get() == 0>
                        <div class="grid justify-items-center gap-2 px-5 py-10 text-center">
                            <p class="font-semibold">{t.common.no_matches}</p>
                            <p class="text-muted">{move || t.common.no_matches_hint(filter.get())}</p>
                            <button type="button" class="button" on:click=move |_| filter.set(String::new())>
                                {t.common.clear_filter}
                            </button>
                        </div>
                    </Show>
                }
                    .into_any()
            }}
        </section>
    }
    .into_any()
}

/// Digits compare as numbers: `node-9` before `node-10`.
fn natural(text: &str) -> String {
    let mut key = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (words, digits) = rest.split_at(start);
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        key += &words.to_lowercase();
        key += &format!("{:0>12}", &digits[..end]);
        rest = &digits[end..];
    }
    key + &rest.to_lowercase()
}

fn matches(columns: &[AnyColumn], row: &Row, filter: &str) -> bool {
    columns
        .iter()
        .filter_map(|column| column.text.as_ref())
        .any(|text| text(row.value()).to_lowercase().contains(filter))
}

fn sort(rows: &mut [Row], column: &AnyColumn, descending: bool) {
    rows.sort_by(|a, b| {
        let order = column.sort_key(a).cmp(&column.sort_key(b));
        if descending { order.reverse() } else { order }
    });
}

/// A heading that sorts: up, then down, then as the server gave it.
fn heading(
    index: usize,
    title: &'static str,
    sortable: bool,
    order: RwSignal<Option<(usize, bool)>>,
) -> impl IntoView {
    if !sortable {
        return view! { <th scope="col">{title}</th> }.into_any();
    }
    let direction = move || match order.get() {
        Some((column, descending)) if column == index => Some(if descending {
            Ordering::Greater
        } else {
            Ordering::Less
        }),
        _ => None,
    };
    let aria = move || match direction() {
        Some(Ordering::Less) => "ascending",
        Some(_) => "descending",
        None => "none",
    };
    let mark = move || match direction() {
        Some(Ordering::Less) => "▲",
        Some(_) => "▼",
        None => "△",
    };
    let turn = move |_| {
        order.update(|order| {
            *order = match *order {
                Some((column, false)) if column == index => Some((index, true)),
                Some((column, true)) if column == index => None,
                _ => Some((index, false)),
            }
        });
    };
    view! {
        <th scope="col" aria-sort=aria>
            <button type="button" class="sort-button" on:click=turn>
                {title}
                <span class="sort-mark" class:sort-mark-off=move || direction().is_none() aria-hidden="true">{mark}</span>
            </button>
        </th>
    }
    .into_any()
}

fn row(
    id: String,
    columns: StoredValue<Vec<AnyColumn>>,
    by_key: Memo<HashMap<String, Row>>,
) -> AnyView {
    let row = Memo::new(move |_| by_key.with(|rows| rows.get(&id).cloned()));
    let cell = move |column: AnyColumn| {
        view! {
            <td data-label=column.title>
                {move || row.with(|row| row.as_ref().and_then(|row| (column.cell)(row.value())))}
            </td>
        }
    };
    view! { <tr>{columns.get_value().into_iter().map(cell).collect_view()}</tr> }.into_any()
}

#[component]
fn Filter(noun: &'static str, filter: RwSignal<String>) -> impl IntoView {
    let label = text().common.filter_named(noun);
    view! {
        <label class="filter">
            <span class="sr-only">{label.clone()}</span>
            {Icon::Search.view()}
            <input type="search" placeholder=label autocomplete="off" bind:value=filter />
        </label>
    }
    .into_any()
}

#[component]
fn Pages(
    current: Memo<usize>,
    pages: Memo<usize>,
    set: impl Fn(usize) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let t = text();
    let several = move || pages.get() > 1;
    let is_last = move || current.get() + 1 >= pages.get();
    view! {
        <Show when=several>
            <div class="flex items-center gap-1">
                <button
                    type="button"
                    class="icon-button"
                    aria-label=t.common.previous_page
                    disabled=move || current.get() == 0
                    on:click=move |_| set(current.get_untracked().saturating_sub(1))
                >
                    {Icon::ChevronLeft.view()}
                </button>
                <span class="text-muted" role="status">
                    {move || t.common.page_of(current.get() + 1, pages.get())}
                </span>
                <button
                    type="button"
                    class="icon-button"
                    aria-label=t.common.next_page
                    disabled=is_last
                    on:click=move |_| set(current.get_untracked() + 1)
                >
                    {Icon::ChevronRight.view()}
                </button>
            </div>
        </Show>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_sort_as_numbers() {
        let mut names = ["compute-1-10", "Compute-1-9", "login-1"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["Compute-1-9", "compute-1-10", "login-1"]);
    }
}
