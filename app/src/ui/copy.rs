//! Copying ids, ARNs and commands.

use std::time::Duration;

use leptos::prelude::*;

use super::{Icon, foreign};
use crate::browser;
use crate::i18n::text;

const SHOWN_FOR: Duration = Duration::from_millis(1500);

#[component]
pub fn CopyButton(what: &'static str, #[prop(into)] text: String) -> impl IntoView {
    let t = crate::i18n::text();
    let copied = RwSignal::new(false);
    let copy = move |_| {
        browser::copy(&text);
        copied.set(true);
        set_timeout(move || copied.set(false), SHOWN_FOR);
    };
    let label = t.common.copy_named(what);
    view! {
        <button type="button" class="icon-button copy-button" title=label.clone() aria-label=label on:click=copy>
            {move || if copied.get() { Icon::Check.view() } else { Icon::Copy.view() }}
            <span class="read-out" role="status">
                {move || copied.get().then_some(t.common.copied)}
            </span>
        </button>
    }
    .into_any()
}

/// An id or ARN with its copy button.
#[component]
pub fn Copyable(what: &'static str, #[prop(into)] value: String) -> impl IntoView {
    let t = text();
    if value.is_empty() {
        return view! { <span class="text-muted">{t.common.not_yet}</span> }.into_any();
    }
    view! {
        <span class="inline-flex max-w-full items-start gap-1">
            <span class="min-w-0 break-all code-text text-[0.8125rem]">{foreign(&value)}</span>
            <CopyButton what text=value />
        </span>
    }
    .into_any()
}
