//! The options that a script asks for by itself, read as sbatch reads them: `#SBATCH` lines above the first command, with
//! the quotes and escapes that sbatch knows, and its options with the abbreviations that are not ambiguous. Those of PBS
//! and LSF, which sbatch knows too, are in [`super::foreign_directives`].
//!
//! Measured with Slurm 24.11. What sbatch refuses (an unknown option, a quote without its end) is left for it to refuse.

use super::foreign_directives;
use super::getopt::{Name, is_blank, options};

/// What begins a line of options, at its first character.
pub const DIRECTIVE: &str = "#SBATCH";

/// Those that take no word after them as their value.
const LONG_FLAGS: [&str; 25] = [
    "contiguous",
    "exclusive",
    "get-user-env",
    "help",
    "hold",
    "ignore-pbs",
    "nice",
    "no-kill",
    "no-requeue",
    "oom-kill-step",
    "overcommit",
    "oversubscribe",
    "parsable",
    "propagate",
    "quiet",
    "reboot",
    "requeue",
    "resv-ports",
    "spread-job",
    "stepmgr",
    "test-only",
    "usage",
    "use-min-nodes",
    "verbose",
    "wait",
];
const SHORT_FLAGS: &str = "hHIkOQsvVW";

/// An option that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    long: &'static str,
    /// Its shortest abbreviation.
    least: &'static str,
    short: Option<char>,
}

pub const ARRAY: Wanted = Wanted {
    long: "array",
    least: "ar",
    short: Some('a'),
};
pub const JOB_NAME: Wanted = Wanted {
    long: "job-name",
    least: "j",
    short: Some('J'),
};
pub const EXTRA: Wanted = Wanted {
    long: "extra",
    least: "extra",
    short: None,
};
const IGNORE_PBS: Wanted = Wanted {
    long: "ignore-pbs",
    least: "ig",
    short: None,
};

/// The value that the script gives it: of several Slurm takes the last.
pub fn value(script: &str, wanted: Wanted) -> Option<String> {
    let above = script.lines().take(lines_above_commands(script));
    let mut given = options(above, DIRECTIVE, SHORT_FLAGS, &LONG_FLAGS);
    if !given.iter().any(|option| IGNORE_PBS.is(&option.name)) {
        given.extend(foreign_directives::options(script));
    }
    let mut given = given.into_iter().rev();
    given.find(|option| wanted.is(&option.name))?.value
}

/// How many lines stand above the first command: below it Slurm reads no options.
pub fn lines_above_commands(script: &str) -> usize {
    let is_command = |line: &str| {
        let first = line.chars().find(|c| !is_blank(*c));
        first.is_some_and(|c| c != '#')
    };
    let mut lines = script.lines();
    lines
        .position(is_command)
        .unwrap_or_else(|| script.lines().count())
}

impl Wanted {
    fn is(&self, name: &Name) -> bool {
        match name {
            Name::Long(name) => self.long.starts_with(name) && name.starts_with(self.least),
            Name::Short(name) => self.short == Some(*name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(lines: &str) -> Option<String> {
        value(&format!("#!/bin/sh\n{lines}\nhostname\n"), ARRAY)
    }

    /// Each as sbatch of Slurm 24.11 told with `-v`.
    #[test]
    fn options_are_read_as_sbatch_reads_them() {
        for (lines, told) in [
            ("#SBATCH --array=0-9", "0-9"),
            ("#SBATCH --array 0-9 # all", "0-9"),
            ("#SBATCH --array=0-9#x", "0-9"),
            ("#SBATCH--array=0-9", "0-9"),
            ("#SBATCH -N1 --array=0-299", "0-299"),
            ("#SBATCH -a0-9", "0-9"),
            ("#SBATCH -a=0-9", "=0-9"),
            ("#SBATCH -Ha 0-9", "0-9"),
            ("#SBATCH --arr 0-9", "0-9"),
            ("#SBATCH --ar=0-9", "0-9"),
            ("#SBATCH --array='0-9'", "0-9"),
            ("#SBATCH --array=\"0 -9\"", "0 -9"),
            ("#SBATCH --array=0-\\9", "0-9"),
            ("#SBATCH \"--comment=a b\" --array=0-9", "0-9"),
            ("#SBATCH --nice --array=0-9", "0-9"),
            ("#SBATCH --array\n#SBATCH 0-9", "0-9"),
            ("#SBATCH --array=0-9\n#SBATCH --array=1", "1"),
            ("#SBATCH -N1\n#SBATCH hetjob\n#SBATCH --array=0-9", "0-9"),
            ("\n# text\n \t#\n#SBATCH --array=0-9", "0-9"),
            ("#SBATCH --array=0-9\n  : cmd\n#SBATCH --array=1", "0-9"),
        ] {
            assert_eq!(array(lines).as_deref(), Some(told), "{lines}");
        }
    }

    #[test]
    fn what_is_no_option_to_sbatch_is_none_here() {
        for lines in [
            "hostname\n#SBATCH --array=0-9",
            "cat > job.sh <<EOF\n#!/bin/sh\n#SBATCH --array=0-9\nEOF",
            "  #SBATCH --array=0-9",
            "##SBATCH --array=0-9",
            "#sbatch --array=0-9",
            "#SBATCH # --array=0-9",
            "#SBATCH \"\" --array=0-9",
            "#SBATCH -J --array=0-9",
            "#SBATCH --comment --array=0-9",
            "#SBATCH --ARRAY=0-9",
            // Refused by sbatch, in its own words.
            "#SBATCH --a=0-9",
            "#SBATCH junk --array=0-9",
            "#SBATCH -- --array=0-9",
            "#SBATCH --array=\"0-9",
            "#SBATCH\u{a0}--array=0-9",
            "#SBATCH --array",
            "#SBATCH -",
            "#SBATCH -é",
        ] {
            assert_eq!(array(lines), None, "{lines}");
        }
        assert_eq!(value("", ARRAY), None);
    }

    #[test]
    fn each_option_is_known_by_its_names() {
        let script = "#!/bin/sh\n#SBATCH -J 'a b' --extra-node-info=1 --extra=mine\n";
        assert_eq!(value(script, JOB_NAME).as_deref(), Some("a b"));
        assert_eq!(value(script, EXTRA).as_deref(), Some("mine"));
        let other = "#!/bin/sh\n#SBATCH --job=x --extra-node-info=1\n";
        assert_eq!(value(other, JOB_NAME).as_deref(), Some("x"));
        assert_eq!(value(other, EXTRA), None);
    }
}
