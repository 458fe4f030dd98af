//! A list to choose from that is longer than what is here of it: the rest is searched and asked for elsewhere.

use leptos::prelude::*;

/// How a [`Combobox`](super::Combobox) asks for more of its choices. Whoever has it gives the answers as its choices.
#[derive(Clone, Copy)]
pub struct Pages {
    /// What is being typed; it need not stand still.
    pub typed: RwSignal<String>,
    /// The choices were found with it, and are not to be looked through here.
    pub is_answer: Signal<bool>,
    /// The choices are not yet what was asked for.
    pub is_awaited: Signal<bool>,
    /// More was found than the choices.
    pub has_more: Signal<bool>,
    /// Asked for the next of it.
    pub more: Callback<()>,
    /// Why there was no answer.
    pub refusal: Signal<Option<String>>,
}

impl Pages {
    /// What there is to say while there is no answer.
    pub fn note(self, waiting: &'static str) -> Option<String> {
        let refusal = self.refusal.get();
        refusal.or_else(|| self.is_awaited.get().then(|| waiting.to_owned()))
    }
}
