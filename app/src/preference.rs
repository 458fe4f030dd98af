//! What a person chose for this browser: language and theme. Cookies, so that the server renders the first paint
//! right and nothing flashes.

use leptos::prelude::*;

use crate::i18n::Language;

pub const LANGUAGE_COOKIE: &str = "openpcs-language";
pub const THEME_COOKIE: &str = "openpcs-theme";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// As in `<html data-theme>` and in the cookie.
    pub fn as_str(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn parse(word: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|t| t.as_str() == word)
    }
}

/// The choices that hold for the page being rendered, in the context of every component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preference {
    pub language: Language,
    pub theme: Theme,
}

impl Preference {
    /// From the request's cookies; the language else from what the browser says it prefers.
    #[cfg(feature = "ssr")]
    pub fn current() -> Preference {
        let Some(parts) = use_context::<http::request::Parts>() else {
            return Preference::default(); // routes are being listed: there is no request
        };
        Preference::of(&parts.headers)
    }

    /// For an answer that no component renders.
    #[cfg(feature = "ssr")]
    pub fn of(headers: &http::HeaderMap) -> Preference {
        let header = |name| {
            headers
                .get(name)
                .and_then(|value: &http::HeaderValue| value.to_str().ok())
                .unwrap_or_default()
        };
        let cookies = header(http::header::COOKIE);
        let accepted = || Language::accepted(header(http::header::ACCEPT_LANGUAGE));
        Preference {
            language: cookie(cookies, LANGUAGE_COOKIE)
                .and_then(Language::parse)
                .or_else(accepted)
                .unwrap_or_default(),
            theme: cookie(cookies, THEME_COOKIE)
                .and_then(Theme::parse)
                .unwrap_or_default(),
        }
    }

    /// From the attributes that the server wrote.
    #[cfg(not(feature = "ssr"))]
    pub fn current() -> Preference {
        let attribute = |name| {
            document()
                .document_element()
                .and_then(|html| html.get_attribute(name))
                .unwrap_or_default()
        };
        Preference {
            language: Language::parse(&attribute("lang")).unwrap_or_default(),
            theme: Theme::parse(&attribute("data-theme")).unwrap_or_default(),
        }
    }
}

/// The value of a cookie in a `Cookie` header.
pub(crate) fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
