//! Every crate that is built in may be used by anybody and comes from crates.io: `deny.toml`, read here too, because
//! cargo-deny is not on every machine.

use std::process::Command;

use serde_json::Value;

/// The strings of a list of `deny.toml`.
fn list(name: &str) -> Vec<String> {
    let text = include_str!("../../../deny.toml");
    let (_, rest) = text.split_once(&format!("\n{name} = [")).unwrap();
    let (items, _) = rest.split_once(']').unwrap();
    let quoted = items.split('"').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

/// Whether a licence expression can be met: `A OR B`, `A AND B`, parentheses; old crates write `A/B` for a choice.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let text = expression.replace('/', " OR ");
    let text = text
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace(" WITH ", "\u{1}");
    let words: Vec<String> = text
        .split_whitespace()
        .map(|w| w.replace('\u{1}', " WITH "))
        .collect();
    let mut words = words.iter().map(String::as_str).peekable();
    let met = any(&mut words, allowed);
    assert_eq!(words.next(), None, "{expression} is not understood");
    met
}

type Words<'a, I> = std::iter::Peekable<I>;

fn any<'a, I: Iterator<Item = &'a str>>(words: &mut Words<'a, I>, allowed: &[String]) -> bool {
    let mut met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, allowed);
    }
    met
}

fn all<'a, I: Iterator<Item = &'a str>>(words: &mut Words<'a, I>, allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one<'a, I: Iterator<Item = &'a str>>(words: &mut Words<'a, I>, allowed: &[String]) -> bool {
    match words.next() {
        Some("(") => {
            let met = any(words, allowed);
            assert_eq!(words.next(), Some(")"));
            met
        }
        Some(name) => allowed.iter().any(|known| known == name),
        None => false,
    }
}

#[test]
fn expressions_are_understood() {
    let allowed = ["MIT".to_owned(), "A WITH b".to_owned()];
    for (expression, met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(GPL-3.0 OR MIT) AND A WITH b", true),
        ("(MIT OR X) AND Y", false),
        ("", false),
    ] {
        assert_eq!(is_met(expression, &allowed), met, "{expression}");
    }
}

#[test]
fn every_crate_may_be_used_by_anybody() {
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--format-version=1", "--locked"]);
    for target in ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"] {
        metadata.args(["--filter-platform", target]);
    }
    let output = metadata.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (licences, registries) = (list("allow"), list("allow-registry"));
    let mut wrong = vec![];
    for package in metadata["packages"].as_array().unwrap() {
        let text = |member: &str| package[member].as_str().unwrap_or_default();
        // Ours have no source.
        let source = text("source");
        let registry = source.strip_prefix("registry+").unwrap_or(source);
        let is_known = source.is_empty() || registries.iter().any(|known| known == registry);
        if !is_known || !is_met(text("license"), &licences) {
            wrong.push(format!("{} {} {source}", text("name"), text("license")));
        }
    }
    assert!(wrong.is_empty(), "deny.toml does not allow: {wrong:#?}");
}
