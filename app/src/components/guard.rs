//! Keeps what was filled in from being lost by a slip: asks before a page with unsaved changes is left, by a link, by the
//! command palette, by "back" or by closing the window.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::browser;
use crate::i18n::text;
use crate::ui::{Button, Dialog, DialogActions, Look};

#[derive(Clone, PartialEq, Eq)]
enum Leave {
    To(String),
    Back,
}

#[derive(Clone, Copy)]
pub struct Guard {
    /// The page shown has unsaved changes.
    unsaved: RwSignal<bool>,
    leaving: RwSignal<Option<Leave>>,
}

impl Guard {
    pub fn provide() -> Guard {
        let guard = Guard {
            unsaved: RwSignal::new(false),
            leaving: RwSignal::new(None),
        };
        provide_context(guard);
        guard
    }

    pub fn is_unsaved(self) -> bool {
        self.unsaved.get_untracked()
    }

    /// Holds a person back; false when there is nothing to lose.
    pub fn hold(self, href: String) -> bool {
        let hold = self.unsaved.get_untracked();
        if hold {
            self.leaving.set(Some(Leave::To(href)));
        }
        hold
    }
}

/// Guards the page shown while `dirty` is true.
pub fn guard_changes(dirty: RwSignal<bool>) {
    let Some(guard) = use_context::<Guard>() else {
        return;
    };
    Effect::new(move |was: Option<bool>| {
        let is = dirty.get();
        guard.unsaved.set(is);
        // "Back" comes here first, where it can be asked about.
        if is && was != Some(true) {
            browser::push_here();
        }
        is
    });
    on_cleanup(move || {
        guard.unsaved.try_set(false);
    });
}

/// The question, and the ears: once, in the frame.
#[component]
pub fn UnsavedChanges(guard: Guard) -> impl IntoView {
    let t = text();
    listen(guard);
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if guard.leaving.with(Option::is_some) {
            open.set(true);
        }
    });
    let stay = move || {
        if guard.leaving.get_untracked() == Some(Leave::Back) {
            browser::push_here();
        }
        guard.leaving.set(None);
        open.set(false);
    };
    let navigate = use_navigate();
    let leave = Callback::new(move |()| {
        let leaving = guard.leaving.get_untracked();
        guard.unsaved.set(false);
        guard.leaving.set(None);
        open.set(false);
        match leaving {
            Some(Leave::To(href)) => navigate(&href, NavigateOptions::default()),
            Some(Leave::Back) => browser::back(),
            None => {}
        }
    });
    // Escape stays as well.
    Effect::new(move |was: Option<bool>| {
        let is = open.get();
        if was == Some(true) && !is && guard.leaving.with_untracked(Option::is_some) {
            stay();
        }
        is
    });
    view! {
        <Dialog open title=t.forms.unsaved_title>
            <p>{t.forms.unsaved}</p>
            <DialogActions>
                <Button label=t.forms.unsaved_stay autofocus=true on_press=stay />
                <Button label=t.forms.unsaved_leave look=Look::Danger on_press=leave />
            </DialogActions>
        </Dialog>
    }
    .into_any()
}

fn listen(guard: Guard) {
    Effect::new(move |_| {
        browser::before_link(move |href| guard.hold(href));
        let closing = window_event_listener(leptos::ev::beforeunload, move |event| {
            if guard.unsaved.get_untracked() {
                event.prevent_default();
            }
        });
        let back = window_event_listener(leptos::ev::popstate, move |_| {
            if guard.unsaved.get_untracked() {
                guard.leaving.set(Some(Leave::Back));
            }
        });
        on_cleanup(move || {
            closing.remove();
            back.remove();
        });
    });
}
