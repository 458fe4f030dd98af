//! Filter, order and page of a table in the page's address, so that they are there again after Back and Reload, and for
//! whomever the address is sent to.
//!
//! `?filter=words&where=State = Pending&sort=-Submitted&page=2`: properties and columns by their titles, in any number.
//! What cannot be read is left out.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use super::column::AnyColumn;
use super::filter::Query;
use super::head::Order;
use super::query::Token;
use crate::browser;

const FILTER: &str = "filter";
const WHERE: &str = "where";
const SORT: &str = "sort";
const PAGE: &str = "page";

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    text: String,
    tokens: Vec<Token>,
    order: Option<(usize, bool)>,
    page: usize,
}

/// Takes what the address says, and from then on keeps it up to date.
pub fn keep(query: Query, order: Order, page: RwSignal<usize>) {
    let map = use_query_map().get_untracked();
    let state = query
        .columns
        .with_value(|columns| State::read(columns, &map));
    if !state.text.is_empty() {
        query.text.set(state.text.clone());
    }
    query.tokens.set(state.tokens.clone());
    order.set(state.order);
    page.set(state.page);
    Effect::new(move |last: Option<State>| {
        let now = State {
            text: query.text.get(),
            tokens: query.tokens.get(),
            order: order.get(),
            page: page.get(),
        };
        if last.is_some_and(|last| last != now) {
            let pairs = query.columns.with_value(|columns| now.pairs(columns));
            browser::replace_query(&[FILTER, WHERE, SORT, PAGE], &pairs);
        }
        now
    });
}

impl State {
    fn read(columns: &[AnyColumn], map: &ParamsMap) -> State {
        let tokens = map.get_all(WHERE).unwrap_or_default();
        let tokens = tokens.iter().filter_map(|text| Token::parse(columns, text));
        let page = map.get(PAGE).and_then(|page| page.parse::<usize>().ok());
        State {
            text: map.get(FILTER).unwrap_or_default(),
            tokens: tokens.filter(|token| !token.value.is_empty()).collect(),
            order: map.get(SORT).and_then(|sort| order(columns, &sort)),
            page: page.unwrap_or(1).saturating_sub(1),
        }
    }

    fn pairs(&self, columns: &[AnyColumn]) -> Vec<(&'static str, String)> {
        let mut pairs = vec![];
        if !self.text.is_empty() {
            pairs.push((FILTER, self.text.clone()));
        }
        pairs.extend(self.tokens.iter().map(|token| (WHERE, token.text(columns))));
        if let Some((column, descending)) = self.order {
            let title = columns.get(column).map_or("", |column| column.title);
            pairs.push((
                SORT,
                format!("{}{title}", if descending { "-" } else { "" }),
            ));
        }
        if self.page > 0 {
            pairs.push((PAGE, (self.page + 1).to_string()));
        }
        pairs
    }
}

/// `Submitted`, or `-Submitted` for downwards.
fn order(columns: &[AnyColumn], sort: &str) -> Option<(usize, bool)> {
    let (title, descending) = match sort.strip_prefix('-') {
        Some(title) => (title, true),
        None => (sort, false),
    };
    let column = columns
        .iter()
        .position(|column| column.is_sortable() && column.title == title)?;
    Some((column, descending))
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;

    fn columns() -> Vec<AnyColumn> {
        let column = |title| Column::new(title, |_: &String| ()).text(String::clone).of;
        vec![column("Name"), column("State")]
    }

    fn map(pairs: &[(&str, &str)]) -> ParamsMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn an_address_says_again_what_it_was_told() {
        let columns = columns();
        let state = State::read(
            &columns,
            &map(&[
                ("filter", "a & b"),
                ("where", "State = Pending"),
                ("where", "name : x"),
                ("sort", "-Name"),
                ("page", "3"),
            ]),
        );
        assert_eq!(
            (state.text.as_str(), state.tokens.len(), state.page),
            ("a & b", 2, 2)
        );
        assert_eq!(state.order, Some((0, true)));
        let pairs = state.pairs(&columns);
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        assert_eq!(State::read(&columns, &map(&pairs)), state);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let nonsense = [
            ("where", "Colour = red"),
            ("where", "State ="),
            ("sort", "-"),
            ("page", "0"),
            ("page", "x"),
        ];
        assert_eq!(State::read(&columns(), &map(&nonsense)), State::default());
        assert_eq!(State::default().pairs(&columns()), []);
    }
}
