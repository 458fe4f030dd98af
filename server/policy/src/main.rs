//! `openpcs-policy`: runs a site's script for a job that is submitted or changed, in bounded time and memory.
//!
//! The controller's plugin starts it for each of them (`job_submit.lua` beside slurm.conf), so that a script which loops or
//! eats memory takes this process with it and never the controller. What it is asked and answers is in [`wire`], what a
//! script is in [`script`].
//!
//! ```text
//! openpcs-policy check < FILE          exit status 1 and the script's own words if it cannot be loaded
//! openpcs-policy run FILE NAME ASKED   NAME: what users know the script by, in hexadecimal; ASKED: see wire
//! ```

mod limits;
mod script;
mod wire;

use std::path::Path;
use std::process::ExitCode;

use script::{Script, Verdict};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Err(error) = limits::set() {
        eprintln!("openpcs-policy: cannot bound itself: {error}");
        return ExitCode::FAILURE;
    }
    match words.as_slice() {
        ["check"] => check(),
        ["run", file, name, asked] => {
            print!("{}", wire::answer(&run(Path::new(file), name, asked)));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: openpcs-policy check < FILE | run FILE NAME ASKED");
            ExitCode::FAILURE
        }
    }
}

fn check() -> ExitCode {
    match Script::read(std::io::stdin()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn script(file: &Path) -> Result<Script, String> {
    let file = std::fs::File::open(file);
    Script::read(file.map_err(|error| format!("The script cannot be read: {error}."))?)
}

/// A script that fails refuses: a rule of the site that is not asked would be no rule.
fn run(file: &Path, name: &str, asked: &str) -> Verdict {
    let name = wire::text(name).unwrap_or_default();
    let verdict = wire::read(asked).and_then(|asked| script(file)?.run(asked));
    verdict.unwrap_or_else(|why| {
        Verdict::refusal(format!(
            "The job submit plugin {name} failed, so that nothing was submitted or changed; tell whoever runs this cluster:\n{why}"
        ))
    })
}
