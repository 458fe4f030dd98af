//! Scripts as people paste them: what can be mended is mended, what cannot is named, and what Slurm would pass over
//! without a word is told.

use std::borrow::Cow;

use super::directives::{DIRECTIVE, lines_above_commands};
use super::foreign_directives::{Foreign, foreign};
use super::odd_character::{is_odd_blank, named};
use super::problem::Problem;
use crate::i18n::Text;

/// Bytes; Slurm's own limit (`max_script_size` in slurm.conf(5)).
pub const LONGEST_SCRIPT: usize = 4 * 1024 * 1024;
/// More hints than this help nobody.
const HINTS_MAX: usize = 5;

/// The script as sbatch takes it: without the mark that some editors put first, without blanks before `#!`, and with
/// the ends of lines as Unix has them.
pub fn mended(script: &str) -> Cow<'_, str> {
    let from_first = script.trim_start_matches(is_blank);
    let script = match from_first.starts_with("#!") {
        true => from_first,
        false => script,
    };
    match script.contains("\r\n") {
        true => Cow::Owned(script.replace("\r\n", "\n")),
        false => Cow::Borrowed(script),
    }
}

fn is_blank(c: char) -> bool {
    // Those without a width are no whitespace to Unicode.
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}') || c.is_whitespace()
}

/// What is wrong with a script that was mended.
pub fn problem(script: &str) -> Option<Problem> {
    if script.chars().all(is_blank) {
        return Some(Problem::Missing);
    }
    if script.len() > LONGEST_SCRIPT {
        return Some(Problem::TooLong(LONGEST_SCRIPT));
    }
    // Slurm would take it, and run all of it as one line: a comment.
    if script.contains('\r') {
        return Some(Problem::LoneReturns);
    }
    let control = |c: &char| c.is_control() && !matches!(c, '\n' | '\t' | '\u{c}' | '\u{1b}');
    let mut lines = script.split('\n').enumerate();
    let found = lines.find_map(|(index, line)| Some((index + 1, line.chars().find(control)?)));
    if let Some((line, what)) = found {
        let line = Some(line);
        return Some(Problem::ControlCharacter { line, what });
    }
    (!script.starts_with("#!")).then_some(Problem::NoInterpreter)
}

/// A line that looks like options and is none to Slurm (sbatch(1): options stand before the first command, each line
/// beginning with `#SBATCH`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// From 1.
    pub line: usize,
    pub why: Ignored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// Something stands before `#SBATCH`.
    Indented,
    /// A command stands above it.
    Late,
    /// A blank that is none to Slurm, as web pages have them.
    OddBlank,
    /// The same in a command, or something that cannot be seen.
    OddCharacter(char),
    /// `# SBATCH`, `#sbatch`.
    Misspelt,
    /// Options of another batch system.
    Foreign(Foreign),
}

impl Hint {
    pub fn text(self, t: &Text) -> String {
        let t = &t.submit_job;
        match self.why {
            Ignored::Indented => t.hint_indented(self.line),
            Ignored::Late => t.hint_late(self.line),
            Ignored::OddBlank => t.hint_odd_blank(self.line),
            Ignored::OddCharacter(what) => t.hint_odd_character(self.line, named(what)),
            Ignored::Misspelt => t.hint_misspelt(self.line),
            Ignored::Foreign(Foreign::Unknown) => t.hint_foreign(self.line),
            Ignored::Foreign(Foreign::NoArray) => t.hint_no_array(self.line),
            Ignored::Foreign(Foreign::OtherNumber) => t.hint_other_number(self.line),
        }
    }
}

/// The lines that Slurm passes over or takes otherwise than they may be meant, in order, the first few.
pub fn hints(script: &str) -> Vec<Hint> {
    let script = mended(script);
    let above = lines_above_commands(&script);
    let ignored = script.lines().enumerate().filter_map(|(index, line)| {
        let foreign = || foreign(line, &script).map(Ignored::Foreign);
        let odd = || odd_character(line, index == 0).map(Ignored::OddCharacter);
        let why = ignored(line, index >= above)
            .or_else(foreign)
            .or_else(odd)?;
        let line = index + 1;
        Some(Hint { line, why })
    });
    ignored.take(HINTS_MAX).collect()
}

