//! The help texts of each language, and the commands, which all languages share.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::i18n::Language;
use crate::model::help::HelpText;

include!(concat!(env!("OUT_DIR"), "/commands.rs"));

type Texts = BTreeMap<String, HelpText>;

static ENGLISH: LazyLock<Texts> =
    LazyLock::new(|| parse(include_str!("../../../locales/help/en.json")));
static SIMPLIFIED_CHINESE: LazyLock<Texts> =
    LazyLock::new(|| parse(include_str!("../../../locales/help/zh-CN.json")));

/// `build.rs` has read the same files: they parse.
fn parse(json: &str) -> Texts {
    serde_json::from_str(json).unwrap_or_default()
}

/// With its commands, not filled in yet.
pub fn find(language: Language, topic: &str) -> Option<HelpText> {
    let texts = match language {
        Language::English => &ENGLISH,
        Language::SimplifiedChinese => &SIMPLIFIED_CHINESE,
    };
    let mut found = texts.get(topic).cloned()?;
    if let Some(next) = texts.get(&found.see) {
        found.see_title = next.title.clone();
    }
    let named = found.command_names();
    let known = |name: &&str| COMMANDS.iter().find(|(other, _)| other == name);
    let commands = named.iter().filter_map(known);
    found.commands = commands.map(|(k, v)| ((*k).into(), (*v).into())).collect();
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

    #[test]
    fn all_languages_have_the_same_commands_and_every_command_is_in_one_text() {
        let named = |texts: &Texts| -> Vec<(String, Vec<String>)> {
            let of = |(topic, text): (&String, &HelpText)| {
                let names = text.command_names();
                (
                    topic.clone(),
                    names.into_iter().map(str::to_owned).collect(),
                )
            };
            texts.iter().map(of).collect()
        };
        let english = named(&ENGLISH);
        assert_eq!(english, named(&SIMPLIFIED_CHINESE));
        let mut used: Vec<String> = english.into_iter().flat_map(|(_, names)| names).collect();
        used.sort_unstable();
        let there: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
        assert_eq!(used, there);
    }

    #[test]
    fn a_text_comes_with_its_commands() {
        let found = find(Language::SimplifiedChinese, "guide_efa").unwrap_or_default();
        assert!(found.commands["efa_group"].contains("create-security-group"));
        let other = find(Language::English, "cluster_size").unwrap_or_default();
        assert!(other.commands.is_empty() && !other.is_guide());
    }
}
