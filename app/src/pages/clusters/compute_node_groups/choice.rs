//! Choices of a form as the words that requests have for them.

use leptos::prelude::*;

/// As requests write it.
pub fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// What a request would write so, if there is such a thing.
pub fn choice<T: serde::de::DeserializeOwned>(text: RwSignal<String>) -> Option<T> {
    serde_json::from_value(text.get().into()).ok()
}
