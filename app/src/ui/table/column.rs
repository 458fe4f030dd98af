//! What a column shows, finds and sorts. Rows are erased, so that the table is compiled once and not once per noun: in
//! the browser's download that counts.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude::*;

/// What a column is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    Number(i64),
    Text(String),
}

type Of<V> = Arc<dyn Fn(&dyn Any) -> V + Send + Sync>;

fn erased<T: 'static, V: Default>(of: impl Fn(&T) -> V + Send + Sync + 'static) -> Of<V> {
    Arc::new(move |row| row.downcast_ref::<T>().map(&of).unwrap_or_default())
}

/// `Column::new(t.x.name, |row: &Queue| view! { … }).text(|row| row.name.clone())`
pub struct Column<T> {
    pub(super) of: AnyColumn,
    rows: PhantomData<fn(&T)>,
}

#[derive(Clone)]
pub struct AnyColumn {
    pub title: &'static str,
    pub cell: Of<Option<AnyView>>,
    text: Option<Of<String>>,
    sort: Option<Of<i64>>,
    pub is_hidden_first: bool,
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
            is_hidden_first: false,
        };
        Column {
            of,
            rows: PhantomData,
        }
    }

    /// The words that the filter finds, `title = words` in it, and the order, unless [`Column::sort`] says otherwise.
    pub fn text(mut self, text: impl Fn(&T) -> String + Send + Sync + 'static) -> Column<T> {
        self.of.text = Some(erased(text));
        self
    }

    pub fn sort(mut self, number: impl Fn(&T) -> i64 + Send + Sync + 'static) -> Column<T> {
        self.of.sort = Some(erased(number));
        self
    }

    /// Not shown until a person asks for it.
    pub fn hidden(mut self) -> Column<T> {
        self.of.is_hidden_first = true;
        self
    }
}

impl AnyColumn {
    pub fn sort_key(&self, row: &Row) -> Option<SortKey> {
        match (&self.sort, &self.text) {
            (Some(sort), _) => Some(SortKey::Number(sort(row.value()))),
            (None, Some(text)) => Some(SortKey::Text(natural(&text(row.value())))),
            (None, None) => None,
        }
    }

    /// What it says of a row in words; None for a column that the filter does not know.
    pub fn words(&self, row: &Row) -> Option<String> {
        self.text.as_ref().map(|text| text(row.value()))
    }

    pub fn is_filterable(&self) -> bool {
        self.text.is_some()
    }

    pub fn is_sortable(&self) -> bool {
        self.sort.is_some() || self.text.is_some()
    }
}

#[derive(Clone)]
pub struct Row {
    pub key: String,
    /// How many of the counted it stands for.
    pub weight: usize,
    value: Arc<dyn Any + Send + Sync>,
    is_same: fn(&dyn Any, &dyn Any) -> bool,
}

impl Row {
    pub fn new<T: PartialEq + Send + Sync + 'static>(key: String, value: T) -> Row {
        Row {
            key,
            weight: 1,
            value: Arc::new(value),
            is_same: |a, b| a.downcast_ref::<T>() == b.downcast_ref::<T>(),
        }
    }

    pub fn weighing(self, weight: usize) -> Row {
        Row { weight, ..self }
    }

    pub fn value(&self) -> &dyn Any {
        self.value.as_ref()
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.key == other.key && (self.is_same)(self.value(), other.value())
    }
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

pub fn sort(rows: &mut [Row], column: &AnyColumn, descending: bool) {
    // Each key is made once, not once per comparison: a thousand rows have ten thousand of them.
    rows.sort_by_cached_key(|row| column.sort_key(row));
    if descending {
        rows.reverse();
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_sort_as_numbers() {
        let mut names = ["compute-1-10", "Compute-1-9", "login-1"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["Compute-1-9", "compute-1-10", "login-1"]);
    }

    #[test]
    fn rows_sort_by_a_column_up_and_down() {
        let column = Column::new("Name", |name: &String| name.clone())
            .text(String::clone)
            .of;
        let mut rows = ["b-2", "a", "b-10"].map(|name| Row::new(name.into(), name.to_owned()));
        sort(&mut rows, &column, false);
        assert_eq!(
            rows.each_ref().map(|row| row.key.as_str()),
            ["a", "b-2", "b-10"]
        );
        sort(&mut rows, &column, true);
        assert_eq!(
            rows.each_ref().map(|row| row.key.as_str()),
            ["b-10", "b-2", "a"]
        );
    }
}
