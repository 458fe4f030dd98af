//! Whether the kernel of this host can run a file: a script whose interpreter is there, or a program of this machine. What it
//! cannot run, Slurm finds out with the first job.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use crate::slurm::job_user::SEARCH_PATH;

/// Bytes of a script that are looked at: the kernel reads no longer first line.
const HEAD: u64 = 256;
/// An interpreter may be a script itself; so often, as for the kernel.
const DEPTH: usize = 4;
/// Finds its argument on the search path.
const ENV: &str = "env";
/// With which it takes its argument apart.
const SPLIT: [&str; 3] = ["-S", "-vS", "--split-string"];
const ELF: &[u8] = b"\x7fELF";
const EXECUTABLE: u64 = 2;
/// Also programs that may lie anywhere in memory.
const SHARED: u64 = 3;
/// The program header of a part that is read into memory.
const LOAD: u64 = 1;
/// The one that names what loads the program.
const INTERPRETER: u64 = 3;
const MOST_HEADERS: u64 = 1_000;
const LONGEST_PATH: u64 = 4_096;
/// Machines by their numbers in ELF, and the older ones whose programs they run too.
const RUNS_TOO: [(u64, u64); 2] = [(62, 3), (183, 40)];

/// Why the kernel of a node cannot run it, as the end of a sentence about the file. `sees` says why nodes do not see a file
/// that is there.
pub fn problem(path: &Path, sees: Sees<'_>) -> Option<String> {
    check(path, sees, DEPTH).err()
}

pub type Sees<'a> = &'a dyn Fn(&Path) -> Result<(), String>;

fn check(path: &Path, sees: Sees<'_>, depth: usize) -> Result<(), String> {
    let unread = |error: std::io::Error| format!("which cannot be read: {error}.");
    let file = File::open(path).map_err(unread)?;
    let mut head = Vec::new();
    (&file).take(HEAD).read_to_end(&mut head).map_err(unread)?;
    match head.strip_prefix(b"#!") {
        Some(line) => script(line, sees, depth),
        None if head.is_empty() => {
            Err("an empty file. Give it a first line such as #!/bin/bash.".to_owned())
        }
        None if head.starts_with(ELF) => program(&file, &head),
        None => Err(
            "which says nowhere what runs it. Begin it with #!/bin/bash or the like.".to_owned(),
        ),
    }
}

