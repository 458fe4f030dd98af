//! What a form knows of the account: what it began with, what its lists have shown, and what is named in it. It asks for
//! the rest itself, in pages and by name.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::offer::{list_offers, resolve_offers};
use crate::model::catalogue::Catalogue;
use crate::model::error::Result;
use crate::model::offer::{OfferKind, OfferPage, OfferQuery};
use crate::model::refs::Refs;
use crate::ui::form::Pages;
use crate::ui::settled;

/// All that is known, for names and rules.
#[derive(Clone, Copy)]
pub struct Offers {
    pub known: RwSignal<Catalogue>,
    missing: Memo<Refs>,
}

impl Offers {
    /// `named`: what stands in the form. What is not known of it is asked for.
    pub fn new(known: Catalogue, named: impl Fn() -> Refs + Send + Sync + 'static) -> Offers {
        let (known, asked) = (RwSignal::new(known), RwSignal::new(Refs::default()));
        let missing = Memo::new(move |_| named().missing(&known.read(), &asked.read()));
        Effect::new(move |_| {
            let refs = missing.get();
            if refs.is_empty() {
                return;
            }
            spawn_local(async move {
                // Without an answer nothing is said of it here: the service judges what is sent.
                if let Ok(found) = resolve_offers(refs.clone()).await {
                    asked.try_update(|asked| asked.add(refs));
                    known.try_update(|known| known.learn(found));
                }
            });
        });
        Offers { known, missing }
    }

    /// What a rule says of what is known; nothing while something that the form names is still asked for.
    pub fn judge(self, rule: impl FnOnce(&Catalogue) -> Option<String>) -> Option<String> {
        match self.missing.with(Refs::is_empty) {
            true => self.known.with(rule),
            false => None,
        }
    }
}

/// What was found last.
#[derive(Clone, PartialEq)]
struct Found {
    /// Its first page.
    query: OfferQuery,
    page: OfferPage,
}

/// The offers of one kind, as far as they were asked for.
#[derive(Clone, Copy)]
pub struct OfferList {
    offers: Offers,
    query: Memo<OfferQuery>,
    found: RwSignal<Option<Found>>,
    typed: RwSignal<String>,
    /// What was typed, once it stands still.
    search: RwSignal<String>,
    busy: RwSignal<bool>,
    refusal: RwSignal<Option<String>>,
}

impl OfferList {
    pub fn new(offers: Offers, kind: OfferKind) -> OfferList {
        OfferList::within(offers, kind, || None, None)
    }

    /// Only those in a VPC; none while its id is empty. `first` is a page that is here already.
    pub fn within(
        offers: Offers,
        kind: OfferKind,
        vpc_id: impl Fn() -> Option<String> + Send + Sync + 'static,
        first: Option<OfferPage>,
    ) -> OfferList {
        let first = first.map(|page| Found {
            query: OfferQuery::first(kind),
            page,
        });
        let (found, typed) = (RwSignal::new(first), RwSignal::new(String::new()));
        let search = settled(typed);
        let query = Memo::new(move |_| {
            let all = OfferQuery {
                vpc_id: vpc_id(),
                ..OfferQuery::first(kind)
            };
            let has_all = |found: &Found| found.query == all && found.page.after.is_none();
            // Of a list that is here altogether typing shows the part that is meant.
            if found.read().as_ref().is_some_and(has_all) {
                return all;
            }
            let search = search
                .read()
                .trim()
                .chars()
                .take(OfferQuery::LONGEST)
                .collect();
            OfferQuery { search, ..all }
        });
        let list = OfferList {
            offers,
            query,
            found,
            typed,
            search,
            busy: RwSignal::new(false),
            refusal: RwSignal::new(None),
        };
        Effect::new(move |_| list.ask());
        list
    }

    /// Those that are here.
    pub fn offers(self) -> Catalogue {
        let here = self.found.read();
        let here = here.as_ref().filter(|found| self.is_of_the_place(found));
        here.map(|found| found.page.offers.clone())
            .unwrap_or_default()
    }

    /// Whether they are all that there are.
    pub fn is_whole(self) -> bool {
        let is_all = |found: &Found| {
            let is_search = !found.query.search.is_empty();
            !is_search && found.page.after.is_none() && self.is_of_the_place(found)
        };
        self.found.read().as_ref().is_some_and(is_all)
    }

    /// Whether there are more, searched for or not.
    pub fn is_part(self) -> bool {
        self.found.with(Option::is_some) && !self.is_whole()
    }

    pub fn pages(self) -> Pages {
        let found = self.found;
        let with = move |is: fn(&Found) -> bool| found.read().as_ref().is_some_and(is);
        let is_searched = move || with(|found| !found.query.search.is_empty());
        let has_next = move || with(|found| found.page.after.is_some());
        let is_awaited = move || {
            let is_here = self.is_nowhere() || self.is_whole() || self.is_current();
            self.busy.get() || !is_here
        };
        Pages {
            typed: self.typed,
            is_answer: Signal::derive(move || is_searched() && self.is_current()),
            is_awaited: Signal::derive(is_awaited),
            has_more: Signal::derive(move || has_next() && self.is_current()),
            more: Callback::new(move |()| self.more()),
            refusal: self.refusal.into(),
        }
    }

    /// Whether what was found is what is wanted, to the last key.
    fn is_current(self) -> bool {
        let found = self.found.read();
        let is_found = found
            .as_ref()
            .is_some_and(|found| self.query.with(|q| *q == found.query));
        is_found
            && self
                .search
                .with(|search| self.typed.with(|typed| typed == search))
    }

    /// There is no VPC yet for them to be in.
    fn is_nowhere(self) -> bool {
        let is_empty = |query: &OfferQuery| query.vpc_id.as_ref().is_some_and(String::is_empty);
        self.query.with(is_empty)
    }

    /// What was found before stays until the answer, but not of another VPC.
    fn is_of_the_place(self, found: &Found) -> bool {
        self.query.with(|query| query.vpc_id == found.query.vpc_id)
    }

    /// Asks for the first page of what is wanted, unless it is here.
    fn ask(self) {
        let query = self.query.get();
        let is_here = |found: &Option<Found>| found.as_ref().is_some_and(|f| f.query == query);
        if self.is_nowhere() || self.found.with_untracked(is_here) {
            self.busy.set(false);
            return;
        }
        self.fetch(query.clone(), move |page| Found { query, page });
    }

    fn more(self) {
        let Some(found) = self.found.get_untracked() else {
            return;
        };
        let (Some(after), false) = (found.page.after.clone(), self.busy.get_untracked()) else {
            return;
        };
        self.fetch(found.query.next(after), move |page| {
            let mut found = found;
            found.page.offers.learn(page.offers);
            found.page.after = page.after;
            found
        });
    }

    fn fetch(self, query: OfferQuery, put: impl FnOnce(OfferPage) -> Found + 'static) {
        let wanted = self.query.get_untracked();
        self.busy.set(true);
        self.refusal.set(None);
        spawn_local(async move {
            let answer: Result<OfferPage> = list_offers(query).await;
            // The form may have gone meanwhile, or want another list.
            if self.query.try_get_untracked() != Some(wanted) {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(page) => {
                    let known = self.offers.known;
                    known.update(|known| known.learn(page.offers.clone()));
                    self.found.set(Some(put(page)));
                }
                Err(error) => self.refusal.set(Some(error.message)),
            }
        });
    }
}
