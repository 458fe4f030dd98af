//! Values that are lists of parts in a form of their own. Slurm takes a part in another form without a word, and then it
//! does nothing, or something else than it seems to (each tried with 24.11).
//!
//! Checked when settings are given only: what was taken before stays in force.

use app::rules::{english, shares};

use super::NameAndValue;

/// Of two settings of the same Slurm heeds one.
const EXCLUSIVE: [(&str, &str); 4] = [
    ("Exclusive", "ExclusiveTopo"),
    ("Exclusive", "ExclusiveUser"),
    ("PropagateResourceLimits", "PropagateResourceLimitsExcept"),
    ("CoreSpecCount", "CPUSpecList"),
];

/// Settings that cannot be given with another one of the list: the index of each, and the reason.
pub fn contradictions<S: NameAndValue>(settings: &[S]) -> Vec<(usize, String)> {
    let place = |name: &str| {
        let is_it = |given: &S| given.name().eq_ignore_ascii_case(name);
        settings.iter().position(is_it)
    };
    let both = |(one, other): &(&str, &str)| {
        let (first, second) = (place(one)?, place(other)?);
        let message =
            format!("{one} and {other} cannot be given together: Slurm heeds one. Keep one.");
        Some((first.max(second), message))
    };
    EXCLUSIVE.iter().filter_map(both).collect()
}

/// Which part of the value is wrong and what it should be, as the end of a sentence.
pub fn problem(setting: &str, value: &str) -> Option<String> {
    match setting {
        "Features" => features(value),
        "Licenses" => licenses(value),
        "CPUSpecList" => wrong(
            value,
            is_range,
            "a number of a CPU or a range, as 0-1 or 0,2",
        ),
        "Gres" => wrong(
            value,
            is_resource,
            "name:number or name:type:number, as gpu:4 or gpu:a100:8",
        ),
        "GpuFreqDef" => wrong(
            value,
            is_gpu_frequency,
            "low, medium, high, highm1 or a number of MHz, with memory= before it for the memory's, or verbose",
        ),
        "JobAcctGatherFrequency" => wrong(
            value,
            is_sampling,
            "a number of seconds, alone or as task=30, energy=30, network=30 or filesystem=30",
        ),
        "BcastParameters" | "SbcastParameters" => wrong(
            value,
            is_broadcast,
            "Compression=lz4 or Compression=none, DestDir= with a path that begins with /, or send_libs",
        ),
        "DefaultQOS" => default_qos(value),
        "MailDomain" => (!value.bytes().all(is_of_domain))
            .then(|| "is no domain of mail addresses. Write it as example.com.".to_owned()),
        // Slurm hands them to plugins; those that the service chooses read none.
        "PriorityParameters" | "SwitchParameters" => Some(
            "would do nothing: no plugin of this cluster reads it. Take the setting out."
                .to_owned(),
        ),
        _ => None,
    }
}

fn wrong(value: &str, is_right: fn(&str) -> bool, form: &str) -> Option<String> {
    let part = value.split(',').find(|part| !is_right(part))?;
    Some(format!(
        "holds {part:?}, which Slurm passes over in silence. Write {form}."
    ))
}

/// What holds an operator of `--constraint` can be asked for by nobody, and what holds a blank hardly.
fn features(value: &str) -> Option<String> {
    let is_name = |part: &&str| {
        let is_of_it = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:=/@+-".contains(&byte);
        !part.is_empty() && part.bytes().all(is_of_it)
    };
    let part = value.split(',').find(|part| !is_name(part))?;
    Some(format!(
        "holds {part:?}, which no job could ask for by --constraint. Use letters, digits and _ . : = / @ + - in each, \
         with commas between."
    ))
}

/// Slurm adds up what is given twice. What is wrong with a number it says itself.
fn licenses(value: &str) -> Option<String> {
    let mut names: Vec<&str> = vec![];
    for part in value.split(',') {
        let name = part.split([':', '=']).next().unwrap_or(part);
        let is_of_it = |byte: u8| byte.is_ascii_alphanumeric() || b"_./@+-".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_of_it) {
            return Some(format!(
                "holds {part:?}, which is no licence. Write each as name:number, as solver:4,mesh:2."
            ));
        }
        if names.contains(&name) {
            return Some(format!(
                "names the licence {name} twice, and Slurm would add them up. Keep one, with the whole number."
            ));
        }
        names.push(name);
    }
    None
}

/// slurmdbd makes each of them, under whatever name, and nobody takes it away by another value.
fn default_qos(value: &str) -> Option<String> {
    let is_name = |name: &&str| shares::check_new_name(english(), name).is_ok();
    let wrong = value.split(',').find(|name| !is_name(name))?;
    Some(format!(
        "holds {wrong:?}, which is no name of a QOS. Write each in small letters, digits and _ . - @, with commas between."
    ))
}

