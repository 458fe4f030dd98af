//! Numbers inside values that are more than a number. Slurm reads what it can of them and says nothing of the rest, so
//! that a slip stays unseen. Checked when settings are given only: what was taken before stays in force.

use super::NameAndValue;

/// Parameters of the scheduler whose value is no whole number (slurm.conf(5)).
const WORDS: [&str; 2] = ["bf_hetjob_prio", "delay_boot"];
/// Those that -1 turns off.
const LOOPS: [&str; 2] = ["bf_interval", "sched_interval"];
/// The first may not be more than the second: whatever job keeps to one would break the other.
const ORDERED: [(&str, &str); 3] = [
    ("DefMemPerCPU", "MaxMemPerCPU"),
    ("DefMemPerNode", "MaxMemPerNode"),
    ("MinNodes", "MaxNodes"),
];

/// Why Slurm would not do what the value says, as the end of a sentence.
pub fn problem(setting: &str, value: &str) -> Option<String> {
    let mut parts = value.split(',');
    match setting {
        "SchedulerParameters" => parts.find(|part| !is_parameter(part)).map(|part| {
            let (name, _) = part.split_once('=').unwrap_or((part, ""));
            format!("holds {part}, which Slurm cannot read. Give {name} a whole number.")
        }),
        "PriorityWeightTRES" | "TRESBillingWeights" | "TRESWeights" => {
            let wrong = parts.find(|part| !is_weight(part))?;
            Some(format!(
                "holds {wrong:?}, which is no weight. Write each as CPU=1.0 or Mem=0.25G, none of them negative."
            ))
        }
        "RequeueExit" | "RequeueExitHold" => {
            // With 0 whatever succeeds would begin anew, without an end.
            let wrong = parts.find(|part| range(part, 1, 255).is_none())?;
            Some(format!(
                "holds {wrong:?}, which is no exit code of a failure. Give numbers from 1 to 255 or ranges of them, as 75,80-99."
            ))
        }
        "DefaultTime" | "MaxTime" if value.chars().all(|c| "0:-".contains(c)) => Some(
            "is no time at all: jobs would end as they start. Give a minute at least.".to_owned(),
        ),
        // Below, only root may listen, and jobs are not root. With fewer ports every srun hangs.
        "SrunPortRange" => match range(value, 1024, u16::MAX.into()) {
            Some((first, last)) if last - first >= 3 => None,
            _ => Some(
                "must be a range of four ports or more from 1024 up, the lower one first, as 60001-63000. Each srun that \
                 runs takes some."
                    .to_owned(),
            ),
        },
        _ => None,
    }
}

/// Settings that contradict another one of the list: the index of each, and the reason.
pub fn contradictions<S: NameAndValue>(settings: &[S]) -> Vec<(usize, String)> {
    let number = |name: &str| {
        let index = settings
            .iter()
            .position(|given| given.name().eq_ignore_ascii_case(name))?;
        let number: u64 = settings[index].value().parse().ok()?;
        Some((index, number))
    };
    let contradiction = |(low, high): &(&str, &str)| {
        let ((index, least), (_, most)) = (number(low)?, number(high)?);
        // With memory nothing means no limit.
        let is_wrong = most > 0 && least > most;
        is_wrong.then(|| {
            let message = format!(
                "The value of {low} is more than {high} allows, {most}. Lower it, or raise {high}."
            );
            (index, message)
        })
    };
    ORDERED.iter().filter_map(contradiction).collect()
}

/// A word, or a word with a number.
fn is_parameter(part: &str) -> bool {
    let Some((name, value)) = part.split_once('=') else {
        return true;
    };
    let is = |names: [&str; 2]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits || is(WORDS) || (is(LOOPS) && value == "-1")
}

