//! The signal that a batch job wants before its end, to save what it has: `#SBATCH --signal=B:USR1@60`.
//!
//! Slurm sends it by itself when the time limit comes near, and tells nobody of it: it stands in the script. A job that asks
//! for none gets none from us either, for one that does not wait for a signal dies of it, and one that died by itself does
//! not go back to the queue.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveSignal {
    /// A name or a number, as it was written.
    pub signal: String,
    /// To the script's shell; else to the job's steps.
    pub to_shell: bool,
}

/// As `sbatch` reads it: of several the last one, and none after the first command.
pub fn of_script(script: &str) -> Option<SaveSignal> {
    let lines = script.lines().map(str::trim_start);
    let head = lines.take_while(|line| line.is_empty() || line.starts_with('#'));
    let directives = head.filter_map(|line| line.strip_prefix("#SBATCH"));
    directives.filter_map(of_directive).last()
}

fn of_directive(words: &str) -> Option<SaveSignal> {
    let mut words = words.split_ascii_whitespace();
    while let Some(word) = words.next().filter(|word| !word.starts_with('#')) {
        let value = match word.strip_prefix("--signal") {
            Some("") => words.next()?,
            Some(rest) if rest.starts_with('=') => &rest[1..],
            _ => continue,
        };
        return of_value(value.trim_matches(['"', '\'']));
    }
    None
}

/// `[{R|B}:]SIGNAL[@SECONDS]`
fn of_value(value: &str) -> Option<SaveSignal> {
    let (flags, rest) = value.split_once(':').unwrap_or(("", value));
    let signal = rest.split('@').next().unwrap_or_default();
    let is_one = !signal.is_empty() && signal.bytes().all(|b| b.is_ascii_alphanumeric());
    is_one.then(|| SaveSignal {
        signal: signal.into(),
        to_shell: flags.contains(['B', 'b']),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signal_of_a_script() {
        let table = [
            ("#SBATCH --signal=B:USR1@60\n", Some(("USR1", true))),
            (
                "#!/bin/sh\n\n# hello\n#SBATCH -N 1 --signal 10\n",
                Some(("10", false)),
            ),
            (
                "#SBATCH --signal=\"R:SIGTERM@90\" # soon\n",
                Some(("SIGTERM", false)),
            ),
            (
                "#SBATCH --signal=INT\n#SBATCH --signal=USR2\n",
                Some(("USR2", false)),
            ),
            ("#SBATCH # --signal=USR1\n", None),
            ("echo\n#SBATCH --signal=USR1\n", None),
            ("#SBATCH --signal=\n#SBATCH --signal\n", None),
            ("#SBATCH --signal=B:$(x)\n", None),
            ("#SBATCH --signals=USR1\n", None),
            ("", None),
        ];
        for (script, expected) in table {
            let expected = expected.map(|(signal, to_shell)| SaveSignal {
                signal: signal.to_owned(),
                to_shell,
            });
            assert_eq!(of_script(script), expected, "{script}");
        }
    }
}
