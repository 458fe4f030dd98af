//! What a list of past jobs is asked for, as SQL of both databases.
//!
//! Everything that it can be asked for is in one index in the order of the list, so that also a filter that finds little
//! reads the index only, and no more of it than from one place in the list to another. Nothing else may be used to find
//! the rows: a planner that knows no figures takes the primary key, and sorts all jobs of a cluster. Of few jobs among a
//! million just that is meant.

use std::fmt::Write as _;

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, query};

/// Where in the list: what follows is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub ended_at: i64,
    pub cluster_id: String,
    pub id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Cluster,
    Id,
    Name,
    User,
    Account,
    Queue,
    State,
}

impl Column {
    pub(super) fn name(self) -> &'static str {
        match self {
            Column::Cluster => "cluster_id",
            Column::Id => "id",
            Column::Name => "name",
            Column::User => "user_name",
            Column::Account => "account",
            Column::Queue => "queue",
            Column::State => "state",
        }
    }
}

/// One thing that a job must be, whatever the case of letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// One of these; of none nothing is.
    Is(Column, Vec<String>),
    IsNot(Column, Vec<String>),
    Contains(Column, String),
    Any(Vec<Test>),
}

/// Which jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of these clusters, by their ids.
    pub clusters: Vec<String>,
    /// That ended then or later, and before that.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub tests: Vec<Test>,
    /// Those behind this place, down to that one.
    pub after: Option<Place>,
    pub until: Option<Place>,
    /// The clusters have so few jobs that all of them are read sooner than the list of all clusters.
    pub of_few: bool,
}

impl Wanted {
    /// All of its clusters.
    pub fn is_all(&self) -> bool {
        self.tests.is_empty() && [self.from, self.to] == [None, None] && self.after.is_none()
    }
}

enum Value {
    Text(String),
    Number(i64),
}

/// A statement in the making.
#[derive(Default)]
pub(super) struct Sql {
    pub text: String,
    values: Vec<Value>,
}

impl Sql {
    pub fn number(&mut self, value: i64) {
        self.values.push(Value::Number(value));
        let _ = write!(self.text, "${}", self.values.len());
    }

    pub fn string(&mut self, value: &str) {
        self.values.push(Value::Text(value.to_owned()));
        let _ = write!(self.text, "${}", self.values.len());
    }

    pub fn query(&self) -> Query<'_, Any, AnyArguments<'_>> {
        let mut query = query(&self.text);
        for value in &self.values {
            query = match value {
                Value::Text(text) => query.bind(text.as_str()),
                Value::Number(number) => query.bind(*number),
            };
        }
        query
    }

    /// The condition of those jobs.
    pub fn condition(&mut self, wanted: &Wanted) {
        match wanted.of_few {
            true => self.clusters(wanted),
            false => {
                // An expression, for which there is no index.
                self.text += "(cluster_id || '') in (";
                self.strings(&wanted.clusters);
                self.text += ")";
            }
        }
        for test in &wanted.tests {
            self.text += " and ";
            self.test(test);
        }
        self.stretch(wanted);
    }

    /// The part of the list, whatever else is wanted.
    pub fn stretch(&mut self, wanted: &Wanted) {
        if let Some(from) = wanted.from {
            self.text += " and ended_at >= ";
            self.number(from);
        }
        if let Some(to) = wanted.to {
            self.text += " and ended_at < ";
            self.number(to);
        }
        self.place("<", wanted.after.as_ref());
        self.place(">=", wanted.until.as_ref());
    }

    fn place(&mut self, compared: &str, place: Option<&Place>) {
        let Some(place) = place else { return };
        let _ = write!(self.text, " and (ended_at, cluster_id, id) {compared} (");
        self.number(place.ended_at);
        self.text += ", ";
        self.string(&place.cluster_id);
        self.text += ", ";
        self.string(&place.id);
        self.text += ")";
    }

    /// The last that ended first.
    pub fn order(&mut self, wanted: &Wanted) {
        // Of few by no index: a planner would go through the list of all clusters for it.
        let ended_at = if wanted.of_few {
            "ended_at + 0"
        } else {
            "ended_at"
        };
        let _ = write!(
            self.text,
            " order by {ended_at} desc, cluster_id desc, id desc limit "
        );
    }

    /// All of these clusters, whatever else is wanted: for a number only, and the key is the shortest to read.
    pub fn clusters(&mut self, wanted: &Wanted) {
        self.text += "cluster_id in (";
        self.strings(&wanted.clusters);
        self.text += ")";
    }

    pub fn strings(&mut self, all: &[String]) {
        self.list(all, |sql, one| sql.string(one));
    }

    fn list<T>(&mut self, all: &[T], each: impl Fn(&mut Sql, &T)) {
        for (at, one) in all.iter().enumerate() {
            if at > 0 {
                self.text += ", ";
            }
            each(self, one);
        }
        if all.is_empty() {
            self.text += "null";
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Is(column, values) => self.one_of(*column, values),
            Test::IsNot(column, values) if values.is_empty() => {
                let _ = write!(self.text, "{0} = {0}", column.name());
            }
            Test::IsNot(column, values) => {
                self.text += "not ";
                self.one_of(*column, values);
            }
            Test::Contains(column, part) => {
                let _ = write!(self.text, "lower({}) like lower(", column.name());
                self.string(&format!("%{}%", escaped(part)));
                self.text += ") escape '!'";
            }
            Test::Any(tests) => {
                self.text += "(1 = 0";
                for test in tests {
                    self.text += " or ";
                    self.test(test);
                }
                self.text += ")";
            }
        }
    }

    fn one_of(&mut self, column: Column, values: &[String]) {
        let _ = write!(self.text, "(lower({}) in (", column.name());
        self.list(values, |sql, value| {
            sql.text += "lower(";
            sql.string(value);
            sql.text += ")";
        });
        self.text += "))";
    }
}

/// What stands for itself in a pattern.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '!' | '%' | '_') {
            escaped.push('!');
        }
        escaped.push(c);
    }
    escaped
}
