//! The languages of the console. `build.rs` makes [`Text`] out of `locales/*.json`.
//!
//! A page has one language from its first byte to its last: switching loads the page anew, which works without the
//! WebAssembly and lets every text be a plain `&'static str`.

use leptos::prelude::*;

use crate::foreign::{visible, visible_lines};

include!(concat!(env!("OUT_DIR"), "/text.rs"));

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    SimplifiedChinese,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::SimplifiedChinese];

    /// As in `<html lang>` and in the cookie.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::SimplifiedChinese => "zh-CN",
        }
    }

    pub fn parse(tag: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|l| l.tag() == tag)
    }

    /// The first language of an `Accept-Language` header that the console speaks.
    pub fn accepted(header: &str) -> Option<Language> {
        header.split([',', ';']).map(str::trim).find_map(|tag| {
            match tag.split('-').next().unwrap_or(tag) {
                "en" => Some(Language::English),
                "zh" => Some(Language::SimplifiedChinese),
                _ => None,
            }
        })
    }

    pub fn text(self) -> &'static Text {
        match self {
            Language::English => &EN,
            Language::SimplifiedChinese => &ZH_CN,
        }
    }
}

/// Puts values in the place of `{names}`, as they are [`visible`]; what Slurm says, `{words}`, may have several lines. A
/// value is never looked at again, so braces in it stay what they are.
pub fn fill(text: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        let Some((name, tail)) = after.split_once('}') else {
            return filled + "{" + after;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            filled += &match name {
                "words" => visible_lines(value),
                _ => visible(value),
            };
        }
        rest = tail;
    }
    filled + rest
}

/// The texts in the language of this page.
pub fn text() -> &'static Text {
    use_context::<Language>().unwrap_or_default().text()
}

/// The language of this page, for a server function whose answer has sentences.
pub fn language() -> String {
    let language = use_context::<Language>().unwrap_or_default();
    language.tag().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_the_console_speaks_is_taken() {
        let taken = |header| Language::accepted(header);
        assert_eq!(
            taken("fr, zh-Hans-CN;q=0.8, en;q=0.5"),
            Some(Language::SimplifiedChinese)
        );
        assert_eq!(taken("en-GB,en;q=0.9"), Some(Language::English));
        assert_eq!(taken("fr"), None);
    }

    #[test]
    fn placeholders_are_filled_in_both_languages() {
        assert_eq!(EN.common.page_of(2, 5), "Page 2 of 5");
        assert_eq!(ZH_CN.common.page_of(2, 5), "第 2 页，共 5 页");
        assert_eq!(
            EN.common.page_of("{pages}", "a\u{202e}\n"),
            "Page {pages} of a⟨U+202E⟩␊"
        );
    }

    #[test]
    fn values_are_filled_in_and_never_read_again() {
        let values = [("a", "{b}".to_owned()), ("b", "2".to_owned())];
        assert_eq!(fill("x {a} y {b} {unknown}.", &values), "x {b} y 2 .");
        assert_eq!(fill("open {a", &values), "open {a");
    }
}
