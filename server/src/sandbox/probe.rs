//! Whether this host lets us make sandboxes at all: asked once at start, so that nobody meets the answer in a log later.

use std::path::Path;
use std::process::{Command, Output};

use nix::unistd::geteuid;

use super::namespaces;

/// Makes a sandbox that only looks around. The error says what to do.
pub fn probe(agent: &Path) -> Result<(), String> {
    for (program, args) in [("unshare", ["--version"]), ("nsenter", ["--version"])] {
        run(Command::new(program).args(args)).map_err(|reason| {
            format!(
                "The program `{program}` is missing ({reason}). Install the package util-linux."
            )
        })?;
    }
    run(Command::new("unshare")
        .args(namespaces())
        .arg(agent)
        .arg("probe"))
    .map_err(|reason| {
        format!(
            "This host forbids the namespaces that clusters and nodes run in: {reason}. {}",
            remedy()
        )
    })
}

fn run(command: &mut Command) -> Result<(), String> {
    let Output { status, stderr, .. } = command.output().map_err(|error| error.to_string())?;
    if status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&stderr).trim().to_string();
    Err(if words.is_empty() {
        status.to_string()
    } else {
        words
    })
}

fn remedy() -> &'static str {
    let setting = |name: &str| std::fs::read_to_string(format!("/proc/sys/{name}")).ok();
    let is = |name: &str, value: &str| setting(name).is_some_and(|text| text.trim() == value);
    if geteuid().is_root() {
        "In a container, start it with `--privileged` (or `--cap-add SYS_ADMIN --security-opt seccomp=unconfined \
         --security-opt apparmor=unconfined`)."
    } else if is("kernel/apparmor_restrict_unprivileged_userns", "1") {
        "Run the server as root, or allow it to ordinary users: \
         `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`."
    } else if is("kernel/unprivileged_userns_clone", "0") {
        "Run the server as root, or allow it to ordinary users: \
         `sudo sysctl -w kernel.unprivileged_userns_clone=1`."
    } else if is("user/max_user_namespaces", "0") {
        "Run the server as root, or allow it to ordinary users: \
         `sudo sysctl -w user.max_user_namespaces=15000`."
    } else {
        "Run the server as root; in a container, start that with `--privileged`."
    }
}

/// Checks a directory that slurm.conf must name or a sandbox must see: the data directory, the scheduler's root.
pub fn check_path(option: &str, path: &Path) -> Result<(), String> {
    let shown = path.display();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._+-".contains(c);
    if !path.is_absolute() || path.components().any(|part| part.as_os_str() == "..") {
        return Err(format!(
            "{option}: {shown} must be an absolute path without `..`."
        ));
    }
    if !path.to_string_lossy().chars().all(plain) {
        return Err(format!(
            "{option}: Slurm's files cannot quote {shown}. Choose a path of letters, digits and / . _ + - only."
        ));
    }
    let real = path.canonicalize().unwrap_or_else(|_| path.into());
    if real.starts_with("/run") || real.starts_with("/proc") {
        return Err(format!(
            "{option}: {shown} is below {}, which every sandbox has for itself. Choose another place.",
            if real.starts_with("/run") {
                "/run"
            } else {
                "/proc"
            }
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_slurm_cannot_read_is_refused_with_the_reason() {
        assert_eq!(
            check_path("--data-dir", Path::new("/var/lib/openpcs-1.0+a")),
            Ok(())
        );
        for (bad, word) in [
            ("/tmp/a b", "quote"),
            ("/tmp/a\"b", "quote"),
            ("/tmp/a#b", "quote"),
            ("/tmp/a,b", "quote"),
            ("/tmp/naïve", "quote"),
            ("data", "absolute"),
            ("/tmp/../etc", "absolute"),
            ("/run/openpcs", "/run"),
        ] {
            let refused = check_path("--data-dir", Path::new(bad));
            assert!(
                refused.as_ref().is_err_and(|text| text.contains(word)),
                "{bad}: {refused:?}"
            );
        }
    }
}
