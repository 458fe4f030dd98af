//! What a job wrote: read where the server sees the files of the nodes, in bounded pieces, and never anything but a
//! plain file of the job's own user.
//!
//! The path comes from whoever submitted the job, and the server may be root: without the checks here a job that names
//! `/etc/shadow` as its output would show it to every reader of the console.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use app::model::error::Result;
use app::model::job::*;
use app::port::Caller;
use nix::fcntl::OFlag;
use nix::sys::statfs::*;

use super::{Service, internal};

/// The most that is read at once: some thousand lines.
pub const PIECE: u64 = 64 * 1024;

/// The file systems through which the kernel tells of itself.
const KERNELS_OWN: [FsType; 16] = [
    PROC_SUPER_MAGIC,
    SYSFS_MAGIC,
    CGROUP_SUPER_MAGIC,
    CGROUP2_SUPER_MAGIC,
    DEBUGFS_MAGIC,
    TRACEFS_MAGIC,
    SECURITYFS_MAGIC,
    SELINUX_MAGIC,
    SMACK_MAGIC,
    BPF_FS_MAGIC,
    DEVPTS_SUPER_MAGIC,
    HUGETLBFS_MAGIC,
    NSFS_MAGIC,
    RDTGROUP_SUPER_MAGIC,
    USBDEVICE_SUPER_MAGIC,
    XENFS_SUPER_MAGIC,
];

/// A file to read, or why there is none.
type Found = std::result::Result<OutputFile, OutputAbsence>;

/// A job's output file and what must hold of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OutputFile {
    pub path: PathBuf,
    pub user_id: u32,
    /// Nothing below it is shown: it has the server's secrets.
    pub forbidden: PathBuf,
    /// When the job was submitted, in milliseconds since 1970: an older file of that name is another job's.
    pub submitted_at: i64,
}

impl Service {
    pub(super) async fn job_output(&self, caller: &Caller, input: OutputOf) -> Result<JobOutput> {
        let from = input.from.and_then(|from| u64::try_from(from).ok());
        match self.output_file(caller, &input).await?.1 {
            Ok(file) => tokio::task::spawn_blocking(move || piece(&file, from))
                .await
                .map_err(internal),
            Err(absence) => Ok(absent("", absence)),
        }
    }

    /// The cluster's id and which file it is, for whoever may read the cluster; else why there is none.
    pub async fn output_file(&self, caller: &Caller, input: &OutputOf) -> Result<(String, Found)> {
        let cluster = self
            .readable_cluster(caller, &input.cluster_identifier)
            .await?;
        let record = self.find_job(&cluster, &input.job_id).await?;
        let path = match input.kind {
            OutputKind::Stdout => record.standard_output,
            OutputKind::Stderr => record.standard_error,
        };
        let found = if !self.provider.shares_files() {
            Err(OutputAbsence::Elsewhere)
        } else if !path.starts_with('/') {
            Err(OutputAbsence::NoFile)
        } else {
            Ok(OutputFile {
                path: path.into(),
                user_id: u32::try_from(record.user_id).unwrap_or(u32::MAX),
                forbidden: self.controllers.data_dir().to_owned(),
                submitted_at: record.job.submitted_at,
            })
        };
        Ok((cluster.id.clone(), found))
    }
}

fn absent(path: &str, absence: OutputAbsence) -> JobOutput {
    JobOutput {
        path: path.into(),
        absence: Some(absence),
        ..JobOutput::default()
    }
}

/// The piece that begins at `from`, or the end of the file. Blocks, but never for longer than a disk does.
pub fn piece(file: &OutputFile, from: Option<u64>) -> JobOutput {
    let path = file.path.display().to_string();
    match open(file).and_then(|open| read(open, from)) {
        Ok(output) => JobOutput { path, ..output },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            absent(&path, OutputAbsence::NotThere)
        }
        Err(_) => absent(&path, OutputAbsence::NotReadable),
    }
}

