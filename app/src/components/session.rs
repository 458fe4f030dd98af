//! What happens when the session is over: off to the sign-in page and back here, unless something that was filled in
//! would be lost. Then signing in happens in another window.

use leptos::prelude::*;

use super::guard::Guard;
use crate::i18n::{Text, text};
use crate::ui::{Flashes, Link, Tone, flashes};
use crate::{browser, paths};

#[derive(Clone, Copy)]
pub struct Session {
    t: &'static Text,
    guard: Option<Guard>,
    flashes: Flashes,
}

/// While a component is built.
pub fn use_session() -> Session {
    Session {
        t: text(),
        guard: use_context::<Guard>(),
        flashes: flashes(),
    }
}

impl Session {
    pub fn ended(self) {
        let sign_in = paths::sign_in(&browser::location());
        if !self.guard.is_some_and(Guard::is_unsaved) {
            browser::leave_for(&sign_in);
            return;
        }
        let link = Link::new(self.t.sign_in.title, sign_in).in_new_window();
        self.flashes.push(
            Tone::Warning,
            self.t.errors.session_title,
            self.t.errors.session,
            link,
        );
    }
}
