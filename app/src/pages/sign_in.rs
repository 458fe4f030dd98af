//! Sign in: a plain form, so that it works before and without the WebAssembly.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::{LanguageMenu, Mark, ThemeMenu};
use crate::i18n::text;
use crate::paths;
use crate::ui::{Flash, Tone, use_search};

#[component]
pub fn SignIn() -> impl IntoView {
    let t = text();
    let query = use_search().get_untracked();
    let next = query.get("next").unwrap_or_else(|| paths::CLUSTERS.into());
    let failure = match (query.get("failed").as_deref(), query.get("seconds")) {
        (Some("locked"), Some(seconds)) => Some(t.sign_in.locked(seconds)),
        (Some(_), _) => Some(t.sign_in.refused.to_owned()),
        _ => None,
    };
    view! {
        <Title text=t.sign_in.title />
        <div class="sign-in">
            <div class="flex justify-end gap-1 p-3">
                <LanguageMenu />
                <ThemeMenu />
            </div>
            <main class="sign-in-card">
                <div class="flex items-center gap-3 text-xl font-semibold tracking-tight">
                    <Mark />
                    {t.common.product}
                </div>
                <p class="text-muted">{t.sign_in.lead}</p>
                <h1 class="read-out">{t.sign_in.title}</h1>
                {failure
                    .map(|message| view! { <Flash tone=Tone::Danger title=t.sign_in.failed message /> })}
                <form method="post" action=paths::POST_SIGN_IN class="grid gap-4">
                    <input type="hidden" name="next" value=next />
                    <label class="field">
                        <span>{t.sign_in.user}</span>
                        <input name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus />
                    </label>
                    <label class="field">
                        <span>{t.sign_in.password}</span>
                        <input name="password" type="password" autocomplete="current-password" required />
                    </label>
                    <button type="submit" class="button button-primary">{t.sign_in.submit}</button>
                </form>
                <p class="text-xs text-muted">{t.sign_in.first_start}</p>
            </main>
        </div>
    }
    .into_any()
}
