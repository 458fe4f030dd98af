//! The stylesheet: a Tailwind-like reset and the utilities that `app` really uses, then our own
//! `style/*.css`, all of it minified. Who owns what: see `style/README.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use encre_css::{Config, Scanner};

use crate::NAME;

const SOURCES: &str = "app/src";
const STYLE: &str = "style";

pub fn generate(pkg: &Path) -> anyhow::Result<()> {
    let sources = read_all(files(Path::new(SOURCES), "rs")?)?;
    let mut css = encre_css::generate(sources.iter().map(String::as_str), &config()?);
    for part in read_all(files(Path::new(STYLE), "css")?)? {
        css.push('\n');
        css.push_str(&part);
    }
    let minified = minifier::css::minify(&css)
        .map_err(|error| anyhow::anyhow!("the stylesheet cannot be minified: {error}"))?;
    fs::write(pkg.join(format!("{NAME}.css")), minified.to_string())?;
    Ok(())
}

fn config() -> anyhow::Result<Config> {
    let theme = Path::new(STYLE).join("theme.toml");
    let mut config = Config::from_file(&theme).with_context(|| theme.display().to_string())?;
    config.scanner = Scanner::from_fn(classes);
    Ok(config)
}

/// Every word of the source that may be a class: too many do no harm, as only names that are
/// utilities produce a rule. `class:hidden=…` is how Leptos switches one class.
fn classes(source: &str) -> BTreeSet<&str> {
    source
        .split([' ', '\n', '\t', '\'', '"', '`', '\\'])
        .map(|word| match word.strip_prefix("class:") {
            Some(switched) => switched.split('=').next().unwrap_or(switched),
            None => word,
        })
        .collect()
}

/// All files below `directory` that end in `extension`, in a stable order.
fn files(directory: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read_all(files: Vec<PathBuf>) -> anyhow::Result<Vec<String>> {
    files
        .iter()
        .map(|file| fs::read_to_string(file).with_context(|| file.display().to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the rules in `style/`, from the workspace's root: that of today's run, which need not be where this was built.
    fn ours() -> String {
        let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        std::env::set_current_dir(Path::new(&here).join("../..")).unwrap();
        read_all(files(Path::new(STYLE), "css").unwrap())
            .unwrap()
            .concat()
    }

    /// What a utility lacks for all of its uses is no look of a component.
    const MENDED: [&str; 1] = ["grid"];

    #[test]
    fn a_component_is_not_named_like_a_utility() {
        let css = ours();
        let config = config().unwrap();
        let selectors = css.split('}').filter_map(|rule| rule.split('{').next());
        let names = selectors.flat_map(|selector| selector.split('.').skip(1));
        let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let rules = |text: &str| encre_css::generate([text], &config).matches('{').count();
        let none = rules("");
        let names = names.filter_map(|rest| rest.split(|c| !is_name(c)).next());
        let utilities: BTreeSet<&str> = names
            .filter(|name| !MENDED.contains(name) && rules(name) != none)
            .collect();
        assert!(
            utilities.is_empty(),
            "name what they are for: {utilities:?}"
        );
    }

    #[test]
    fn minifying_leaves_what_it_means() {
        let css = ours();
        let minified = minifier::css::minify(&css).unwrap().to_string();
        assert_eq!(minified.matches('{').count(), css.matches('{').count());
        for whole in [
            "light-dark(",
            "calc(100% + 0.25rem)",
            "clip-path:inset(50%)",
            "min(18rem,",
        ] {
            assert!(minified.contains(whole), "{whole}");
        }
        assert!(minified.len() < css.len() * 9 / 10);
    }

    #[test]
    fn finds_classes_in_strings_and_switches() {
        let found = classes(r#"<p class="flex gap-2" class:hidden=move || true>"#);
        assert!(found.is_superset(&BTreeSet::from(["flex", "gap-2", "hidden"])));
    }
}
