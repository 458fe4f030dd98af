//! Where a batch job's output goes: the file names that people give as patterns, as slurmd resolves them (sbatch(1),
//! *filename pattern*; `src/slurmd/common/fname.c` of Slurm 24.11).
//!
//! What Slurm's JSON tells as a job's output is resolved by the controller, which knows fewer patterns than slurmd, and
//! then cannot be told from a name that means itself: so the pattern is asked for as it was given.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// Slurm pads no number to more digits.
const MOST_DIGITS: usize = 10;
/// PATH_MAX, and a byte to see that it was enough.
const PATH: usize = 4097;
/// The longest name that Slurm takes for a job is shorter.
const NAME: usize = 1024;
/// Each field with its width in bytes, as `squeue --Format` prints them, one right after the other.
const FIELDS: [(&str, usize); 10] = [
    ("JobID", 12),
    ("ArrayJobID", 12),
    ("ArrayTaskID", 12),
    ("HetJobId", 12),
    ("HetJobOffset", 12),
    ("UserName", NAME),
    ("BatchHost", NAME),
    ("Name", NAME),
    ("StdOut", PATH),
    ("StdErr", PATH),
];

/// The two files of a batch job; the same where it has one for both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stdio {
    pub output: OsString,
    pub errors: OsString,
}

/// The batch step of a job, by which its patterns are resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Step {
    job: Vec<u8>,
    /// The array's number, and the task's where it is one.
    array: Vec<u8>,
    task: Option<u32>,
    user: Vec<u8>,
    /// The short host name of the node that runs the script; nodes bear their Slurm name.
    host: Vec<u8>,
    name: Vec<u8>,
}

/// What `squeue --Format` is to print of a job for [`parse`].
pub fn format() -> String {
    let fields = FIELDS.map(|(name, width)| format!("{name}:{width}"));
    format!("--Format={}", fields.join(","))
}

/// The files of each job, by its id as [`Job`](app::model::job::Job) has it. Left out is who has no script, or whose
/// script has not started.
pub fn parse(answer: &[u8]) -> Vec<(String, Stdio)> {
    let line = FIELDS.iter().map(|(_, width)| width).sum::<usize>() + 1;
    answer.chunks(line).filter_map(job).collect()
}

fn job(line: &[u8]) -> Option<(String, Stdio)> {
    let mut rest = line;
    let fields = FIELDS.map(|(_, width)| {
        let (field, more) = rest.split_at_checked(width)?;
        rest = more;
        // A path may begin with a space, but the padding is at the end.
        Some(field.trim_ascii_end().to_vec())
    });
    let [
        job,
        array,
        task,
        het,
        offset,
        user,
        host,
        name,
        output,
        errors,
    ] = fields;
    let number = |field: Option<Vec<u8>>| String::from_utf8_lossy(&field?).parse::<u32>().ok();
    let (task, het, offset) = (number(task), number(het), number(offset));
    let (job, array, host, output, errors) = (job?, array?, host?, output?, errors?);
    if !output.starts_with(b"/") || host.is_empty() || host == b"N/A" {
        return None;
    }
    let id = match (task, het.zip(offset)) {
        (Some(task), _) => format!("{}_{task}", String::from_utf8_lossy(&array)),
        // Slurm says 0+0 of a job that has no components.
        (None, Some((het, offset))) if het > 0 => format!("{het}+{offset}"),
        _ => String::from_utf8_lossy(&job).into_owned(),
    };
    let (user, name) = (user?, name?);
    let step = Step {
        job,
        array,
        task,
        user,
        host,
        name,
    };
    let output = OsString::from_vec(resolve(&output, &step));
    let errors = match errors.starts_with(b"/") {
        true => OsString::from_vec(resolve(&errors, &step)),
        false => output.clone(),
    };
    Some((id, Stdio { output, errors }))
}

/// The name of the file, in slurmd's very way, oddities included.
fn resolve(pattern: &[u8], step: &Step) -> Vec<u8> {
    if pattern.contains(&b'\\') {
        return without_escapes(pattern);
    }
    let mut name = Vec::with_capacity(pattern.len() + 32);
    let mut at = 0;
    while let Some(byte) = pattern.get(at) {
        let rest = &pattern[at + 1..];
        if *byte != b'%' {
            name.push(*byte);
            at += 1;
            continue;
        }
        if rest.first() == Some(&b'%') {
            name.push(b'%');
            at += 2;
            continue;
        }
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let word = rest.get(digits).and_then(|letter| {
            let width = String::from_utf8_lossy(&rest[..digits]).parse();
            step.word(
                *letter,
                width.unwrap_or(if digits > 0 { MOST_DIGITS } else { 0 }),
            )
        });
        match word {
            Some(word) => {
                name.extend(word);
                at += digits + 2;
            }
            // Of a number before nothing that it knows slurmd keeps the last digit.
            None if digits > 0 => {
                name.push(rest[digits - 1]);
                at += digits + 1;
            }
            None => {
                name.push(b'%');
                at += 1;
            }
        }
    }
    name
}

