//! Filter, order and page of a table in the page's address, so that they are there again after Back and Reload, and for
//! whomever the address is sent to.
//!
//! `?filter=words&where=State = Pending&sort=-Submitted&page=2`: properties and columns by their titles, in any number.
//! What cannot be read is left out.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::query::Query;
use crate::browser;
use crate::foreign::visible;
use crate::list::{Head, parse, words};
use crate::model::page::{PageRequest, Property, Sort};
use crate::ui::{Search, use_search};

const FILTER: &str = "filter";
const WHERE: &str = "where";
const SORT: &str = "sort";
const PAGE: &str = "page";

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    text: String,
    properties: Vec<Property>,
    order: Option<Sort>,
    page: usize,
}

impl Query {
    /// One that the page's address says, and goes on saying.
    pub fn of_address(heads: Vec<Head>) -> Query {
        let query = Query::new(heads);
        keep(query);
        query
    }
}

/// Takes what the address says, now and when a link of the same page says something else; and keeps it up to date.
fn keep(query: Query) {
    let (search, path) = (use_search(), use_location().pathname);
    let take = move |search: &Search| {
        let state = query.heads.with_value(|heads| State::read(heads, search));
        query.text.set(state.text);
        query.properties.set(state.properties);
        query.order.set(state.order);
        query.page.set(state.page);
    };
    take(&search.read_untracked());
    let here = path.get_untracked();
    Effect::new(move |seen: Option<()>| {
        let search = search.read();
        // On the way to another page the address is not about this table any more.
        if seen.is_some() && path.read_untracked() == here {
            take(&search);
        }
    });
    Effect::new(move |last: Option<State>| {
        let now = State {
            text: query.text.get(),
            properties: query.properties.get(),
            order: query.order.get(),
            page: query.page.get(),
        };
        if last.is_some_and(|last| last != now) {
            let pairs = query.heads.with_value(|heads| now.pairs(heads));
            browser::replace_query(&[FILTER, WHERE, SORT, PAGE], &pairs);
        }
        now
    });
}

impl State {
    /// What is too long or too much to be asked for is left out as well. The rest stands as it is shown: a field of one line
    /// would lose the line ends of what it was given.
    fn read(heads: &[Head], search: &Search) -> State {
        let is_short = |text: &str| text.chars().count() <= PageRequest::LONGEST;
        let properties = search.all(WHERE);
        let properties = properties.filter_map(|text| parse(heads, &visible(text)));
        let properties =
            properties.filter(|property| !property.value.is_empty() && is_short(&property.value));
        let page = search.get(PAGE).and_then(|page| page.parse::<usize>().ok());
        State {
            text: search
                .get(FILTER)
                .map(|text| visible(&text).into_owned())
                .filter(|text| is_short(text))
                .unwrap_or_default(),
            properties: properties.take(PageRequest::MOST_PROPERTIES).collect(),
            order: search.get(SORT).and_then(|sort| order(heads, &sort)),
            page: page.unwrap_or(1).saturating_sub(1),
        }
    }

    fn pairs(&self, heads: &[Head]) -> Vec<(&'static str, String)> {
        let mut pairs = vec![];
        if !self.text.is_empty() {
            pairs.push((FILTER, self.text.clone()));
        }
        let properties = self.properties.iter();
        pairs.extend(properties.map(|property| (WHERE, words(heads, property))));
        if let Some(sort) = &self.order {
            let head = heads.iter().find(|head| head.key == sort.column);
            let title = head.map_or("", |head| head.title);
            let sign = if sort.descending { "-" } else { "" };
            pairs.push((SORT, format!("{sign}{title}")));
        }
        if self.page > 0 {
            pairs.push((PAGE, (self.page + 1).to_string()));
        }
        pairs
    }
}

/// `Submitted`, or `-Submitted` for downwards.
fn order(heads: &[Head], sort: &str) -> Option<Sort> {
    let (title, descending) = match sort.strip_prefix('-') {
        Some(title) => (title, true),
        None => (sort, false),
    };
    let head = heads
        .iter()
        .find(|head| head.is_sortable && head.title == title)?;
    Some(Sort {
        column: head.key.to_owned(),
        descending,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::encode;

    fn heads() -> Vec<Head> {
        let head = |key, title| Head {
            key,
            title,
            is_filterable: true,
            is_sortable: true,
        };
        vec![head("name", "Name"), head("state", "State")]
    }

    fn address(pairs: &[(&str, &str)]) -> Search {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(name, value)| format!("{name}={}", encode(value)));
        Search::read(&pairs.collect::<Vec<_>>().join("&"))
    }

    #[test]
    fn an_address_says_again_what_it_was_told() {
        let heads = heads();
        let state = State::read(
            &heads,
            &address(&[
                ("filter", "a & b"),
                ("where", "State = Pending"),
                ("where", "name : x"),
                ("sort", "-Name"),
                ("page", "3"),
            ]),
        );
        assert_eq!(
            (state.text.as_str(), state.properties.len(), state.page),
            ("a & b", 2, 2)
        );
        let order = Sort {
            column: "name".into(),
            descending: true,
        };
        assert_eq!(state.order, Some(order));
        let pairs = state.pairs(&heads);
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        assert_eq!(State::read(&heads, &address(&pairs)), state);
    }

    #[test]
    fn an_address_keeps_what_a_field_of_one_line_would_lose() {
        let heads = heads();
        let state = State::read(
            &heads,
            &address(&[
                ("filter", "  two\nlines\tof  \u{202e}x "),
                ("where", "Name =  a  \n b "),
            ]),
        );
        assert_eq!(state.text, "  two␊lines␉of  ⟨U+202E⟩x ");
        assert_eq!(state.properties[0].value, "a  ␊ b");
        let pairs = state.pairs(&heads);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(State::read(&heads, &address(&pairs)), state);
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
        assert_eq!(State::read(&heads(), &address(&nonsense)), State::default());
        assert_eq!(State::default().pairs(&heads()), []);
    }

    #[test]
    fn an_address_asks_for_no_more_than_a_list_takes() {
        let long = "x".repeat(PageRequest::LONGEST + 1);
        let long_property = format!("name = {long}");
        let mut pairs = vec![("filter", long.as_str()), ("where", long_property.as_str())];
        pairs.extend([("where", "name = x"); 30]);
        let state = State::read(&heads(), &address(&pairs));
        assert_eq!(state.text, "");
        assert_eq!(state.properties.len(), PageRequest::MOST_PROPERTIES);
    }
}
