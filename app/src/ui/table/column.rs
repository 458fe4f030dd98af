//! What a column shows of a row, beside what [`Field`] says of it. Rows are erased, so that the table is compiled once and
//! not once per noun: in the browser's download that counts.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude::*;

use crate::list::{Field, Head};

/// `Column::new(t.x.name, |row: &Queue| view! { … }).text(|row| row.name.clone())`
pub struct Column<T> {
    pub(super) of: AnyColumn,
    rows: PhantomData<fn(&T)>,
}

type Cell = Arc<dyn Fn(&Row) -> Option<AnyView> + Send + Sync>;

#[derive(Clone)]
pub struct AnyColumn {
    pub field: Field<Row>,
    pub cell: Cell,
    pub is_hidden_first: bool,
}

impl<T: 'static> Column<T> {
    /// One that is known by its title.
    pub fn new<V: IntoView + 'static>(
        title: &'static str,
        cell: impl Fn(&T) -> V + Send + Sync + 'static,
    ) -> Column<T> {
        Column::of(Field::new(title, title), cell)
    }

    /// One whose words the service knows as well.
    pub fn of<V: IntoView + 'static>(
        field: Field<T>,
        cell: impl Fn(&T) -> V + Send + Sync + 'static,
    ) -> Column<T> {
        let of = AnyColumn {
            field: field.within(Row::of::<T>),
            cell: Arc::new(move |row| row.of::<T>().map(|row| cell(row).into_any())),
            is_hidden_first: false,
        };
        Column {
            of,
            rows: PhantomData,
        }
    }

    /// See [`Field::text`].
    pub fn text(mut self, text: impl Fn(&T) -> String + Send + Sync + 'static) -> Column<T> {
        let text = move |row: &Row| row.of().map(&text).unwrap_or_default();
        self.of.field = self.of.field.text(text);
        self
    }

    /// See [`Field::sort`].
    pub fn sort(mut self, number: impl Fn(&T) -> i64 + Send + Sync + 'static) -> Column<T> {
        let number = move |row: &Row| row.of().map(&number).unwrap_or_default();
        self.of.field = self.of.field.sort(number);
        self
    }

    /// Not shown until a person asks for it.
    pub fn hidden(mut self) -> Column<T> {
        self.of.is_hidden_first = true;
        self
    }
}

impl AnyColumn {
    pub fn head(&self) -> Head {
        self.field.head
    }
}

#[derive(Clone)]
pub struct Row {
    pub key: String,
    /// How many of the counted it stands for.
    pub weight: usize,
    value: Arc<dyn Any + Send + Sync>,
    is_same: fn(&Row, &Row) -> bool,
}

impl Row {
    pub fn new<T: PartialEq + Send + Sync + 'static>(key: String, value: T) -> Row {
        Row {
            key,
            weight: 1,
            value: Arc::new(value),
            is_same: |a, b| a.of::<T>() == b.of::<T>(),
        }
    }

    pub fn weighing(self, weight: usize) -> Row {
        Row { weight, ..self }
    }

    /// What it was made of.
    fn of<T: 'static>(&self) -> Option<&T> {
        self.value.downcast_ref()
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.key == other.key && (self.is_same)(self, other)
    }
}
