//! Help texts. They stay on the server until somebody asks: a first visit does not pay for them.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::help::HelpText;

/// The text of that name, in the language of the asking page.
#[server(prefix = "/console", endpoint = "get-help", input = Json, output = Json)]
pub async fn get_help(topic: String) -> Result<HelpText> {
    let language = crate::preference::Preference::current().language;
    call(|_, _| async move {
        texts::find(language, &topic).ok_or_else(|| {
            let message = format!("There is no help text {topic}.");
            crate::model::error::Error::not_found("HELP_TEXT", topic, message)
        })
    })
    .await
}

#[cfg(feature = "ssr")]
mod texts {
    use std::collections::BTreeMap;
    use std::sync::LazyLock;

    use crate::i18n::Language;
    use crate::model::help::HelpText;

    type Texts = BTreeMap<String, HelpText>;

    static ENGLISH: LazyLock<Texts> =
        LazyLock::new(|| parse(include_str!("../../locales/help/en.json")));
    static SIMPLIFIED_CHINESE: LazyLock<Texts> =
        LazyLock::new(|| parse(include_str!("../../locales/help/zh-CN.json")));

    /// `build.rs` has read the same files: they parse.
    fn parse(json: &str) -> Texts {
        serde_json::from_str(json).unwrap_or_default()
    }

    pub fn find(language: Language, topic: &str) -> Option<HelpText> {
        let texts = match language {
            Language::English => &ENGLISH,
            Language::SimplifiedChinese => &SIMPLIFIED_CHINESE,
        };
        let mut found = texts.get(topic).cloned()?;
        if let Some(next) = texts.get(&found.see) {
            found.see_title = next.title.clone();
        }
        Some(found)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn there_is_a_text_in_every_language() {
            for language in Language::ALL {
                let found = find(language, "cluster_size").map(|help| help.title);
                assert!(found.is_some(), "{language:?}");
            }
        }

        #[test]
        fn a_way_on_leads_to_a_text_and_says_its_title() {
            for language in Language::ALL {
                let clusters = find(language, "clusters").unwrap_or_default();
                let next = find(language, &clusters.see).unwrap_or_default();
                assert!(!next.title.is_empty() && clusters.see_title == next.title);
                assert!(next.text.contains("`openpcs backup --to DIR`"));
            }
            for help in [&ENGLISH, &SIMPLIFIED_CHINESE] {
                for (name, text) in help.iter() {
                    let leads_on = text.see.is_empty() || help.contains_key(&text.see);
                    assert!(leads_on, "{name}: there is no text {}", text.see);
                    assert_eq!(text.text.matches('`').count() % 2, 0, "{name}");
                }
            }
        }
    }
}
