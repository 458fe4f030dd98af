//! Programs that settings name, looked at where the nodes' files are this host's: a Prolog that cannot be run drains
//! each node that gets a job.

use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::executable::{self, Sees};
use super::{Kind, Setting};
use crate::slurm::job_user::JobUser;

/// Programs that run as who the job belongs to.
const OF_JOBS: [&str; 4] = ["SrunEpilog", "SrunProlog", "TaskEpilog", "TaskProlog"];

/// Whether the value is a directory, every program of which runs. `shares_files`: this host can look; else the name
/// must tell, by `/` or `.d` at its end.
pub fn is_directory(value: &str, shares_files: bool) -> bool {
    let path = Path::new(value);
    if shares_files && path.exists() {
        return path.is_dir();
    }
    value.ends_with('/') || value.ends_with(".d")
}

/// As Slurm takes it: a program, or the programs of a directory.
pub fn pattern(value: &str, is_directory: bool) -> String {
    let path = value.trim_end_matches('/');
    match is_directory {
        true => format!("{path}/*"),
        false => path.to_owned(),
    }
}

/// Why a node could not run what the setting names, as the end of a sentence; none for settings that name no program.
/// Looks at this host's files, but for the server's `data_dir`, and asks it what the jobs' user may, if that is known.
pub fn problem(
    setting: &Setting,
    value: &str,
    data_dir: &Path,
    job_user: Option<&JobUser>,
) -> Option<String> {
    let path = Path::new(value);
    let sees = |path: &Path| visible(path, data_dir);
    let checked = match setting.kind {
        Kind::Programs if path.is_dir() => sees(path).and_then(|()| directory(path, &sees)),
        Kind::Programs | Kind::Program => program(path, &sees),
        _ => Ok(()),
    };
    let user = job_user.filter(|_| OF_JOBS.contains(&setting.name));
    checked
        .and_then(|()| user.map_or(Ok(()), |user| runnable_by(user, path)))
        .err()
}

/// Why a controller could not run this program of its host, as the end of a sentence.
pub fn problem_on_host(path: &Path) -> Option<String> {
    match path.is_absolute() {
        true => program(path, &|_| Ok(())).err(),
        false => Some(format!("names {}. Give the whole path.", path.display())),
    }
}

/// A server that is root may run what its jobs may not: each of them would fail.
fn runnable_by(user: &JobUser, path: &Path) -> Result<(), String> {
    match user.can_run(path) {
        Ok(false) => Err(format!(
            "names {}, which {}, the user that jobs run as, cannot reach, read and execute. Give it the mode 755 and each \
             directory above it at least 711, or put it elsewhere.",
            path.display(),
            user.name
        )),
        Ok(true) => Ok(()),
        Err(error) => Err(format!(
            "names {}, and whether {} may run it cannot be found out: {error}.",
            path.display(),
            user.name
        )),
    }
}

/// Not below what each node has for itself or does not see, wherever links lead.
fn visible(path: &Path, data_dir: &Path) -> Result<(), String> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.into());
    let (end, data_dir) = (real(path), real(data_dir));
    let is_below = |own: &Path| path.starts_with(own) || end.starts_with(own);
    if is_below(&data_dir) {
        return Err(
            "is in the server's data directory, which nodes do not see. Choose a place that the nodes share."
                .to_owned(),
        );
    }
    match ["/run", "/proc"]
        .into_iter()
        .find(|own| is_below(Path::new(own)))
    {
        Some(own) => Err(format!(
            "is below {own}, which every node has for itself. Choose a place that the nodes share."
        )),
        None => Ok(()),
    }
}

/// Slurm runs all that has no dot before its name, and one that cannot be run fails the whole.
fn directory(dir: &Path, sees: Sees<'_>) -> Result<(), String> {
    let entries = std::fs::read_dir(dir)
        .map_err(|error| format!("names {}, which cannot be read: {error}.", dir.display()))?;
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path())
        .collect();
    if paths.is_empty() {
        return Err(format!(
            "names {}, a directory without any program. Put one in first: with an empty directory no job starts.",
            dir.display()
        ));
    }
    paths.sort();
    paths.iter().try_for_each(|path| {
        program(path, sees)
            .map_err(|why| format!("{why} Slurm runs every file of {}.", dir.display()))
    })
}

