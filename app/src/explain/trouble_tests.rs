//! No code without a page, no page without a code, no page without words.

use std::collections::BTreeSet;

use super::*;
use crate::explain::Cause;
use crate::model::error::{Error, ErrorKind, ValidationReason};
use crate::model::notice::{Notice, NoticeKind};
use crate::model::trouble::{codes, has_page};

#[test]
fn each_code_has_a_page_and_each_page_a_code() {
    for language in Language::ALL {
        let lines = list(language);
        let known: BTreeSet<&str> = lines.iter().map(|line| line.code.as_str()).collect();
        assert_eq!(known.len(), lines.len(), "a code comes twice");
        let pages: BTreeSet<&str> = codes().iter().copied().collect();
        assert_eq!(known, pages);
    }
}

#[test]
fn each_page_says_what_it_means_and_what_to_do() {
    for language in Language::ALL {
        for line in list(language) {
            let page = find(language, &line.code).unwrap();
            assert!(
                !page.title.is_empty() && !page.meaning.is_empty(),
                "{page:?}"
            );
            assert!(
                !page.remedies.is_empty() && !page.commands.is_empty(),
                "{page:?}"
            );
            let words = [page.meaning, page.causes.join(" "), page.remedies.join(" ")].join(" ");
            assert!(!words.contains(['{', '}']), "{words}");
            assert_eq!(words.matches('`').count() % 2, 0, "{words}");
        }
    }
}

#[test]
fn every_word_of_slurms_leads_to_a_page() {
    for word in include_str!("reasons-24.11.txt").lines() {
        let reason = Reason::parse(word).unwrap();
        assert!(has_page(&of_reason(reason)), "{word}");
    }
}

#[test]
fn every_exception_and_every_reason_of_one_has_a_page() {
    let error = |kind| Error::new(kind, "");
    let reasons = [
        ValidationReason::UnknownOperation,
        ValidationReason::CannotParse,
        ValidationReason::FieldValidationFailed,
        ValidationReason::Other,
    ];
    for reason in reasons {
        let word = serde_json::to_value(reason).unwrap();
        assert!(has_page(word.as_str().unwrap()), "{word}");
    }
    for error in [
        Error::validation(ValidationReason::Other, ""),
        Error::access_denied(""),
        Error::conflict("", "", ""),
        Error::not_found("", "", ""),
        Error::quota("", ""),
        error(ErrorKind::Throttling {
            retry_after_seconds: 1,
        }),
        Error::internal(),
    ] {
        assert!(has_page(error.code()), "{}", error.code());
    }
}

/// One of each that has texts of its own.
fn all_causes() -> Vec<Cause> {
    let (instance, node, why) = (String::new, String::new, String::new);
    let notice = |kind| Notice {
        kind,
        what: String::new(),
        time: String::new(),
        until: Default::default(),
    };
    let boot = (0, 0);
    let noticed = [
        NoticeKind::Interruption,
        NoticeKind::Scheduled,
        NoticeKind::Rebalance,
    ];
    let noticed = noticed.map(|kind| Cause::Noticed {
        instance: instance(),
        notice: notice(kind),
    });
    let mut all = vec![
        Cause::PoweredDown,
        Cause::NotWanted,
        Cause::GroupDeleted,
        Cause::MaximumLowered,
        Cause::Outdated,
        Cause::OlderSlurm { version: why() },
        Cause::EndedUnexpectedly {
            instance: instance(),
            why: why(),
        },
        Cause::StepFailed {
            instance: instance(),
            step: why(),
            detail: why(),
        },
        Cause::NotRegistered {
            instance: instance(),
            seconds: 1,
        },
        Cause::BootStalled {
            instance: instance(),
            step: why(),
            at: boot.0,
            seconds: boot.1,
        },
        Cause::BootTooLong {
            instance: instance(),
            step: why(),
            at: boot.0,
            seconds: boot.1,
        },
        Cause::NotBack {
            node: node(),
            seconds: 1,
        },
        Cause::Restarted {
            instance: instance(),
        },
        Cause::Impaired {
            instance: instance(),
            what: why(),
            seconds: 1,
        },
        Cause::NotSeen {
            node: node(),
            seconds: 1,
        },
        Cause::SetDown { why: why() },
        Cause::Vanished,
        Cause::Freed,
        Cause::GroupNotReady { why: why() },
        Cause::NoCapacity { pools: why() },
        Cause::Replaced { reason: why() },
    ];
    all.extend(noticed);
    all
}

#[test]
fn every_cause_has_a_page() {
    let pages: BTreeSet<&str> = all_causes().iter().filter_map(Cause::page).collect();
    let table: BTreeSet<String> = causes(text(Language::English))
        .into_iter()
        .map(|source| source.code)
        .collect();
    assert_eq!(pages, table.iter().map(String::as_str).collect());
}
