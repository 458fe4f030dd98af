//! What a table is asked for by whoever looks at it: filter, order, page, and the rows that are chosen.

use leptos::prelude::*;

use super::selection::Selected;
use crate::list::{Head, parse, words};
use crate::model::page::{PageRequest, Property, Sort};
use crate::ui::settled;

#[derive(Clone, Copy)]
pub struct Query {
    pub text: RwSignal<String>,
    pub properties: RwSignal<Vec<Property>>,
    pub order: RwSignal<Option<Sort>>,
    /// From 0.
    pub page: RwSignal<usize>,
    pub selected: Selected,
    pub heads: StoredValue<Vec<Head>>,
}

impl Query {
    pub fn new(heads: Vec<Head>) -> Query {
        let query = Query {
            text: RwSignal::default(),
            properties: RwSignal::default(),
            order: RwSignal::default(),
            page: RwSignal::default(),
            selected: RwSignal::default(),
            heads: StoredValue::new(heads),
        };
        // Another order or filter begins at the top.
        Effect::new(move |seen: Option<()>| {
            query.order.track();
            query.text.track();
            query.properties.track();
            if seen.is_some() {
                query.page.set(0);
            }
        });
        query
    }

    /// The request for the page that is wanted, of a list that is here.
    pub(super) fn asked(self) -> Memo<PageRequest> {
        self.asked_with(self.text)
    }

    /// The same of a list that the service answers: it is asked when the typed words have stood still for a moment.
    pub fn asked_of_service(self) -> Memo<PageRequest> {
        self.asked_with(settled(self.text))
    }

    fn asked_with(self, text: RwSignal<String>) -> Memo<PageRequest> {
        Memo::new(move |last: Option<&PageRequest>| {
            let chosen = self.selected.read();
            let mut now = PageRequest {
                filter: text.get(),
                properties: self.properties.get(),
                sort: self.order.get(),
                page: self.page.get(),
                chosen: chosen
                    .iter()
                    .take(PageRequest::MOST_CHOSEN)
                    .cloned()
                    .collect(),
                ..PageRequest::default()
            };
            // Before the number of the page says so: nobody asks for a page of another list.
            if last.is_some_and(|last| !last.is_same_list(&now)) {
                now.page = 0;
            }
            now
        })
    }

    pub fn clear(self) {
        self.properties.set(vec![]);
        self.text.set(String::new());
    }

    /// Everything asked for in words, for "no matches".
    pub fn words(self) -> String {
        let properties = self.properties.get().into_iter();
        let properties = properties.map(|property| self.words_of(&property));
        properties
            .chain([self.text.get()])
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }

    pub fn words_of(self, property: &Property) -> String {
        self.heads.with_value(|heads| words(heads, property))
    }

    /// The property that is being written.
    pub fn written(self) -> Option<Property> {
        let text = self.text.get();
        self.heads.with_value(|heads| parse(heads, &text))
    }

    /// Makes a chip of the property in the input, if it is whole and no list takes more; it counts in the input as well.
    pub fn take(self) {
        let property = untrack(|| self.written());
        let has_room = self
            .properties
            .with_untracked(|properties| properties.len() < PageRequest::MOST_PROPERTIES);
        if let Some(property) = property.filter(|property| has_room && !property.value.is_empty()) {
            self.properties
                .update(|properties| properties.push(property));
            self.text.set(String::new());
        }
    }
}