fn ignored(line: &str, after_command: bool) -> Option<Ignored> {
    let bare = line.trim_start();
    let rest = bare.strip_prefix('#')?;
    let word: String = rest
        .trim_start()
        .chars()
        .take(DIRECTIVE.len() - 1)
        .collect();
    if !word.eq_ignore_ascii_case(&DIRECTIVE[1..]) {
        return None;
    }
    if !bare.starts_with(DIRECTIVE) {
        // `#SBATCHES` of a text are none, `# SBATCH -n 2` is meant.
        let after = rest.trim_start().chars().nth(word.len());
        return after
            .is_some_and(char::is_whitespace)
            .then_some(Ignored::Misspelt);
    }
    if bare.len() < line.len() {
        return Some(Ignored::Indented);
    }
    if after_command {
        return Some(Ignored::Late);
    }
    let odd = |c: char| c.is_whitespace() && !c.is_ascii();
    line.contains(odd).then_some(Ignored::OddBlank)
}

/// The first in a command that a shell takes as part of a word, and nobody sees. What is quoted may be meant, and nobody
/// runs a comment; the first line is none.
fn odd_character(line: &str, is_first: bool) -> Option<char> {
    let (mut quote, mut begins_word, mut is_escaped) = (None, true, false);
    for c in line.chars() {
        match (c, quote) {
            ('#', None) if begins_word && !is_first => return None,
            (c, None) if is_odd_blank(c) => return Some(c),
            ('\\', None | Some('"')) if !is_escaped => {
                (is_escaped, begins_word) = (true, false);
                continue;
            }
            ('\'' | '"', None) if !is_escaped => quote = Some(c),
            (c, Some(end)) if c == end && !is_escaped => quote = None,
            _ => (),
        }
        begins_word = c.is_ascii_whitespace() || matches!(c, ';' | '&' | '|' | '(');
        is_escaped = false;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_mended_is() {
        let right = "#!/bin/bash\nhostname\n";
        for pasted in [
            right,
            "#!/bin/bash\r\nhostname\r\n",
            "#!/bin/bash\nhostname\r\n",
            "\u{feff}#!/bin/bash\nhostname\n",
            "\u{200b}\u{2060}#!/bin/bash\nhostname\n",
            "   #!/bin/bash\nhostname\n",
            "\n\n#!/bin/bash\nhostname\n",
            "\r\n\u{feff} \t\u{a0}#!/bin/bash\r\nhostname\n",
        ] {
            assert_eq!(mended(pasted), right, "{pasted:?}");
            assert_eq!(problem(&mended(pasted)), None);
        }
        // Blanks below the first line are the script's own.
        let own = "#!/usr/bin/env python3\n\n  x = '\u{feff}'\n";
        assert_eq!(mended(own), own);
    }

    #[test]
    fn what_cannot_be_mended_is_named() {
        let control = |line, what| Problem::ControlCharacter {
            line: Some(line),
            what,
        };
        for (pasted, wrong) in [
            ("#!/bin/bash\recho old mac\r", Problem::LoneReturns),
            ("#!/bin/bash\r\necho a\rb\r\n", Problem::LoneReturns),
            ("  hostname", Problem::NoInterpreter),
            ("\u{feff}hostname", Problem::NoInterpreter),
            ("#!/bin/sh\0", control(1, '\0')),
            ("\n\n#!/bin/sh\r\necho \u{85}\0\r\n", control(2, '\u{85}')),
            ("#!/bin/sh\n\n\necho a\u{8}\n", control(4, '\u{8}')),
            ("#!/bin/sh\n\u{b}\u{c}\u{1b}\n", control(2, '\u{b}')),
            ("#!/bin/sh\necho a\u{7f}", control(2, '\u{7f}')),
            ("\u{feff}\n \r\n", Problem::Missing),
        ] {
            assert_eq!(problem(&mended(pasted)), Some(wrong), "{pasted:?}");
        }
        let long = format!("#!/bin/sh\n{}", "#".repeat(600 * 1024));
        assert_eq!(problem(&long), None);
        let long = format!("#!/bin/sh\n{}", "#".repeat(LONGEST_SCRIPT));
        assert_eq!(problem(&long), Some(Problem::TooLong(LONGEST_SCRIPT)));
    }

    #[test]
    fn what_slurm_passes_over_is_told() {
        let script = "#!/bin/bash\n#SBATCH -J named\n  #SBATCH -n 3\n#SBATCH\u{a0}-N 2\n# SBATCH -t 1\n#sbatch -t 1\n\
                      # about SBATCH and #SBATCH\n##SBATCH -n 9\n\nset -e\n#SBATCH -N 4\nhostname\n";
        let found: Vec<_> = hints(script).into_iter().map(|h| (h.line, h.why)).collect();
        assert_eq!(
            found,
            [
                (3, Ignored::Indented),
                (4, Ignored::OddBlank),
                (5, Ignored::Misspelt),
                (6, Ignored::Misspelt),
                (11, Ignored::Late),
            ]
        );
        assert_eq!(
            hints("#!/bin/sh\n#SBATCH -n 2 # tasks\n\n# a\n#SBATCH -N 1\nsrun a\n"),
            []
        );
        let foreign = "#!/bin/sh\n#BSUB -J name[1-10]\nsrun a\n#$ -t 1-3\n#PBS -t 1-3\n";
        let found: Vec<_> = hints(foreign)
            .into_iter()
            .map(|h| (h.line, h.why))
            .collect();
        assert_eq!(
            found,
            [
                (2, Ignored::Foreign(Foreign::NoArray)),
                (4, Ignored::Foreign(Foreign::Unknown)),
            ]
        );
        // With DOS lines, and counted from where the script begins.
        assert_eq!(hints("\r\n#!/bin/sh\r\n#SBATCH -n 2\r\nsrun a\r\n"), []);
        assert_eq!(
            hints(&format!("#!/bin/sh\n{}", " #SBATCH\n".repeat(99))).len(),
            HINTS_MAX
        );
    }

    #[test]
    fn what_a_shell_takes_otherwise_than_it_looks_is_told() {
        for (line, odd) in [
            ("srun\u{a0}hostname", Some('\u{a0}')),
            ("srun hostname\u{202f}", Some('\u{202f}')),
            ("\u{2007}srun hostname", Some('\u{2007}')),
            ("srun host\u{200b}name", Some('\u{200b}')),
            ("\u{feff}srun hostname", Some('\u{feff}')),
            ("srun\u{3000}hostname", Some('\u{3000}')),
            ("echo \"a\"\u{a0}b", Some('\u{a0}')),
            ("echo \"a\\\"\u{a0}b\"", None),
            ("echo it\\'s\u{a0}here", Some('\u{a0}')),
            ("echo 'a\\'\u{a0}b", Some('\u{a0}')),
            ("echo $#\u{a0}", Some('\u{a0}')),
            ("echo 'a\u{a0}b' \"\u{200b}\"", None),
            ("# see\u{a0}there", None),
            ("a;# see\u{a0}there", None),
            ("hostname # see\u{a0}there", None),
            ("echo 作业-😀", None),
            ("", None),
        ] {
            let script = format!("#!/bin/sh\n#SBATCH -n 2\n{line}\n");
            let found = hints(&script);
            let found: Vec<_> = found.into_iter().map(|h| (h.line, h.why)).collect();
            let expected = odd.map(|c| (3, Ignored::OddCharacter(c)));
            assert_eq!(found, Vec::from_iter(expected), "{line:?}");
            assert_eq!(problem(&script), None);
        }
        let first = hints("#!/bin/bash\u{a0}\nhostname\n");
        assert_eq!(
            (first[0].line, first[0].why),
            (1, Ignored::OddCharacter('\u{a0}'))
        );
    }
}