fn program(path: &Path, sees: Sees<'_>) -> Result<(), String> {
    sees(path)?;
    let shown = path.display();
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("names {shown}, which is not there. Put it there first.")
        }
        _ => format!("names {shown}, which cannot be looked at: {error}."),
    })?;
    if !metadata.is_file() {
        return Err(format!("names {shown}, which is no file. Name a program."));
    }
    if access(path, AccessFlags::R_OK | AccessFlags::X_OK).is_err() {
        return Err(format!(
            "names {shown}, which may not be read and executed. Give it the mode 755."
        ));
    }
    match executable::problem(path, sees) {
        Some(why) => Err(format!("names {shown}, {why}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn put(path: &Path, text: &str, mode: u32) {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn problem_of(kind: Kind, path: &Path) -> Option<String> {
        let setting = super::super::setting("Prolog", kind, "");
        problem(
            &setting,
            path.to_str().unwrap(),
            Path::new("/no/data"),
            None,
        )
    }

    /// Only root can run jobs as somebody else.
    #[test]
    fn what_runs_in_jobs_must_be_within_reach_of_their_user() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let nobody = JobUser::named("nobody")
            .or_else(|_| JobUser::find(None))
            .unwrap();
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("task.sh");
        put(&script, "#!/bin/sh\n", 0o755);
        let problem_of = |name: &str| {
            let setting = super::super::Scope::Cluster.find(name).unwrap();
            let data_dir = Path::new("/no/data");
            problem(setting, script.to_str().unwrap(), data_dir, Some(&nobody))
        };
        let closed = Permissions::from_mode(0o700);
        std::fs::set_permissions(dir.path(), closed).unwrap();
        for name in OF_JOBS {
            let told = problem_of(name).unwrap_or_default();
            assert!(told.contains("the user that jobs run as"), "{name}: {told}");
        }
        // The nodes' own run as who runs the nodes.
        assert_eq!(problem_of("Prolog"), None);
        let open = Permissions::from_mode(0o711);
        std::fs::set_permissions(dir.path(), open).unwrap();
        for name in OF_JOBS {
            assert_eq!(problem_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_script_and_a_directory_of_scripts_are_fine() {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("prolog.sh");
        put(&script, "#!/bin/sh\nexit 0\n", 0o755);
        put(&dir.path().join(".hidden"), "", 0o644);
        assert_eq!(problem_of(Kind::Programs, &script), None);
        assert_eq!(problem_of(Kind::Programs, dir.path()), None);
        assert_eq!(problem_of(Kind::Program, Path::new("/bin/true")), None);
        assert_eq!(problem_of(Kind::Path, Path::new("/no/such")), None);
        let value = |path: &Path| path.to_str().unwrap().to_owned();
        assert!(is_directory(&value(dir.path()), true));
        assert!(!is_directory(&value(&script), true));
    }

    #[test]
    fn what_a_node_could_not_run_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str, mode: u32| {
            let path = dir.path().join(name);
            put(&path, text, mode);
            path
        };
        let empty = tempfile::tempdir().unwrap();
        for (path, words) in [
            (put("plain", "#!/bin/sh\n", 0o644), "mode 755"),
            (put("empty", "", 0o755), "an empty file"),
            (put("text", "exit 0\n", 0o755), "Begin it with"),
            (put("dos", "#!/bin/sh\r\nexit 0\r\n", 0o755), "Windows"),
            (put("lost", "#!/opt/no/python\n", 0o755), "/opt/no/python"),
            (dir.path().join("missing"), "is not there"),
            (empty.path().into(), "without any program"),
            (dir.path().into(), "Slurm runs every file"),
            ("/run/prolog.sh".into(), "for itself"),
        ] {
            let problem = problem_of(Kind::Programs, &path).unwrap();
            assert!(problem.contains(words), "{problem}");
        }
        assert!(problem_of(Kind::Program, empty.path()).is_some());
    }

    #[test]
    fn what_nodes_do_not_see_is_no_place_for_a_program_wherever_a_link_leads() {
        let data = tempfile::tempdir().unwrap();
        let script = data.path().join("prolog.sh");
        put(&script, "#!/bin/sh\n", 0o755);
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().join("prolog.sh");
        std::os::unix::fs::symlink(&script, &link).unwrap();
        let setting = super::super::setting("Prolog", Kind::Programs, "");
        for path in [&script, &link, &elsewhere.path().to_owned()] {
            let told = problem(&setting, path.to_str().unwrap(), data.path(), None);
            let told = told.unwrap_or_default();
            assert!(told.contains("nodes do not see"), "{path:?}: {told}");
        }
    }

    #[test]
    fn where_no_file_can_be_looked_at_the_name_tells() {
        for (value, is_dir) in [
            ("/opt/site/prolog.sh", false),
            ("/opt/site/prolog", false),
            ("/opt/site/prolog.d", true),
            ("/opt/site/prolog/", true),
        ] {
            assert_eq!(is_directory(value, false), is_dir, "{value}");
        }
        assert_eq!(pattern("/a/b.d/", true), "/a/b.d/*");
        assert_eq!(pattern("/a/b", false), "/a/b");
    }
}