/// Opens it without waiting (a FIFO would) and without side effects (a device has), then looks at what was opened: what
/// the name meant before or means later does not matter.
fn open(file: &OutputFile) -> io::Result<File> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let open = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(&file.path)?;
    let found = open.metadata()?;
    let place = std::fs::read_link(Path::new("/proc/self/fd").join(open.as_raw_fd().to_string()))?;
    let forbidden = std::fs::canonicalize(&file.forbidden)?;
    if !is_on_disk(&open)? {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    if !found.is_file() || found.uid() != file.user_id || place.starts_with(forbidden) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    if found.mtime() < file.submitted_at / 1000 {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(open)
}

/// Whether the file is one of those that jobs write. The files of the kernel's own file systems look like plain ones, but
/// `/proc/self/environ` would be this server's.
fn is_on_disk(open: &File) -> io::Result<bool> {
    Ok(!KERNELS_OWN.contains(&fstatfs(open)?.filesystem_type()))
}

fn read(mut open: File, from: Option<u64>) -> io::Result<JobOutput> {
    let size = open.metadata()?.len();
    // A file that was written anew is shown from its beginning.
    let start = match from {
        Some(from) if from <= size => from,
        Some(_) => 0,
        None => size.saturating_sub(PIECE),
    };
    open.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    open.take(PIECE).read_to_end(&mut bytes)?;
    // The end of a file begins with a whole line.
    let cut = match from {
        None if start > 0 => bytes
            .iter()
            .position(|b| *b == b'\n')
            .map_or(0, |at| at + 1),
        _ => 0,
    };
    let whole = whole_characters(&bytes);
    let text = String::from_utf8_lossy(&bytes[cut.min(whole)..whole]).into_owned();
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(JobOutput {
        path: String::new(),
        from: number(start + cut.min(whole) as u64),
        to: number(start + whole as u64),
        size: number(size),
        text,
        absence: None,
    })
}

/// How many of the bytes are before a character whose rest is not written yet.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn file(dir: &Path, name: &str) -> OutputFile {
        OutputFile {
            path: dir.join(name),
            user_id: nix::unistd::geteuid().as_raw(),
            forbidden: dir.join("data"),
            submitted_at: 0,
        }
    }

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        dir
    }

    #[test]
    fn a_file_is_read_piece_by_piece() {
        let dir = folder();
        let file = file(dir.path(), "out");
        assert_eq!(piece(&file, None).absence, Some(OutputAbsence::NotThere));
        std::fs::write(&file.path, "one\ntwo\n").unwrap();
        let first = piece(&file, None);
        assert_eq!((first.text.as_str(), first.to), ("one\ntwo\n", 8));
        std::fs::write(&file.path, "one\ntwo\nthree é").unwrap();
        let second = piece(&file, Some(8));
        assert_eq!(
            (second.text.as_str(), second.from, second.to),
            ("three é", 8, 16)
        );
        std::fs::write(&file.path, "new").unwrap();
        assert_eq!(piece(&file, Some(16)).text, "new");
    }

    #[test]
    fn a_long_file_is_shown_from_a_line_at_its_end() {
        let dir = folder();
        let file = file(dir.path(), "out");
        let line = "0123456789abcdef\n";
        std::fs::write(&file.path, line.repeat(10_000)).unwrap();
        let end = piece(&file, None);
        assert!(end.text.starts_with("0123") && end.text.len() <= PIECE as usize);
        assert_eq!(
            (end.from + end.text.len() as i64, end.size),
            (170_000, 170_000)
        );
    }

    #[test]
    fn a_file_from_before_the_job_is_another_jobs() {
        let dir = folder();
        let mut file = file(dir.path(), "out");
        std::fs::write(&file.path, "old\n").unwrap();
        file.submitted_at = crate::db::now() + 60_000;
        assert_eq!(piece(&file, None).absence, Some(OutputAbsence::NotThere));
    }

    #[test]
    fn half_a_character_waits_for_its_rest() {
        let dir = folder();
        let file = file(dir.path(), "out");
        std::fs::write(&file.path, [b'a', 0xe4, 0xbd]).unwrap();
        let first = piece(&file, Some(0));
        assert_eq!((first.text.as_str(), first.to), ("a", 1));
        // What never was text does not hold the rest back.
        std::fs::write(&file.path, [b'a', 0xff, b'b']).unwrap();
        assert_eq!(piece(&file, Some(0)).to, 3);
    }

    #[test]
    fn nothing_but_a_plain_file_of_the_user_is_read() {
        let dir = folder();
        let refused =
            |file: &OutputFile| piece(file, None).absence == Some(OutputAbsence::NotReadable);
        let fifo = file(dir.path(), "fifo");
        nix::unistd::mkfifo(&fifo.path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(refused(&fifo), "a FIFO");
        assert!(refused(&file(Path::new("/dev"), "zero")) || refused(&file(dir.path(), "data")));
        assert!(refused(&file(dir.path(), "data")), "a directory");
        std::fs::write(dir.path().join("data/data-key"), "secret").unwrap();
        assert!(
            refused(&file(dir.path(), "data/data-key")),
            "the server's own"
        );
        std::os::unix::fs::symlink(dir.path().join("data/data-key"), dir.path().join("link"))
            .unwrap();
        assert!(refused(&file(dir.path(), "link")), "a way around");
        let other_data = dir.path().join("data");
        for (dir, name) in [
            ("/proc/self", "environ"),
            ("/proc/self", "cmdline"),
            ("/proc", "version"),
            ("/sys/kernel", "uevent_seqnum"),
            ("/sys/fs/cgroup", "cgroup.procs"),
        ] {
            let mut kernels = file(Path::new(dir), name);
            kernels.forbidden = other_data.clone();
            if kernels.path.exists() {
                assert!(refused(&kernels), "{}", kernels.path.display());
            }
        }
        std::os::unix::fs::symlink("/proc/self/environ", dir.path().join("round")).unwrap();
        assert!(refused(&file(dir.path(), "round")), "a way to the kernel's");
        let mut other = file(dir.path(), "mine");
        std::fs::write(&other.path, "x").unwrap();
        other.user_id += 1;
        assert!(refused(&other), "somebody else's");
    }
}
