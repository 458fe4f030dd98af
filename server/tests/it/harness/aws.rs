//! The real AWS CLI, loaded once for all that a test asks of it: to load it costs a second of a core, and tests ask it
//! hundreds of things.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

const LOADER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/harness/aws.py");

/// It ends with the tests, who hold the other end of its input.
struct Loaded {
    _child: Child,
    commands: ChildStdin,
    statuses: BufReader<ChildStdout>,
}

static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);

/// Runs that command of the program `aws`, which is found as a shell would; as `Command::output`, with nothing to read.
pub fn run(command: &Command) -> Output {
    let mut loaded = LOADED.lock().unwrap();
    let loaded = loaded.get_or_insert_with(|| Loaded::by(&interpreter(command)));
    loaded.run(command)
}

/// The Python of the AWS CLI's own environment.
fn interpreter(command: &Command) -> PathBuf {
    let of_command = command.get_envs().find(|(name, _)| *name == "PATH");
    let path = of_command.and_then(|(_, value)| value).unwrap_or_default();
    // A program with a place of its own stays there, whatever it is joined to.
    std::iter::once(PathBuf::new())
        .chain(std::env::split_paths(path))
        .map(|dir| dir.join(command.get_program()))
        .find(|program| program.is_file())
        .expect("the AWS CLI; `make setup-test` installs it")
        .with_file_name("python")
}

impl Loaded {
    fn by(interpreter: &Path) -> Loaded {
        let mut child = Command::new(interpreter)
            .arg(LOADER)
            .envs([
                ("AWS_CONFIG_FILE", "/dev/null"),
                ("AWS_EC2_METADATA_DISABLED", "true"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Loaded {
            commands: child.stdin.take().unwrap(),
            statuses: BufReader::new(child.stdout.take().unwrap()),
            _child: child,
        }
    }

    fn run(&mut self, command: &Command) -> Output {
        let printed = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = printed.path().join(name);
            std::fs::write(&path, "").unwrap();
            path
        };
        let (stdout, stderr) = (file("stdout"), file("stderr"));
        let asked = json!({
            "arguments": command.get_args().map(text).collect::<Vec<_>>(),
            "directory": command.get_current_dir().unwrap_or(Path::new(".")),
            "environment": command
                .get_envs()
                .map(|(name, value)| (text(name), value.map(text).into()))
                .collect::<serde_json::Map<String, Value>>(),
            "stdout": stdout,
            "stderr": stderr,
        });
        writeln!(self.commands, "{asked}").unwrap();
        let mut status = String::new();
        self.statuses.read_line(&mut status).unwrap();
        let status: i32 = status.trim().parse().expect("the AWS CLI was loaded");
        Output {
            status: ExitStatus::from_raw(status << 8),
            stdout: std::fs::read(stdout).unwrap(),
            stderr: std::fs::read(stderr).unwrap(),
        }
    }
}

fn text(of: &OsStr) -> String {
    of.to_str().unwrap().to_owned()
}
