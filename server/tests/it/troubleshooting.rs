//! The pages of troubleshooting: no code of an error without one, and no command or option in one that does not exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use app::explain::trouble;
use app::i18n::Language;
use app::model::operation::Operation;
use app::model::trouble::{TroubleKind, has_page};
use clap::CommandFactory;
use openpcs_server::config::Cli;

use crate::harness::scheduler::OLD;

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap())
}

/// Files that write an `errorInfo`, without their tests.
fn sources(dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if code.contains("ErrorInfo {")
            || code.contains("-> &'static str {\n        match self {\n            Failure::")
        {
            found.push(code.to_owned());
        }
    }
}

/// Settings of Slurm that such files name too.
const SETTINGS: [&str; 2] = ["KillWait", "MaxTime"];

/// `"TwoWords"` in a source.
fn codes(source: &str) -> BTreeSet<String> {
    let quoted = source.split('"').skip(1).step_by(2);
    let is_code = |word: &&str| {
        let capitals = word.chars().filter(char::is_ascii_uppercase).count();
        let first = word.chars().next().is_some_and(|c| c.is_ascii_uppercase());
        let is_word = word.chars().all(|c| c.is_ascii_alphanumeric());
        let has_small = word.chars().any(|c| c.is_ascii_lowercase());
        first && capitals >= 2 && has_small && is_word && !SETTINGS.contains(word)
    };
    quoted.filter(is_code).map(str::to_owned).collect()
}

#[test]
fn every_code_of_an_error_info_has_a_page() {
    let mut found = vec![];
    sources(&root().join("src"), &mut found);
    let all: BTreeSet<String> = found.iter().flat_map(|source| codes(source)).collect();
    for code in [
        "ConfigurationRefused",
        "ControllerStartFailed",
        "VersionEnded",
    ] {
        assert!(
            all.contains(code),
            "the look at the sources does not see {code}: {all:?}"
        );
    }
    let missing: Vec<&String> = all.iter().filter(|code| !has_page(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every command that a page names, as words.
fn commands() -> BTreeSet<Vec<String>> {
    let mut all: BTreeSet<String> = BTreeSet::new();
    for kind in TroubleKind::ALL {
        all.extend(kind.commands().iter().map(|&command| command.to_owned()));
    }
    for language in Language::ALL {
        for line in trouble::list(language) {
            let page = trouble::find(language, &line.code).unwrap();
            for text in page
                .causes
                .iter()
                .chain(&page.remedies)
                .chain([&page.meaning])
            {
                all.extend(text.split('`').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    let words = |command: &String| command.split_whitespace().map(str::to_owned).collect();
    all.iter().map(words).collect()
}

/// The subcommand that the words lead to has each of the options.
fn check_openpcs(words: &[String]) {
    let mut command = Cli::command();
    command.build();
    let mut here = &command;
    for word in words {
        if let Some(option) = word.strip_prefix("--") {
            let known = here.get_arguments().any(|it| it.get_long() == Some(option));
            assert!(known, "openpcs {words:?} has no --{option}");
        } else if let Some(next) = here.find_subcommand(word) {
            here = next;
        }
    }
    assert_ne!(here.get_name(), "openpcs", "there is no {words:?}");
}

fn check_aws(words: &[String]) {
    let [service, name, ..] = words else {
        panic!("{words:?}");
    };
    let name = name
        .split('-')
        .map(|part| part[..1].to_uppercase() + &part[1..]);
    let name: String = name.collect();
    assert!(
        service == "pcs" && Operation::parse(&name).is_some(),
        "aws {words:?}"
    );
}

/// The real program says that it has the options.
fn check_slurm(prefix: &Path, words: &[String]) {
    let program = prefix.join("bin").join(&words[0]);
    // Without a configuration they say nothing of themselves.
    let dir = tempfile::tempdir().unwrap();
    let conf = dir.path().join("slurm.conf");
    std::fs::write(
        &conf,
        "ClusterName=none\nSlurmctldHost=localhost\nAuthType=auth/none\nCredType=cred/none\n",
    )
    .unwrap();
    let mut command = Command::new(&program);
    let help = command.arg("--help").env("SLURM_CONF", &conf).output();
    let help = help.unwrap();
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for option in words.iter().filter(|word| word.starts_with("--")) {
        let option = option.split('=').next().unwrap_or(option);
        assert!(help.contains(option), "{words:?} has no {option}:\n{help}");
    }
}

#[test]
fn every_command_of_a_page_exists() {
    let slurms = std::env::var_os("OPENPCS_SCHEDULER_ROOT");
    let slurms = PathBuf::from(slurms.unwrap_or_else(|| "/opt/openpcs/scheduler".into()));
    let prefix = slurms.join(format!("slurm-{OLD}"));
    for words in commands() {
        match words[0].as_str() {
            "openpcs" => match words.iter().position(|word| word == "--") {
                Some(at) => {
                    check_openpcs(&words[1..at]);
                    check_slurm(&prefix, &words[at + 1..]);
                }
                None => check_openpcs(&words[1..]),
            },
            "aws" => check_aws(&words[1..]),
            "#SBATCH" => {
                let mut words = words.clone();
                words[0] = "sbatch".into();
                check_slurm(&prefix, &words);
            }
            // One word is a name of something.
            _ if words.len() == 1 => {}
            _ => check_slurm(&prefix, &words),
        }
    }
}
