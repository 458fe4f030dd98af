//! How another job ended, beside Slurm's word for its state: an exit code of 0 says nothing of a job that was killed.

use super::fill;
use super::text::Text;
use crate::model::dependency::Dependency;
use crate::model::signal::{self, FILES_NOT_OPENED};

/// "afterok job 29 (FAILED, exit code 3)", "singleton".
pub(super) fn dependency(dependency: &Dependency, t: &Text) -> String {
    let r = &t.request;
    let how = how(dependency, t);
    let text = match (dependency.job.as_str(), dependency.state.as_str(), &how) {
        ("", ..) => r.dependency,
        (_, "", _) => r.dependency_on,
        (.., Some(_)) => r.dependency_ended,
        (.., None) => r.dependency_state,
    };
    let values = [
        ("condition", dependency.condition.clone()),
        ("job", dependency.job.clone()),
        ("state", dependency.state.clone()),
        ("how", how.unwrap_or_default()),
    ];
    fill(text, &values)
}

fn how(dependency: &Dependency, t: &Text) -> Option<String> {
    let r = &t.request;
    let code = || {
        let code = [("code", dependency.exit_code?.to_string())];
        Some(fill(r.ended_code, &code))
    };
    let signal = |signal| match signal {
        FILES_NOT_OPENED => r.ended_unopened.to_owned(),
        signal => fill(r.ended_signal, &[("signal", signal::named(signal))]),
    };
    let word = |text: &str| Some(text.to_owned());
    match dependency.state.as_str() {
        "OUT_OF_MEMORY" => word(r.ended_out_of_memory),
        "TIMEOUT" => word(r.ended_timeout),
        "NODE_FAIL" => word(r.ended_node_fail),
        "BOOT_FAIL" => word(r.ended_boot_fail),
        "DEADLINE" => word(r.ended_deadline),
        "PREEMPTED" => word(r.ended_preempted),
        "CANCELLED" => {
            let by = [("user", dependency.cancelled_by.clone()?)];
            Some(fill(r.ended_cancelled, &by))
        }
        _ => dependency.signal.map(signal).or_else(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::text;
    use crate::i18n::Language;

    #[test]
    fn each_end_is_told_by_what_says_most() {
        let ann = Some("ann");
        for (state, code, signal, by, told) in [
            ("FAILED", Some(3), None, None, "FAILED, exit code 3"),
            ("COMPLETED", Some(0), None, None, "COMPLETED, exit code 0"),
            (
                "FAILED",
                Some(0),
                Some(9),
                None,
                "FAILED, killed by SIGKILL (9)",
            ),
            (
                "FAILED",
                Some(0),
                Some(11),
                None,
                "FAILED, killed by SIGSEGV (11)",
            ),
            (
                "FAILED",
                Some(0),
                Some(53),
                None,
                "FAILED, one of its files could not be opened",
            ),
            (
                "OUT_OF_MEMORY",
                Some(0),
                Some(125),
                None,
                "OUT_OF_MEMORY, it used more memory than it may",
            ),
            (
                "TIMEOUT",
                Some(0),
                Some(15),
                None,
                "TIMEOUT, it reached its time limit",
            ),
            (
                "NODE_FAIL",
                Some(0),
                None,
                None,
                "NODE_FAIL, one of its nodes failed",
            ),
            (
                "CANCELLED",
                Some(0),
                Some(15),
                ann,
                "CANCELLED, cancelled by ann",
            ),
            ("CANCELLED", Some(0), Some(15), None, "CANCELLED"),
            ("RUNNING", None, None, None, "RUNNING"),
        ] {
            let other = Dependency {
                condition: "afterok".into(),
                job: "29".into(),
                state: state.into(),
                exit_code: code,
                signal,
                cancelled_by: by.map(str::to_owned),
                ..Dependency::default()
            };
            let english = dependency(&other, text(Language::English));
            assert_eq!(english, format!("afterok job 29 ({told})"));
            let chinese = dependency(&other, text(Language::SimplifiedChinese));
            assert!(!chinese.contains(['{', '}']), "{chinese}");
            assert!(chinese.contains(state) && !chinese.contains("exit"));
        }
    }
}