impl Step {
    /// What stands for the letter after a percent sign.
    fn word(&self, letter: u8, width: usize) -> Option<Vec<u8>> {
        let width = width.min(MOST_DIGITS);
        let padded = |number: &[u8]| {
            let mut word = vec![b'0'; width.saturating_sub(number.len())];
            word.extend(number);
            word
        };
        // What slurmd takes for a task's number where there is none.
        let task = self.task.unwrap_or(0xffff_fffe);
        Some(match letter {
            b'A' if self.task.is_some() => padded(&self.array),
            b'A' | b'j' | b'J' => padded(&self.job),
            b'a' => padded(task.to_string().as_bytes()),
            b'b' => padded((task % 10).to_string().as_bytes()),
            // The script runs on the first node, as the first task.
            b'n' | b't' => padded(b"0"),
            b'N' => self.host.clone(),
            b's' => b"batch".to_vec(),
            b'u' => self.user.clone(),
            b'x' => self.name.clone(),
            _ => return None,
        })
    }
}

/// A name with a backslash means itself, without its backslashes.
fn without_escapes(pattern: &[u8]) -> Vec<u8> {
    let mut name = vec![];
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if bytes.as_slice().first() == Some(&b'\\') => name.extend(bytes.next()),
            b'\\' => {}
            byte => name.push(*byte),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step() -> Step {
        Step {
            job: b"19".into(),
            array: b"18".into(),
            task: Some(12),
            user: b"ann".into(),
            host: b"one-1".into(),
            name: b"two words".into(),
        }
    }

    fn resolved(pattern: &str, step: &Step) -> String {
        String::from_utf8(resolve(pattern.as_bytes(), step)).unwrap()
    }

    /// Seen on a Slurm 24.11.5: the files that it made.
    #[test]
    fn patterns_mean_what_slurmd_makes_of_them() {
        let alone = Step {
            array: b"19".into(),
            task: None,
            ..step()
        };
        for (pattern, file) in [
            ("slurm.%N.%j.out", "slurm.one-1.19.out"),
            ("worker-%J.out", "worker-19.out"),
            ("part-%t.%n.out", "part-0.0.out"),
            ("step-%s.out", "step-batch.out"),
            ("%x/%5j.out", "two words/00019.out"),
            ("plain%%j.out", "plain%j.out"),
            ("made/later/%u-%j.txt", "made/later/ann-19.txt"),
            ("%05j.out", "00019.out"),
            ("%12j.o", "0000000019.o"),
            ("%99999999999999999999j", "0000000019"),
            ("a\\%j.out", "a%j.out"),
            ("a\\\\%j.out", "a\\%j.out"),
            ("pct%%N.o", "pct%N.o"),
            ("%y-%j.o", "%y-19.o"),
            ("%%%j.o", "%19.o"),
            ("%3", "3"),
            ("x%", "x%"),
            ("%5y", "5y"),
            ("%A", "19"),
        ] {
            assert_eq!(resolved(pattern, &alone), file, "{pattern}");
        }
        assert_eq!(resolved("%A_%4a_%b.out", &step()), "18_0012_2.out");
        assert_eq!(resolved("slurm-%j.out", &step()), "slurm-19.out");
    }

    fn line(values: [&[u8]; 10]) -> Vec<u8> {
        let mut line = vec![];
        for (value, (_, width)) in values.iter().zip(FIELDS) {
            line.extend_from_slice(value);
            line.resize(line.len() + width - value.len(), b' ');
        }
        line.push(b'\n');
        line
    }

    #[test]
    fn the_answer_is_read_by_its_widths() {
        let errors = b"/w/%j.err";
        let no: &[u8] = b"N/A";
        let task = |host, errors| {
            line([
                b"19", b"18", b"3", no, no, b"ann", host, b"a b", b"/w/ %a", errors,
            ])
        };
        let alone = line([
            b"20", b"20", no, no, no, b"ann", b"one-1", b"a\nb", b"/%x", b"(null)",
        ]);
        let part = line([
            b"22", b"22", no, b"21", b"1", b"ann", b"one-1", b"c", b"/%j", b"(null)",
        ]);
        let all = [task(b"one-1", errors), task(b"N/A", errors), alone, part].concat();
        let files = |output: &str, errors: &str| Stdio {
            output: output.into(),
            errors: errors.into(),
        };
        // One of them has not started; one has a file for both.
        let expected = [
            ("18_3".to_owned(), files("/w/ 3", "/w/19.err")),
            ("20".to_owned(), files("/a\nb", "/a\nb")),
            ("21+1".to_owned(), files("/22", "/22")),
        ];
        assert_eq!(parse(&all), expected);
        assert_eq!(parse(b""), []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(pattern: Vec<u8>, answer: Vec<u8>) {
            let plain = pattern.iter().all(|b| !b"%\\".contains(b));
            let name = resolve(&pattern, &step());
            prop_assert!(!plain || name == pattern);
            parse(&answer);
        }
    }
}
