//! Top bar: the product, where it works, language, theme, user.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::bell::Bell;
use crate::api::user::identity;
use crate::browser;
use crate::i18n::{Language, text};
use crate::live::Live;
use crate::model::user::Identity;
use crate::paths;
use crate::preference::{Preference, Theme};
use crate::ui::help::Help;
use crate::ui::{Icon, Menu};

#[component]
pub fn TopBar(nav_open: RwSignal<bool>, palette_open: RwSignal<bool>, help: Help) -> impl IntoView {
    let t = text();
    let identity = Resource::new(|| (), |()| identity());
    view! {
        <header class="top-bar">
            <button
                type="button"
                class="top-button menu-button"
                aria-label=t.common.menu
                aria-controls="side-nav"
                aria-expanded=move || nav_open.get().to_string()
                on:click=move |_| nav_open.update(|open| *open = !*open)
            >
                {Icon::Menu.view()}
            </button>
            <a class="brand" href=paths::CLUSTERS>
                <Mark />
                <span>{t.common.product}</span>
            </a>
            <Transition>{move || identity.get()?.ok().map(place)}</Transition>
            <span class="flex-1"></span>
            <Connection />
            <button type="button" class="palette-button" on:click=move |_| palette_open.set(true)>
                {Icon::Search.view()}
                <span class="palette-words">{t.palette.open}</span>
                <kbd aria-hidden="true">{t.palette.shortcut}</kbd>
            </button>
            <Bell />
            {help_button(help)}
            <LanguageMenu />
            <ThemeMenu />
            <Transition>{move || identity.get()?.ok().map(user_menu)}</Transition>
        </header>
    }
    .into_any()
}

/// Opens the help of the page shown; nothing to press where a page has none.
fn help_button(help: Help) -> impl IntoView {
    let t = text();
    let toggle = move |_| {
        let page = help.page.get_untracked();
        help.open
            .update(|open| *open = if open.is_some() { None } else { page });
    };
    let is_open = move || help.open.get().is_some();
    view! {
        <Show when=move || is_open() || help.page.get().is_some()>
            <button
                type="button"
                class="top-button"
                title=t.help.title
                aria-label=t.help.title
                aria-expanded=move || is_open().to_string()
                on:click=toggle
            >
                {Icon::Help.view()}
            </button>
        </Show>
    }
    .into_any()
}

/// The sign of the product: four nodes, one at work.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 20 20" width="22" height="22" aria-hidden="true">
            <rect x="1" y="1" width="8" height="8" rx="2"></rect>
            <rect x="11" y="1" width="8" height="8" rx="2" opacity=".55"></rect>
            <rect x="1" y="11" width="8" height="8" rx="2" opacity=".55"></rect>
            <circle cx="15" cy="15" r="4"></circle>
        </svg>
    }
    .into_any()
}

fn place(identity: Identity) -> impl IntoView {
    let t = text();
    let provider = if identity.is_local() {
        t.frame.provider_local
    } else {
        t.frame.provider_aws
    };
    view! {
        <dl class="place">
            <dt class="read-out">{t.frame.provider}</dt>
            <dd>{provider}</dd>
            <dt class="read-out">{t.frame.region}</dt>
            <dd>{identity.region}</dd>
            <dt class="read-out">{t.frame.account}</dt>
            <dd>{identity.account_id}</dd>
        </dl>
    }
    .into_any()
}

/// Says so when what is shown may be out of date.
#[component]
fn Connection() -> impl IntoView {
    let t = text();
    let broken = move || use_context::<Live>().is_some_and(|live| !live.connected.get());
    view! {
        <span role="status">
            {move || {
                broken()
                    .then(|| {
                        view! {
                            <span class="reconnecting" title=t.frame.reconnecting_hint>
                                {Icon::Progress.view()}
                                {t.frame.reconnecting}
                            </span>
                        }
                    })
            }}
        </span>
    }
    .into_any()
}

/// Path and query of this page, to come back to.
fn here() -> impl Fn() -> String + Copy {
    let location = use_location();
    let (path, query) = (location.pathname, location.search);
    move || match query.get() {
        query if query.is_empty() => path.get(),
        query => format!("{}?{}", path.get(), query.trim_start_matches('?')),
    }
}

#[component]
pub fn LanguageMenu() -> impl IntoView {
    let here = here();
    let current = use_context::<Language>().unwrap_or_default();
    let link = move |language: Language| {
        view! {
            <a
                class="menu-item"
                rel="external"
                lang=language.tag()
                hreflang=language.tag()
                href=move || paths::set_language(language, &here())
                aria-current=(language == current).then_some("true")
            >
                {language.text().common.language_name}
            </a>
        }
    };
    view! {
        <Menu icon=Icon::Globe label=text().frame.language>
            {Language::ALL.map(link).into_iter().collect_view()}
        </Menu>
    }
    .into_any()
}

/// A link that works by itself; in a running page the theme changes at once.
#[component]
pub fn ThemeMenu() -> impl IntoView {
    let t = text();
    let here = here();
    let current = RwSignal::new(use_context::<Preference>().unwrap_or_default().theme);
    let link = move |theme: Theme| {
        let label = match theme {
            Theme::System => t.frame.theme_system,
            Theme::Light => t.frame.theme_light,
            Theme::Dark => t.frame.theme_dark,
        };
        let choose = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            browser::set_theme(theme);
            current.set(theme);
        };
        view! {
            <a
                class="menu-item"
                rel="external"
                href=move || paths::set_theme(theme, &here())
                aria-current=move || (current.get() == theme).then_some("true")
                on:click=choose
            >
                {label}
            </a>
        }
    };
    view! {
        <Menu icon=Icon::Theme label=t.frame.theme>
            {Theme::ALL.map(link).into_iter().collect_view()}
        </Menu>
    }
    .into_any()
}

fn user_menu(identity: Identity) -> impl IntoView {
    let t = text();
    view! {
        <Menu icon=Icon::User label=t.frame.user_menu(&identity.user_name)>
            <p class="px-3 py-2">
                <span class="block font-semibold">{identity.user_name.clone()}</span>
                <span class="block break-all code-text text-xs text-muted">{identity.arn.clone()}</span>
            </p>
            <form method="post" action=paths::POST_SIGN_OUT>
                <button type="submit" class="menu-item">
                    {t.frame.sign_out}
                </button>
            </form>
        </Menu>
    }
    .into_any()
}
