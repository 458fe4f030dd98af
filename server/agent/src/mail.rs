//! Slurm's `MailProg`: hands what a job asked to be told by mail to the site's own program, [`MAILER`].
//!
//! Addresses are what jobs were submitted with. For programs that send mail, some of what stands there is an option, a file
//! or a command to run: none of that is handed on. A subject has the name of a job in it, and is one line.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use super::{Result, say};

/// The name that Slurm calls it by, in a controller's `bin`.
pub const MAIL: &str = "mail";
/// The link beside it to the site's program, which is called as Slurm would call it: `-s SUBJECT ADDRESS`.
pub const MAILER: &str = "mailer";

/// In bytes: more than the names of all of Slurm's events and of a job.
const SUBJECT: usize = 500;
/// In bytes, of all addresses together.
const ADDRESSES: usize = 1_000;

pub fn is_called(called_as: &Path) -> bool {
    called_as.file_name() == Some(OsStr::new(MAIL))
}

pub fn run(called_as: &Path, args: &[OsString]) -> ExitCode {
    match hand_on(called_as, args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("a mail is not sent: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn hand_on(called_as: &Path, args: &[OsString]) -> Result<()> {
    let words: Vec<_> = args.iter().map(|word| word.to_string_lossy()).collect();
    let [option, subject, addresses] = words.as_slice() else {
        return Err(format!("{} words, not -s SUBJECT ADDRESS", words.len()));
    };
    if option != "-s" {
        return Err(format!("{option:?} is not -s"));
    }
    if addresses.len() > ADDRESSES || !addresses.split(',').all(is_address) {
        return Err(format!("{addresses:?} is no address"));
    }
    let mailer = called_as.with_file_name(MAILER);
    let status = Command::new(&mailer)
        .args(["-s", &one_line(subject), addresses])
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} ended with {status}", mailer.display())),
        Err(error) => Err(format!("{} does not run: {error}", mailer.display())),
    }
}

/// `NAME@HOST`, or `NAME` for somebody of this host.
fn is_address(address: &str) -> bool {
    let (name, host) = address.split_once('@').unwrap_or((address, "localhost"));
    let is_of = |others: &'static str| {
        move |letter: char| letter.is_alphanumeric() || others.contains(letter)
    };
    name.starts_with(is_of("_"))
        && name.chars().all(is_of("._+%=-"))
        && host.starts_with(is_of(""))
        && host.chars().all(is_of(".-"))
}

fn one_line(subject: &str) -> String {
    let line = subject.replace(char::is_control, " ");
    line[..line.floor_char_boundary(SUBJECT)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_nothing_else() {
        for good in [
            "alice",
            "_cron",
            "a.b+c@example.org",
            "müller@bücher.example",
            "x@10.0.0.1",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "@",
            "a@",
            "@example.org",
            "-oQ/tmp",
            "|touch /tmp/x",
            "/etc/passwd",
            "./file",
            "a b",
            "a@b\nBcc: c@d",
            "a@b@c",
            "a@-b",
            "<a@b>",
            "a@b;c",
            "~x",
            "&",
            "a\0",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_subject_is_one_bounded_line() {
        assert_eq!(one_line("Name=a\r\nBcc: x"), "Name=a  Bcc: x");
        assert_eq!(one_line(&"é".repeat(SUBJECT)).len(), SUBJECT);
    }
}
