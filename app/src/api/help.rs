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
        texts.get(topic).cloned()
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
    }
}