fn is_number(text: &str) -> bool {
    (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_range(text: &str) -> bool {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let both: [Option<u32>; 2] =
        [first, last].map(|end| end.parse().ok().filter(|_| is_number(end)));
    matches!(both, [Some(first), Some(last)] if first <= last)
}

/// `gpu`, `gpu:4`, `gpu:a100:4(S:0)`, `bandwidth:lustre:no_consume:4G`.
fn is_resource(text: &str) -> bool {
    let fields: Vec<&str> = text.split('(').next().unwrap_or(text).split(':').collect();
    let is_count = |text: &str| is_number(text.trim_end_matches(['K', 'M', 'G', 'T', 'P']));
    let has_form = match fields.as_slice() {
        [_] | [_, _] => true,
        [_, _, count] | [_, _, "no_consume", count] => is_count(count),
        _ => false,
    };
    has_form && fields.iter().all(|field| !field.is_empty())
}

fn is_gpu_frequency(text: &str) -> bool {
    let given = text.strip_prefix("memory=").unwrap_or(text);
    text == "verbose" || is_number(given) || ["low", "medium", "high", "highm1"].contains(&given)
}

fn is_sampling(text: &str) -> bool {
    let (of, seconds) = text.split_once('=').unwrap_or(("task", text));
    ["task", "energy", "network", "filesystem"].contains(&of) && is_number(seconds)
}

/// The names themselves are looked at in `options`.
fn is_broadcast(text: &str) -> bool {
    let (name, given) = text.split_once('=').unwrap_or((text, ""));
    match name.to_ascii_lowercase().as_str() {
        "compression" => ["lz4", "none"].contains(&given.to_ascii_lowercase().as_str()),
        "destdir" => given.starts_with('/'),
        _ => true,
    }
}

fn is_of_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slurm_takes_in_silence_and_misreads_is_refused_and_all_else_is_not() {
        for (setting, good, wrong) in [
            (
                "Features",
                &["spot,nvme", "a:1,b=2", "x86-64-v3", "gen_7.2"][..],
                &["a b,c", "a&b", "c|d", "n*2", "a,,b", "(a)", "!a", "50%"][..],
            ),
            (
                "Licenses",
                &["solver:4,mesh:2", "a", "a=2", "lmgrd@host:3", "a:many"],
                &["a:2,a:3", "a,b:1,a", "b c:1", "a:2,,b", ":3", "a:1,"],
            ),
            (
                "CPUSpecList",
                &["0", "0-1", "0,2-3"],
                &["x", "1-0", "0,", "-1", "0x1", "99999999999"],
            ),
            (
                "Gres",
                &[
                    "gpu",
                    "gpu:4",
                    "gpu:a100:8,shard:16",
                    "gpu:a100:4(S:0-1)",
                    "b:l:no_consume:4G",
                ],
                &["gpu:x:y", "gpu:", ":4", "gpu:a:b:4", "gpu:4,"],
            ),
            (
                "GpuFreqDef",
                &["high", "1200", "medium,memory=high,verbose"],
                &["bogus", "memory=", "high,fast", "memory=memory=low"],
            ),
            (
                "JobAcctGatherFrequency",
                &["30", "task=30,energy=10", "0"],
                &["foo", "task=x", "bar=7", "task=30,"],
            ),
            (
                "BcastParameters",
                &["Compression=lz4,DestDir=/tmp,send_libs"],
                &["Compression=zip", "DestDir=tmp"],
            ),
            (
                "DefaultQOS",
                &["normal", "gold,night_2"],
                &["Gold", "a b", "a[", "gold,", "(x)"],
            ),
            ("MailDomain", &["example.com"], &["a b", "a@b"]),
            ("PriorityParameters", &[], &["nope"]),
            ("SwitchParameters", &[], &["nope"]),
            ("KillWait", &["30"], &[]),
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
    fn of_two_that_exclude_each_other_the_second_is_told() {
        let given = |name: &str| app::model::setting::SlurmCustomSetting {
            parameter_name: name.to_owned(),
            parameter_value: "1".to_owned(),
        };
        let found = contradictions(&["CPUSpecList", "Weight", "corespeccount"].map(given));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 2);
        assert_eq!(contradictions(&["CPUSpecList", "Weight"].map(given)), []);
    }

    #[test]
    fn each_name_is_one_of_the_catalogue() {
        use super::super::Scope;
        for name in [
            "Features",
            "Licenses",
            "CPUSpecList",
            "Gres",
            "GpuFreqDef",
            "JobAcctGatherFrequency",
            "BcastParameters",
            "SbcastParameters",
            "DefaultQOS",
            "MailDomain",
            "PriorityParameters",
            "SwitchParameters",
        ]
        .into_iter()
        .chain(EXCLUSIVE.iter().flat_map(|(one, other)| [*one, *other]))
        {
            let found = Scope::ALL.iter().find_map(|scope| scope.find(name));
            assert!(found.is_some_and(|found| found.name == name), "{name}");
        }
    }
}
