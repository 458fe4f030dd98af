//! What a column says of a row.

use std::sync::Arc;

type Of<R, V> = Arc<dyn Fn(&R) -> V + Send + Sync>;

/// What a column is called, and what it can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The same in every language.
    pub key: &'static str,
    /// In the reader's language.
    pub title: &'static str,
    pub is_filterable: bool,
    pub is_sortable: bool,
}

/// A column of rows of that type.
pub struct Field<R> {
    pub head: Head,
    text: Option<Of<R, String>>,
    number: Option<Of<R, i64>>,
}

impl<R> Clone for Field<R> {
    fn clone(&self) -> Self {
        Field {
            head: self.head,
            text: self.text.clone(),
            number: self.number.clone(),
        }
    }
}

/// What rows are sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    Number(i64),
    Text(String),
}

impl<R> Field<R> {
    pub fn new(key: &'static str, title: &'static str) -> Field<R> {
        Field {
            head: Head {
                key,
                title,
                is_filterable: false,
                is_sortable: false,
            },
            text: None,
            number: None,
        }
    }

    /// The words that the filter finds, `title = words` in it, and the order, unless [`Field::sort`] says otherwise.
    pub fn text(mut self, text: impl Fn(&R) -> String + Send + Sync + 'static) -> Field<R> {
        self.text = Some(Arc::new(text));
        (self.head.is_filterable, self.head.is_sortable) = (true, true);
        self
    }

    pub fn sort(mut self, number: impl Fn(&R) -> i64 + Send + Sync + 'static) -> Field<R> {
        self.number = Some(Arc::new(number));
        self.head.is_sortable = true;
        self
    }

    /// The same column of something that holds such a row.
    pub fn within<S: 'static>(self, row: fn(&S) -> Option<&R>) -> Field<S>
    where
        R: 'static,
    {
        fn outer<S: 'static, R: 'static, V: Default + 'static>(
            of: Of<R, V>,
            row: fn(&S) -> Option<&R>,
        ) -> Of<S, V> {
            Arc::new(move |outer| row(outer).map(|row| of(row)).unwrap_or_default())
        }
        Field {
            head: self.head,
            text: self.text.map(|text| outer(text, row)),
            number: self.number.map(|number| outer(number, row)),
        }
    }

    /// What it says of a row in words; None for a column that the filter does not know.
    pub fn words(&self, row: &R) -> Option<String> {
        self.text.as_ref().map(|text| text(row))
    }

    pub fn sort_key(&self, row: &R) -> Option<SortKey> {
        match (&self.number, &self.text) {
            (Some(number), _) => Some(SortKey::Number(number(row))),
            (None, Some(text)) => Some(SortKey::Text(natural(&text(row)))),
            (None, None) => None,
        }
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