fn script(rest: &[u8], sees: Sees<'_>, depth: usize) -> Result<(), String> {
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.ends_with(b"\r") {
        return Err("whose lines end as on Windows. Save it with Unix line ends.".to_owned());
    }
    let line = String::from_utf8_lossy(line);
    let line = line.trim();
    let (interpreter, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let interpreter = Path::new(interpreter);
    if !interpreter.is_absolute() || !is_program(interpreter) {
        return Err(format!(
            "which is to be run by {interpreter:?}, and that is no program here. Correct its first line."
        ));
    }
    if interpreter.file_name().is_some_and(|name| name == ENV) {
        return found_by_env(argument.trim_start());
    }
    sees(interpreter)
        .map_err(|why| format!("which is to be run by {interpreter:?}, and that {why}"))?;
    match depth {
        0 => Err("whose interpreters are scripts without an end.".to_owned()),
        _ => check(interpreter, sees, depth - 1)
            .map_err(|why| format!("which is to be run by {interpreter:?}, {why}")),
    }
}

/// `env python3`, `env -S LANG=C python3 -u`: the kernel gives env the rest of the line as one argument, and only `-S` takes
/// that apart.
fn found_by_env(argument: &str) -> Result<(), String> {
    let is_apart = SPLIT.iter().any(|option| argument.starts_with(option));
    if !is_apart && argument.contains(char::is_whitespace) {
        return Err(format!(
            "whose first line has env look for a program named {argument:?}. Write env -S there."
        ));
    }
    let words = argument.split_whitespace();
    let mut words = words.skip_while(|word| word.starts_with('-') || word.contains('='));
    let Some(name) = words.next() else {
        return Err("whose first line does not say what env is to run.".to_owned());
    };
    let is_there = match name.contains('/') {
        true => is_program(Path::new(name)),
        false => std::env::split_paths(SEARCH_PATH).any(|dir| is_program(&dir.join(name))),
    };
    match is_there {
        true => Ok(()),
        false => Err(format!(
            "which is to be run by {name:?}, and that is not on the path of jobs here, {SEARCH_PATH}. Install it, or \
             correct the first line."
        )),
    }
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}

fn program(file: &File, head: &[u8]) -> Result<(), String> {
    let broken = || "a program that is damaged or cut off. Put a whole one there.".to_owned();
    let header = Header::of(head).ok_or_else(broken)?;
    let ours = File::open("/proc/self/exe").ok().and_then(|own| {
        let mut head = Vec::new();
        own.take(HEAD).read_to_end(&mut head).ok()?;
        Header::of(&head)
    });
    let is_foreign = |ours: Header| {
        let runs =
            ours.machine == header.machine || RUNS_TOO.contains(&(ours.machine, header.machine));
        ours.is_little != header.is_little || !runs
    };
    if ours.is_some_and(is_foreign) {
        return Err(format!(
            "a program for another kind of machine than this one, {}. Build it for this one.",
            std::env::consts::ARCH
        ));
    }
    if ![EXECUTABLE, SHARED].contains(&header.kind) {
        return Err("an object file or a core, which is no program. Name the program.".to_owned());
    }
    let loader = header.loader(file).ok_or_else(broken)?;
    match loader {
        Some(loader) if !is_program(&loader) => Err(format!(
            "a program that {} is to load, and that is not there. Build it for this system.",
            loader.display()
        )),
        _ => Ok(()),
    }
}

/// The first lines of a program, of either width and order (elf(5)).
struct Header {
    is_wide: bool,
    is_little: bool,
    kind: u64,
    machine: u64,
    /// Where the program headers are, how long each is, and how many.
    table: (u64, u64, u64),
}

impl Header {
    fn of(head: &[u8]) -> Option<Header> {
        let (class, order) = (*head.get(4)?, *head.get(5)?);
        let is_wide = class == 2;
        let is_little = order == 1;
        let number = |at, length| number(head, at, length, is_little);
        let table = match is_wide {
            true => (number(32, 8)?, number(54, 2)?, number(56, 2)?),
            false => (number(28, 4)?, number(42, 2)?, number(44, 2)?),
        };
        Some(Header {
            is_wide,
            is_little,
            kind: number(16, 2)?,
            machine: number(18, 2)?,
            table,
        })
    }

    /// What loads the program, if something must; the outer none: the file is cut off.
    fn loader(&self, file: &File) -> Option<Option<PathBuf>> {
        let (start, length, count) = self.table;
        let length = usize::try_from(length).ok()?;
        let size_of_file = file.metadata().ok()?.len();
        let mut loader = None;
        for index in 0..count.min(MOST_HEADERS) {
            let mut entry = vec![0; length];
            let at = start.checked_add(index.checked_mul(length as u64)?)?;
            file.read_exact_at(&mut entry, at).ok()?;
            let number = |at, length| number(&entry, at, length, self.is_little);
            let (at, size) = match self.is_wide {
                true => (number(8, 8)?, number(32, 8)?),
                false => (number(4, 4)?, number(16, 4)?),
            };
            let kind = number(0, 4)?;
            if kind == LOAD && at.checked_add(size)? > size_of_file {
                return None;
            }
            if kind != INTERPRETER {
                continue;
            }
            let mut path = vec![0; usize::try_from(size.min(LONGEST_PATH)).ok()?];
            file.read_exact_at(&mut path, at).ok()?;
            let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
            loader = Some(String::from_utf8_lossy(path).into_owned().into());
        }
        Some(loader)
    }
}

fn number(bytes: &[u8], at: usize, length: usize, is_little: bool) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(length)?)?;
    let put = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    Some(match is_little {
        true => field.iter().rev().fold(0, put),
        false => field.iter().fold(0, put),
    })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A program of this host with other bytes at some places, cut off after so many.
    fn altered(changes: &[(usize, u8)], most: usize) -> Vec<u8> {
        let mut bytes = std::fs::read("/bin/true").unwrap();
        for (at, byte) in changes {
            bytes[*at] = *byte;
        }
        bytes.truncate(most);
        bytes
    }

    fn problem_of(bytes: &[u8]) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("program");
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        problem(&path, &|_| Ok(()))
    }

    #[test]
    fn an_interpreter_that_nodes_do_not_see_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("script");
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        let sees = |path: &Path| match path.ends_with("sh") {
            true => Err("is hidden.".to_owned()),
            false => Ok(()),
        };
        assert!(problem(&path, &sees).unwrap().contains("is hidden"));
    }

    #[test]
    fn programs_and_scripts_of_this_host_run() {
        for path in ["/bin/true", "/bin/sh", "/proc/self/exe"] {
            assert_eq!(problem(Path::new(path), &|_| Ok(())), None, "{path}");
        }
        for script in [
            "#!/bin/sh\n",
            "#! /bin/sh -e\nexit 0\n",
            "#!/usr/bin/env sh\n",
            "#!/usr/bin/env -S LANG=C sh -e\n",
        ] {
            assert_eq!(problem_of(script.as_bytes()), None, "{script}");
        }
    }

    #[test]
    fn what_the_kernel_cannot_run_is_told_with_the_reason() {
        let whole = usize::MAX;
        let loader = {
            let bytes = altered(&[], whole);
            let place = bytes
                .windows(5)
                .position(|found| found == b"/lib6" || found == b"/lib/");
            place.unwrap()
        };
        for (bytes, words) in [
            (b"".to_vec(), "an empty file"),
            (b"exit 0\n".to_vec(), "Begin it with"),
            (b"#!/bin/sh\r\n".to_vec(), "Windows"),
            (b"#!/opt/no/python\n".to_vec(), "/opt/no/python"),
            (b"#!/tmp\n".to_vec(), "no program here"),
            (b"#!sh\n".to_vec(), "no program here"),
            (b"#!\n".to_vec(), "no program here"),
            (
                b"#!/usr/bin/env no-such-python\n".to_vec(),
                "no-such-python",
            ),
            (b"#!/usr/bin/env\n".to_vec(), "what env is to run"),
            (b"#!/usr/bin/env bash -e\n".to_vec(), "env -S"),
            (b"#!/usr/bin/env -i bash\n".to_vec(), "env -S"),
            // Another machine's, by number and by the order of its bytes.
            (
                altered(&[(18, 0xf3), (19, 0)], whole),
                "another kind of machine",
            ),
            (altered(&[(5, 2)], whole), "another kind of machine"),
            (altered(&[(16, 1)], whole), "object file"),
            (altered(&[], 20), "cut off"),
            (altered(&[], 64), "cut off"),
            (altered(&[], 4_096), "cut off"),
            (altered(&[(loader, b'_')], whole), "is to load"),
        ] {
            let told = problem_of(&bytes).unwrap_or_default();
            assert!(told.contains(words), "{words}: {told}");
        }
    }

    #[test]
    fn scripts_that_run_each_other_have_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("loop");
        std::fs::write(&path, format!("#!{}\n", path.display())).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        assert!(
            problem(&path, &|_| Ok(()))
                .unwrap()
                .contains("without an end")
        );
    }
}
