//! Runs MariaDB's own programs on a database, whichever it is. A password is in no command line and in no file: it goes by
//! the environment, which nobody else can read.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::unistd::geteuid;
use tokio::process::Command;
use zeroize::Zeroizing;

/// Where distributions have it; `sbin` is not on everybody's path.
const DIRECTORIES: [&str; 5] = [
    "/usr/sbin",
    "/usr/bin",
    "/usr/libexec",
    "/usr/local/sbin",
    "/usr/local/bin",
];
/// Runs statements.
pub const CLIENT: &str = "mariadb";
/// Writes a database down as statements.
const DUMP: &str = "mariadb-dump";
const PASSWORD_VARIABLE: &str = "MYSQL_PWD";
/// Seconds in which a server must take a connection.
const CONNECT: &str = "--connect-timeout=4";

/// How to come in: as whom, and where. It cannot be printed, for it has a password.
#[derive(Clone)]
pub struct Client {
    /// Of the programs: `--socket`, `--host`, `--user` …
    pub login: Vec<String>,
    pub password: Option<Zeroizing<String>>,
    /// The user and group of this host that the server takes at its socket, if that may be another than ours.
    pub as_owner: Option<(u32, u32)>,
}

impl Client {
    /// What the statements answer, a line for each row.
    pub async fn run(&self, statements: &str) -> io::Result<String> {
        let mut command = self.command(CLIENT)?;
        command
            .args([CONNECT, "--batch", "--skip-column-names"])
            .arg(format!("--execute={statements}"));
        succeeds(CLIENT, command).await
    }

    /// Writes one moment of a database down, whoever writes meanwhile. Slurm makes its procedures anew.
    pub async fn dump(&self, database: &str, to: File) -> io::Result<()> {
        let mut command = self.command(DUMP)?;
        command
            .args(["--single-transaction", "--quick", "--skip-triggers"])
            // It would need a right on all of the server.
            .arg("--no-tablespaces")
            .arg(database)
            .stdout(Stdio::from(to));
        succeeds(DUMP, command).await.map(drop)
    }

    /// Has a database take what [`Self::dump`] wrote.
    pub async fn load(&self, database: &str, from: File) -> io::Result<()> {
        let mut command = self.command(CLIENT)?;
        command.args([CONNECT, database]).stdin(Stdio::from(from));
        succeeds(CLIENT, command).await.map(drop)
    }

    fn command(&self, name: &str) -> io::Result<Command> {
        let mut command = Command::new(program(name)?);
        command
            .arg("--no-defaults")
            .args(&self.login)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        if let Some(password) = &self.password {
            command.env(PASSWORD_VARIABLE, password.as_str());
        }
        if let (true, Some((user, group))) = (geteuid().is_root(), self.as_owner) {
            command.uid(user).gid(group);
        }
        Ok(command)
    }
}

/// One of MariaDB's.
pub fn program(name: &str) -> io::Result<PathBuf> {
    let mut places = DIRECTORIES.iter().map(|dir| Path::new(dir).join(name));
    places.find(|path| path.is_file()).ok_or_else(|| {
        let words =
            format!("the program {name} is not on this host; install MariaDB's server and client");
        io::Error::new(io::ErrorKind::NotFound, words)
    })
}

/// What it printed, if its output is piped.
pub async fn succeeds(name: &str, mut command: Command) -> io::Result<String> {
    let child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    let output = child.wait_with_output().await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = last_words(&String::from_utf8_lossy(&output.stderr));
    Err(io::Error::other(format!("{name} failed: {words}")))
}

/// The error, without the statement that some show before it; else the last lines.
fn last_words(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().filter(|line| !line.is_empty()).collect();
    match lines.iter().rfind(|line| line.starts_with("ERROR ")) {
        Some(error) => (*error).to_owned(),
        None => lines[lines.len().saturating_sub(3)..].join(" | "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_without_its_statement() {
        let shown = "--------------\ncreate database foo\n--------------\n\nERROR 1044 (42000) at line 1: Access denied\n";
        assert_eq!(
            last_words(shown),
            "ERROR 1044 (42000) at line 1: Access denied"
        );
        assert_eq!(
            last_words("one\n\ntwo\nthree\nfour\n"),
            "two | three | four"
        );
        assert_eq!(last_words(""), "");
    }
}
