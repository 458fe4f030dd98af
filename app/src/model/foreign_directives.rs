//! Options of other batch systems in a script. Those of PBS and LSF sbatch reads, wherever they stand, after its own and
//! with the last word (sbatch(1), `--ignore-pbs`; measured with Slurm 24.11); but not all that they mean there.

use super::getopt::{self, Given, Name};
use super::job_id::TaskSet;

const PBS: &str = "#PBS";
const LSF: &str = "#BSUB";
/// What begins a line of options of systems that Slurm does not know.
const UNKNOWN: [&str; 3] = ["#$", "#PJM", "#COBALT"];
/// How PBS tells a task its number.
const PBS_TASK: [&str; 2] = ["PBS_ARRAYID", "PBS_ARRAY_INDEX"];

/// Those that sbatch takes over, by the names of its own options.
pub(super) fn options(script: &str) -> Vec<Given> {
    let pbs = getopt::options(script.lines(), PBS, "hIVz", &[]).into_iter();
    let pbs = pbs.filter_map(|option| match option.name {
        Name::Short('t' | 'J') => named('a', option.value),
        Name::Short('N') => named('J', option.value),
        Name::Short(_) => None,
        Name::Long(_) => Some(option),
    });
    let lsf = getopt::options(script.lines(), LSF, "x", &[]).into_iter();
    let lsf = lsf.filter_map(|option| match option.name {
        Name::Short('J') => named('J', option.value),
        _ => None,
    });
    pbs.chain(lsf).collect()
}

fn named(short: char, value: Option<String>) -> Option<Given> {
    let name = Name::Short(short);
    Some(Given { name, value })
}

/// What that line gives to the option of sbatch.
fn given(short: char, line: &str) -> Option<String> {
    let is_it = |option: &Given| matches!(option.name, Name::Short(name) if name == short);
    options(line).into_iter().find(is_it)?.value
}

/// A line of options that means something else to Slurm than where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Nothing at all.
    Unknown,
    /// `#BSUB -J name[1-10]`: a job of that name, and no array.
    NoArray,
    /// `#PBS -t 1-10` in a script that asks PBS for the number of its task.
    OtherNumber,
}

/// What is to be said of that line of the script.
pub fn foreign(line: &str, script: &str) -> Option<Foreign> {
    let is_options = |mark: &&str| {
        let rest = line.strip_prefix(*mark);
        rest.is_some_and(|rest| rest.trim_start().starts_with('-'))
    };
    if UNKNOWN.iter().any(is_options) {
        return Some(Foreign::Unknown);
    }
    if is_options(&LSF) {
        let name = given('J', line)?;
        let (_, tasks) = name.split_once('[')?;
        let tasks = tasks.split_once(']')?.0.parse::<TaskSet>();
        return tasks.is_ok().then_some(Foreign::NoArray);
    }
    let asks_pbs = || PBS_TASK.iter().any(|name| script.contains(name));
    let is_array = is_options(&PBS) && given('a', line).is_some();
    (is_array && asks_pbs()).then_some(Foreign::OtherNumber)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::directives::{ARRAY, JOB_NAME, value};

    /// Each as sbatch of Slurm 24.11 made it.
    #[test]
    fn options_of_pbs_and_lsf_are_read_as_sbatch_reads_them() {
        for (lines, array, name) in [
            ("#PBS -t 0-3", Some("0-3"), None),
            ("#PBS -J 0-9:2", Some("0-9:2"), None),
            ("#PBS-t1-2", Some("1-2"), None),
            ("#PBS --array=0-3", Some("0-3"), None),
            ("#PBS -N a -t 0-3 # all", Some("0-3"), Some("a")),
            ("#PBS -l select=1 \"-t\" 1-2%1", Some("1-2%1"), None),
            ("#PBS -I -t 1-3", Some("1-3"), None),
            ("#PBS -t 1-2\n#PBS -t 5-9", Some("5-9"), None),
            ("#SBATCH --array=1-2\n#PBS -t 0-3", Some("0-3"), None),
            ("echo\n#PBS -t 0-3", Some("0-3"), None),
            ("#BSUB -J name[1-10]", None, Some("name[1-10]")),
            ("#BSUB -x -J 'a b'", None, Some("a b")),
            ("#BSUB -J bs\n#PBS -N pbs\n#SBATCH -J sb", None, Some("bs")),
            ("#PBS -N pbs\n#SBATCH -J sb", None, Some("pbs")),
            ("#SBATCH --ignore-pbs\n#PBS -N pbs -t 1-2", None, None),
            ("  #PBS -t 0-3", None, None),
            ("##PBS -t 0-3", None, None),
            ("#PBS foo -t 1-2", None, None),
            ("#PBS -a 1200", None, None),
            ("#$ -t 1-3", None, None),
        ] {
            let script = format!("#!/bin/sh\n{lines}\nhostname\n");
            let found = (value(&script, ARRAY), value(&script, JOB_NAME));
            assert_eq!(
                (found.0.as_deref(), found.1.as_deref()),
                (array, name),
                "{lines}"
            );
        }
    }

    #[test]
    fn what_means_something_else_to_slurm_is_told() {
        let script = "#!/bin/sh\necho $PBS_ARRAYID\n";
        for (line, told) in [
            ("#$ -t 1-3", Some(Foreign::Unknown)),
            ("#$ -N name", Some(Foreign::Unknown)),
            ("#PJM -L node=2", Some(Foreign::Unknown)),
            ("#$HOME is this", None),
            ("#BSUB -J name[1-10]", Some(Foreign::NoArray)),
            ("#BSUB -J 'name[1-10]%2'", Some(Foreign::NoArray)),
            ("#BSUB -J name", None),
            ("#BSUB -n 4", None),
            ("#PBS -t 0-3", Some(Foreign::OtherNumber)),
            ("#PBS -J 0-3", Some(Foreign::OtherNumber)),
            ("#PBS -N name", None),
            ("# PBS -t 0-3", None),
        ] {
            assert_eq!(foreign(line, script), told, "{line}");
        }
        assert_eq!(foreign("#PBS -t 0-3", "#!/bin/sh\nhostname\n"), None);
    }
}
