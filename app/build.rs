//! Turns `locales/*.json` into Rust, so that a missing or misspelt text stops the build and costs nothing at run time.
//!
//! A file is `{section: {key: text}}`. Each section becomes a struct, each text a field. In the console's own texts one
//! with `{placeholders}` becomes a method that takes them in the order in which English has them; the explanations,
//! which share a vocabulary of placeholders, stay plain texts that are filled in at run time.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a text that is wrong stops the build"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

/// The constant's name and the file; the first is the reference that the others are compared with.
type Files = [(&'static str, &'static str); 2];
const TEXT: Files = [("EN", "en"), ("ZH_CN", "zh-CN")];
const EXPLAIN: Files = [("EN", "explain.en"), ("ZH_CN", "explain.zh-CN")];

type Locale = BTreeMap<String, BTreeMap<String, String>>;

fn main() {
    println!("cargo::rerun-if-changed=locales");
    generate("text.rs", TEXT, placeholders);
    generate("explain.rs", EXPLAIN, |_| vec![]);

    let help = TEXT.map(|(_, file)| read(&format!("help/{file}")));
    compare(&help[0], &help[1], "help/zh-CN");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let troubles = TEXT.map(|(_, file)| read(&format!("troubleshooting/{file}")));
    compare(&troubles[0], &troubles[1], "troubleshooting/zh-CN");
    let codes: Vec<&String> = troubles[0].keys().collect();
    let codes = format!("const CODES: &[&str] = &{codes:?};\n");
    fs::write(Path::new(&out).join("trouble_codes.rs"), codes).expect("cannot write the codes");
    fs::write(Path::new(&out).join("topics.rs"), topics(&help[0])).expect("cannot write topics.rs");
    fs::write(Path::new(&out).join("commands.rs"), commands()).expect("cannot write commands.rs");
}

/// `arguments` says which placeholders of a text become a method's arguments.
fn generate(target: &str, files: Files, arguments: fn(&str) -> Vec<String>) {
    let mut locales = files.map(|(_, file)| read(file));
    for (locale, (_, file)) in locales.iter().zip(files) {
        compare(&locales[0], locale, file);
    }
    // What only the page of components says is not to be downloaded with every other page.
    if env::var_os("CARGO_FEATURE_DESIGN").is_none() {
        locales
            .iter_mut()
            .for_each(|locale| drop(locale.remove("design")));
    }
    let mut code = types(&locales[0], arguments);
    for (locale, (name, _)) in locales.iter().zip(files) {
        code += &value(name, locale);
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join(target), code).expect("cannot write the texts");
}

/// A name for each help text: one that does not exist does not compile.
fn topics(help: &Locale) -> String {
    let mut code = String::from(
        "#[allow(dead_code, reason = \"not every help text is asked for\")]\npub mod topic {\n    use super::Topic;\n",
    );
    for key in help.keys() {
        let _ = writeln!(
            code,
            "    pub const {}: Topic = Topic({key:?});",
            key.to_uppercase()
        );
    }
    code + "}\n" + &by_name(help)
}

/// The way back, for a name that comes from the server.
fn by_name(help: &Locale) -> String {
    let arms: String = help
        .keys()
        .map(|key| format!("        {key:?} => topic::{},\n", key.to_uppercase()))
        .collect();
    format!(
        "fn by_name(name: &str) -> Option<Topic> {{\n    Some(match name {{\n{arms}        _ => return None,\n    }})\n}}\n"
    )
}

/// The commands of the help texts, by name: a file each, so that they are read and tried as they are.
fn commands() -> String {
    let files = fs::read_dir("locales/help/commands").expect("there are commands");
    let all: BTreeMap<String, String> = files
        .map(|file| {
            let path = file.expect("a file of locales/help/commands").path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&path).expect("a command is text");
            (name.into_owned(), text.trim_end().to_owned())
        })
        .collect();
    let rows: String = all
        .iter()
        .map(|(name, text)| format!("    ({name:?}, {text:?}),\n"))
        .collect();
    format!("pub(super) const COMMANDS: &[(&str, &str)] = &[\n{rows}];\n")
}

fn read(file: &str) -> Locale {
    let path = format!("locales/{file}.json");
    let json = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&json).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn compare(reference: &Locale, locale: &Locale, file: &str) {
    let keys = |l: &Locale| -> BTreeSet<(String, String, BTreeSet<String>)> {
        l.iter()
            .flat_map(|(section, texts)| {
                texts.iter().map(move |(key, text)| {
                    let names = placeholders(text).into_iter().collect();
                    (section.clone(), key.clone(), names)
                })
            })
            .collect()
    };
    let (wanted, found) = (keys(reference), keys(locale));
    let missing: Vec<_> = wanted.difference(&found).collect();
    let unknown: Vec<_> = found.difference(&wanted).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "locales/{file}.json differs from English: missing {missing:?}, unknown {unknown:?}"
    );
}

fn placeholders(text: &str) -> Vec<String> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn type_name(section: &str) -> String {
    section
        .split('_')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect::<String>()
        + "Text"
}

fn types(locale: &Locale, arguments: fn(&str) -> Vec<String>) -> String {
    let mut code = String::from("/// All texts of one language.\npub struct Text {\n");
    for section in locale.keys() {
        let _ = writeln!(code, "    pub {section}: {},", type_name(section));
    }
    code += "}\n";
    for (section, texts) in locale {
        let name = type_name(section);
        let mut methods = String::new();
        let _ = writeln!(code, "pub struct {name} {{");
        for (key, text) in texts {
            let names = arguments(text);
            if names.is_empty() {
                let _ = writeln!(code, "    pub {key}: &'static str,");
            } else {
                let _ = writeln!(code, "    {key}: &'static str,");
                methods += &method(key, &names);
            }
        }
        let _ = writeln!(code, "}}\nimpl {name} {{\n{methods}}}");
    }
    code
}

fn method(key: &str, names: &[String]) -> String {
    let arguments: String = names
        .iter()
        .map(|n| format!(", {n}: impl std::fmt::Display"))
        .collect();
    let values: String = names
        .iter()
        .map(|n| format!("(\"{n}\", {n}.to_string()), "))
        .collect();
    format!("    pub fn {key}(&self{arguments}) -> String {{ fill(self.{key}, &[{values}]) }}\n")
}

fn value(name: &str, locale: &Locale) -> String {
    let mut code = format!("static {name}: Text = Text {{\n");
    for (section, texts) in locale {
        let _ = writeln!(code, "    {section}: {} {{", type_name(section));
        for (key, text) in texts {
            let _ = writeln!(code, "        {key}: {text:?},");
        }
        code += "    },\n";
    }
    code + "};\n"
}
