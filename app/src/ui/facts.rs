//! Facts as data: a label and what is to be read, which follows its signals. Drawn in one place, so that a page full of
//! them costs the browser's download little.

use leptos::prelude::*;

use super::{KeyValue, foreign};

pub struct Fact {
    label: &'static str,
    wide: bool,
    view: Box<dyn Fn() -> AnyView + Send + Sync>,
}

impl Fact {
    pub fn text(label: &'static str, text: impl Fn() -> String + Send + Sync + 'static) -> Fact {
        Fact::view(label, move || foreign(text()))
    }

    pub fn view(label: &'static str, view: impl Fn() -> AnyView + Send + Sync + 'static) -> Fact {
        Fact {
            label,
            wide: false,
            view: Box::new(view),
        }
    }

    /// Takes the whole row: for ARNs.
    pub fn wide(mut self) -> Fact {
        self.wide = true;
        self
    }
}

/// Inside `Pairs` or a wizard's review.
pub fn facts(facts: Vec<Fact>) -> AnyView {
    let one = |Fact { label, wide, view }: Fact| {
        view! { <KeyValue label wide>{move || view()}</KeyValue> }.into_any()
    };
    facts
        .into_iter()
        .map(one)
        .collect::<Vec<AnyView>>()
        .into_any()
}
