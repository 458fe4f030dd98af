//! Pages of lists that are too long to be sent whole: what is asked for, and what is answered.

use serde::{Deserialize, Serialize};

/// Which rows of a list, in which order, and which page of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PageRequest {
    /// Words that a row has anywhere, or one property by the title of its column, `State = Pending`. At most
    /// [`PageRequest::LONGEST`] characters.
    pub filter: String,
    /// What a row must have beside that, [`PageRequest::MOST_PROPERTIES`] at most.
    pub properties: Vec<Property>,
    /// None: as the list stands by itself.
    pub sort: Option<Sort>,
    /// From 0; one behind the last is the last.
    pub page: usize,
    /// Rows of a page, 1 to [`PageRequest::MOST`].
    pub size: usize,
    /// The keys of rows that are wanted on whatever page they are: somebody has chosen them. At most
    /// [`PageRequest::MOST_CHOSEN`].
    pub chosen: Vec<String>,
}

impl Default for PageRequest {
    fn default() -> Self {
        PageRequest {
            filter: String::new(),
            properties: vec![],
            sort: None,
            page: 0,
            size: PageRequest::SIZE,
            chosen: vec![],
        }
    }
}

impl PageRequest {
    /// Rows that the console draws at once: enough to scan, few enough to stay fast.
    pub const SIZE: usize = 50;
    /// The most rows of a page.
    pub const MOST: usize = 200;
    pub const MOST_CHOSEN: usize = 1000;
    pub const MOST_PROPERTIES: usize = 20;
    /// Characters of a filter and of a property's value.
    pub const LONGEST: usize = 500;

    /// The first page of the longest that there are.
    pub fn longest() -> PageRequest {
        PageRequest {
            size: PageRequest::MOST,
            ..PageRequest::default()
        }
    }

    /// Whether both mean the same rows in the same order.
    pub fn is_same_list(&self, other: &PageRequest) -> bool {
        let list = |one: &PageRequest| PageRequest {
            page: 0,
            chosen: vec![],
            ..one.clone()
        };
        list(self) == list(other)
    }
}

/// `status = active`: what a row has in one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    /// The column's key, the same in every language.
    pub column: String,
    pub operator: Operator,
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    Is,
    IsNot,
    Contains,
}

/// By which column, and whether downwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sort {
    /// The column's key, the same in every language.
    pub column: String,
    pub descending: bool,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageOf<T> {
    pub rows: Vec<T>,
    /// From 0: the one asked for, or the last.
    pub page: usize,
    /// How many there are, 1 at least.
    pub pages: usize,
    /// How many things were found; one row may stand for several, as for all tasks of an array that wait.
    pub found: usize,
    /// There are more than that, and nobody counted them.
    pub is_more: bool,
    /// How many there are at all.
    pub total: usize,
    /// How many, those that stand last by themselves, were too many to be looked through for what was asked.
    pub unsearched: usize,
    /// The property that the filter begins, with each value that occurs; a few of them.
    pub offers: Vec<Property>,
    /// The chosen rows that are still there, and what else of the list an action on them could mean.
    pub chosen: Vec<T>,
    /// The keys that this says so of.
    pub chosen_of: Vec<String>,
}

impl<T> PageOf<T> {
    /// The same page of what becomes of each row.
    pub fn map<U>(self, of: impl FnMut(T) -> U) -> PageOf<U> {
        PageOf {
            rows: self.rows.into_iter().map(of).collect(),
            page: self.page,
            pages: self.pages,
            found: self.found,
            is_more: self.is_more,
            total: self.total,
            unsearched: self.unsearched,
            offers: self.offers,
            chosen: vec![],
            chosen_of: self.chosen_of,
        }
    }
}