/// `CPU=1.0`, `Mem=0.25G`, `gres/gpu:a100=2`.
fn is_weight(part: &str) -> bool {
    let Some((name, weight)) = part.rsplit_once('=') else {
        return false;
    };
    let number = weight.trim_end_matches(|c: char| "KMGTPkmgtp".contains(c));
    let is_number = number.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let has_one_unit = weight.len() - number.len() <= 1;
    !name.is_empty() && is_number && has_one_unit && number.parse::<f64>().is_ok()
}

/// `7` or `7-9`, within these bounds.
fn range(text: &str, least: u32, most: u32) -> Option<(u32, u32)> {
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = text.parse().ok().filter(|_| digits)?;
        (least..=most).contains(&number).then_some(number)
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use app::model::setting::SlurmCustomSetting;

    use super::*;

    #[test]
    fn what_slurm_would_misread_is_refused_and_all_else_is_not() {
        for (setting, good, wrong) in [
            (
                "SchedulerParameters",
                &[
                    "defer,bf_continue",
                    "bf_interval=-1,sched_interval=-1",
                    "bf_hetjob_prio=min",
                    "delay_boot=10:00",
                    "bf_max_job_test=500",
                ][..],
                &[
                    "bf_interval=-5",
                    "defer,sched_min_interval=-3",
                    "batch_sched_delay=abc",
                    "default_queue_depth=",
                    "bf_window=1.5",
                    "bf_window=-1",
                ][..],
            ),
            (
                "PriorityWeightTRES",
                &["CPU=1000,Mem=2000", "gres/gpu:a100=2", "CPU=.5"],
                &[
                    "CPU",
                    "CPU=-5",
                    "CPU=1,Mem=x",
                    "=1",
                    "CPU=",
                    "Mem=1GG",
                    "CPU=inf",
                ],
            ),
            ("TRESBillingWeights", &["CPU=1.0,Mem=0.25G"], &["CPU=1,,"]),
            ("TRESWeights", &["Mem=1k"], &["Mem=G"]),
            (
                "RequeueExit",
                &["75", "1-9,18", "1-255"],
                &[
                    "0", "0-255", "75,0", "300", "a-b", "9-1", "0-5000", "-1", "+1", "",
                ],
            ),
            (
                "SrunPortRange",
                &["60001-63000", "60001-60004"],
                &[
                    "5-1",
                    "60001-60003",
                    "63000-60001",
                    "60001",
                    "0-10",
                    "1-2",
                    "1023-2000",
                    "1-70000",
                    "a-b",
                    "5-5",
                ],
            ),
            (
                "MaxTime",
                &["1", "00:00:30", "1-0", "UNLIMITED"],
                &["0", "00:00", "0-00:00:00"],
            ),
            ("Licenses", &["a:-1"], &[]),
        ] {
            for value in good {
                assert_eq!(problem(setting, value), None, "{setting}={value}");
            }
            for value in wrong {
                assert!(problem(setting, value).is_some(), "{setting}={value}");
            }
        }
    }

    #[test]
    fn a_least_above_a_most_is_refused() {
        let found = |settings: &[(&str, &str)]| {
            let given = settings.iter().map(|(name, value)| SlurmCustomSetting {
                parameter_name: (*name).to_owned(),
                parameter_value: (*value).to_owned(),
            });
            contradictions(&given.collect::<Vec<_>>())
        };
        for fine in [
            &[("MinNodes", "2"), ("MaxNodes", "2")][..],
            &[("MinNodes", "3")],
            &[("MinNodes", "3"), ("MaxNodes", "UNLIMITED")],
            &[("DefMemPerNode", "100"), ("MaxMemPerNode", "0")],
        ] {
            assert_eq!(found(fine), [], "{fine:?}");
        }
        let wrong = found(&[("MaxNodes", "2"), ("minnodes", "3")]);
        assert_eq!(
            wrong,
            [(
                1,
                "The value of MinNodes is more than MaxNodes allows, 2. Lower it, or raise MaxNodes.".to_owned()
            )]
        );
        assert_eq!(
            found(&[("DefMemPerCPU", "9000"), ("MaxMemPerCPU", "10")]).len(),
            1
        );
    }
}
