//! The user that jobs run as: never root. A server that is root gives them to an ordinary user of this host; one that is
//! an ordinary user itself can give them to nobody else.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::unistd::{User, geteuid};

/// Whom set-up makes for it.
pub const DEFAULT: &str = "openpcs-jobs";
/// The search path of jobs, as of a login.
pub const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/// An ordinary user of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobUser {
    pub name: String,
    pub home: PathBuf,
    shell: PathBuf,
    user_id: u32,
    group_id: u32,
    /// Whether the server's own user is another one.
    pub is_other: bool,
}

impl JobUser {
    /// The user of that name, or the server's own when that is not root. The error says what to do.
    pub fn find(name: Option<&str>) -> Result<JobUser, String> {
        if geteuid().is_root() {
            return JobUser::named(name.unwrap_or(DEFAULT));
        }
        let user = JobUser::own()?;
        match name {
            Some(name) if name != user.name => Err(format!(
                "Only root can run jobs as another user, and this server runs as {}. Start it as root, or without \
                 --job-user.",
                user.name
            )),
            _ => Ok(user),
        }
    }

    /// The user of this process.
    pub fn own() -> Result<JobUser, String> {
        let id = geteuid();
        match User::from_uid(id) {
            Ok(Some(user)) => Ok(JobUser::of(user, false)),
            _ => Err(format!(
                "The user id {id} has no name. Give it one in /etc/passwd."
            )),
        }
    }

    /// For a server that is root, and the programs it starts.
    pub fn named(name: &str) -> Result<JobUser, String> {
        let make = format!("useradd --system --create-home --shell /bin/bash {name}");
        let user = User::from_name(name).ok().flatten().ok_or_else(|| {
            format!(
                "Jobs do not run as root, and there is no user {name} to run them as. Make it with `{make}`, or name \
                 another with --job-user."
            )
        })?;
        if user.uid.is_root() {
            return Err(format!(
                "Jobs cannot run as {name}: that is root, who may read every key and file of this server. Name an \
                 ordinary user with --job-user."
            ));
        }
        if !user.dir.is_dir() {
            return Err(format!(
                "Jobs run as {name}, whose home {} is not there. Make it with `install -d -o {name} -m 0700 {}`.",
                user.dir.display(),
                user.dir.display()
            ));
        }
        Ok(JobUser::of(user, true))
    }

    fn of(user: User, is_other: bool) -> JobUser {
        JobUser {
            name: user.name,
            home: user.dir,
            shell: user.shell,
            user_id: user.uid.as_raw(),
            group_id: user.gid.as_raw(),
            is_other,
        }
    }

    /// The words to put before a command so that it runs as this user, with the user's groups and without privileges.
    pub fn enter(&self) -> Vec<OsString> {
        if !self.is_other {
            return Vec::new();
        }
        let (user, group) = (
            format!("--reuid={}", self.user_id),
            format!("--regid={}", self.group_id),
        );
        let words = [
            "setpriv",
            &user,
            &group,
            "--init-groups",
            "--inh-caps=-all",
            "--",
        ];
        words.map(OsString::from).into()
    }

    /// What a login of this user has in its environment.
    pub fn environment(&self) -> [(&'static str, OsString); 4] {
        [
            ("HOME", self.home.clone().into()),
            ("SHELL", self.shell.clone().into()),
            ("USER", self.name.clone().into()),
            ("LOGNAME", self.name.clone().into()),
        ]
    }

    pub fn shell(&self) -> &Path {
        &self.shell
    }

    /// Whether this user can work in a directory. What only the system can tell (access lists, foreign file systems) is
    /// asked of it, by a process of that user.
    pub async fn can_enter(&self, directory: &Path) -> std::io::Result<bool> {
        let mut command = tokio::process::Command::from(self.test("-x", &directory.join(".")));
        Ok(command.status().await?.success())
    }

    /// Whether this user can run a program, where it lies. Asked of the system in the same way; it takes milliseconds.
    pub fn can_run(&self, program: &Path) -> std::io::Result<bool> {
        let may = |what: &str| {
            let status = self.test(what, program).status();
            status.map(|status| status.success())
        };
        Ok(may("-r")? && may("-x")?)
    }

    fn test(&self, what: &str, path: &Path) -> std::process::Command {
        let mut words = self.enter();
        words.extend(["test".into(), what.into(), path.into()]);
        let mut command = std::process::Command::new(&words[0]);
        command
            .args(&words[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_nobody_known_are_refused_with_the_remedy() {
        let root = User::from_uid(0.into()).unwrap().unwrap().name;
        for (name, words) in [
            (root.as_str(), "ordinary user"),
            ("openpcs-no-such-user", "useradd --system"),
        ] {
            let refused = JobUser::named(name).unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
    }

    #[tokio::test]
    async fn who_may_enter_is_the_systems_to_say() {
        let user = JobUser::own().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(user.can_enter(dir.path()).await.unwrap());
        assert!(!user.can_enter(&file).await.unwrap());
        assert!(!user.can_run(&file).unwrap());
        assert!(user.can_run(Path::new("/bin/sh")).unwrap());
        assert!(!user.can_enter(&dir.path().join("nothing")).await.unwrap());
    }
}
